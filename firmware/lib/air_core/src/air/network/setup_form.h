// What the owner can set, and the form with which they do.
#pragma once

#include <cstddef>

#include "air/documents/network_list.h"

namespace air {

constexpr std::size_t kMinWifiPasswordLength = 8;  // characters; an open network has none
constexpr std::size_t kMaxWifiPasswordLength = 64;
constexpr std::size_t kMaxPasswordLength = 32;  // of the station's own password

// What the owner has set, with the defaults of a new station.
struct OwnerSettings {
  char password[kMaxPasswordLength + 1] = "";  // for calibrating, restarting and updates; empty: disabled
  float altitude = 150;                        // m above sea level
  bool climate_correction = true;              // whether the DHT22 corrects the gas sensor
};

// Saves the settings permanently.
class SettingsPort {
 public:
  virtual bool save(const OwnerSettings& settings) = 0;

 protected:
  ~SettingsPort() = default;
};

// The fields of the form, as they were entered.
struct SetupForm {
  const char* ssid = "";  // empty: keep the network
  const char* wifi_password = "";
  const char* password = "";  // empty: keep the station's password
  const char* altitude = "";
  bool climate_correction = false;
  bool clear_password = false;
};

// Checks the form and applies it to `settings`. Returns nullptr, or what is wrong with the form; the
// settings are unchanged then.
const char* apply_form(const SetupForm& form, OwnerSettings& settings);

}  // namespace air
