#include <initializer_list>

#include "air/network/wifi_policy.h"
#include "check.h"

using air::kMinute;
using air::kSecond;
using air::Millis;
using air::WifiPolicy;

namespace {

// A policy whose Wi-Fi status a test changes.
struct Scene {
  explicit Scene(bool configured, bool opens_by_itself = true, Millis start = 0)
      : policy(opens_by_itself), status{configured, false, false}, now(start) {
    policy.step(now, status);
  }

  void pass(Millis milliseconds) {
    for (Millis spent = 0; spent < milliseconds; spent += 100) {
      now += 100;
      policy.step(now, status);
    }
  }

  WifiPolicy policy;
  WifiPolicy::Status status;
  Millis now;
};

}  // namespace

TEST(a_new_station_opens_its_portal_for_three_minutes) {
  for (const Millis start : {Millis{0}, Millis{0} - 60 * kSecond}) {
    Scene scene(false, true, start);
    CHECK(scene.policy.portal_wanted());
    CHECK(!scene.policy.join_wanted());
    scene.pass(3 * kMinute - kSecond);
    CHECK(scene.policy.portal_wanted());
    scene.pass(2 * kSecond);
    CHECK(!scene.policy.portal_wanted());
    scene.pass(60 * kMinute);
    CHECK(!scene.policy.portal_wanted());
  }
}

TEST(a_configured_network_has_half_a_minute_before_the_portal_opens) {
  Scene scene(true);
  CHECK(scene.policy.join_wanted());
  scene.pass(29 * kSecond);
  CHECK(!scene.policy.portal_wanted());
  scene.pass(2 * kSecond);
  CHECK(scene.policy.portal_wanted());
  CHECK(scene.policy.join_wanted());
  scene.status.connected = true;  // the router was only slow
  scene.pass(100);
  CHECK(!scene.policy.portal_wanted());
}

TEST(a_network_that_is_lost_later_opens_no_portal) {
  Scene scene(true);
  scene.status.connected = true;
  scene.pass(kMinute);
  scene.status.connected = false;
  scene.pass(60 * kMinute);
  CHECK(!scene.policy.portal_wanted());
  CHECK(scene.policy.join_wanted());
}

TEST(no_joining_while_the_portal_is_in_use) {
  Scene scene(true);
  scene.pass(40 * kSecond);
  scene.status.portal_in_use = true;
  scene.pass(kSecond);
  CHECK(!scene.policy.join_wanted());
  scene.pass(100 * kSecond);
  scene.policy.extend_portal(scene.now);
  scene.pass(170 * kSecond);
  CHECK(scene.policy.portal_wanted());
  scene.pass(20 * kSecond);
  CHECK(!scene.policy.portal_wanted());  // nobody used it, though a phone is still connected
  CHECK(scene.policy.join_wanted());
}

TEST(the_portal_closes_when_the_entered_network_is_joined) {
  Scene scene(false);
  scene.status.portal_in_use = true;
  scene.policy.start_joining(scene.now);
  scene.status.configured = true;
  scene.pass(kSecond);
  CHECK(scene.policy.join_wanted());
  CHECK(scene.policy.portal_wanted());
  scene.status.connected = true;
  scene.pass(100);
  CHECK(!scene.policy.portal_wanted());
  CHECK(!scene.policy.join_failed());
}

TEST(the_portal_stays_open_when_the_entered_network_cannot_be_joined) {
  Scene scene(false);
  scene.status.portal_in_use = scene.status.configured = true;
  scene.pass(170 * kSecond);
  scene.policy.start_joining(scene.now);
  scene.pass(19 * kSecond);  // beyond the portal's timeout, which waits for the result
  CHECK(scene.policy.portal_wanted());
  CHECK(!scene.policy.join_failed());
  scene.pass(2 * kSecond);
  CHECK(scene.policy.join_failed());
  CHECK(!scene.policy.join_wanted());
  scene.pass(170 * kSecond);
  CHECK(scene.policy.portal_wanted());
  scene.policy.start_joining(scene.now);
  CHECK(!scene.policy.join_failed());
}

TEST(the_portal_can_be_requested_while_connected) {
  Scene scene(true, false);
  scene.status.connected = true;
  scene.pass(kMinute);
  scene.policy.request_portal(scene.now);
  scene.status.portal_in_use = true;
  scene.pass(kMinute);
  CHECK(scene.policy.portal_wanted());
  CHECK(scene.policy.join_wanted());  // it stays connected
  scene.status.portal_in_use = false;
  scene.pass(kMinute);
  CHECK(scene.policy.portal_wanted());
  scene.pass(kMinute + kSecond);
  CHECK(!scene.policy.portal_wanted());
  scene.policy.request_portal(scene.now);
  CHECK(scene.policy.portal_wanted());
}

TEST(with_a_network_compiled_in_the_portal_opens_only_on_request) {
  Scene configured(true, false);
  configured.pass(10 * kMinute);
  CHECK(!configured.policy.portal_wanted());
  Scene unknown(false, false);
  unknown.pass(10 * kMinute);
  CHECK(!unknown.policy.portal_wanted());
}
