// The Wi-Fi networks that the setup page offers.
#pragma once

#include <cstddef>

namespace air {

constexpr std::size_t kMaxSsidLength = 32;  // bytes
constexpr std::size_t kMaxNetworks = 8;

// The strongest networks in range, strongest first, each once.
class NetworkList {
 public:
  void clear() { count_ = 0; }
  // Adds a network unless stronger ones fill the list. Hidden networks have no name and are ignored.
  void add(const char* ssid, int rssi);

  std::size_t count() const { return count_; }
  const char* ssid(std::size_t index) const { return networks_[index].ssid; }

 private:
  struct Network {
    char ssid[kMaxSsidLength + 1];
    int rssi;
  };

  Network networks_[kMaxNetworks]{};
  std::size_t count_ = 0;
};

}  // namespace air
