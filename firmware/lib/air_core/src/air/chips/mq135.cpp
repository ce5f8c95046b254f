#include "air/chips/mq135.h"

#include <cmath>

namespace air {

namespace {

// Beyond these the curves of the data sheet say nothing at all.
constexpr float kLowestRatio = 0.2F;
constexpr float kHighestRatio = 50.0F;
constexpr float kOutdoorCo2 = 400.0F;

float curve(float a, float b, float ratio) { return a * std::pow(ratio, b); }

}  // namespace

void Reads::add(int adc) {
  sum_ += adc;
  ++count_;
  outside_ += adc < kAdcMargin || adc > kAdcFull - kAdcMargin;
}

float Reads::counts() const {
  if (count_ == 0 || 2 * outside_ > count_) return kMissing;
  return static_cast<float>(sum_) / static_cast<float>(count_);
}

float resistance(float counts, const GasWiring& wiring) {
  if (!(counts >= kAdcMargin && counts <= kAdcFull - kAdcMargin)) return kMissing;
  const float volts = counts / kAdcFull * wiring.full_scale_volts;
  if (volts >= wiring.supply_volts) return kMissing;
  return wiring.supply_volts / volts - 1.0F;
}

float climate_factor(float temperature, float humidity) {
  if (std::isnan(temperature) || std::isnan(humidity)) return 1.0F;
  return 0.00035F * temperature * temperature - 0.02718F * temperature + 1.39538F -
         (humidity - 33.0F) * 0.0018F;
}

Gases gases(float ratio) {
  Gases found;
  if (!(ratio >= kLowestRatio && ratio <= kHighestRatio)) return found;
  found.co = curve(605.18F, -3.937F, ratio);
  found.co2 = curve(110.47F, -2.862F, ratio) + kOutdoorCo2;
  found.alcohol = curve(77.255F, -3.18F, ratio);
  found.nh4 = curve(102.2F, -2.473F, ratio);
  found.aceton = curve(34.668F, -3.369F, ratio);
  found.toulen = curve(44.947F, -3.445F, ratio);
  return found;
}

}  // namespace air
