#include "air/sensing/pressure_sensor.h"

#include <cmath>

namespace air {

bool PressureSensor::step(Millis now) {
  temperature_.expire(now);
  pressure_.expire(now);
  if (pressure_.missing() && state_ == SensorState::kWell) state_ = SensorState::kFailed;
  if (!found_) {
    if (!find_timer_.due(now)) return false;
    found_ = port_.begin();
    if (!found_ && pressure_.missing()) state_ = SensorState::kFailed;
    read_timer_.expire();
    return true;
  }
  if (!read_timer_.due(now)) return false;
  PressureReading read{};
  // A failing bus can deliver any number.
  if (!port_.read(read) || !within(read.temperature, -40, 85) ||
      !within(read.hectopascals, 300, 1100)) {
    found_ = false;  // its coefficients have to be read again
    if (pressure_.missing()) state_ = SensorState::kFailed;
    return true;
  }
  temperature_.set(read.temperature, now);
  pressure_.set(read.hectopascals, now);
  state_ = SensorState::kWell;
  return true;
}

float sea_level_pressure(float hectopascals, float altitude) {
  return hectopascals / std::pow(1.0F - altitude / 44330.0F, 5.255F);
}

float pressure_altitude(float hectopascals) {
  return 44330.0F * (1.0F - std::pow(hectopascals / 1013.25F, 1.0F / 5.255F));
}

}  // namespace air
