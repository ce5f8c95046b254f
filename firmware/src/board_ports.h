// The parts of the board, as the core wants them.
#pragma once

#include <OneWire.h>

#include <air/chips/bmp180.h>
#include <air/chips/ds18b20.h>

class Adc final : public air::AdcPort {
 public:
  int read() override;
};

// Speaks to a BMP180 itself: the usual library takes a bus that does not answer for numbers, and begins
// the bus anew, with a patience of 150 ms for each byte of one that is held.
class Barometer final : public air::BarometerPort {
 public:
  bool begin() override;
  bool read(air::Pressure& found) override;

 private:
  air::Bmp180Constants constants_{};
};

// Listens to a DHT22 itself: the usual library holds everything, interrupts too, for up to a second
// when the sensor falls silent in the middle.
class Hygrometer final : public air::HygrometerPort {
 public:
  explicit Hygrometer(std::uint8_t pin) : pin_(pin) {}
  void begin();
  bool read(air::Climate& found) override;

 private:
  std::uint8_t pin_;
};

// Speaks to DS18B20 itself: the usual library waits for conversions, or forgets codes.
class Wire1 final : public air::OneWirePort {
 public:
  explicit Wire1(std::uint8_t pin) : bus_(pin) {}
  bool search(air::Rom& found) override;
  bool convert() override;
  bool read(const air::Rom& rom, float& celsius) override;

 private:
  OneWire bus_;
};

class Storage final : public air::StoragePort {
 public:
  void begin();
  bool load(air::CalibrationBytes& bytes) override;
  bool save(const air::CalibrationBytes& bytes) override;
};
