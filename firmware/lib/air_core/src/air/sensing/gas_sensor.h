// The MQ-135: sampling, calibration, and the correction by temperature and humidity. Its formulas
// are in chips/mq135.h.
#pragma once

#include "air/chips/dht22.h"
#include "air/chips/mq135.h"
#include "air/common/clock.h"
#include "air/common/expiring_value.h"
#include "air/sensing/calibration.h"
#include "air/sensing/moving_average.h"
#include "air/sensing/ports.h"
#include "air/sensing/sensor_state.h"

namespace air {

// Whether temperature and humidity correct the gas figures.
enum class Correction {
  kOff,      // switched off by the owner
  kMissing,  // temperature and humidity have not been known since the start
  kHeld,     // by the last known ones, because the hygrometer does not answer
  kLive,
};

// Returns the correction's name in the station's documents.
const char* to_text(Correction correction);

constexpr Millis kWarmUp = 3 * kMinute;  // until the temperature of the heater is steady

class GasSensor {
 public:
  GasSensor(AdcPort& adc, StoragePort& storage, const GasWiring& wiring);

  // Loads the calibration.
  void begin();
  // Reads the converter and takes a sample, if either is due. With `correction_wanted`, samples are
  // corrected by `climate`, or by the last known climate if that is missing.
  void step(Millis now, const Climate& climate, bool correction_wanted);
  // Calibrates on the present air as clean air, and saves that. Returns false if the samples are not
  // steady, R0 is implausible, or it could not be saved.
  bool calibrate();

  const Gases& values() const { return values_; }
  float ratio() const { return ratio_; }
  const Calibration& calibration() const { return calibration_; }
  bool calibrated() const { return calibration_.r0 > 0; }
  // Returns the R0 of the present values, kMissing before the first calibration.
  float r0() const;
  // Returns the correction of the present values.
  Correction correction() const { return correction_; }
  bool warming_up(Millis now) const;
  SensorState state() const { return state_; }
  // Returns the age of the last good sample.
  Millis age(Millis now) const { return elapsed(now, sampled_at_); }

 private:
  bool steady() const;
  bool corrected() const { return correction_ >= Correction::kHeld; }
  void update_correction(const Climate& climate, bool wanted);
  void fail();
  void update_values();
  float clean_air_r0() const;
  bool set_calibration(const Calibration& wanted);

  AdcPort& adc_;
  StoragePort& storage_;
  GasWiring wiring_;
  PeriodicTimer read_timer_{50};
  PeriodicTimer sample_timer_{kSecond};
  AdcReadings readings_;           // since the last sample
  MovingAverage<60> resistance_;   // corrected if `corrected()`, in units of the load resistor
  float climate_factor_ = kMissing;
  Calibration calibration_;
  Gases values_;
  float ratio_ = kMissing;
  int faults_ = 0;  // in a row
  Millis sampled_at_ = 0;
  Millis started_at_ = 0;
  bool started_ = false;
  bool warm_ = false;
  Correction correction_ = Correction::kMissing;
  SensorState state_ = SensorState::kStarting;
};

}  // namespace air
