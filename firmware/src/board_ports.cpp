#include "board_ports.h"

#include <EEPROM.h>
#include <Wire.h>
#include <interrupts.h>

#include <air/chips/dht22.h>

#include "flash_memory.h"

namespace {

constexpr std::uint8_t kBmp180 = 0x77;
constexpr std::uint8_t kConstants = 0xAA;  // registers
constexpr std::uint8_t kIdentity = 0xD0;
constexpr std::uint8_t kControl = 0xF4;
constexpr std::uint8_t kResult = 0xF6;
constexpr std::uint8_t kIsBmp180 = 0x55;
constexpr std::uint8_t kMeasureTemperature = 0x2E;
constexpr std::uint8_t kMeasurePressure = 0x34;
constexpr int kOversampling = 1;
constexpr unsigned kTemperatureTakes = 5;  // ms
constexpr unsigned kPressureTakes = 8;

constexpr std::uint8_t kConvert = 0x44;
constexpr std::uint8_t kReadScratchpad = 0xBE;

constexpr unsigned kStartSignal = 1100;  // µs

constexpr std::size_t kEeprom = 256;

// Each of these returns whether the part answered.
bool set_register(std::uint8_t place, std::uint8_t value) {
  Wire.beginTransmission(kBmp180);
  Wire.write(place);
  Wire.write(value);
  return Wire.endTransmission() == 0;
}

template <std::size_t N>
bool get_registers(std::uint8_t place, std::array<std::uint8_t, N>& bytes) {
  Wire.beginTransmission(kBmp180);
  Wire.write(place);
  if (Wire.endTransmission() != 0) {
    Wire.status();  // frees a bus that a part holds in the middle of a byte
    return false;
  }
  if (Wire.requestFrom(kBmp180, static_cast<std::uint8_t>(N)) != N) return false;
  for (std::uint8_t& each : bytes) each = static_cast<std::uint8_t>(Wire.read());
  return true;
}

// The line of a DHT22, as receive_dht22 wants it.
struct DhtLine {
  std::uint8_t pin;
  bool high() const { return GPIP(pin) != 0; }
  std::uint32_t micros() const { return ::micros(); }
};

}  // namespace

int Adc::read() { return analogRead(A0); }

bool Barometer::begin() {
  std::array<std::uint8_t, 1> identity{};
  air::Bmp180Bytes bytes{};
  return get_registers(kIdentity, identity) && identity[0] == kIsBmp180 &&
         get_registers(kConstants, bytes) && air::decode_bmp180(bytes, constants_);
}

bool Barometer::read(air::Pressure& found) {
  std::array<std::uint8_t, 2> temperature{};
  std::array<std::uint8_t, 3> pressure{};
  if (!set_register(kControl, kMeasureTemperature)) return false;
  delay(kTemperatureTakes);
  if (!get_registers(kResult, temperature) ||
      !set_register(kControl, kMeasurePressure | kOversampling << 6)) {
    return false;
  }
  delay(kPressureTakes);
  if (!get_registers(kResult, pressure)) return false;
  return air::bmp180_values(
      constants_, temperature[0] << 8 | temperature[1],
      (pressure[0] << 16 | pressure[1] << 8 | pressure[2]) >> (8 - kOversampling), kOversampling,
      found);
}

void Hygrometer::begin() { pinMode(pin_, INPUT_PULLUP); }

bool Hygrometer::read(air::Climate& found) {
  pinMode(pin_, OUTPUT);
  digitalWrite(pin_, LOW);
  delayMicroseconds(kStartSignal);
  air::DhtBytes bytes{};
  {
    const esp8266::InterruptLock lock;
    pinMode(pin_, INPUT_PULLUP);
    DhtLine line{pin_};
    if (!air::receive_dht22(line, bytes)) return false;
  }
  return air::decode_dht22(bytes, found);
}

bool Wire1::search(air::Rom& found) {
  if (!bus_.search(found.data())) {
    bus_.reset_search();
    return false;
  }
  if (!air::is_probe(found)) found = {};
  return true;
}

bool Wire1::convert() {
  if (bus_.reset() == 0) return false;
  bus_.skip();
  bus_.write(kConvert);
  return true;
}

bool Wire1::read(const air::Rom& rom, float& celsius) {
  if (bus_.reset() == 0) return false;
  bus_.select(rom.data());
  bus_.write(kReadScratchpad);
  air::Scratchpad bytes;
  bus_.read_bytes(bytes.data(), bytes.size());
  return air::decode_probe(bytes, celsius);
}

void Storage::begin() { EEPROM.begin(kEeprom); }

bool Storage::load(air::CalibrationBytes& bytes) {
  EEPROM.get(0, bytes);
  return true;
}

bool Storage::save(const air::CalibrationBytes& bytes) {
  EEPROM.put(0, bytes);
  return commit_flash();
}
