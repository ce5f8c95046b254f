// What the first firmware made of the same sensors, with its faults: firmware/README.md lists them.
#pragma once

#include "air/chips/mq135.h"
#include "air/common/text_writer.h"
#include "parts.h"

namespace sim {

class OldSketch {
 public:
  OldSketch(Adc& adc, Barometer& barometer, Hygrometer& hygrometer, Wire& wire)
      : adc_(adc), barometer_(barometer), hygrometer_(hygrometer), wire_(wire) {}

  // Measures as its loop did, about every two seconds; nothing in the four seconds after a start.
  void step(air::Millis now) {
    if (now < kBlinking) return;
    if (measured_ && air::elapsed(now, last_) < kLoop) return;
    last_ = now;
    const float sample = air::resistance(static_cast<float>(adc_.read()), {5.0F, 5.0F});
    if (!measured_) r0_ = sample / air::kCleanAirRatio;  // calibrated at every start
    measured_ = true;
    gases_ = air::gases(sample / r0_);
    dead_gas_ = std::isnan(sample);
    air::Pressure pressure{};
    barometer_.read(pressure);  // whose answer it ignores
    pressure_ = barometer_.there ? pressure : air::Pressure{-0.17F, 0.0F};
    // Eight probes, however many there are; an absent one says -127.
    double sum = 0;
    for (std::size_t index = 0; index < kSlots; ++index) {
      const bool there = index < wire_.probes.size() && wire_.probes[index].there;
      sum += there ? static_cast<double>(wire_.value(wire_.probes[index])) : -127.0;
    }
    probes_ = static_cast<float>(sum / kSlots);
    air::Climate climate{};
    if (hygrometer_.read(climate)) {  // else the last good value, for ever
      climate_ = climate;
      has_climate_ = true;
    }
  }

  void circumstances(air::Text& text) const {
    air::Json json(text);
    json.open("nodemcu");
    json.open("mq135");
    gas(json, "co", gases_.co, 0);
    gas(json, "co2", gases_.co2, 400);
    gas(json, "alcohol", gases_.alcohol, 0);
    gas(json, "nh4", gases_.nh4, 0);
    gas(json, "aceton", gases_.aceton, 0);
    gas(json, "toulen", gases_.toulen, 0);
    json.close();
    json.open("bmp180");
    value(json, "temperature", pressure_.temperature, measured_);
    value(json, "pressure", pressure_.hectopascals, measured_);
    value(json, "seaLevelPressure", pressure_.hectopascals * 1.018F, measured_);
    value(json, "altitude", 149.75F, measured_);
    json.close();
    json.open("ds18b20");
    json.measured_text("temperature", measured_ ? probes_ : 0);
    json.close();
    json.open("dht22");
    value(json, "temperature", climate_.temperature, has_climate_);
    value(json, "humidity", climate_.humidity, has_climate_);
    json.close();
    json.close();
    json.end();
  }

 private:
  static constexpr air::Millis kBlinking = 4000;
  static constexpr air::Millis kLoop = 2000;
  static constexpr std::size_t kSlots = 8;

  static void value(air::Json& json, const char* key, float value, bool there) {
    if (there) {
      json.measured_text(key, value);
    } else {
      json.string(key, "");
    }
  }

  void gas(air::Json& json, const char* key, float ppm, float dead) const {
    value(json, key, dead_gas_ ? dead : ppm, measured_);
  }

  Adc& adc_;
  Barometer& barometer_;
  Hygrometer& hygrometer_;
  Wire& wire_;
  air::Gases gases_;
  air::Pressure pressure_{};
  air::Climate climate_{};
  float probes_ = 0;
  float r0_ = 1;
  air::Millis last_ = 0;
  bool measured_ = false;
  bool dead_gas_ = false;
  bool has_climate_ = false;
};

}  // namespace sim
