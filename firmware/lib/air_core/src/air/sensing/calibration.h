// The gas sensor's calibration, and its bytes in flash memory.
#pragma once

#include <array>
#include <cstdint>

#include "air/common/expiring_value.h"

namespace air {

// R0 of the sensor, and the climate in which it was measured. There is an R0 for corrected and one for
// uncorrected readings, so that figures do not jump when the correction is lost or comes back.
struct Calibration {
  float r0 = 0;             // without correction, in units of the load resistor; 0: not calibrated
  bool provisional = true;  // made by the station itself, not asked for by the owner
  float factor = kMissing;  // climate_factor at that moment; kMissing if the climate was not known

  float corrected_r0() const { return r0 / factor; }
};

constexpr std::size_t kCalibrationBytes = 16;

using CalibrationBytes = std::array<std::uint8_t, kCalibrationBytes>;

// Returns the bytes: 'A' 'R', version 2, flags, r0 and factor (0 if it is not known) as little-endian
// IEEE 754, and the CRC-32 of all that.
CalibrationBytes encode_calibration(const Calibration& calibration);

// Decodes a calibration. Returns false, and leaves it unchanged, if `bytes` hold none, as in erased or
// half-written flash memory. Version 1 had no factor and used r0 for both kinds of readings: its factor
// is 1.
bool decode_calibration(const CalibrationBytes& bytes, Calibration& calibration);

}  // namespace air
