#include "calibration.h"

#include <cmath>
#include <cstring>

namespace air {

namespace {

constexpr std::uint8_t kMark[] = {'A', 'R'};
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kProvisional = 1;
constexpr std::size_t kChecked = kCalibrationBytes - 4;
static_assert(sizeof(float) == 4, "the format holds a float of 32 bits");

// A sensor whose resistance is beyond these is not one, or not wired as it should be.
constexpr float kSmallest = 1e-4F;
constexpr float kLargest = 1e4F;

void put(std::uint32_t value, std::uint8_t* bytes) {
  for (int index = 0; index < 4; ++index) bytes[index] = static_cast<std::uint8_t>(value >> 8 * index);
}

std::uint32_t get(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  for (int index = 0; index < 4; ++index) value |= std::uint32_t{bytes[index]} << 8 * index;
  return value;
}

}  // namespace

std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t index = 0; index < count; ++index) {
    crc ^= bytes[index];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

CalibrationBytes encode(const Calibration& calibration) {
  CalibrationBytes bytes{kMark[0], kMark[1], kVersion,
                         static_cast<std::uint8_t>(calibration.provisional ? kProvisional : 0)};
  std::uint32_t r0 = 0;
  std::memcpy(&r0, &calibration.r0, sizeof r0);
  put(r0, &bytes[4]);
  put(crc32(bytes.data(), kChecked), &bytes[kChecked]);
  return bytes;
}

bool decode(const CalibrationBytes& bytes, Calibration& calibration) {
  if (bytes[0] != kMark[0] || bytes[1] != kMark[1] || bytes[2] != kVersion) return false;
  if (get(&bytes[kChecked]) != crc32(bytes.data(), kChecked)) return false;
  const std::uint32_t bits = get(&bytes[4]);
  float r0 = 0;
  std::memcpy(&r0, &bits, sizeof r0);
  if (!(r0 >= kSmallest && r0 <= kLargest)) return false;
  calibration.r0 = r0;
  calibration.provisional = (bytes[3] & kProvisional) != 0;
  return true;
}

}  // namespace air
