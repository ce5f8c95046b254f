// The station: its sensors, measured one after another.
#pragma once

#include "air/sensing/gas_sensor.h"
#include "air/sensing/humidity_sensor.h"
#include "air/sensing/pressure_sensor.h"
#include "air/sensing/temperature_probes.h"

namespace air {

struct StationSettings {
  const char* device = "nodemcu";  // the key of its readings
  float altitude = 150;            // m above sea level
  bool climate_correction = true;  // whether the DHT22 corrects the gas sensor
  GasWiring wiring{};
};

struct StationPorts {
  AdcPort& adc;
  BarometerPort& barometer;
  HygrometerPort& hygrometer;
  OneWirePort& wire;
  StoragePort& storage;
};

class Station {
 public:
  Station(const StationPorts& ports, const StationSettings& settings);

  void begin();
  // Applies what the owner has set.
  void configure(float altitude, bool climate_correction);
  // Does the next thing that is due, at most one that takes time. Returns whether it did one. Call it
  // in every loop.
  bool step(Millis now);
  // Calibrates the gas sensor; see GasSensor::calibrate.
  bool calibrate() { return gas_.calibrate(); }

  const StationSettings& settings() const { return settings_; }
  const GasSensor& gas() const { return gas_; }
  const PressureSensor& pressure() const { return pressure_; }
  const HumiditySensor& humidity() const { return humidity_; }
  const TemperatureProbes& probes() const { return probes_; }
  std::uint64_t uptime() const { return uptime_.seconds(); }

 private:
  StationSettings settings_;
  GasSensor gas_;
  PressureSensor pressure_;
  HumiditySensor humidity_;
  TemperatureProbes probes_;
  Uptime uptime_;
  int next_sensor_ = 0;
};

}  // namespace air
