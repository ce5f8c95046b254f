// The pins of the parts; firmware/README.md has the drawing.
#pragma once

#include <Arduino.h>

constexpr std::uint8_t kPinScl = D1;   // GPIO5: BMP180 and display
constexpr std::uint8_t kPinSda = D2;   // GPIO4
constexpr std::uint8_t kPinWire = D5;  // GPIO14: DS18B20. Not D4, which selects the boot mode and drives the LED
constexpr std::uint8_t kPinDht = D6;   // GPIO12: DHT22
constexpr std::uint8_t kPinButton = D3;  // GPIO0: the board's own button FLASH
// A0: MQ-135
