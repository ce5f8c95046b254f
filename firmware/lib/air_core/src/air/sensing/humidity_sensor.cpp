#include "air/sensing/humidity_sensor.h"

namespace air {

bool HumiditySensor::step(Millis now) {
  temperature_.expire(now);
  humidity_.expire(now);
  if (humidity_.missing() && state_ == SensorState::kWell) state_ = SensorState::kFailed;
  if (!read_timer_.due(now)) return false;
  Climate read{};
  if (!port_.read(read)) {
    if (humidity_.missing()) state_ = SensorState::kFailed;
    return true;
  }
  // A dead wire sends zeros, or nearly, and their checksum is right. Above 100 % bits have slipped.
  const bool dead_wire = read.temperature == 0 && read.humidity <= 2;
  if (dead_wire || !within(read.temperature, -40, 80) || !within(read.humidity, 0, 100)) {
    if (humidity_.missing()) state_ = SensorState::kFailed;
    return true;
  }
  temperature_.set(read.temperature, now);
  humidity_.set(read.humidity, now);
  state_ = SensorState::kWell;
  return true;
}

}  // namespace air
