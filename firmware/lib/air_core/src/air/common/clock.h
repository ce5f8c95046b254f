// Time on a board whose clock counts milliseconds in 32 bits, and so begins anew every 49.7 days.
#pragma once

#include <cstdint>

namespace air {

using Millis = std::uint32_t;

constexpr Millis kSecond = 1000;
constexpr Millis kMinute = 60 * kSecond;

// Differences are right across the clock's new beginning, as long as they are below 49.7 days.
constexpr Millis elapsed(Millis now, Millis since) { return now - since; }

// Says when something is due that is to be done once in a period, the first time at once.
class Every {
 public:
  constexpr explicit Every(Millis period) : period_(period) {}

  // Returns whether it is due, and if so begins the next period. A period that was missed is not
  // made up for.
  constexpr bool due(Millis now) {
    if (started_ && elapsed(now, last_) < period_) return false;
    started_ = true;
    last_ = now;
    return true;
  }

  // Lets it be due at once.
  constexpr void hurry() { started_ = false; }

 private:
  Millis period_;
  Millis last_ = 0;
  bool started_ = false;
};

// Counts seconds since the start in 64 bits; has to be told the time at least every 49 days.
class Uptime {
 public:
  constexpr void tell(Millis now) {
    total_ += elapsed(now, last_);
    last_ = now;
  }

  constexpr std::uint64_t seconds() const { return total_ / kSecond; }

 private:
  std::uint64_t total_ = 0;
  Millis last_ = 0;
};

}  // namespace air
