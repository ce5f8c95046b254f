#include "air/chips/dht22.h"

namespace air {

bool decode_dht22(const Dht22Bytes& bytes, Climate& found) {
  const int sum = bytes[0] + bytes[1] + bytes[2] + bytes[3];
  if ((sum & 0xFF) != bytes[4]) return false;
  found.humidity = static_cast<float>(bytes[0] << 8 | bytes[1]) / 10;
  int tenths = (bytes[2] & 0x7F) << 8 | bytes[3];
  // Between -1638 and 1638 °C the two encodings cannot be confused.
  if ((bytes[2] & 0x80) != 0) tenths = tenths < 0x4000 ? -tenths : tenths - 0x8000;
  found.temperature = static_cast<float>(tenths) / 10;
  return true;
}

}  // namespace air
