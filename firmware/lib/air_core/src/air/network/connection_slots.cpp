#include "air/network/connection_slots.h"

namespace air {

std::size_t ConnectionSlots::acquire(Millis now) {
  std::size_t chosen = 0;
  for (std::size_t slot = 0; slot < kMaxConnections; ++slot) {
    if (!taken_[slot]) {
      chosen = slot;
      break;
    }
    if (elapsed(now, acquired_at_[slot]) > elapsed(now, acquired_at_[chosen])) chosen = slot;
  }
  if (taken_[chosen] && elapsed(now, acquired_at_[chosen]) <= kMinTimeWhenFull) return kNoSlot;
  taken_[chosen] = true;
  acquired_at_[chosen] = now;
  return chosen;
}

}  // namespace air
