#include "air/sensing/station.h"

namespace air {

Station::Station(const StationPorts& ports, const StationSettings& settings)
    : settings_(settings),
      gas_(ports.adc, ports.storage, settings.wiring),
      pressure_(ports.barometer),
      humidity_(ports.hygrometer),
      probes_(ports.wire) {}

void Station::begin() { gas_.begin(); }

void Station::configure(float altitude, bool climate_correction) {
  settings_.altitude = altitude;
  settings_.climate_correction = climate_correction;
}

bool Station::step(Millis now) {
  uptime_.update(now);
  gas_.step(now, humidity_.values(), settings_.climate_correction);
  // One sensor at a time, because each may take a few milliseconds on its bus.
  for (int tried = 0; tried < 3; ++tried) {
    next_sensor_ = (next_sensor_ + 1) % 3;
    const bool busy = next_sensor_ == 0   ? pressure_.step(now)
                      : next_sensor_ == 1 ? humidity_.step(now)
                                          : probes_.step(now);
    if (busy) return true;
  }
  return false;
}

}  // namespace air
