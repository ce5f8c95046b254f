// The station's own network, in which it is set up.
#pragma once

#include <DNSServer.h>
#include <IPAddress.h>

#include <air/common/clock.h>
#include <air/documents/setup_page.h>

class AccessPoint {
 public:
  void begin(const char* name, const char* secret) {
    name_ = name;
    secret_ = secret;
  }
  // Opens or closes it, and does a little of what it has to do; never waits. Returns whether it has
  // just looked for networks, which breaks off any attempt to join one.
  bool step(bool wanted, air::Millis now);
  // Looks for networks again, if it is long enough since it did.
  void look(air::Millis now);

  bool open() const { return open_; }
  bool visited() const;
  // Whether that is the address of somebody who has joined it.
  static bool holds(const IPAddress& address);
  const air::Neighbours& neighbours() const { return neighbours_; }

 private:
  bool take_neighbours();

  const char* name_ = "";
  const char* secret_ = "";
  bool open_ = false;
  DNSServer dns_;
  air::Every opening_{5 * air::kSecond};
  air::Every looking_{20 * air::kSecond};
  air::Every telling_{30 * air::kSecond};
  air::Neighbours neighbours_;
};
