#include "air/sensing/temperature_probes.h"

#include <cmath>

namespace air {

namespace {

constexpr Millis kConversionTime = 800;    // data sheet: 750 at most, at 12 bits
constexpr float kPowerOnReading = 85.0F;   // before the first conversion
constexpr float kPowerOnMargin = 10.0F;    // within it, 85 °C may be the real temperature
constexpr int kMaxSearchSteps = 32;
constexpr int kMaxMisses = 4;              // then a probe may be replaced by a new one

}  // namespace

bool TemperatureProbes::any_present() const {
  for (std::size_t index = 0; index < count_; ++index) {
    if (!probes_[index].celsius.missing()) return true;
  }
  return false;
}

bool TemperatureProbes::step(Millis now) {
  for (std::size_t index = 0; index < count_; ++index) probes_[index].celsius.expire(now);
  if (state_ == SensorState::kWell && !any_present()) state_ = SensorState::kFailed;

  switch (phase_) {
    case Phase::kIdle:
      if (search_timer_.due(now)) {
        phase_ = Phase::kSearching;
        search_steps_ = 0;
        return false;
      }
      if (!measure_timer_.due(now)) return false;
      if (count_ > 0 && port_.convert()) {
        phase_ = Phase::kConverting;
        converting_since_ = now;
      } else {
        if (!any_present()) state_ = SensorState::kFailed;
        search_timer_.expire();  // they may have come back
      }
      return true;
    case Phase::kSearching: {
      RomCode rom{};
      // Noise on the wire can make a search endless.
      if (port_.search(rom) && ++search_steps_ <= kMaxSearchSteps) {
        if (rom[0] != 0 && add(rom)) measure_timer_.expire();
      } else {
        phase_ = Phase::kIdle;
      }
      return true;
    }
    case Phase::kConverting:
      if (elapsed(now, converting_since_) < kConversionTime) return false;
      next_to_read_ = 0;
      phase_ = Phase::kReading;
      return false;
    case Phase::kReading:
      read_next(now);
      if (++next_to_read_ >= count_) phase_ = Phase::kIdle;
      return true;
  }
  return false;
}

// Adds a probe. Returns whether it is new and there was a place for it.
bool TemperatureProbes::add(const RomCode& rom) {
  // Sorted by code, so that a probe's number does not depend on the order on the bus.
  std::size_t place = 0;
  while (place < count_ && probes_[place].rom < rom) ++place;
  if (place < count_ && probes_[place].rom == rom) return false;
  if (count_ == kMaxProbes) {
    // A probe that no longer answers makes room for the new one.
    std::size_t gone = 0;
    while (gone < count_ && probes_[gone].misses < kMaxMisses) ++gone;
    if (gone == count_) return false;
    for (; gone + 1 < count_; ++gone) probes_[gone] = probes_[gone + 1];
    --count_;
    return add(rom);
  }
  for (std::size_t index = count_; index > place; --index) probes_[index] = probes_[index - 1];
  probes_[place] = Probe{};
  probes_[place].rom = rom;
  ++count_;
  return true;
}

void TemperatureProbes::read_next(Millis now) {
  Probe& probe = probes_[next_to_read_];
  float celsius = kMissing;
  bool good = port_.read(probe.rom, celsius) && within(celsius, -55, 125);
  // After a loss of power a probe reports 85 °C, whatever the temperature.
  const bool near = std::fabs(probe.celsius.value() - kPowerOnReading) < kPowerOnMargin;
  if (celsius == kPowerOnReading && !near) good = false;
  if (!good) {
    if (probe.misses < kMaxMisses) ++probe.misses;
    if (!any_present()) state_ = SensorState::kFailed;
    return;
  }
  probe.misses = 0;
  probe.celsius.set(celsius, now);
  state_ = SensorState::kWell;
}

float TemperatureProbes::mean() const {
  double sum = 0;
  int present = 0;
  for (std::size_t index = 0; index < count_; ++index) {
    if (probes_[index].celsius.missing()) continue;
    sum += static_cast<double>(probes_[index].celsius.value());
    ++present;
  }
  return present == 0 ? kMissing : static_cast<float>(sum / present);
}

Millis TemperatureProbes::age(Millis now) const {
  Millis youngest = ~Millis{0};
  for (std::size_t index = 0; index < count_; ++index) {
    if (probes_[index].celsius.missing()) continue;
    const Millis age = probes_[index].celsius.age(now);
    if (age < youngest) youngest = age;
  }
  return youngest;
}

}  // namespace air
