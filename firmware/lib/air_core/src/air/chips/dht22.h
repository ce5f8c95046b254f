// Receives and decodes what a DHT22 sends over its single wire.
#pragma once

#include <array>
#include <cstdint>

namespace air {

struct Climate {
  float temperature;  // °C
  float humidity;     // %
};

using Dht22Bytes = std::array<std::uint8_t, 5>;

// Decodes the 40 bits of an answer. Returns false if the checksum is wrong. Values are not checked for
// plausibility. For temperatures below zero most parts send sign and magnitude, some two's complement;
// both are decoded.
bool decode_dht22(const Dht22Bytes& bytes, Climate& found);

// The permitted time between two falling edges, in µs, wider than data sheets give it. Only falling
// edges are timed: the sensor pulls the line down at once, but the pull-up raises it slowly, by several
// µs on a long cable.
struct EdgeInterval {
  std::uint32_t min;  // an edge before this is noise on the rising line
  std::uint32_t max;
};
constexpr EdgeInterval kDht22Response{15, 300};   // from the release of the line, usually 20 to 200
constexpr EdgeInterval kDht22Preamble{100, 220};  // 80 low, 80 high
constexpr EdgeInterval kDht22Bit{65, 180};        // 50 low, then 26 high for a 0 or 70 high for a 1
constexpr std::uint32_t kDht22OneThreshold = 100;

// Waits until the line falls after having been high, or until `interval.max` has passed. Returns
// whether it fell. `since` is the time of the previous edge, and then of this one.
template <typename Line>
bool await_falling_edge(Line& line, const EdgeInterval& interval, std::uint32_t& since) {
  bool was_high = false;
  for (;;) {
    const bool high = line.high();
    const std::uint32_t now = line.micros();
    const std::uint32_t spent = now - since;
    if (was_high && !high && spent >= interval.min) {
      since = now;
      return true;
    }
    if (spent > interval.max) return false;
    was_high = high;
  }
}

// Receives the 40 bits after the start signal. Call it as soon as the line is released, with interrupts
// off; it takes at most 8 ms. Returns whether all bits came; decode_dht22 checks them. A Line has
// `bool high()` and `std::uint32_t micros()`.
template <typename Line>
bool receive_dht22(Line& line, Dht22Bytes& bytes) {
  std::uint32_t since = line.micros();
  if (!await_falling_edge(line, kDht22Response, since) ||
      !await_falling_edge(line, kDht22Preamble, since)) {
    return false;
  }
  for (std::uint8_t& each : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t before = since;
      if (!await_falling_edge(line, kDht22Bit, since)) return false;
      each = static_cast<std::uint8_t>(each << 1 | (since - before > kDht22OneThreshold));
    }
  }
  return true;
}

}  // namespace air
