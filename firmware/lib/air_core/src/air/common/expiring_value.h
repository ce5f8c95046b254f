// A measured value that does not outlive its sensor.
#pragma once

#include <cmath>

#include "air/common/clock.h"

namespace air {

constexpr float kMissing = NAN;

// The last good value of something, for a bounded time after it was measured.
class Held {
 public:
  constexpr explicit Held(Millis longest) : longest_(longest) {}

  void take(float value, Millis now) {
    value_ = value;
    taken_ = now;
  }

  // Forgets the value if it is too old. Has to be called at least every few days: the age of
  // something that nobody looks at for 49.7 days would begin anew.
  void age(Millis now) {
    if (!missing() && elapsed(now, taken_) > longest_) value_ = kMissing;
  }

  void forget() { value_ = kMissing; }

  float value() const { return value_; }
  bool missing() const { return std::isnan(value_); }
  Millis age_of(Millis now) const { return elapsed(now, taken_); }

 private:
  Millis longest_;
  float value_ = kMissing;
  Millis taken_ = 0;
};

}  // namespace air
