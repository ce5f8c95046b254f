// A button that has to be held, so that touching it by accident does nothing.
#pragma once

#include "air/common/clock.h"

namespace air {

class LongPressButton {
 public:
  // Returns true once per press, when the button has been down for three seconds.
  bool step(bool down, Millis now);

 private:
  static constexpr Millis kHold = 3 * kSecond;

  bool down_ = false;
  bool reported_ = false;
  Millis since_ = 0;
};

}  // namespace air
