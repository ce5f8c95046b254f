#include <cmath>

#include "bench.h"
#include "check.h"

using air::kSecond;

TEST(step_returns_whether_it_took_time) {
  Bench bench;
  bench.wire.add(1, 21);
  int busy = 0;
  for (int step = 0; step < 6000; ++step) {
    const int before = bench.hygrometer.reads + bench.wire.conversions + bench.wire.search_steps;
    const bool said = bench.station.step(bench.now += 10);
    const int after = bench.hygrometer.reads + bench.wire.conversions + bench.wire.search_steps;
    CHECK(said || after == before);
    busy += said;
  }
  CHECK(busy > 40 && busy < 100);  // of 6000 steps in a minute
}

TEST(no_step_waits_for_a_conversion) {
  Bench bench;
  bench.wire.add(1, 21);
  int together = 0;
  for (int step = 0; step < 2000; ++step) {
    const int reads = bench.hygrometer.reads;
    const int conversions = bench.wire.conversions;
    bench.pass(10, 10);
    together += bench.hygrometer.reads > reads && bench.wire.conversions > conversions;
  }
  CHECK(together == 0);  // at most one bus per step
  CHECK(bench.wire.conversions >= 2);
}

TEST(sensors_continue_across_a_wrap_around) {
  Bench bench(0xFFFFFFFF - 30 * kSecond);
  bench.wire.add(1, 21);
  for (int second = 0; second < 120; ++second) {
    bench.pass(kSecond);
    if (second < 5) continue;
    CHECK(!std::isnan(bench.station.pressure().pressure()));
    CHECK(!std::isnan(bench.station.humidity().values().humidity));
    CHECK(second < 15 || !std::isnan(bench.station.probes().mean()));
  }
  CHECK(bench.station.uptime() >= 119);
}
