#include "air/chips/ds18b20.h"

namespace air {

namespace {

constexpr std::uint8_t kFamilyCode = 0x28;
constexpr float kLeastBit = 0.0625F;  // °C at 12 bits

}  // namespace

std::uint8_t crc8(const std::uint8_t* bytes, std::size_t count) {
  unsigned crc = 0;
  for (std::size_t index = 0; index < count; ++index) {
    crc ^= bytes[index];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x8CU : 0U);
  }
  return static_cast<std::uint8_t>(crc);
}

bool is_ds18b20(const RomCode& rom) {
  return rom[0] == kFamilyCode && crc8(rom.data(), rom.size() - 1) == rom.back();
}

bool decode_ds18b20(const Scratchpad& bytes, float& celsius) {
  bool all_zero = true;
  for (const std::uint8_t each : bytes) all_zero = all_zero && each == 0;
  // A shorted wire reads as zeros, whose CRC is right.
  if (all_zero || crc8(bytes.data(), bytes.size() - 1) != bytes.back()) return false;
  auto raw = static_cast<std::int16_t>(bytes[1] << 8 | bytes[0]);
  // At a resolution of less than 12 bits the lowest bits are undefined.
  const int unused = 3 - (bytes[4] >> 5 & 3);
  raw = static_cast<std::int16_t>(raw & -(1 << unused));
  celsius = static_cast<float>(raw) * kLeastBit;
  return true;
}

}  // namespace air
