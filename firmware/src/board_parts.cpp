#include "board_parts.h"

#include <EEPROM.h>
#include <Wire.h>

namespace {

constexpr std::uint8_t kBmp180 = 0x77;
constexpr std::uint8_t kIdRegister = 0xD0;
constexpr std::uint8_t kId = 0x55;

constexpr std::uint8_t kFamilyDs18b20 = 0x28;
constexpr std::uint8_t kConvert = 0x44;
constexpr std::uint8_t kReadScratchpad = 0xBE;
constexpr std::size_t kScratchpad = 9;
constexpr float kLeastBit = 0.0625F;  // °C at 12 bits

constexpr std::size_t kEeprom = 256;

}  // namespace

int Adc::read() { return analogRead(A0); }

// Its library takes a bus that does not answer for numbers.
bool Barometer::answers() {
  Wire.beginTransmission(kBmp180);
  Wire.write(kIdRegister);
  if (Wire.endTransmission() != 0) return false;
  return Wire.requestFrom(kBmp180, std::uint8_t{1}) == 1 && Wire.read() == kId;
}

// With its calibration unread the library would divide by zero at the first reading.
bool Barometer::begin() { return answers() && sensor_.begin(BMP085_STANDARD); }

bool Barometer::read(air::Pressure& found) {
  if (!answers()) return false;
  found.temperature = sensor_.readTemperature();
  found.pascals = static_cast<float>(sensor_.readPressure());
  return answers();
}

bool Hygrometer::read(air::Climate& found) {
  if (!sensor_.read(true)) return false;
  found.temperature = sensor_.readTemperature();
  found.humidity = sensor_.readHumidity();
  return !isnan(found.temperature) && !isnan(found.humidity);
}

bool Wire1::search(air::Rom& found) {
  if (!bus_.search(found.data())) {
    bus_.reset_search();
    return false;
  }
  const bool good = OneWire::crc8(found.data(), 7) == found[7];
  if (!good || found[0] != kFamilyDs18b20) found = {};
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
  std::uint8_t bytes[kScratchpad];
  bus_.read_bytes(bytes, kScratchpad);
  bool all_zero = true;
  for (const std::uint8_t octet : bytes) all_zero = all_zero && octet == 0;
  // A shorted wire reads as zeros, whose CRC is right.
  if (all_zero || OneWire::crc8(bytes, kScratchpad - 1) != bytes[kScratchpad - 1]) return false;
  const auto raw = static_cast<std::int16_t>(bytes[1] << 8 | bytes[0]);
  celsius = static_cast<float>(raw) * kLeastBit;
  return true;
}

void Storage::begin() { EEPROM.begin(kEeprom); }

bool Storage::load(air::CalibrationBytes& bytes) {
  EEPROM.get(0, bytes);
  return true;
}

bool Storage::save(const air::CalibrationBytes& bytes) {
  EEPROM.put(0, bytes);
  return EEPROM.commit();
}
