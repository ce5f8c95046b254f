// What the first firmware sends for the same sensors, with its faults: docs/payload.md lists them.
#pragma once

#include "air/chips/mq135.h"
#include "air/common/json_writer.h"
#include "parts.h"

namespace sim {

class FirstFirmware {
 public:
  FirstFirmware(Adc& adc, Barometer& barometer, Hygrometer& hygrometer, OneWireBus& wire)
      : adc_(adc), barometer_(barometer), hygrometer_(hygrometer), wire_(wire) {}

  // Measures about every two seconds, as its loop did, but not in the first four seconds.
  void step(air::Millis now) {
    if (now < kStartDelay) return;
    if (measured_ && air::elapsed(now, last_) < kPeriod) return;
    last_ = now;
    const float sample = air::resistance(static_cast<float>(adc_.read()), {5.0F, 5.0F});
    if (!measured_) r0_ = sample / air::kCleanAirRatio;  // calibrated at every start
    measured_ = true;
    gases_ = air::estimate_gases(sample / r0_);
    gas_failed_ = std::isnan(sample);
    air::PressureReading pressure{};
    barometer_.read(pressure);  // it ignores the result
    pressure_ = barometer_.present ? pressure : air::PressureReading{-0.17F, 0.0F};
    // Always the mean of eight probes; an absent one counts as -127.
    double sum = 0;
    for (std::size_t index = 0; index < kProbes; ++index) {
      const bool present = index < wire_.probes.size() && wire_.probes[index].present;
      sum += present ? static_cast<double>(wire_.value(wire_.probes[index])) : -127.0;
    }
    probes_ = static_cast<float>(sum / kProbes);
    air::Climate climate{};
    if (hygrometer_.read(climate)) {  // otherwise it keeps the last value for ever
      climate_ = climate;
      has_climate_ = true;
    }
  }

  void circumstances(air::TextWriter& text) const {
    air::JsonWriter json(text);
    json.begin_object("nodemcu");
    json.begin_object("mq135");
    gas(json, "co", gases_.co, 0);
    gas(json, "co2", gases_.co2, 400);
    gas(json, "alcohol", gases_.alcohol, 0);
    gas(json, "nh4", gases_.nh4, 0);
    gas(json, "aceton", gases_.acetone, 0);
    gas(json, "toulen", gases_.toluene, 0);
    json.end_object();
    json.begin_object("bmp180");
    value(json, "temperature", pressure_.temperature, measured_);
    value(json, "pressure", pressure_.hectopascals, measured_);
    value(json, "seaLevelPressure", pressure_.hectopascals * 1.018F, measured_);
    value(json, "altitude", 149.75F, measured_);
    json.end_object();
    json.begin_object("ds18b20");
    json.measurement_text("temperature", measured_ ? probes_ : 0);
    json.end_object();
    json.begin_object("dht22");
    value(json, "temperature", climate_.temperature, has_climate_);
    value(json, "humidity", climate_.humidity, has_climate_);
    json.end_object();
    json.end_object();
    json.finish();
  }

 private:
  static constexpr air::Millis kStartDelay = 4000;
  static constexpr air::Millis kPeriod = 2000;
  static constexpr std::size_t kProbes = 8;

  static void value(air::JsonWriter& json, const char* key, float value, bool present) {
    if (present) {
      json.measurement_text(key, value);
    } else {
      json.string(key, "");
    }
  }

  void gas(air::JsonWriter& json, const char* key, float ppm, float when_failed) const {
    value(json, key, gas_failed_ ? when_failed : ppm, measured_);
  }

  Adc& adc_;
  Barometer& barometer_;
  Hygrometer& hygrometer_;
  OneWireBus& wire_;
  air::Gases gases_;
  air::PressureReading pressure_{};
  air::Climate climate_{};
  float probes_ = 0;
  float r0_ = 1;
  air::Millis last_ = 0;
  bool measured_ = false;
  bool gas_failed_ = false;
  bool has_climate_ = false;
};

}  // namespace sim
