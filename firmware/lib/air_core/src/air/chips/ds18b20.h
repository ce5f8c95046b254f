// Decodes what a DS18B20 sends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace air {

using RomCode = std::array<std::uint8_t, 8>;
using Scratchpad = std::array<std::uint8_t, 9>;

// CRC-8 of Maxim's 1-Wire devices (reflected 0x31), application note 27.
std::uint8_t crc8(const std::uint8_t* bytes, std::size_t count);

// Returns whether a code is that of a DS18B20 and its CRC is right.
bool is_ds18b20(const RomCode& rom);

// Decodes the temperature in a probe's memory. Returns false if the CRC is wrong or all bytes are zero.
bool decode_ds18b20(const Scratchpad& bytes, float& celsius);

}  // namespace air
