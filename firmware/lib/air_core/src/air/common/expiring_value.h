// A measured value that expires when no new one arrives.
#pragma once

#include <cmath>

#include "air/common/clock.h"

namespace air {

constexpr float kMissing = NAN;

// The last good value of a measurement, until it is older than `max_age`.
class ExpiringValue {
 public:
  constexpr explicit ExpiringValue(Millis max_age) : max_age_(max_age) {}

  void set(float value, Millis now) {
    value_ = value;
    set_at_ = now;
  }

  // Drops the value if it is too old. Call it every few days at least, because an age of more than
  // 49.7 days wraps around.
  void expire(Millis now) {
    if (!missing() && elapsed(now, set_at_) > max_age_) value_ = kMissing;
  }

  float value() const { return value_; }
  bool missing() const { return std::isnan(value_); }
  Millis age(Millis now) const { return elapsed(now, set_at_); }

 private:
  Millis max_age_;
  float value_ = kMissing;
  Millis set_at_ = 0;
};

}  // namespace air
