#include <cstring>
#include <initializer_list>

#include "air/network/same_origin.h"
#include "check.h"

using air::is_own_host;
using air::is_same_origin;

namespace {

constexpr char kName[] = "air-state-beef";

}  // namespace

TEST(hosts_of_this_station) {
  for (const char* own : {"192.168.1.20", "192.168.1.20:80", "10.0.0.7:8080", "air-state-beef",
                          "AIR-State-Beef.LOCAL", "air-state-beef.local.", "air-state-beef.local:80",
                          "air-state-beef.fritz.box", "air-state-beef.home.arpa"}) {
    CHECK(is_own_host(own, kName));
  }
  for (const char* other :
       {"", ":80", "?", "evil.example", "air-state-beef.evil.example", "air-state-beefy",
        "air-state-beef.", "air-state-beef..local", "xair-state-beef.local", "air-state-bee",
        "air-state-beef.local.evil.example", "192.168.1.20.evil.example", "192.168.1", "1.2.3.4.5",
        "1..2.3", ".1.2.3", "1.2.3.", "1234567.1234567.1.1", "192.168.1.20:80x", "192.168.1.20:80:80",
        "[::1]", "air-state-beef.local:x", "air-state-cafe.local"}) {
    const bool bare = std::strcmp(other, "air-state-beef.") == 0;  // fully qualified
    CHECK(is_own_host(other, kName) == bare);
  }
}

TEST(requests_of_the_same_origin) {
  const struct {
    const char* host;
    const char* origin;
    bool own;
  } cases[] = {
      {"", "", true},  // no browser, since those send Host
      {"192.168.1.20", "", true},
      {"192.168.1.20", "http://192.168.1.20", true},
      {"192.168.1.20:80", "http://192.168.1.20", true},
      {"192.168.1.20", "http://192.168.1.20:80", true},
      {"127.0.0.1:8080", "http://127.0.0.1:8080", true},
      {"Air-State-Beef.local", "http://air-state-beef.local", true},
      {"air-state-beef.local", "https://air-state-beef.local", true},  // through a TLS proxy
      {"", "http://evil.example", false},
      {"192.168.1.20", "null", false},
      {"192.168.1.20", "http://192.168.1.21", false},
      {"192.168.1.20", "http://192.168.1.2", false},
      {"192.168.1.20", "http://192.168.1.200", false},
      {"192.168.1.20", "http://192.168.1.20:8080", false},
      {"192.168.1.20", "http://192.168.1.20.evil.example", false},
      {"192.168.1.20", "ftp://192.168.1.20", false},
      {"192.168.1.20", "192.168.1.20", false},
      {"192.168.1.20", "?", false},
      {"evil.example", "http://evil.example", false},  // a name that leads here
      {"evil.example", "", false},
  };
  for (const auto& each : cases) CHECK(is_same_origin(each.host, each.origin, kName) == each.own);
}
