// WLAN, the portal to set it up, mDNS, updates over the air, and what the web server answers.
#pragma once

#include <ArduinoOTA.h>
#include <ESP8266WiFi.h>
#include <user_interface.h>

#include <optional>

#include <air/network/wifi_policy.h>
#include <air/network/routes.h>

#include "access_point.h"
#include "settings.h"
#include "web_server.h"

class Network final : air::ChoicesPort {
 public:
  Network();
  void begin(air::Station& station);
  // Does a little of all that; never waits.
  void step(air::Millis now);
  // Tells how long a step of the loop took.
  void took(air::Millis step);

  // What the station says of the board it runs on.
  air::Board board(air::Millis now) const;
  bool portal_open() const { return access_point_.open(); }
  const OwnerSettings& settings() const { return settings_; }
  const char* name() const { return name_; }

  bool keep(const air::Choices& choices) override;

 private:
  // A network that has been entered: its answer gets out, the old one is left, it is joined; only
  // then it is kept.
  enum class Entry { kNone, kAnswered, kLeft, kJoining };

  bool online(air::Millis now) const;
  void know();
  void join(air::Millis now, bool looked);
  void join_entered(air::Millis now);
  void announce();
  void offer_updates();
  void update(air::Millis now);
  void respond(WebServer::Connection& connection, air::Millis now);
  void send(WiFiClient& client, const air::Answer& answer, const char* body, std::size_t length,
            bool head_only);
  void follow(const air::Answer& answer, air::Millis now);
  void enter(Entry entry, air::Millis now);

  air::Station* station_ = nullptr;
  OwnerSettings settings_{};
  AccessPoint access_point_;
  WebServer server_;
  air::Link link_;
  air::HeldButton button_;
  air::Guard guard_;
  air::Every joining_{air::kMinute};
  std::optional<ArduinoOTAClass> updates_;
  char id_[13] = "";
  char name_[16] = "";
  char address_[16] = "";
  char network_[air::kLongestNetwork + 1] = "";  // the one that is kept
  char entered_[air::kLongestNetwork + 1] = "";
  char secret_[air::kLongestSecret + 1] = "";    // of that, until it has been tried
  Entry entry_ = Entry::kNone;
  station_config before_{};  // what the board had before that
  bool trying_ = false;
  bool announced_ = false;
  bool restarting_ = false;
  bool denied_ = false;  // an update, for a wrong password
  air::Millis denied_since_ = 0;
  air::Millis since_ = 0;  // of the present step of an entry, or of a restart
  air::Millis slowest_step_ = 0;
};
