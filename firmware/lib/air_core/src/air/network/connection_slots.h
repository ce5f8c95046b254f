// Who of those that have connected is listened to, and for how long: nobody is waited for.
#pragma once

#include <array>
#include <cstddef>

#include "air/common/clock.h"

namespace air {

constexpr std::size_t kMostConnections = 4;

class Places {
 public:
  static constexpr std::size_t kNone = kMostConnections;

  // Returns the place for somebody who has just come, kNone if they have to wait outside. If all are
  // taken, it is the one of who has been here for longest, and has to go.
  std::size_t take(Millis now);
  void leave(std::size_t place) { taken_[place] = false; }
  // Whether who is there has taken too long.
  bool overdue(std::size_t place, Millis now) const { return elapsed(now, since_[place]) > kPatience; }

 private:
  static constexpr Millis kPatience = 5 * kSecond;
  static constexpr Millis kPatienceInACrowd = 300;

  std::array<bool, kMostConnections> taken_{};
  std::array<Millis, kMostConnections> since_{};
};

}  // namespace air
