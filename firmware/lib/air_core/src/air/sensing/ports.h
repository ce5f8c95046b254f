// What the core needs of a board. Each call takes a few milliseconds at most. None waits for a
// conversion, except for the short ones of a BMP180. `src` implements the ports for the real board,
// `sim` for the simulator.
#pragma once

#include "air/chips/bmp180.h"
#include "air/chips/dht22.h"
#include "air/chips/ds18b20.h"
#include "air/sensing/calibration.h"

namespace air {

class AdcPort {
 public:
  virtual int read() = 0;  // 0 to 1023

 protected:
  ~AdcPort() = default;
};

class BarometerPort {
 public:
  // Returns whether the sensor answers and its coefficients could be read.
  virtual bool begin() = 0;
  // Returns whether the sensor answered to every step of the reading.
  virtual bool read(PressureReading& found) = 0;

 protected:
  ~BarometerPort() = default;
};

class HygrometerPort {
 public:
  // Returns whether the sensor answered with the right checksum.
  virtual bool read(Climate& found) = 0;

 protected:
  ~HygrometerPort() = default;
};

class OneWirePort {
 public:
  // Finds the next device on the bus. Returns false if there are no more; the next call starts again.
  // `found` is all zeros for a device that is no DS18B20 or whose code was garbled.
  virtual bool search(RomCode& found) = 0;
  // Starts a conversion of all probes. Returns false if there is none.
  virtual bool convert() = 0;
  // Returns false if the probe does not answer or the CRC is wrong.
  virtual bool read(const RomCode& rom, float& celsius) = 0;

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
