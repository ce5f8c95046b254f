// The gas sensor's calibration, as it rests in flash memory.
#pragma once

#include <array>
#include <cstdint>

#include "air/common/expiring_value.h"

namespace air {

// What the sensor was in clean air: its R0 as it was then, and by the climate of that moment also its
// R0 of corrected readings, so that figures go on where they are whichever can be had.
struct Calibration {
  float r0 = 0;             // without correction, in units of the load resistor
  bool provisional = true;  // taken for clean air without anybody having said so
  float factor = kMissing;  // climate_factor at that moment; kMissing if the climate was not known

  float corrected_r0() const { return r0 / factor; }
};

constexpr std::size_t kCalibrationBytes = 16;

using CalibrationBytes = std::array<std::uint8_t, kCalibrationBytes>;

// Bytes: 'A' 'R', version 2, flags, then in little endian r0 and factor (0 if it is not known) as IEEE
// 754, and the CRC-32 of all that.
CalibrationBytes encode(const Calibration& calibration);

// Returns whether `bytes` hold a calibration, and if so which. Erased or torn flash memory does not.
// Version 1 had no factor: its r0 served for readings of either kind, and so it does here.
bool decode(const CalibrationBytes& bytes, Calibration& calibration);

// CRC-32 as in zip files (reflected 0x04C11DB7).
std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count);

}  // namespace air
