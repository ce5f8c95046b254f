// Joins the Wi-Fi network that is configured, and changes to one that was entered in the portal.
#pragma once

#include <ESP8266WiFi.h>
#include <user_interface.h>

#include <air/documents/network_list.h>
#include <air/network/setup_form.h>
#include <air/network/wifi_policy.h>

class WifiConnection {
 public:
  // Returns whether secrets.h compiles a network in.
  static bool compiled_in();

  void begin(const char* hostname);
  // Does the next step; never waits. `scanned`: whether a scan has just interrupted joining.
  void step(const air::WifiPolicy& policy, bool scanned, air::Millis now);

  // Changes to a network that was entered, after a pause in which the response is sent.
  void change(const char* ssid, const char* password, air::Millis now);
  // Tries at once to join the configured network.
  void retry() { join_timer_.expire(); }
  // Forgets a network that was entered but could not be joined.
  void forget_entered() {
    if (change_ == Change::kNone) entered_ssid_[0] = '\0';
  }

  bool configured() const { return ssid_[0] != '\0' || change_ != Change::kNone; }
  bool online(air::Millis now) const;
  // Returns the name of the configured network.
  const char* ssid() const { return ssid_; }
  // Returns the name of the network that was entered last.
  const char* entered_ssid() const { return entered_ssid_; }

 private:
  // A change: the response is sent, the old network is left, the new one is joined. Only then the new
  // one is saved.
  enum class Change { kNone, kResponding, kLeaving, kJoining };

  void begin_phase(Change phase, air::Millis now);
  void step_change(const air::WifiPolicy& policy, air::Millis now);
  void read_configured_ssid();

  air::PeriodicTimer join_timer_{air::kMinute};
  char ssid_[air::kMaxSsidLength + 1] = "";
  char entered_ssid_[air::kMaxSsidLength + 1] = "";
  char entered_password_[air::kMaxWifiPasswordLength + 1] = "";  // until it has been tried
  Change change_ = Change::kNone;
  air::Millis change_since_ = 0;  // of its present phase
  station_config previous_{};     // to return to, if the change fails
  bool joining_ = false;
};
