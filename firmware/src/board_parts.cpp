#include "board_parts.h"

#include <EEPROM.h>
#include <Wire.h>
#include <interrupts.h>

#include "flash_memory.h"

namespace {

constexpr std::uint8_t kBmp180 = 0x77;
constexpr std::uint8_t kIdRegister = 0xD0;
constexpr std::uint8_t kId = 0x55;

constexpr std::uint8_t kConvert = 0x44;
constexpr std::uint8_t kReadScratchpad = 0xBE;

// µs, all well above what the DHT22's data sheet gives.
constexpr std::uint32_t kAnswer = 60;
constexpr std::uint32_t kLongestPulse = 120;
constexpr unsigned kStartSignal = 1100;

constexpr std::size_t kEeprom = 256;

}  // namespace

int Adc::read() { return analogRead(A0); }

// Its library takes a bus that does not answer for numbers.
bool Barometer::answers() {
  Wire.beginTransmission(kBmp180);
  Wire.write(kIdRegister);
  if (Wire.endTransmission() != 0) {
    Wire.status();  // frees a bus that a part holds in the middle of a byte
    return false;
  }
  return Wire.requestFrom(kBmp180, std::uint8_t{1}) == 1 && Wire.read() == kId;
}

// With its calibration unread the library would divide by zero at the first reading.
bool Barometer::begin() { return answers() && sensor_.begin(BMP085_STANDARD); }

bool Barometer::read(air::Pressure& found) {
  if (!answers()) return false;
  found.temperature = sensor_.readTemperature();
  found.hectopascals = static_cast<float>(sensor_.readPressure()) / 100;
  return answers();
}

void Hygrometer::begin() { pinMode(pin_, INPUT_PULLUP); }

// Returns how many µs the line stays at the level, at least 1; 0 if for longer than it may.
std::uint32_t Hygrometer::pulse(bool level, std::uint32_t longest) const {
  const std::uint32_t begun = micros();
  while (GPIP(pin_) == level) {
    if (micros() - begun > longest) return 0;
  }
  return micros() - begun + 1;
}

bool Hygrometer::receive(air::DhtBytes& bytes) const {
  if (pulse(true, kAnswer) == 0 || pulse(false, kLongestPulse) == 0 ||
      pulse(true, kLongestPulse) == 0) {
    return false;
  }
  for (std::uint8_t& each : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t low = pulse(false, kLongestPulse);
      const std::uint32_t high = pulse(true, kLongestPulse);
      if (low == 0 || high == 0) return false;
      each = static_cast<std::uint8_t>(each << 1 | (high > low));
    }
  }
  return true;
}

bool Hygrometer::read(air::Climate& found) {
  pinMode(pin_, OUTPUT);
  digitalWrite(pin_, LOW);
  delayMicroseconds(kStartSignal);
  air::DhtBytes bytes{};
  {
    const esp8266::InterruptLock lock;  // for 5 ms, by the lengths of the pulses
    pinMode(pin_, INPUT_PULLUP);
    if (!receive(bytes)) return false;
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
