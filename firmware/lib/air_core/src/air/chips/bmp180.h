// Decodes what a BMP180 sends, by its data sheet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace air {

struct PressureReading {
  float temperature;  // °C
  float hectopascals;
};

// The coefficients that each part was calibrated with in its factory.
struct Bmp180Coefficients {
  std::int16_t ac1, ac2, ac3;
  std::uint16_t ac4, ac5, ac6;
  std::int16_t b1, b2, mb, mc, md;
};

using Bmp180Memory = std::array<std::uint8_t, 22>;

// Decodes the coefficients in the part's memory. Returns false if a word is 0 or all ones, which no
// coefficient is.
bool decode_bmp180(const Bmp180Memory& bytes, Bmp180Coefficients& found);

// Computes a reading from the raw temperature and pressure. `oversampling` (0 to 3) is the one of the
// pressure's conversion. Returns false for values that no such part can have sent.
bool compensate_bmp180(const Bmp180Coefficients& coefficients, std::int32_t temperature,
                       std::int32_t pressure, int oversampling, PressureReading& found);

}  // namespace air
