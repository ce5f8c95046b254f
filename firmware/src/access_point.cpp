#include "access_point.h"

#include <ESP8266WiFi.h>

namespace {

constexpr std::uint16_t kDnsPort = 53;

}  // namespace

bool AccessPoint::step(bool wanted, air::Millis now) {
  // By the SDK: the library's way waits a tenth of a second.
  const bool there = (wifi_get_opmode() & SOFTAP_MODE) != 0;
  if (wanted != there) {
    wifi_set_opmode_current(wanted ? STATIONAP_MODE : STATION_MODE);
    return false;
  }
  if (wanted && !open_) {
    if (!opening_.due(now)) return false;
    open_ = WiFi.softAP(name_, secret_) && dns_.start(kDnsPort, "*", WiFi.softAPIP());
    if (!open_) return false;
    telling_.hurry();
    looking_.hurry();
    look(now);
  } else if (!wanted && open_) {
    dns_.stop();
    open_ = false;
    opening_.hurry();
  }
  if (!open_) return false;
  if (telling_.due(now)) {
    Serial.printf("To set it up, join the WLAN %s, password %s, and go to http://%s\n", name_, secret_,
                  WiFi.softAPIP().toString().c_str());
  }
  dns_.processNextRequest();
  return take_neighbours();
}

void AccessPoint::look(air::Millis now) {
  if (looking_.due(now)) WiFi.scanNetworks(true);
}

bool AccessPoint::visited() const { return open_ && WiFi.softAPgetStationNum() > 0; }

bool AccessPoint::holds(const IPAddress& address) {
  const IPAddress own = WiFi.softAPIP();
  return address[0] == own[0] && address[1] == own[1] && address[2] == own[2];
}

bool AccessPoint::take_neighbours() {
  const int count = WiFi.scanComplete();
  if (count < 0) return false;
  neighbours_.clear();
  for (int index = 0; index < count; ++index) {
    neighbours_.add(WiFi.SSID(index).c_str(), WiFi.RSSI(index));
  }
  WiFi.scanDelete();
  return true;
}
