// Listens to the one wire of a DHT22, whatever carries it.
#pragma once

#include <cstdint>

#include "air/chips/ds18b20.h"

namespace air {

// Times between two falls of the line, in µs, with room around what data sheets give. The sensor
// itself pulls the line down, and that is sharp. It rises by the pull-up alone, which takes several µs
// on a long cable: when it has risen counts for nothing, as long as it is seen high at all.
struct DhtTimes {
  std::uint32_t shortest;  // what falls earlier only trembled while it rose
  std::uint32_t longest;
};
constexpr DhtTimes kDhtAnswer{15, 300};      // from the line's release, at 20 to 200
constexpr DhtTimes kDhtBeginning{100, 220};  // 80 low, 80 high
constexpr DhtTimes kDhtBit{65, 180};         // 50 low; 26 high is a 0, 70 high a 1
constexpr std::uint32_t kDhtOne = 100;       // between the two

// Waits until the line has been high and falls, or for as long as that may take. Returns whether it
// did; `since` is the time of the fall before, and then of this one.
template <typename Line>
bool await_fall(Line& line, const DhtTimes& times, std::uint32_t& since) {
  bool was_high = false;
  for (;;) {
    const bool high = line.high();
    const std::uint32_t now = line.micros();
    const std::uint32_t spent = now - since;
    if (was_high && !high && spent >= times.shortest) {
      since = now;
      return true;
    }
    if (spent > times.longest) return false;
    was_high = high;
  }
}

// Takes the 40 bits that follow the start signal. To be called when the line has just been released,
// with nothing that interrupts it; takes at most 8 ms. Returns whether all bits came; their sum is
// decode_dht22's to check. A Line has `bool high()` and `std::uint32_t micros()`.
template <typename Line>
bool receive_dht22(Line& line, DhtBytes& bytes) {
  std::uint32_t since = line.micros();
  if (!await_fall(line, kDhtAnswer, since) || !await_fall(line, kDhtBeginning, since)) return false;
  for (std::uint8_t& each : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t before = since;
      if (!await_fall(line, kDhtBit, since)) return false;
      each = static_cast<std::uint8_t>(each << 1 | (since - before > kDhtOne));
    }
  }
  return true;
}

}  // namespace air
