// The station: its sensors, what it knows of itself, and what it says when it is asked.
#pragma once

#include "air/sensing/gas_sensor.h"
#include "air/common/text_writer.h"

namespace air {

constexpr char kModel[] = "air-state-nodemcu";
constexpr char kVersion[] = "1.0.0";

struct Settings {
  const char* device = "nodemcu";  // the key of its readings
  float altitude = 150;            // m above the sea, for the pressure at sea level
  bool climate_correction = true;  // of the gas sensor, by the DHT22
  GasWiring wiring{};
};

// What only the board knows.
struct Board {
  const char* id = "";     // its MAC address, twelve digits
  const char* core = "";   // version of what it is built upon
  const char* reset = "";  // why it started
  bool online = false;
  std::int32_t rssi = 0;   // dBm, while it is online
  std::uint32_t heap = 0;  // free bytes
  const char* address = "";
  Millis slowest_step = 0;  // ms, of its loop, since the start; writing to flash memory is left out
};

struct Ports {
  AdcPort& adc;
  BarometerPort& barometer;
  HygrometerPort& hygrometer;
  OneWirePort& wire;
  StoragePort& storage;
};

class Station {
 public:
  Station(const Ports& ports, const Settings& settings);

  void begin();
  // Takes what the owner has chosen.
  void choose(float altitude, bool climate_correction);
  // Does the next thing that is due, never more than one that takes time; returns whether it did one.
  // Call it all the time.
  bool step(Millis now);

  bool calibrate() { return gas_.calibrate(); }

  // The readings, as the first firmware sent them: every key always there, text with two decimals.
  void circumstances(Text& text, const Board& board) const;
  // Everything else.
  void station(Text& text, const Board& board, Millis now) const;
  // Lines for a display of 21 characters by 8.
  void display(Text& text, const Board& board, Millis now) const;

  float altitude() const { return settings_.altitude; }
  const GasSensor& gas() const { return gas_; }
  const PressureSensor& pressure() const { return pressure_; }
  const HumiditySensor& humidity() const { return humidity_; }
  const ProbeBank& probes() const { return probes_; }
  std::uint64_t uptime() const { return uptime_.seconds(); }

 private:
  Settings settings_;
  GasSensor gas_;
  PressureSensor pressure_;
  HumiditySensor humidity_;
  ProbeBank probes_;
  Uptime uptime_;
  int turn_ = 0;
};

// The longest document, with eight probes, and a little to spare.
constexpr std::size_t kLongestDocument = 1024;

}  // namespace air
