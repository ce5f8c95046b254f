#include "air/network/login_throttle.h"

#include "air/network/connection_slots.h"
#include "check.h"

using air::from_own_page;
using air::Guard;
using air::is_own_host;
using air::kMinute;
using air::kSecond;
using air::Millis;
using air::Places;

namespace {

constexpr char kName[] = "air-state-beef";

}  // namespace

TEST(hosts_that_are_this_station) {
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
    const bool bare = std::strcmp(other, "air-state-beef.") == 0;  // the name, said to be whole
    CHECK(is_own_host(other, kName) == bare);
  }
}

TEST(what_comes_from_the_stations_own_page) {
  const struct {
    const char* host;
    const char* origin;
    bool own;
  } cases[] = {
      {"", "", true},  // no browser: they all say whom they ask
      {"192.168.1.20", "", true},
      {"192.168.1.20", "http://192.168.1.20", true},
      {"192.168.1.20:80", "http://192.168.1.20", true},
      {"192.168.1.20", "http://192.168.1.20:80", true},
      {"127.0.0.1:8080", "http://127.0.0.1:8080", true},
      {"Air-State-Beef.local", "http://air-state-beef.local", true},
      {"air-state-beef.local", "https://air-state-beef.local", true},  // through somebody's TLS
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
  for (const auto& each : cases) CHECK(from_own_page(each.host, each.origin, kName) == each.own);
}

TEST(each_wrong_password_after_the_third_costs_twice_the_time) {
  Guard guard;
  Millis now = 0xFFFFF000;  // the clock begins anew
  CHECK(guard.wait(1, now) == 0);
  guard.wrong(1, now);
  guard.wrong(1, now);
  CHECK(guard.wait(1, now) == 0);
  for (Millis pause = kSecond; pause <= 64 * kSecond; pause *= 2) {
    guard.wrong(1, now);
    CHECK(guard.wait(1, now) == pause);
    CHECK(guard.wait(1, now + pause - 1) == 1);
    CHECK(guard.wait(2, now) == 0);
    now += pause;
    CHECK(guard.wait(1, now) == 0);
  }
  for (int more = 0; more < 100; ++more) guard.wrong(1, now);
  CHECK(guard.wait(1, now) == 64 * kSecond);  // and no longer, however often
  guard.right(1);
  CHECK(guard.wait(1, now) == 0);
  guard.wrong(1, now);
  CHECK(guard.wait(1, now) == 0);  // counted from the beginning
}

TEST(many_addresses_do_not_guess_faster_nor_keep_the_owner_out) {
  Guard guard;
  guard.right(1000);
  int looked_at = 0;
  Millis owner_waits = 0;
  for (Millis now = 0; now < 10 * kMinute; now += 100) {
    for (std::uint32_t address = 1; address < 250; ++address) {
      if (guard.wait(address, now) > 0) continue;
      ++looked_at;
      guard.wrong(address, now);
    }
    CHECK(guard.wait(1000, now) == 0);
    const Millis stranger = guard.wait(2000, now);
    if (stranger > owner_waits) owner_waits = stranger;
  }
  CHECK(looked_at <= 10 * 60 * 2);  // two a second from all together
  CHECK(owner_waits <= 64 * kSecond);
  CHECK(guard.wait(2000, 12 * kMinute) == 0);
}

TEST(as_many_are_listened_to_as_there_are_places) {
  Places places;
  for (std::size_t place = 0; place < air::kMostConnections; ++place) CHECK(places.take(10 * place) == place);
  CHECK(places.take(300) == Places::kNone);
  CHECK(places.take(301) == 0);  // who has been here for longest goes
  CHECK(places.take(301) == Places::kNone);
  places.leave(2);
  CHECK(places.take(302) == 2);
  CHECK(places.take(700) == 1);
  CHECK(!places.overdue(3, 5030));
  CHECK(places.overdue(3, 5031));
}
