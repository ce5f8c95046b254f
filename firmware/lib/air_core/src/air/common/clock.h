// Time in milliseconds. The board's clock counts them in 32 bits, so it wraps around every 49.7 days.
#pragma once

#include <cstdint>

namespace air {

using Millis = std::uint32_t;

constexpr Millis kSecond = 1000;
constexpr Millis kMinute = 60 * kSecond;

// Returns the time between two moments less than 49.7 days apart, also across a wrap-around.
constexpr Millis elapsed(Millis now, Millis since) { return now - since; }

// Says when something periodic is due. It is due at once at first.
class PeriodicTimer {
 public:
  constexpr explicit PeriodicTimer(Millis period) : period_(period) {}

  // Returns whether a period has passed, and if so begins the next one. Missed periods are skipped.
  constexpr bool due(Millis now) {
    if (started_ && elapsed(now, last_) < period_) return false;
    started_ = true;
    last_ = now;
    return true;
  }

  // Makes it due at once.
  constexpr void expire() { started_ = false; }

 private:
  Millis period_;
  Millis last_ = 0;
  bool started_ = false;
};

// Counts the seconds since the start in 64 bits. Call `update` at least once in 49 days.
class Uptime {
 public:
  constexpr void update(Millis now) {
    total_ += elapsed(now, last_);
    last_ = now;
  }

  constexpr std::uint64_t seconds() const { return total_ / kSecond; }

 private:
  std::uint64_t total_ = 0;
  Millis last_ = 0;
};

}  // namespace air
