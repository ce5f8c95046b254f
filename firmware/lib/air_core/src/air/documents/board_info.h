// What the documents tell of the firmware and the board it runs on.
#pragma once

#include <cstdint>

#include "air/common/clock.h"

namespace air {

constexpr char kModel[] = "air-state-nodemcu";
constexpr char kVersion[] = "1.0.0";

struct BoardInfo {
  const char* id = "";            // the MAC address, twelve digits
  const char* core = "";          // version of the ESP8266 core
  const char* reset_reason = "";
  bool online = false;
  std::int32_t rssi = 0;          // dBm, while it is online
  std::uint32_t heap = 0;         // free bytes
  const char* address = "";       // the IP address
  Millis slowest_step = 0;        // of the loop since the start, without writing to flash memory
};

}  // namespace air
