#include <initializer_list>

#include "air/network/wifi_policy.h"
#include "check.h"

using air::HeldButton;
using air::kMinute;
using air::kSecond;
using air::Link;
using air::Millis;

namespace {

// A link whose world a test changes.
struct Scene {
  explicit Scene(bool known, bool by_itself = true, Millis start = 0)
      : link(by_itself), seen{known, false, false}, now(start) {
    link.step(now, seen);
  }

  void pass(Millis milliseconds) {
    for (Millis spent = 0; spent < milliseconds; spent += 100) {
      now += 100;
      link.step(now, seen);
    }
  }

  Link link;
  Link::Seen seen;
  Millis now;
};

}  // namespace

TEST(a_new_station_opens_its_portal_at_once_and_for_three_minutes) {
  for (const Millis start : {Millis{0}, Millis{0} - 60 * kSecond}) {
    Scene scene(false, true, start);
    CHECK(scene.link.portal());
    CHECK(!scene.link.trying());
    scene.pass(3 * kMinute - kSecond);
    CHECK(scene.link.portal());
    scene.pass(2 * kSecond);
    CHECK(!scene.link.portal());
    scene.pass(60 * kMinute);
    CHECK(!scene.link.portal());
  }
}

TEST(a_known_network_has_half_a_minute_before_the_portal_opens) {
  Scene scene(true);
  CHECK(scene.link.trying());
  scene.pass(29 * kSecond);
  CHECK(!scene.link.portal());
  scene.pass(2 * kSecond);
  CHECK(scene.link.portal());
  CHECK(scene.link.trying());
  scene.seen.online = true;  // the router was only slow
  scene.pass(100);
  CHECK(!scene.link.portal());
}

TEST(a_network_that_is_lost_later_opens_no_portal) {
  Scene scene(true);
  scene.seen.online = true;
  scene.pass(kMinute);
  scene.seen.online = false;
  scene.pass(60 * kMinute);
  CHECK(!scene.link.portal());
  CHECK(scene.link.trying());
}

TEST(nobody_is_disturbed_while_filling_in_the_form) {
  Scene scene(true);
  scene.pass(40 * kSecond);
  scene.seen.visited = true;
  scene.pass(kSecond);
  CHECK(!scene.link.trying());
  scene.pass(100 * kSecond);
  scene.link.touch(scene.now);
  scene.pass(170 * kSecond);
  CHECK(scene.link.portal());
  scene.pass(20 * kSecond);
  CHECK(!scene.link.portal());  // forgotten, with the telephone still in it
  CHECK(scene.link.trying());
}

TEST(a_network_that_was_entered_is_joined_and_the_portal_closes) {
  Scene scene(false);
  scene.seen.visited = true;
  scene.link.saved(scene.now);
  scene.seen.known = true;
  scene.pass(kSecond);
  CHECK(scene.link.trying());
  CHECK(scene.link.portal());
  scene.seen.online = true;
  scene.pass(100);
  CHECK(!scene.link.portal());
  CHECK(!scene.link.failed());
}

TEST(a_network_that_cannot_be_joined_leaves_the_portal_open_for_another_try) {
  Scene scene(false);
  scene.seen.visited = scene.seen.known = true;
  scene.pass(170 * kSecond);
  scene.link.saved(scene.now);
  scene.pass(19 * kSecond);  // beyond the portal's three minutes, but it waits for that
  CHECK(scene.link.portal());
  CHECK(!scene.link.failed());
  scene.pass(2 * kSecond);
  CHECK(scene.link.failed());
  CHECK(!scene.link.trying());
  scene.pass(170 * kSecond);
  CHECK(scene.link.portal());
  scene.link.saved(scene.now);
  CHECK(!scene.link.failed());
}

TEST(the_button_opens_the_portal_also_of_a_station_that_is_online) {
  Scene scene(true, false);
  scene.seen.online = true;
  scene.pass(kMinute);
  scene.link.ask(scene.now);
  scene.seen.visited = true;
  scene.pass(kMinute);
  CHECK(scene.link.portal());
  CHECK(scene.link.trying());  // it stays where it is
  scene.seen.visited = false;
  scene.pass(kMinute);
  CHECK(scene.link.portal());
  scene.pass(kMinute + kSecond);
  CHECK(!scene.link.portal());
  scene.link.ask(scene.now);
  CHECK(scene.link.portal());
}

TEST(with_a_network_compiled_in_the_portal_waits_to_be_asked_for) {
  Scene known(true, false);
  known.pass(10 * kMinute);
  CHECK(!known.link.portal());
  Scene unknown(false, false);
  unknown.pass(10 * kMinute);
  CHECK(!unknown.link.portal());
}

TEST(a_button_counts_once_it_has_been_held) {
  HeldButton button;
  Millis now = Millis{0} - kSecond;
  CHECK(!button.step(true, now));
  CHECK(!button.step(false, now += kSecond));
  CHECK(!button.step(true, now += 5 * kSecond));
  CHECK(!button.step(true, now += 2 * kSecond));
  CHECK(button.step(true, now += kSecond));
  CHECK(!button.step(true, now += 10 * kSecond));
  CHECK(!button.step(false, now += kSecond));
  button.step(true, now += kSecond);
  CHECK(button.step(true, now += 3 * kSecond));
}
