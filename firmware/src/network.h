// The station in its network: Wi-Fi, the portal, mDNS, updates over the air, and the web server.
#pragma once

#include <air/network/login_throttle.h>
#include <air/network/long_press_button.h>
#include <air/network/routes.h>
#include <air/network/wifi_policy.h>

#include "access_point.h"
#include "ota_updates.h"
#include "settings.h"
#include "web_server.h"
#include "wifi_connection.h"

class Network final : air::SettingsPort {
 public:
  Network();
  void begin(air::Station& station);
  // Does the next step of everything; never waits.
  void step(air::Millis now);
  // Records how long a step of the loop took.
  void record_step_time(air::Millis step);

  air::BoardInfo board(air::Millis now) const;
  bool portal_open() const { return access_point_.open(); }
  const StoredSettings& settings() const { return settings_; }
  const char* name() const { return name_; }

  bool save(const air::OwnerSettings& settings) override;

 private:
  void announce();
  void offer_updates();
  void update_address();
  void respond(WebServer::Connection& connection, air::Millis now);
  void send(WiFiClient& client, const air::Response& response, const char* body, std::size_t length,
            bool head_only);
  void follow_up(const air::Response& response, air::Millis now);

  air::Station* station_ = nullptr;
  StoredSettings settings_{};
  WifiConnection wifi_;
  AccessPoint access_point_;
  WebServer server_;
  OtaUpdates updates_;
  air::WifiPolicy wifi_policy_;
  air::LongPressButton button_;
  air::LoginThrottle login_throttle_;
  char id_[13] = "";
  char name_[16] = "";
  char address_[16] = "";
  bool announced_ = false;
  bool restarting_ = false;
  air::Millis restarting_since_ = 0;
  air::Millis slowest_step_ = 0;
};
