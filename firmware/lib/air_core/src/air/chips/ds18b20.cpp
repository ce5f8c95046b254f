#include "air/chips/ds18b20.h"

namespace air {

namespace {

constexpr std::uint8_t kFamilyDs18b20 = 0x28;
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

bool is_probe(const Rom& rom) {
  return rom[0] == kFamilyDs18b20 && crc8(rom.data(), rom.size() - 1) == rom.back();
}

bool decode_probe(const Scratchpad& bytes, float& celsius) {
  bool all_zero = true;
  for (const std::uint8_t each : bytes) all_zero = all_zero && each == 0;
  // A shorted wire reads as zeros, whose CRC is right.
  if (all_zero || crc8(bytes.data(), bytes.size() - 1) != bytes.back()) return false;
  auto raw = static_cast<std::int16_t>(bytes[1] << 8 | bytes[0]);
  // At less than 12 bits the lowest ones mean nothing.
  const int unused = 3 - (bytes[4] >> 5 & 3);
  raw = static_cast<std::int16_t>(raw & -(1 << unused));
  celsius = static_cast<float>(raw) * kLeastBit;
  return true;
}

bool decode_dht22(const DhtBytes& bytes, Climate& found) {
  const int sum = bytes[0] + bytes[1] + bytes[2] + bytes[3];
  if ((sum & 0xFF) != bytes[4]) return false;
  found.humidity = static_cast<float>(bytes[0] << 8 | bytes[1]) / 10;
  int tenths = (bytes[2] & 0x7F) << 8 | bytes[3];
  // Neither encoding can mean what the other one does between -1638 and 1638 °C.
  if ((bytes[2] & 0x80) != 0) tenths = tenths < 0x4000 ? -tenths : tenths - 0x8000;
  found.temperature = static_cast<float>(tenths) / 10;
  return true;
}

}  // namespace air
