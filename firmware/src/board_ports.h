// The core's ports on the real board.
#pragma once

#include <OneWire.h>

#include <air/chips/bmp180.h>
#include <air/sensing/ports.h>

class Adc final : public air::AdcPort {
 public:
  int read() override;
};

// Reads a BMP180 without the usual library, which mistakes a bus that does not answer for readings. It
// also restarts the bus, and with that allows a part to hold it for 150 ms per byte.
class Barometer final : public air::BarometerPort {
 public:
  bool begin() override;
  bool read(air::PressureReading& found) override;

 private:
  air::Bmp180Coefficients coefficients_{};
};

// Reads a DHT22 without the usual library, which blocks everything, with interrupts off, for up to a
// second when the sensor stops in the middle of an answer.
class Hygrometer final : public air::HygrometerPort {
 public:
  explicit Hygrometer(std::uint8_t pin) : pin_(pin) {}
  void begin();
  bool read(air::Climate& found) override;

 private:
  std::uint8_t pin_;
};

// Reads DS18B20 without the usual library, which waits for conversions or forgets ROM codes.
class OneWireBus final : public air::OneWirePort {
 public:
  explicit OneWireBus(std::uint8_t pin) : bus_(pin) {}
  bool search(air::RomCode& found) override;
  bool convert() override;
  bool read(const air::RomCode& rom, float& celsius) override;

 private:
  OneWire bus_;
};

class Storage final : public air::StoragePort {
 public:
  void begin();
  bool load(air::CalibrationBytes& bytes) override;
  bool save(const air::CalibrationBytes& bytes) override;
};
