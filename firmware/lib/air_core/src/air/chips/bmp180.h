// What a BMP180 sends, and what that means, by its data sheet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "air/sensing/ports.h"

namespace air {

// The constants that each part was made with.
struct Bmp180Constants {
  std::int16_t ac1, ac2, ac3;
  std::uint16_t ac4, ac5, ac6;
  std::int16_t b1, b2, mb, mc, md;
};

using Bmp180Bytes = std::array<std::uint8_t, 22>;

// The constants in the part's memory; false if that cannot be them: no word of it is 0 or all ones.
bool decode_bmp180(const Bmp180Bytes& bytes, Bmp180Constants& found);

// What it measured: a temperature and a pressure as it sent them, the latter of a conversion with this
// oversampling (0 to 3). False if no such part can have sent that.
bool bmp180_values(const Bmp180Constants& constants, std::int32_t temperature,
                   std::int32_t pressure, int oversampling, Pressure& found);

}  // namespace air
