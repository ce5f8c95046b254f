// Estimates six gases from the one resistance of an MQ-135.
#pragma once

#include <cstdint>

#include "air/common/expiring_value.h"

namespace air {

// How the sensor is wired. The usual module runs on 5 V, and a divider connects its output to A0.
struct GasWiring {
  float supply_volts = 5.0F;      // of the sensor and its load resistor
  float full_scale_volts = 5.0F;  // the sensor's output at which the converter reads 1023
};

constexpr int kAdcMax = 1023;

// Readings closer to either end of the scale are faults: no sensor, or a shorted or clipped input. One
// count would also be a tenth of the value there.
constexpr int kAdcMargin = 10;

// Rs / R0 in clean air, from the data sheet.
constexpr float kCleanAirRatio = 3.6F;

// Averages the converter's readings into one sample, because each is noisy by some counts.
class AdcReadings {
 public:
  void add(int adc);
  void clear() { *this = AdcReadings{}; }
  // Returns the mean in counts; kMissing if there is no reading, or most are at an end of the scale.
  float mean() const;

 private:
  std::int32_t sum_ = 0;
  int count_ = 0;
  int out_of_range_ = 0;
};

// Returns the sensor's resistance in units of its load resistor, kMissing at both ends of the scale.
float resistance(float counts, const GasWiring& wiring);

// Returns the factor by which temperature (°C) and relative humidity (%) change the resistance.
// Source: G. Krocker's fit of the data sheet's curves, https://github.com/GeorgK/MQ135 (MIT).
float climate_factor(float temperature, float humidity);

// Estimates in ppm. All are functions of the same ratio, so they rise and fall together.
struct Gases {
  float co = kMissing;
  float co2 = kMissing;
  float alcohol = kMissing;
  float nh4 = kMissing;
  float acetone = kMissing;
  float toluene = kMissing;
};

// Returns the gases at a ratio Rs / R0, by the curves a · ratio^b of the first firmware's library
// (https://github.com/miguel5612/MQSensorsLib), so that figures continue those of the first firmware.
// CO₂ starts at the 400 ppm of outdoor air. All are kMissing outside the data sheet's curves.
Gases estimate_gases(float ratio);

}  // namespace air
