// The gas sensor's calibration, as it rests in flash memory.
#pragma once

#include <array>
#include <cstdint>

namespace air {

// The resistance of the sensor in clean air, in units of its load resistor.
struct Calibration {
  float r0 = 0;
  bool provisional = true;  // taken for clean air without anybody having said so
};

constexpr std::size_t kCalibrationBytes = 12;

using CalibrationBytes = std::array<std::uint8_t, kCalibrationBytes>;

// Bytes: 'A' 'R', version, flags, r0 as IEEE 754 in little endian, CRC-32 of all that in little endian.
CalibrationBytes encode(const Calibration& calibration);

// Returns whether `bytes` hold a calibration, and if so which. Erased or torn flash memory does not.
bool decode(const CalibrationBytes& bytes, Calibration& calibration);

// CRC-32 as in zip files (reflected 0x04C11DB7).
std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count);

}  // namespace air
