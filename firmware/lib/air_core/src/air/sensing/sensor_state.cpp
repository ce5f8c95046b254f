#include "air/sensing/sensor_state.h"

namespace air {

const char* to_text(SensorState state) {
  switch (state) {
    case SensorState::kStarting:
      return "starting";
    case SensorState::kWell:
      return "well";
    case SensorState::kFailed:
      return "failed";
  }
  return "";
}

}  // namespace air
