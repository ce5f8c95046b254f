// Limits how many clients are served at once, and for how long.
#pragma once

#include <array>
#include <cstddef>

#include "air/common/clock.h"

namespace air {

constexpr std::size_t kMaxConnections = 4;

class ConnectionSlots {
 public:
  static constexpr std::size_t kNoSlot = kMaxConnections;

  // Returns the slot for a new client. If all are taken, that is the slot of the oldest client, which
  // the caller disconnects; kNoSlot if even that one has only just come.
  std::size_t acquire(Millis now);
  void release(std::size_t slot) { taken_[slot] = false; }
  bool timed_out(std::size_t slot, Millis now) const {
    return elapsed(now, acquired_at_[slot]) > kTimeout;
  }

 private:
  static constexpr Millis kTimeout = 5 * kSecond;
  static constexpr Millis kMinTimeWhenFull = 300;  // before a client makes room for another

  std::array<bool, kMaxConnections> taken_{};
  std::array<Millis, kMaxConnections> acquired_at_{};
};

}  // namespace air
