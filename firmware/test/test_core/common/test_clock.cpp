#include "air/common/clock.h"
#include "air/sensing/moving_average.h"
#include "air/common/expiring_value.h"
#include "check.h"

using air::Every;
using air::Held;
using air::Millis;

TEST(due_at_once_and_then_once_in_a_period) {
  Every every(1000);
  CHECK(every.due(5));
  CHECK(!every.due(5));
  CHECK(!every.due(1004));
  CHECK(every.due(1005));
  CHECK(!every.due(2004));
  CHECK(every.due(9000));
  CHECK(!every.due(9999));
  every.hurry();
  CHECK(every.due(9999));
}

TEST(due_across_the_clocks_new_beginning) {
  Every every(1000);
  CHECK(every.due(0xFFFFFF00));
  CHECK(!every.due(0xFFFFFFFF));
  CHECK(!every.due(0x000002E7));
  CHECK(every.due(0x000002E8));
}

TEST(uptime_goes_on_for_years) {
  air::Uptime uptime;
  std::uint64_t total = 0;
  for (Millis now = 0; total < 200ULL * 86400 * 1000; total += 600000, now += 600000) {
    uptime.tell(now);
  }
  CHECK(uptime.seconds() == 200ULL * 86400 - 600);
}

TEST(a_value_does_not_outlive_its_time) {
  Held held(1000);
  CHECK(held.missing());
  held.take(21.5F, 0xFFFFFFF0);
  held.age(0x000003D8);
  CHECK_NEAR(held.value(), 21.5, 0);
  held.age(0x000003D9);
  CHECK(held.missing());
  // When its age would begin anew it is still gone.
  held.age(0xFFFFFFF1);
  CHECK(held.missing());
}

TEST(means) {
  air::Mean<3> mean;
  CHECK(std::isnan(mean.value()));
  mean.add(10);
  mean.add(20);
  CHECK_NEAR(mean.value(), 15, 0);
  mean.add(30);
  mean.add(40);
  CHECK_NEAR(mean.value(), 30, 0);
  CHECK(mean.count() == 3);
  CHECK_NEAR(mean.drift(1), 20.0 / 30, 1e-6);
  CHECK_NEAR(mean.drift(2), 0, 0);  // one run: 30 and 40
  mean.add(60);
  CHECK_NEAR(mean.drift(1), 30.0 / (130.0 / 3), 1e-6);
  mean.clear();
  CHECK(std::isnan(mean.drift(1)));
  CHECK(mean.count() == 0);
}
