#include "air/chips/mq135.h"

#include <cmath>

namespace air {

namespace {

// The range of the curves in the data sheet.
constexpr float kMinRatio = 0.2F;
constexpr float kMaxRatio = 50.0F;
constexpr float kOutdoorCo2 = 400.0F;

float curve(float a, float b, float ratio) { return a * std::pow(ratio, b); }

}  // namespace

void AdcReadings::add(int adc) {
  sum_ += adc;
  ++count_;
  out_of_range_ += adc < kAdcMargin || adc > kAdcMax - kAdcMargin;
}

float AdcReadings::mean() const {
  if (count_ == 0 || 2 * out_of_range_ > count_) return kMissing;
  return static_cast<float>(sum_) / static_cast<float>(count_);
}

float resistance(float counts, const GasWiring& wiring) {
  if (!(counts >= kAdcMargin && counts <= kAdcMax - kAdcMargin)) return kMissing;
  const float volts = counts / kAdcMax * wiring.full_scale_volts;
  if (volts >= wiring.supply_volts) return kMissing;
  return wiring.supply_volts / volts - 1.0F;
}

float climate_factor(float temperature, float humidity) {
  if (std::isnan(temperature) || std::isnan(humidity)) return 1.0F;
  return 0.00035F * temperature * temperature - 0.02718F * temperature + 1.39538F -
         (humidity - 33.0F) * 0.0018F;
}

Gases estimate_gases(float ratio) {
  Gases found;
  if (!(ratio >= kMinRatio && ratio <= kMaxRatio)) return found;
  found.co = curve(605.18F, -3.937F, ratio);
  found.co2 = curve(110.47F, -2.862F, ratio) + kOutdoorCo2;
  found.alcohol = curve(77.255F, -3.18F, ratio);
  found.nh4 = curve(102.2F, -2.473F, ratio);
  found.acetone = curve(34.668F, -3.369F, ratio);
  found.toluene = curve(44.947F, -3.445F, ratio);
  return found;
}

}  // namespace air
