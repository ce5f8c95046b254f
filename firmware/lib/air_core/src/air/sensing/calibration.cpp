#include "air/sensing/calibration.h"

#include <cmath>
#include <cstring>

namespace air {

namespace {

constexpr std::uint8_t kMark[] = {'A', 'R'};
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kFirstVersion = 1;  // without the factor
constexpr std::uint8_t kProvisional = 1;
constexpr std::size_t kR0 = 4;       // where what begins
constexpr std::size_t kFactor = 8;
constexpr std::size_t kSum = 12;
constexpr std::size_t kFirstSum = 8;
static_assert(sizeof(float) == 4, "the format holds a float of 32 bits");

// A sensor whose resistance is beyond these is not one, or not wired as it should be.
constexpr float kSmallest = 1e-4F;
constexpr float kLargest = 1e4F;

// What climate_factor can be, and more.
constexpr float kSmallestFactor = 0.5F;
constexpr float kLargestFactor = 2.0F;

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
  put_float(calibration.r0, &bytes[kR0]);
  put_float(std::isnan(calibration.factor) ? 0 : calibration.factor, &bytes[kFactor]);
  put(crc32(bytes.data(), kSum), &bytes[kSum]);
  return bytes;
}

bool decode(const CalibrationBytes& bytes, Calibration& calibration) {
  if (bytes[0] != kMark[0] || bytes[1] != kMark[1]) return false;
  const bool first = bytes[2] == kFirstVersion;
  if (!first && bytes[2] != kVersion) return false;
  const std::size_t sum = first ? kFirstSum : kSum;
  if (get(&bytes[sum]) != crc32(bytes.data(), sum)) return false;
  const float r0 = get_float(&bytes[kR0]);
  if (!(r0 >= kSmallest && r0 <= kLargest)) return false;
  const float factor = first ? 1 : get_float(&bytes[kFactor]);
  calibration.r0 = r0;
  calibration.factor = factor >= kSmallestFactor && factor <= kLargestFactor ? factor : kMissing;
  calibration.provisional = (bytes[3] & kProvisional) != 0;
  return true;
}

}  // namespace air
