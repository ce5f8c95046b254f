#include "air/sensing/calibration.h"

#include <cmath>
#include <cstring>

#include "air/common/crc32.h"

namespace air {

namespace {

constexpr std::uint8_t kMark[] = {'A', 'R'};
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kVersionWithoutFactor = 1;
constexpr std::uint8_t kProvisional = 1;
constexpr std::size_t kR0 = 4;  // offsets in the bytes
constexpr std::size_t kFactor = 8;
constexpr std::size_t kCrc = 12;
constexpr std::size_t kCrcWithoutFactor = 8;
static_assert(sizeof(float) == 4, "the format holds a float of 32 bits");

// Outside this range there is no sensor, or it is wired wrongly.
constexpr float kMinR0 = 1e-4F;
constexpr float kMaxR0 = 1e4F;

// Wider than climate_factor's range.
constexpr float kMinFactor = 0.5F;
constexpr float kMaxFactor = 2.0F;

void put(std::uint32_t value, std::uint8_t* bytes) {
  for (int index = 0; index < 4; ++index) bytes[index] = static_cast<std::uint8_t>(value >> 8 * index);
}

std::uint32_t get(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  for (int index = 0; index < 4; ++index) value |= std::uint32_t{bytes[index]} << 8 * index;
  return value;
}

void put_float(float value, std::uint8_t* bytes) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  put(bits, bytes);
}

float get_float(const std::uint8_t* bytes) {
  const std::uint32_t bits = get(bytes);
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

CalibrationBytes encode_calibration(const Calibration& calibration) {
  CalibrationBytes bytes{kMark[0], kMark[1], kVersion,
                         static_cast<std::uint8_t>(calibration.provisional ? kProvisional : 0)};
  put_float(calibration.r0, &bytes[kR0]);
  put_float(std::isnan(calibration.factor) ? 0 : calibration.factor, &bytes[kFactor]);
  put(crc32(bytes.data(), kCrc), &bytes[kCrc]);
  return bytes;
}

bool decode_calibration(const CalibrationBytes& bytes, Calibration& calibration) {
  if (bytes[0] != kMark[0] || bytes[1] != kMark[1]) return false;
  const bool has_factor = bytes[2] == kVersion;
  if (!has_factor && bytes[2] != kVersionWithoutFactor) return false;
  const std::size_t crc = has_factor ? kCrc : kCrcWithoutFactor;
  if (get(&bytes[crc]) != crc32(bytes.data(), crc)) return false;
  const float r0 = get_float(&bytes[kR0]);
  if (!(r0 >= kMinR0 && r0 <= kMaxR0)) return false;
  const float factor = has_factor ? get_float(&bytes[kFactor]) : 1;
  calibration.r0 = r0;
  calibration.factor = factor >= kMinFactor && factor <= kMaxFactor ? factor : kMissing;
  calibration.provisional = (bytes[3] & kProvisional) != 0;
  return true;
}

}  // namespace air
