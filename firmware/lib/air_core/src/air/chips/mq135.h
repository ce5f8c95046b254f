// What an MQ-135 tells: one resistance, from which six gases are estimated.
#pragma once

#include <cstdint>

#include "air/common/expiring_value.h"

namespace air {

// How the sensor is wired. The usual module runs on 5 V; its output goes to A0 by way of a divider.
struct GasWiring {
  float supply_volts = 5.0F;     // of the sensor and its load resistor
  float full_scale_volts = 5.0F; // of the sensor's output at which the converter reads 1023
};

constexpr int kAdcFull = 1023;

// Nearer to either end there is no sensor, or its input is shorted or clipped; and one count would be
// a tenth of the value.
constexpr int kAdcMargin = 10;

// Rs / R0 of an MQ-135 in clean air, as its data sheet has it.
constexpr float kCleanAirRatio = 3.6F;

// Several readings of the converter, which make one sample: each of them is noisy by some counts.
class Reads {
 public:
  void add(int adc);
  void clear() { *this = Reads{}; }
  // The mean; kMissing if there is none, or if most of them are at either end of the scale.
  float counts() const;

 private:
  std::int32_t sum_ = 0;
  int count_ = 0;
  int outside_ = 0;
};

// The sensor's resistance in units of its load resistor, from what the converter reads.
// kMissing at both ends of the scale.
float resistance(float counts, const GasWiring& wiring);

// The factor by which temperature (°C) and relative humidity (%) change the resistance.
// Source: G. Krocker's fit of the data sheet's curves, https://github.com/GeorgK/MQ135 (MIT).
float climate_factor(float temperature, float humidity);

// Estimates in ppm. Each is a fixed function of the same ratio, so they rise and fall together.
struct Gases {
  float co = kMissing;
  float co2 = kMissing;
  float alcohol = kMissing;
  float nh4 = kMissing;
  float aceton = kMissing;
  float toulen = kMissing;
};

// The gases at a ratio Rs / R0: a · ratio^b, the curves of the first firmware's library
// (https://github.com/miguel5612/MQSensorsLib), so that figures go on where they were.
// CO₂ counts from the 400 ppm of outdoor air.
Gases gases(float ratio);

}  // namespace air
