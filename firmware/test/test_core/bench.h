// A station with fake sensors, and a clock that a test moves.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "air/documents/board_info.h"
#include "air/documents/json_documents.h"
#include "air/sensing/station.h"

struct FakeAdc final : air::AdcPort {
  double value = 200;
  double noise = 0;  // standard deviation of a single reading
  std::mt19937 random{1};
  int reads = 0;
  int read() override {
    ++reads;
    // Nearly a normal distribution, and the same with every C++ library.
    double sum = -6;
    for (int part = 0; part < 12; ++part) sum += random() / 4294967296.0;
    return static_cast<int>(std::lround(value + noise * sum));
  }
};

struct FakeBarometer final : air::BarometerPort {
  bool present = true;
  air::PressureReading next{21.5F, 980.0F};
  int begin_calls = 0;
  bool begin() override {
    ++begin_calls;
    return present;
  }
  bool read(air::PressureReading& found) override {
    found = next;
    return present;
  }
};

struct FakeHygrometer final : air::HygrometerPort {
  bool present = true;
  air::Climate next{22.25F, 45.5F};
  int reads = 0;
  bool read(air::Climate& found) override {
    ++reads;
    found = next;
    return present;
  }
};

struct FakeOneWire final : air::OneWirePort {
  struct Probe {
    air::RomCode rom;
    float celsius;
    bool present = true;
    bool good_crc = true;
  };
  std::vector<Probe> probes;
  std::size_t searched = 0;
  int conversions = 0;
  bool noise = false;  // searches never end and find no probe
  int search_steps = 0;

  void add(std::uint8_t number, float celsius) {
    probes.push_back({air::RomCode{0x28, number, 0, 0, 0, 0, 0, 0xAB}, celsius});
  }
  bool search(air::RomCode& found) override {
    ++search_steps;
    if (noise) {
      found = {};
      return true;
    }
    while (searched < probes.size() && !probes[searched].present) ++searched;
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
      if (probe.present) return true;
    }
    return false;
  }
  bool read(const air::RomCode& rom, float& celsius) override {
    for (const Probe& probe : probes) {
      if (probe.rom != rom || !probe.present) continue;
      celsius = probe.celsius;
      return probe.good_crc;
    }
    celsius = -127;
    return false;
  }
};

struct FakeStorage final : air::StoragePort {
  bool present = false;
  bool works = true;
  int saved = 0;
  air::CalibrationBytes bytes{};
  bool load(air::CalibrationBytes& found) override {
    found = bytes;
    return present;
  }
  bool save(const air::CalibrationBytes& given) override {
    if (!works) return false;
    bytes = given;
    present = true;
    ++saved;
    return true;
  }
};

struct Bench {
  explicit Bench(air::Millis start = 0) : now(start) { station.begin(); }

  FakeAdc adc;
  FakeBarometer barometer;
  FakeHygrometer hygrometer;
  FakeOneWire wire;
  FakeStorage storage;
  air::Station station{{adc, barometer, hygrometer, wire, storage}, {}};
  air::BoardInfo board{"aabbccddeeff", "3.1.2", "Power On", true, -61, 31000, "192.168.1.20", 12};
  air::Millis now;

  // Lets time pass in steps of `step` ms.
  void pass(air::Millis milliseconds, air::Millis step = 50) {
    for (air::Millis spent = 0; spent < milliseconds; spent += step) {
      now += step;
      station.step(now);
    }
  }
};

// Room for a document of the station.
struct Document {
  char memory[air::kMaxDocumentSize];
  air::TextWriter text{memory, sizeof memory};
};
