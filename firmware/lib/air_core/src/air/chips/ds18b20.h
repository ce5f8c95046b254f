// What sensors send, before anybody trusts it.
#pragma once

#include <array>
#include <cstdint>

#include "air/sensing/ports.h"

namespace air {

using Scratchpad = std::array<std::uint8_t, 9>;
using DhtBytes = std::array<std::uint8_t, 5>;

// CRC-8 of Maxim's 1-Wire devices (reflected 0x31), application note 27.
std::uint8_t crc8(const std::uint8_t* bytes, std::size_t count);

// Whether a code is that of a DS18B20, and has arrived whole.
bool is_probe(const Rom& rom);

// The temperature in a DS18B20's memory; false if that has not arrived whole.
bool decode_probe(const Scratchpad& bytes, float& celsius);

// The 40 bits of a DHT22; false if their sum is wrong. Whether values can be is not looked at. Below
// zero most parts send a sign and the size, some the two's complement: both are known.
bool decode_dht22(const DhtBytes& bytes, Climate& found);

}  // namespace air
