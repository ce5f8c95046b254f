// The BMP180 on the I²C bus.
#pragma once

#include "air/common/clock.h"
#include "air/common/expiring_value.h"
#include "air/sensing/ports.h"
#include "air/sensing/sensor_state.h"

namespace air {

class PressureSensor {
 public:
  explicit PressureSensor(BarometerPort& port) : port_(port) {}

  // Reads the sensor, or tries to find it, if that is due. Returns whether the bus was used.
  bool step(Millis now);

  float temperature() const { return temperature_.value(); }  // °C
  float pressure() const { return pressure_.value(); }        // hPa
  SensorState state() const { return state_; }
  Millis age(Millis now) const { return pressure_.age(now); }

 private:
  static constexpr Millis kMaxAge = 15 * kSecond;

  BarometerPort& port_;
  PeriodicTimer read_timer_{2 * kSecond};
  PeriodicTimer find_timer_{10 * kSecond};
  ExpiringValue temperature_{kMaxAge};
  ExpiringValue pressure_{kMaxAge};
  bool found_ = false;
  SensorState state_ = SensorState::kStarting;
};

// Both use the standard atmosphere. Source: ICAO Doc 7488, in the form of the BMP180's data sheet.
// Returns the pressure at sea level (hPa) from the one at an altitude (m).
float sea_level_pressure(float hectopascals, float altitude);
// Returns the altitude (m) that has this pressure.
float pressure_altitude(float hectopascals);

}  // namespace air
