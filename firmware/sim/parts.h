// The parts of a simulated board: air that changes slowly, and sensors with faults on request.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "air/chips/mq135.h"
#include "air/sensing/ports.h"

namespace sim {

// The air around the board, and its clock.
struct World {
  air::Millis now = 0;  // ms since the board was switched on
  float temperature = 21.0F;
  float humidity = 45.0F;
  float hectopascals = 986.0F;
  float gas = 1.0F;     // resistance of the MQ-135 in units of its load, at 20 °C and 33 %
  bool fixed = false;   // whether the air stays exactly as it was set

  // A wave of about an hour, so that values change without jumping.
  float wave() const { return fixed ? 0 : std::sin(static_cast<float>(now) / 600000.0F); }
};

struct Adc final : air::AdcPort {
  explicit Adc(World& around) : world(around) {}
  int read() override {
    if (fixed >= 0) return fixed;
    const float climate = air::climate_factor(world.temperature, world.humidity);
    const float resistance = world.gas * climate * (1.0F + 0.1F * world.wave());
    return static_cast<int>(air::kAdcMax / (resistance + 1.0F));
  }
  World& world;
  int fixed = -1;  // what the converter reads; -1: according to the air
};

struct Barometer final : air::BarometerPort {
  explicit Barometer(World& around) : world(around) {}
  bool begin() override { return present; }
  bool read(air::PressureReading& found) override {
    // The sensor sits beside the warm board.
    found = {world.temperature + 0.6F + 0.5F * world.wave(),
             world.hectopascals + 0.5F * world.wave()};
    if (garbage) found = {-171.5F, 0};
    return present;
  }
  World& world;
  bool present = true;
  bool garbage = false;
};

struct Hygrometer final : air::HygrometerPort {
  explicit Hygrometer(World& around) : world(around) {}
  bool read(air::Climate& found) override {
    found = {world.temperature + 0.3F * world.wave(), world.humidity + 3.0F * world.wave()};
    if (zeros) found = {0, 0};
    return present;
  }
  World& world;
  bool present = true;
  bool zeros = false;
};

struct OneWireBus final : air::OneWirePort {
  struct Probe {
    air::RomCode rom{};
    float offset = 0;
    float fixed = air::kMissing;  // °C; kMissing: according to the air
    bool present = true;
  };

  explicit OneWireBus(World& around) : world(around) {}

  bool search(air::RomCode& found) override {
    while (searched < probes.size() && !probes[searched].present) ++searched;
    if (searched >= probes.size()) {
      searched = 0;
      return false;
    }
    found = probes[searched++].rom;
    return true;
  }
  bool convert() override {
    for (const Probe& probe : probes) {
      if (probe.present) return true;
    }
    return false;
  }
  bool read(const air::RomCode& rom, float& celsius) override {
    for (const Probe& probe : probes) {
      if (probe.rom == rom && probe.present) {
        celsius = value(probe);
        return true;
      }
    }
    return false;
  }
  float value(const Probe& probe) const {
    if (!std::isnan(probe.fixed)) return probe.fixed;
    return world.temperature + probe.offset + 0.4F * world.wave();
  }
  void set_count(std::size_t wanted) {
    while (probes.size() < wanted) {
      const auto number = static_cast<std::uint8_t>(probes.size() + 1);
      probes.push_back({air::RomCode{0x28, number, 0, 0, 0, 0, 0, 0x5A}, 0.25F * number - 0.9F});
    }
    probes.resize(wanted);
  }

  World& world;
  std::vector<Probe> probes;
  std::size_t searched = 0;
};

// Flash memory in a file, if one is given.
struct Storage final : air::StoragePort {
  explicit Storage(std::string file) : path(std::move(file)) {}
  bool load(air::CalibrationBytes& bytes) override {
    std::FILE* file = path.empty() ? nullptr : std::fopen(path.c_str(), "rb");
    if (file == nullptr) return false;
    const bool complete = std::fread(bytes.data(), 1, bytes.size(), file) == bytes.size();
    std::fclose(file);
    return complete;
  }
  bool save(const air::CalibrationBytes& bytes) override {
    if (path.empty()) return true;
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return false;
    const bool complete = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    return std::fclose(file) == 0 && complete;
  }
  std::string path;
};

}  // namespace sim
