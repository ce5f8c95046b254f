#include "air/network/long_press_button.h"

namespace air {

bool LongPressButton::step(bool down, Millis now) {
  if (!down) {
    down_ = reported_ = false;
    return false;
  }
  if (!down_) {
    down_ = true;
    since_ = now;
  }
  if (reported_ || elapsed(now, since_) < kHold) return false;
  reported_ = true;
  return true;
}

}  // namespace air
