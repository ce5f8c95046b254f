#include "air/common/clock.h"
#include "check.h"

using air::Millis;
using air::PeriodicTimer;

TEST(timer_is_due_at_once_and_then_once_per_period) {
  PeriodicTimer timer(1000);
  CHECK(timer.due(5));
  CHECK(!timer.due(5));
  CHECK(!timer.due(1004));
  CHECK(timer.due(1005));
  CHECK(!timer.due(2004));
  CHECK(timer.due(9000));
  CHECK(!timer.due(9999));
  timer.expire();
  CHECK(timer.due(9999));
}

TEST(timer_is_due_across_a_wrap_around) {
  PeriodicTimer timer(1000);
  CHECK(timer.due(0xFFFFFF00));
  CHECK(!timer.due(0xFFFFFFFF));
  CHECK(!timer.due(0x000002E7));
  CHECK(timer.due(0x000002E8));
}

TEST(uptime_counts_beyond_the_wrap_around) {
  air::Uptime uptime;
  std::uint64_t total = 0;
  for (Millis now = 0; total < 200ULL * 86400 * 1000; total += 600000, now += 600000) {
    uptime.update(now);
  }
  CHECK(uptime.seconds() == 200ULL * 86400 - 600);
}
