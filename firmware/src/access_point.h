// The portal: the station's own Wi-Fi network, in which it is set up.
#pragma once

#include <DNSServer.h>
#include <IPAddress.h>

#include <air/common/clock.h>
#include <air/documents/network_list.h>

class AccessPoint {
 public:
  void begin(const char* name, const char* password) {
    name_ = name;
    password_ = password;
  }
  // Opens or closes it, and does its next step; never waits. Returns whether it has just finished a
  // scan, which interrupts any attempt to join a network.
  bool step(bool wanted, air::Millis now);
  // Scans for networks again, unless it has done so within 20 seconds.
  void scan(air::Millis now);

  bool open() const { return open_; }
  // Returns whether a client has joined it.
  bool in_use() const;
  // Returns whether an address belongs to its network.
  static bool contains(const IPAddress& address);
  // Returns the result of the last scan.
  const air::NetworkList& networks() const { return networks_; }

 private:
  bool take_scan_result();

  const char* name_ = "";
  const char* password_ = "";
  bool open_ = false;
  DNSServer dns_;
  air::PeriodicTimer open_timer_{5 * air::kSecond};
  air::PeriodicTimer scan_timer_{20 * air::kSecond};
  air::PeriodicTimer print_timer_{30 * air::kSecond};
  air::NetworkList networks_;
};
