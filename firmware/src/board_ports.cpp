#include "board_ports.h"

#include <EEPROM.h>
#include <Wire.h>
#include <interrupts.h>

#include <air/chips/dht22.h>
#include <air/chips/ds18b20.h>

#include "flash_memory.h"

namespace {

constexpr std::uint8_t kBmp180 = 0x77;
constexpr std::uint8_t kCoefficients = 0xAA;  // registers
constexpr std::uint8_t kIdentity = 0xD0;
constexpr std::uint8_t kControl = 0xF4;
constexpr std::uint8_t kResult = 0xF6;
constexpr std::uint8_t kIsBmp180 = 0x55;
constexpr std::uint8_t kMeasureTemperature = 0x2E;
constexpr std::uint8_t kMeasurePressure = 0x34;
constexpr int kOversampling = 1;
constexpr unsigned kTemperatureTime = 5;  // ms
constexpr unsigned kPressureTime = 8;

constexpr std::uint8_t kConvert = 0x44;
constexpr std::uint8_t kReadScratchpad = 0xBE;

constexpr unsigned kStartSignal = 1100;  // µs

constexpr std::size_t kEepromSize = 256;

// Both return whether the BMP180 answered.
bool write_register(std::uint8_t address, std::uint8_t value) {
  Wire.beginTransmission(kBmp180);
  Wire.write(address);
  Wire.write(value);
  return Wire.endTransmission() == 0;
}

template <std::size_t N>
bool read_registers(std::uint8_t address, std::array<std::uint8_t, N>& bytes) {
  Wire.beginTransmission(kBmp180);
  Wire.write(address);
  if (Wire.endTransmission() != 0) {
    Wire.status();  // frees a bus that a part holds in the middle of a byte
    return false;
  }
  if (Wire.requestFrom(kBmp180, static_cast<std::uint8_t>(N)) != N) return false;
  for (std::uint8_t& each : bytes) each = static_cast<std::uint8_t>(Wire.read());
  return true;
}

// A Line for receive_dht22.
struct Dht22Line {
  std::uint8_t pin;
  bool high() const { return GPIP(pin) != 0; }
  std::uint32_t micros() const { return ::micros(); }
};

}  // namespace

int Adc::read() { return analogRead(A0); }

bool Barometer::begin() {
  std::array<std::uint8_t, 1> identity{};
  air::Bmp180Memory bytes{};
  return read_registers(kIdentity, identity) && identity[0] == kIsBmp180 &&
         read_registers(kCoefficients, bytes) && air::decode_bmp180(bytes, coefficients_);
}

bool Barometer::read(air::PressureReading& found) {
  std::array<std::uint8_t, 2> temperature{};
  std::array<std::uint8_t, 3> pressure{};
  if (!write_register(kControl, kMeasureTemperature)) return false;
  delay(kTemperatureTime);
  if (!read_registers(kResult, temperature) ||
      !write_register(kControl, kMeasurePressure | kOversampling << 6)) {
    return false;
  }
  delay(kPressureTime);
  if (!read_registers(kResult, pressure)) return false;
  return air::compensate_bmp180(
      coefficients_, temperature[0] << 8 | temperature[1],
      (pressure[0] << 16 | pressure[1] << 8 | pressure[2]) >> (8 - kOversampling), kOversampling,
      found);
}

void Hygrometer::begin() { pinMode(pin_, INPUT_PULLUP); }

bool Hygrometer::read(air::Climate& found) {
  pinMode(pin_, OUTPUT);
  digitalWrite(pin_, LOW);
  delayMicroseconds(kStartSignal);
  air::Dht22Bytes bytes{};
  {
    const esp8266::InterruptLock lock;
    pinMode(pin_, INPUT_PULLUP);
    Dht22Line line{pin_};
    if (!air::receive_dht22(line, bytes)) return false;
  }
  return air::decode_dht22(bytes, found);
}

bool OneWireBus::search(air::RomCode& found) {
  if (!bus_.search(found.data())) {
    bus_.reset_search();
    return false;
  }
  if (!air::is_ds18b20(found)) found = {};
  return true;
}

bool OneWireBus::convert() {
  if (bus_.reset() == 0) return false;
  bus_.skip();
  bus_.write(kConvert);
  return true;
}

bool OneWireBus::read(const air::RomCode& rom, float& celsius) {
  if (bus_.reset() == 0) return false;
  bus_.select(rom.data());
  bus_.write(kReadScratchpad);
  air::Scratchpad bytes;
  bus_.read_bytes(bytes.data(), bytes.size());
  return air::decode_ds18b20(bytes, celsius);
}

void Storage::begin() { EEPROM.begin(kEepromSize); }

bool Storage::load(air::CalibrationBytes& bytes) {
  EEPROM.get(0, bytes);
  return true;
}

bool Storage::save(const air::CalibrationBytes& bytes) {
  EEPROM.put(0, bytes);
  return commit_flash();
}
