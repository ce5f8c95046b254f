// The four sensors: each may be absent, die and come back; each gives values only while it is well.
#pragma once

#include <array>
#include <cstddef>

#include "air/sensing/calibration.h"
#include "air/common/clock.h"
#include "air/sensing/moving_average.h"
#include "air/common/expiring_value.h"
#include "air/chips/mq135.h"
#include "air/sensing/ports.h"

namespace air {

enum class State { kStarting, kWell, kFailed };

const char* to_text(State state);

// Whether temperature and humidity correct the gas figures.
enum class Correction {
  kOff,      // nobody wants that
  kMissing,  // they have not been known since the start
  kHeld,     // the last ones do, since the hygrometer is silent
  kLive,
};

const char* to_text(Correction correction);

constexpr Millis kWarmUp = 3 * kMinute;  // after which the heater's temperature is steady

// An MQ-135 behind the converter.
class GasSensor {
 public:
  GasSensor(AdcPort& adc, StoragePort& storage, const GasWiring& wiring);

  void begin();
  // Reads the converter, and samples, if either is due. If it is to be corrected, the last climate that
  // was known does so.
  void step(Millis now, const Climate& climate, bool corrected);
  // Takes the present air for clean air; false while there is nothing steady to go by.
  bool calibrate();

  const Gases& values() const { return values_; }
  float ratio() const { return ratio_; }
  const Calibration& calibration() const { return calibration_; }
  bool calibrated() const { return calibration_.r0 > 0; }
  float r0() const;  // that the present values are reckoned with, kMissing before it is calibrated
  Correction correction() const { return correction_; }  // of the present values
  bool warming_up(Millis now) const;
  State state() const { return state_; }
  Millis age(Millis now) const { return elapsed(now, sampled_); }

 private:
  bool steady() const;
  bool corrected() const { return correction_ >= Correction::kHeld; }
  void correct(const Climate& climate, bool wanted);
  void fail();
  void estimate();
  float clean_r0() const;
  bool set(const Calibration& wanted);

  AdcPort& adc_;
  StoragePort& storage_;
  GasWiring wiring_;
  Every reading_{50};
  Every sampling_{kSecond};
  Reads reads_;          // since the last sample
  Mean<60> resistance_;  // corrected if they are to be, in units of the load
  float factor_ = kMissing;
  Calibration calibration_;
  Gases values_;
  float ratio_ = kMissing;
  int faults_ = 0;
  Millis sampled_ = 0;
  Millis started_ = 0;
  bool has_started_ = false;
  bool warm_ = false;
  Correction correction_ = Correction::kMissing;
  State state_ = State::kStarting;
};

// A BMP180 on the I²C bus.
class PressureSensor {
 public:
  explicit PressureSensor(BarometerPort& port) : port_(port) {}

  // Reads, or tries to find the sensor, if either is due; returns whether the bus was used.
  bool step(Millis now);

  float temperature() const { return temperature_.value(); }
  float pressure() const { return pressure_.value(); }  // hPa
  State state() const { return state_; }
  Millis age(Millis now) const { return pressure_.age_of(now); }

 private:
  static constexpr Millis kLongest = 15 * kSecond;

  BarometerPort& port_;
  Every reading_{2 * kSecond};
  Every finding_{10 * kSecond};
  Held temperature_{kLongest};
  Held pressure_{kLongest};
  bool found_ = false;
  State state_ = State::kStarting;
};

// Pressure at sea level (hPa) from that at an altitude (m), and the altitude at which the standard
// atmosphere has a pressure. Source: ICAO Doc 7488, in the form of the BMP180's data sheet.
float sea_level_pressure(float hectopascals, float altitude);
float pressure_altitude(float hectopascals);

// A DHT22, which measures at most every two seconds.
class HumiditySensor {
 public:
  explicit HumiditySensor(HygrometerPort& port) : port_(port) {}

  bool step(Millis now);

  Climate values() const { return {temperature_.value(), humidity_.value()}; }
  State state() const { return state_; }
  Millis age(Millis now) const { return humidity_.age_of(now); }

 private:
  static constexpr Millis kLongest = 32 * kSecond;  // eight misses

  HygrometerPort& port_;
  Every reading_{4 * kSecond};
  Held temperature_{kLongest};
  Held humidity_{kLongest};
  State state_ = State::kStarting;
};

constexpr std::size_t kMostProbes = 8;

// Up to eight DS18B20 on one wire, told apart by their ROM codes. Never waits for a conversion.
class ProbeBank {
 public:
  explicit ProbeBank(OneWirePort& port) : port_(port) {}

  // Does one thing on the wire if one is due; returns whether it did.
  bool step(Millis now);

  struct Probe {
    Rom rom{};
    Held celsius{30 * kSecond};
    int misses = 0;  // in a row
  };

  std::size_t count() const { return count_; }
  const Probe& probe(std::size_t index) const { return probes_[index]; }
  // The mean of the probes that answer, kMissing if none does.
  float mean() const;
  State state() const { return state_; }
  Millis age(Millis now) const;

 private:
  enum class Phase { kIdle, kSearching, kConverting, kReading };

  bool any() const;
  bool remember(const Rom& rom);  // whether it is a new one
  void read_one(Millis now);

  OneWirePort& port_;
  Every measuring_{10 * kSecond};
  Every searching_{kMinute};
  std::array<Probe, kMostProbes> probes_{};
  std::size_t count_ = 0;
  std::size_t reading_ = 0;
  int searched_ = 0;
  Phase phase_ = Phase::kIdle;
  Millis converting_since_ = 0;
  State state_ = State::kStarting;
};

}  // namespace air
