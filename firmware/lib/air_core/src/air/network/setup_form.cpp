#include "air/network/setup_form.h"

#include <cstring>

namespace air {

namespace {

constexpr float kMinAltitude = -500;
constexpr float kMaxAltitude = 9000;

bool longer(const char* text, std::size_t max) { return std::strlen(text) > max; }

// Returns whether the text is empty, a password, or a key of 64 hexadecimal digits.
bool is_wifi_password(const char* text) {
  const std::size_t count = std::strlen(text);
  if (count == kMaxWifiPasswordLength) return std::strspn(text, "0123456789abcdefABCDEF") == count;
  return count == 0 || (count >= kMinWifiPasswordLength && count < kMaxWifiPasswordLength);
}

// Reads a number with a decimal point or comma. Other notations, such as 1e3, are errors.
bool read_metres(const char* text, float& metres) {
  while (*text == ' ') ++text;
  const bool negative = *text == '-';
  if (negative) ++text;
  if (*text < '0' || *text > '9') return false;
  float found = 0;
  for (; *text >= '0' && *text <= '9'; ++text) found = found * 10 + static_cast<float>(*text - '0');
  if (*text == '.' || *text == ',') {
    ++text;
    float unit = 0.1F;
    for (; *text >= '0' && *text <= '9'; ++text, unit /= 10) {
      found += static_cast<float>(*text - '0') * unit;
    }
  }
  while (*text == ' ') ++text;
  metres = negative ? -found : found;
  return *text == '\0';
}

}  // namespace

const char* apply_form(const SetupForm& form, OwnerSettings& settings) {
  if (longer(form.ssid, kMaxSsidLength)) return "A network's name has 32 letters at the most.";
  if (form.ssid[0] == '\0' && form.wifi_password[0] != '\0') {
    return "Which network is that password of? Enter its name too.";
  }
  if (!is_wifi_password(form.wifi_password)) {
    return "A network's password has 8 to 63 letters; leave it empty for an open network.";
  }
  if (longer(form.password, kMaxPasswordLength)) {
    return "The station's password can have 32 letters at the most.";
  }
  float altitude = 0;
  if (!read_metres(form.altitude, altitude) || altitude < kMinAltitude || altitude > kMaxAltitude) {
    return "The altitude is a number of metres from -500 to 9000, such as 150.";
  }
  settings.altitude = altitude;
  settings.climate_correction = form.climate_correction;
  if (form.clear_password) {
    settings.password[0] = '\0';
  } else if (form.password[0] != '\0') {
    std::strcpy(settings.password, form.password);
  }
  return nullptr;
}

}  // namespace air
