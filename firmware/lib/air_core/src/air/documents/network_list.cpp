#include "air/documents/network_list.h"

#include <cstring>

namespace air {

void NetworkList::add(const char* ssid, int rssi) {
  if (ssid[0] == '\0' || std::strlen(ssid) > kMaxSsidLength) return;
  for (std::size_t index = 0; index < count_; ++index) {
    if (std::strcmp(networks_[index].ssid, ssid) != 0) continue;
    if (networks_[index].rssi >= rssi) return;
    for (; index + 1 < count_; ++index) networks_[index] = networks_[index + 1];
    --count_;
  }
  std::size_t place = count_;
  while (place > 0 && networks_[place - 1].rssi < rssi) --place;
  if (place == kMaxNetworks) return;
  if (count_ < kMaxNetworks) ++count_;
  for (std::size_t index = count_ - 1; index > place; --index) networks_[index] = networks_[index - 1];
  std::strcpy(networks_[place].ssid, ssid);
  networks_[place].rssi = rssi;
}

}  // namespace air
