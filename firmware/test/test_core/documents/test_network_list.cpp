#include <string>

#include "air/documents/network_list.h"
#include "check.h"

using air::NetworkList;

TEST(lists_the_strongest_networks_each_once) {
  NetworkList found;
  found.add("", -10);  // hidden
  found.add("middle", -60);
  found.add("weak", -90);
  found.add("strong", -40);
  found.add("weak", -50);  // a second access point of the same network
  found.add("middle", -80);
  CHECK(found.count() == 3);
  CHECK_TEXT(found.ssid(0), "strong");
  CHECK_TEXT(found.ssid(1), "weak");
  CHECK_TEXT(found.ssid(2), "middle");
  for (int number = 0; number < 20; ++number) {
    found.add(("n" + std::to_string(number)).c_str(), -70 + number);
  }
  CHECK(found.count() == air::kMaxNetworks);
  CHECK_TEXT(found.ssid(0), "strong");
  CHECK_TEXT(found.ssid(1), "weak");  // -50, stronger than n19's -51
  CHECK_TEXT(found.ssid(2), "n19");
  CHECK_TEXT(found.ssid(7), "n14");
}
