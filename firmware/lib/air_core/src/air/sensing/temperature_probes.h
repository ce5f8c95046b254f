// Up to eight DS18B20 on one wire, told apart by their ROM codes.
#pragma once

#include <array>
#include <cstddef>

#include "air/common/clock.h"
#include "air/common/expiring_value.h"
#include "air/sensing/ports.h"
#include "air/sensing/sensor_state.h"

namespace air {

constexpr std::size_t kMaxProbes = 8;

// Searches the wire and reads the probes. Never waits for a conversion.
class TemperatureProbes {
 public:
  explicit TemperatureProbes(OneWirePort& port) : port_(port) {}

  // Does the next thing on the wire if one is due. Returns whether it did.
  bool step(Millis now);

  struct Probe {
    RomCode rom{};
    ExpiringValue celsius{30 * kSecond};
    int misses = 0;  // in a row
  };

  std::size_t count() const { return count_; }
  const Probe& probe(std::size_t index) const { return probes_[index]; }
  // Returns the mean of the probes that answer, kMissing if none does.
  float mean() const;
  SensorState state() const { return state_; }
  // Returns the age of the newest reading.
  Millis age(Millis now) const;

 private:
  enum class Phase { kIdle, kSearching, kConverting, kReading };

  bool any_present() const;
  bool add(const RomCode& rom);
  void read_next(Millis now);

  OneWirePort& port_;
  PeriodicTimer measure_timer_{10 * kSecond};
  PeriodicTimer search_timer_{kMinute};
  std::array<Probe, kMaxProbes> probes_{};
  std::size_t count_ = 0;
  std::size_t next_to_read_ = 0;
  int search_steps_ = 0;
  Phase phase_ = Phase::kIdle;
  Millis converting_since_ = 0;
  SensorState state_ = SensorState::kStarting;
};

}  // namespace air
