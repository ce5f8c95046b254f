// WLAN, the portal to set it up, mDNS, updates over the air, and the web server.
#pragma once

#include <air/station.h>

#include "settings.h"

class Network {
 public:
  void begin(air::Station& station);
  // Does a little of all that; never waits.
  void step(air::Millis now);

  // What the station says of the board it runs on.
  air::Board board() const;
  bool portal_open() const;
  const OwnerSettings& settings() const { return settings_; }
  const char* portal_name() const { return name_; }

 private:
  void announce();

  OwnerSettings settings_{};
  char id_[13] = "";
  char name_[16] = "";
  char address_[16] = "";
  bool announced_ = false;
  bool serving_ = false;
  bool restarting_ = false;
  air::Millis restart_at_ = 0;
};
