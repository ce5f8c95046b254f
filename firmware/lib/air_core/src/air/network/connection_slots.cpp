#include "air/network/connection_slots.h"

namespace air {

std::size_t Places::take(Millis now) {
  std::size_t chosen = 0;
  for (std::size_t place = 0; place < kMostConnections; ++place) {
    if (!taken_[place]) {
      chosen = place;
      break;
    }
    if (elapsed(now, since_[place]) > elapsed(now, since_[chosen])) chosen = place;
  }
  if (taken_[chosen] && elapsed(now, since_[chosen]) <= kPatienceInACrowd) return kNone;
  taken_[chosen] = true;
  since_[chosen] = now;
  return chosen;
}

}  // namespace air
