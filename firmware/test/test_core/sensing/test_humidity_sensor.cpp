#include <cmath>

#include "bench.h"
#include "check.h"

using air::kMinute;
using air::kSecond;
using air::SensorState;

TEST(a_humidity_value_lasts_for_eight_misses) {
  Bench bench;
  bench.pass(5 * kSecond);
  CHECK_NEAR(bench.station.humidity().values().humidity, 45.5, 0);
  bench.hygrometer.present = false;
  for (int step = 0; step < 800; ++step) {
    bench.pass(50);
    const bool holds = !std::isnan(bench.station.humidity().values().temperature);
    CHECK((bench.station.humidity().state() == SensorState::kWell) == holds);
    CHECK(holds == (bench.station.humidity().age(bench.now) <= 32 * kSecond));
  }
  CHECK(std::isnan(bench.station.humidity().values().temperature));
  CHECK(std::isnan(bench.station.humidity().values().humidity));
  CHECK(bench.station.humidity().state() == SensorState::kFailed);
  bench.hygrometer.present = true;
  bench.pass(5 * kSecond);
  CHECK(bench.station.humidity().state() == SensorState::kWell);
}

TEST(a_hygrometer_is_read_every_four_seconds) {
  Bench bench;
  bench.pass(kMinute);
  CHECK(bench.hygrometer.reads >= 14);
  CHECK(bench.hygrometer.reads <= 16);
}

TEST(implausible_readings_of_a_hygrometer) {
  for (const air::Climate& absurd :
       {air::Climate{0, 0}, air::Climate{0, 1.5F}, air::Climate{22, 101}, air::Climate{22, -1}, air::Climate{-41, 45},
        air::Climate{81, 45}, air::Climate{air::kMissing, air::kMissing}}) {
    Bench bench;
    bench.hygrometer.next = absurd;
    bench.pass(10 * kSecond);
    CHECK(std::isnan(bench.station.humidity().values().temperature));
    CHECK(std::isnan(bench.station.humidity().values().humidity));
    CHECK(bench.station.humidity().state() == SensorState::kFailed);
  }
}
