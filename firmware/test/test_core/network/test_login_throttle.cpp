#include "air/network/login_throttle.h"
#include "check.h"

using air::LoginThrottle;
using air::kMinute;
using air::kSecond;
using air::Millis;

TEST(each_failure_after_the_third_doubles_the_delay) {
  LoginThrottle throttle;
  Millis now = 0xFFFFF000;  // the clock wraps around
  CHECK(throttle.wait_time(1, now) == 0);
  throttle.record_failure(1, now);
  throttle.record_failure(1, now);
  CHECK(throttle.wait_time(1, now) == 0);
  for (Millis pause = kSecond; pause <= 64 * kSecond; pause *= 2) {
    throttle.record_failure(1, now);
    CHECK(throttle.wait_time(1, now) == pause);
    CHECK(throttle.wait_time(1, now + pause - 1) == 1);
    CHECK(throttle.wait_time(2, now) == 0);
    now += pause;
    CHECK(throttle.wait_time(1, now) == 0);
  }
  for (int more = 0; more < 100; ++more) throttle.record_failure(1, now);
  CHECK(throttle.wait_time(1, now) == 64 * kSecond);  // the maximum
  throttle.record_success(1);
  CHECK(throttle.wait_time(1, now) == 0);
  throttle.record_failure(1, now);
  CHECK(throttle.wait_time(1, now) == 0);  // the count has restarted
}

TEST(many_addresses_neither_guess_faster_nor_lock_the_owner_out) {
  LoginThrottle throttle;
  throttle.record_success(1000);
  int looked_at = 0;
  Millis owner_waits = 0;
  for (Millis now = 0; now < 10 * kMinute; now += 100) {
    for (std::uint32_t address = 1; address < 250; ++address) {
      if (throttle.wait_time(address, now) > 0) continue;
      ++looked_at;
      throttle.record_failure(address, now);
    }
    CHECK(throttle.wait_time(1000, now) == 0);
    const Millis stranger = throttle.wait_time(2000, now);
    if (stranger > owner_waits) owner_waits = stranger;
  }
  CHECK(looked_at <= 10 * 60 * 2);  // two per second for all addresses together
  CHECK(owner_waits <= 64 * kSecond);
  CHECK(throttle.wait_time(2000, 12 * kMinute) == 0);
}
