// What the core needs of a board. Each call takes a few milliseconds at the most; none waits for a
// conversion, except for the short ones of a BMP180. On the station these are thin adapters of libraries, in the simulator scripts.
#pragma once

#include <array>
#include <cstdint>

#include "air/sensing/calibration.h"

namespace air {

class AdcPort {
 public:
  virtual int read() = 0;  // 0 to 1023

 protected:
  ~AdcPort() = default;
};

struct Pressure {
  float temperature;  // °C
  float hectopascals;
};

class BarometerPort {
 public:
  virtual bool begin() = 0;  // whether it is there and its calibration could be read
  virtual bool read(Pressure& found) = 0;  // whether it answered before and after the reading

 protected:
  ~BarometerPort() = default;
};

struct Climate {
  float temperature;  // °C
  float humidity;     // %
};

class HygrometerPort {
 public:
  virtual bool read(Climate& found) = 0;

 protected:
  ~HygrometerPort() = default;
};

using Rom = std::array<std::uint8_t, 8>;

class OneWirePort {
 public:
  // One step of a search: the next device on the bus, false when there are no more. Begins anew then.
  // What is no probe, or has been garbled, is found as a code of zeros.
  virtual bool search(Rom& found) = 0;
  virtual bool convert() = 0;  // begins a conversion of all probes; false if none is there
  virtual bool read(const Rom& rom, float& celsius) = 0;  // false if it is gone or the CRC is wrong

 protected:
  ~OneWirePort() = default;
};

class StoragePort {
 public:
  virtual bool load(CalibrationBytes& bytes) = 0;
  virtual bool save(const CalibrationBytes& bytes) = 0;

 protected:
  ~StoragePort() = default;
};

}  // namespace air
