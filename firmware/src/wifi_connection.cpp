#include "wifi_connection.h"

#if __has_include("secrets.h")
#include "secrets.h"  // WIFI_SSID, WIFI_PASSWORD
#endif

namespace {

constexpr air::Millis kResponding = 500;   // until the response is sent
constexpr air::Millis kMaxLeaving = 2000;
constexpr air::Millis kSettling = 300;     // until WiFi.status() is that of the new attempt

}  // namespace

bool WifiConnection::compiled_in() {
#ifdef WIFI_SSID
  return true;
#else
  return false;
#endif
}

void WifiConnection::begin(const char* hostname) {
  WiFi.persistent(false);  // only a network that was joined is written to flash memory
  WiFi.mode(WIFI_STA);
  WiFi.setAutoReconnect(true);
  WiFi.hostname(hostname);
#ifdef WIFI_SSID
  WiFi.begin(WIFI_SSID, WIFI_PASSWORD, 0, nullptr, false);
#endif
  read_configured_ssid();
}

// Reads the network that the ESP8266's SDK has stored.
void WifiConnection::read_configured_ssid() {
  station_config stored{};
  wifi_station_get_config(&stored);
  static_assert(sizeof stored.ssid == air::kMaxSsidLength);
  memcpy(ssid_, stored.ssid, sizeof stored.ssid);
}

// While a network is being changed, the status of the old one does not count.
bool WifiConnection::online(air::Millis now) const {
  const bool changing =
      change_ == Change::kResponding || change_ == Change::kLeaving ||
      (change_ == Change::kJoining && air::elapsed(now, change_since_) < kSettling);
  return !changing && WiFi.status() == WL_CONNECTED;
}

void WifiConnection::begin_phase(Change phase, air::Millis now) {
  change_ = phase;
  change_since_ = now;
}

void WifiConnection::change(const char* ssid, const char* password, air::Millis now) {
  strlcpy(entered_ssid_, ssid, sizeof entered_ssid_);
  strlcpy(entered_password_, password, sizeof entered_password_);
  begin_phase(Change::kResponding, now);
}

void WifiConnection::step_change(const air::WifiPolicy& policy, air::Millis now) {
  const air::Millis since = air::elapsed(now, change_since_);
  if (change_ == Change::kResponding && since > kResponding) {
    wifi_station_get_config(&previous_);
    WiFi.disconnect(false, false);
    begin_phase(Change::kLeaving, now);
  } else if (change_ == Change::kLeaving &&
             (WiFi.status() != WL_CONNECTED || since > kMaxLeaving)) {
    WiFi.setAutoReconnect(true);
    WiFi.begin(entered_ssid_, entered_password_);
    memset(entered_password_, 0, sizeof entered_password_);
    joining_ = true;
    join_timer_.due(now);
    begin_phase(Change::kJoining, now);
  } else if (change_ == Change::kJoining && online(now)) {
    station_config joined{};
    wifi_station_get_config(&joined);
    wifi_station_set_config(&joined);  // for the next start
    read_configured_ssid();
    change_ = Change::kNone;
  } else if (change_ == Change::kJoining && policy.join_failed()) {
    wifi_station_set_config_current(&previous_);
    change_ = Change::kNone;
    join_timer_.expire();
  }
}

void WifiConnection::step(const air::WifiPolicy& policy, bool scanned, air::Millis now) {
  if (change_ != Change::kNone) {
    step_change(policy, now);
    return;
  }
  if (scanned) join_timer_.expire();
  if (policy.join_wanted() != joining_) {
    joining_ = policy.join_wanted();
    WiFi.setAutoReconnect(joining_);
    if (!joining_) {
      WiFi.disconnect(false, false);
      return;
    }
    join_timer_.expire();
  }
  // The SDK reconnects by itself. This is for the first time, and for when it has given up.
  if (joining_ && !online(now) && join_timer_.due(now)) WiFi.begin();
}
