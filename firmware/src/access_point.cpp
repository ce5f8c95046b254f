#include "access_point.h"

#include <ESP8266WiFi.h>

namespace {

constexpr std::uint16_t kDnsPort = 53;

}  // namespace

bool AccessPoint::step(bool wanted, air::Millis now) {
  // Through the SDK, because the library's function waits a tenth of a second.
  const bool enabled = (wifi_get_opmode() & SOFTAP_MODE) != 0;
  if (wanted != enabled) {
    wifi_set_opmode_current(wanted ? STATIONAP_MODE : STATION_MODE);
    return false;
  }
  if (wanted && !open_) {
    if (!open_timer_.due(now)) return false;
    open_ = WiFi.softAP(name_, password_) && dns_.start(kDnsPort, "*", WiFi.softAPIP());
    if (!open_) return false;
    print_timer_.expire();
    scan_timer_.expire();
    scan(now);
  } else if (!wanted && open_) {
    dns_.stop();
    open_ = false;
    open_timer_.expire();
  }
  if (!open_) return false;
  if (print_timer_.due(now)) {
    Serial.printf("To set it up, join the WLAN %s, password %s, and go to http://%s\n", name_,
                  password_, WiFi.softAPIP().toString().c_str());
  }
  dns_.processNextRequest();
  return take_scan_result();
}

void AccessPoint::scan(air::Millis now) {
  if (scan_timer_.due(now)) WiFi.scanNetworks(true);
}

bool AccessPoint::in_use() const { return open_ && WiFi.softAPgetStationNum() > 0; }

bool AccessPoint::contains(const IPAddress& address) {
  const IPAddress own = WiFi.softAPIP();
  return address[0] == own[0] && address[1] == own[1] && address[2] == own[2];
}

// Returns whether a scan has finished.
bool AccessPoint::take_scan_result() {
  const int count = WiFi.scanComplete();
  if (count < 0) return false;
  networks_.clear();
  for (int index = 0; index < count; ++index) {
    networks_.add(WiFi.SSID(index).c_str(), WiFi.RSSI(index));
  }
  WiFi.scanDelete();
  return true;
}
