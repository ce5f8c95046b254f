// A board whose parts do as a test tells them.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "air/sensing/station.h"

struct FakeAdc final : air::AdcPort {
  double value = 200;
  double noise = 0;  // the standard deviation of a single reading
  std::mt19937 chance{1};
  int reads = 0;
  int read() override {
    ++reads;
    // As good as normally distributed, and the same with every library.
    double sum = -6;
    for (int part = 0; part < 12; ++part) sum += chance() / 4294967296.0;
    return static_cast<int>(std::lround(value + noise * sum));
  }
};

struct FakeBarometer final : air::BarometerPort {
  bool there = true;
  air::Pressure next{21.5F, 980.0F};
  int begun = 0;
  bool begin() override {
    ++begun;
    return there;
  }
  bool read(air::Pressure& found) override {
    found = next;
    return there;
  }
};

struct FakeHygrometer final : air::HygrometerPort {
  bool there = true;
  air::Climate next{22.25F, 45.5F};
  int reads = 0;
  bool read(air::Climate& found) override {
    ++reads;
    found = next;
    return there;
  }
};

struct FakeWire final : air::OneWirePort {
  struct Probe {
    air::Rom rom;
    float celsius;
    bool there = true;
    bool good_crc = true;
  };
  std::vector<Probe> probes;
  std::size_t searched = 0;
  int conversions = 0;
  bool noise = false;  // a search finds something without end, none of it a probe
  int steps = 0;       // of searches

  void add(std::uint8_t number, float celsius) {
    probes.push_back({air::Rom{0x28, number, 0, 0, 0, 0, 0, 0xAB}, celsius});
  }
  bool search(air::Rom& found) override {
    ++steps;
    if (noise) {
      found = {};
      return true;
    }
    while (searched < probes.size() && !probes[searched].there) ++searched;
    if (searched >= probes.size()) {
      searched = 0;
      return false;
    }
    found = probes[searched++].rom;
    return true;
  }
  bool convert() override {
    ++conversions;
    for (const Probe& probe : probes) {
      if (probe.there) return true;
    }
    return false;
  }
  bool read(const air::Rom& rom, float& celsius) override {
    for (const Probe& probe : probes) {
      if (probe.rom != rom || !probe.there) continue;
      celsius = probe.celsius;
      return probe.good_crc;
    }
    celsius = -127;
    return false;
  }
};

struct FakeStorage final : air::StoragePort {
  bool there = false;
  bool works = true;
  int saved = 0;
  air::CalibrationBytes bytes{};
  bool load(air::CalibrationBytes& found) override {
    found = bytes;
    return there;
  }
  bool save(const air::CalibrationBytes& given) override {
    if (!works) return false;
    bytes = given;
    there = true;
    ++saved;
    return true;
  }
};

struct Bench {
  explicit Bench(air::Millis start = 0) : now(start) { station.begin(); }

  FakeAdc adc;
  FakeBarometer barometer;
  FakeHygrometer hygrometer;
  FakeWire wire;
  FakeStorage storage;
  air::Station station{{adc, barometer, hygrometer, wire, storage}, {}};
  air::Board board{"aabbccddeeff", "3.1.2", "Power On", true, -61, 31000, "192.168.1.20", 12};
  air::Millis now;

  // Lets time pass in steps of `step` ms, of which each does at most one thing on a bus.
  void pass(air::Millis milliseconds, air::Millis step = 50) {
    for (air::Millis spent = 0; spent < milliseconds; spent += step) {
      now += step;
      station.step(now);
    }
  }
};

// A document of the station, as a string.
struct Document {
  char memory[air::kLongestDocument];
  air::Text text{memory, sizeof memory};
};
