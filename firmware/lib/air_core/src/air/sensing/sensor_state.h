// What the station knows of each sensor.
#pragma once

namespace air {

enum class SensorState {
  kStarting,  // no reading since the start, and no fault either
  kWell,
  kFailed,
};

// Returns the state's name in the station's documents.
const char* to_text(SensorState state);

constexpr bool within(float value, float low, float high) { return value >= low && value <= high; }

}  // namespace air
