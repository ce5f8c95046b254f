// WLAN, the portal to set it up, mDNS, updates over the air, and the web server.
#pragma once

#include <air/link.h>
#include <air/station.h>

#include "access_point.h"
#include "settings.h"

class Network {
 public:
  Network();
  void begin(air::Station& station);
  // Does a little of all that; never waits.
  void step(air::Millis now);
  // Tells how long a step of the loop took.
  void took(air::Millis step);

  // What the station says of the board it runs on.
  air::Board board() const;
  bool portal_open() const { return access_point_.open(); }
  const OwnerSettings& settings() const { return settings_; }
  const char* name() const { return name_; }

 private:
  void know();
  void join(air::Millis now, bool online);
  void announce();
  void serve();
  void show_portal(const char* problem);
  void save_form();

  air::Station* station_ = nullptr;
  OwnerSettings settings_{};
  AccessPoint access_point_;
  air::Link link_;
  air::HeldButton button_;
  air::Every joining_{air::kMinute};
  char id_[13] = "";
  char name_[16] = "";
  char address_[16] = "";
  char network_[air::kLongestNetwork + 1] = "";  // the one that is known
  char secret_[air::kLongestSecret + 1] = "";    // of one that has been entered, until it is joined
  bool trying_ = false;
  bool announced_ = false;
  bool entered_ = false;
  bool restarting_ = false;
  air::Millis slowest_step_ = 0;
  air::Millis answered_ = 0;  // when what waits for its answer to get out was asked for
};
