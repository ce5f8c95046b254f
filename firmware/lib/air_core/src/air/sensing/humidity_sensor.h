// The DHT22, which measures every two seconds at most.
#pragma once

#include "air/common/clock.h"
#include "air/common/expiring_value.h"
#include "air/sensing/ports.h"
#include "air/sensing/sensor_state.h"

namespace air {

class HumiditySensor {
 public:
  explicit HumiditySensor(HygrometerPort& port) : port_(port) {}

  // Reads the sensor if that is due. Returns whether it did.
  bool step(Millis now);

  Climate values() const { return {temperature_.value(), humidity_.value()}; }
  SensorState state() const { return state_; }
  Millis age(Millis now) const { return humidity_.age(now); }

 private:
  static constexpr Millis kMaxAge = 32 * kSecond;  // eight misses

  HygrometerPort& port_;
  PeriodicTimer read_timer_{4 * kSecond};
  ExpiringValue temperature_{kMaxAge};
  ExpiringValue humidity_{kMaxAge};
  SensorState state_ = SensorState::kStarting;
};

}  // namespace air
