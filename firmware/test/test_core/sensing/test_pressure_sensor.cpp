#include <cmath>

#include "bench.h"
#include "check.h"

using air::kMinute;
using air::kSecond;
using air::SensorState;

TEST(a_barometer_that_fails_and_comes_back) {
  Bench bench;
  bench.pass(5 * kSecond);
  CHECK_NEAR(bench.station.pressure().pressure(), 980, 0);
  CHECK(bench.station.pressure().state() == SensorState::kWell);
  bench.barometer.present = false;
  bench.pass(10 * kSecond);
  CHECK(!std::isnan(bench.station.pressure().pressure()));
  bench.pass(10 * kSecond);
  CHECK(std::isnan(bench.station.pressure().pressure()));
  CHECK(std::isnan(bench.station.pressure().temperature()));
  CHECK(bench.station.pressure().state() == SensorState::kFailed);
  bench.barometer.present = true;
  bench.barometer.next.hectopascals = 970;
  bench.pass(15 * kSecond);
  CHECK_NEAR(bench.station.pressure().pressure(), 970, 0);
  CHECK(bench.station.pressure().state() == SensorState::kWell);
  CHECK(bench.barometer.begin_calls >= 2);
}

TEST(a_barometer_that_was_never_there) {
  Bench bench;
  bench.barometer.present = false;
  bench.pass(kMinute);
  CHECK(std::isnan(bench.station.pressure().pressure()));
  CHECK(bench.station.pressure().state() == SensorState::kFailed);
  CHECK(bench.barometer.begin_calls >= 5);
  CHECK(bench.barometer.begin_calls <= 8);
}

TEST(implausible_readings_of_a_barometer) {
  for (const air::PressureReading& absurd :
       {air::PressureReading{21, 0}, air::PressureReading{21, 299.99F}, air::PressureReading{21, 1100.1F},
        air::PressureReading{-300, 980}, air::PressureReading{128, 980},
        air::PressureReading{air::kMissing, 980}, air::PressureReading{21, air::kMissing},
        air::PressureReading{INFINITY, INFINITY}}) {
    Bench bench;
    bench.barometer.next = absurd;
    bench.pass(30 * kSecond);
    CHECK(std::isnan(bench.station.pressure().pressure()));
    CHECK(std::isnan(bench.station.pressure().temperature()));
    CHECK(bench.station.pressure().state() == SensorState::kFailed);
  }
}

TEST(a_barometer_is_well_until_its_values_expire) {
  Bench bench;
  bench.pass(5 * kSecond);
  bench.barometer.present = false;
  for (int step = 0; step < 400; ++step) {
    bench.pass(50);
    const bool holds = !std::isnan(bench.station.pressure().pressure());
    CHECK((bench.station.pressure().state() == SensorState::kWell) == holds);
  }
}

TEST(pressure_and_altitude) {
  CHECK_NEAR(air::sea_level_pressure(995.3F, 150), 1013.2, 0.6);
  CHECK_NEAR(air::pressure_altitude(1013.25F), 0, 0.01);
  CHECK_NEAR(air::pressure_altitude(898.75F), 1000, 3);
  CHECK(std::isnan(air::sea_level_pressure(air::kMissing, 150)));
  CHECK(std::isnan(air::pressure_altitude(air::kMissing)));
}
