#include "air/chips/bmp180.h"

namespace air {

bool decode_bmp180(const Bmp180Memory& bytes, Bmp180Coefficients& found) {
  std::array<std::uint16_t, 11> words{};
  for (std::size_t index = 0; index < words.size(); ++index) {
    words[index] = static_cast<std::uint16_t>(bytes[2 * index] << 8 | bytes[2 * index + 1]);
    if (words[index] == 0 || words[index] == 0xFFFF) return false;
  }
  const auto value = [&](std::size_t index) { return static_cast<std::int16_t>(words[index]); };
  found = {value(0), value(1), value(2), words[3], words[4], words[5],
           value(6), value(7), value(8), value(9), value(10)};
  return true;
}

bool compensate_bmp180(const Bmp180Coefficients& coefficients, std::int32_t temperature,
                       std::int32_t pressure, int oversampling, PressureReading& found) {
  // The steps and names of the data sheet. 64 bits hold the results of anything a broken part may send.
  using Wide = std::int64_t;
  const Bmp180Coefficients& c = coefficients;
  Wide x1 = (Wide{temperature} - c.ac6) * c.ac5 >> 15;
  if (x1 + c.md == 0) return false;
  const Wide b5 = x1 + Wide{c.mc} * 2048 / (x1 + c.md);
  const Wide b6 = b5 - 4000;
  if (b6 > 100000 || b6 < -100000) return false;  // hundreds of degrees

  const Wide square = b6 * b6 >> 12;
  Wide x3 = (c.b2 * square >> 11) + (c.ac2 * b6 >> 11);
  const Wide b3 = ((c.ac1 * 4 + x3) * (1 << oversampling) + 2) / 4;
  x3 = ((c.ac3 * b6 >> 13) + (c.b1 * square >> 16) + 2) >> 2;
  const Wide b4 = c.ac4 * (x3 + 32768) >> 15;
  if (b4 <= 0) return false;
  const Wide b7 = (pressure - b3) * (50000 >> oversampling);
  Wide pascals = b7 * 2 / b4;
  if (pascals < 0 || pascals > 1000000) return false;
  x1 = (pascals >> 8) * (pascals >> 8) * 3038 >> 16;
  pascals += (x1 + (-7357 * pascals >> 16) + 3791) >> 4;
  found.temperature = static_cast<float>((b5 + 8) >> 4) / 10;
  found.hectopascals = static_cast<float>(pascals) / 100;
  return true;
}

}  // namespace air
