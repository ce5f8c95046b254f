#include <cmath>

#include "bench.h"
#include "check.h"

using air::kMinute;
using air::kSecond;
using air::SensorState;

TEST(no_probe) {
  Bench bench;
  bench.pass(2 * kMinute);
  CHECK(std::isnan(bench.station.probes().mean()));
  CHECK(bench.station.probes().state() == SensorState::kFailed);
  CHECK(bench.wire.conversions == 0);
  CHECK(bench.wire.search_steps >= 10 && bench.wire.search_steps <= 15);  // one search in ten seconds
}

TEST(a_probes_value_lasts_for_half_a_minute) {
  Bench bench;
  bench.wire.add(1, 20);
  bench.pass(15 * kSecond);
  bench.wire.probes[0].good_crc = false;
  for (int step = 0; step < 900; ++step) {
    bench.pass(50);
    const bool holds = !std::isnan(bench.station.probes().mean());
    CHECK((bench.station.probes().state() == SensorState::kWell) == holds);
    CHECK(holds == (bench.station.probes().age(bench.now) <= 30 * kSecond));
  }
}

TEST(a_probe_that_is_back_is_found_within_twenty_seconds) {
  Bench bench;
  bench.pass(2 * kMinute);
  bench.wire.add(1, 20);
  bench.pass(20 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 20, 0);
}

TEST(age_is_that_of_the_newest_reading) {
  Bench bench;
  bench.wire.add(1, 20);
  bench.wire.add(2, 30);
  bench.pass(15 * kSecond);
  bench.wire.probes[0].present = false;
  bench.pass(20 * kSecond);
  CHECK(!bench.station.probes().probe(0).celsius.missing());
  CHECK(bench.station.probes().age(bench.now) <= 11 * kSecond);
}

TEST(a_probe_that_fails_now_and_then_is_not_replaced) {
  Bench bench;
  for (std::uint8_t number = 1; number <= 8; ++number) bench.wire.add(number, 20);
  bench.pass(15 * kSecond);
  bench.wire.add(9, 28);
  for (int round = 0; round < 20; ++round) {
    bench.wire.probes[3].good_crc = false;
    bench.pass(20 * kSecond);
    bench.wire.probes[3].good_crc = true;
    bench.pass(20 * kSecond);
  }
  CHECK(bench.station.probes().probe(3).rom[1] == 4);
  CHECK(bench.station.probes().probe(7).rom[1] == 8);
}

TEST(up_to_eight_probes_sorted_by_code) {
  Bench bench;
  for (std::uint8_t number = 10; number > 0; --number) bench.wire.add(number, 20.0F + number);
  bench.pass(15 * kSecond);
  CHECK(bench.station.probes().count() == 8);
  // The first eight that were found, sorted by their codes.
  CHECK(bench.station.probes().probe(0).rom[1] == 3);
  CHECK(bench.station.probes().probe(7).rom[1] == 10);
  CHECK_NEAR(bench.station.probes().mean(), 26.5, 1e-4);
}

TEST(probes_fail_come_back_and_are_added) {
  Bench bench;
  bench.wire.add(1, 20);
  bench.wire.add(2, 30);
  bench.pass(15 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 25, 1e-4);
  bench.wire.probes[1].present = false;
  bench.pass(45 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 20, 1e-4);  // not the mean with -127
  CHECK(bench.station.probes().count() == 2);
  CHECK(bench.station.probes().probe(1).celsius.missing());
  bench.wire.probes[1].present = true;
  bench.wire.add(3, 40);
  bench.pass(75 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 30, 1e-4);
  for (FakeOneWire::Probe& probe : bench.wire.probes) probe.present = false;
  bench.pass(45 * kSecond);
  CHECK(std::isnan(bench.station.probes().mean()));
  CHECK(bench.station.probes().state() == SensorState::kFailed);
  bench.wire.probes[0].present = true;
  bench.pass(30 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 20, 1e-4);
}

TEST(a_ninth_probe_replaces_one_that_no_longer_answers) {
  Bench bench;
  for (std::uint8_t number = 1; number <= 8; ++number) bench.wire.add(number, 20);
  bench.pass(15 * kSecond);
  bench.wire.probes[3].present = false;
  bench.wire.add(9, 28);
  bench.pass(3 * kMinute);
  CHECK(bench.station.probes().count() == 8);
  CHECK(bench.station.probes().probe(7).rom[1] == 9);
  CHECK_NEAR(bench.station.probes().mean(), 21, 1e-4);
}

TEST(implausible_readings_of_a_probe) {
  for (float absurd : {-127.0F, 85.0F, 126.0F, -56.0F, air::kMissing}) {
    Bench bench;
    bench.wire.add(1, absurd);
    bench.pass(30 * kSecond);
    CHECK(std::isnan(bench.station.probes().mean()));
    CHECK(bench.station.probes().state() == SensorState::kFailed);
  }
  Bench wrong;
  wrong.wire.add(1, 21);
  wrong.wire.probes[0].good_crc = false;
  wrong.pass(30 * kSecond);
  CHECK(std::isnan(wrong.station.probes().mean()));
}

TEST(a_probe_that_really_measures_85_degrees) {
  Bench bench;
  bench.wire.add(1, 80);
  bench.pass(15 * kSecond);
  bench.wire.probes[0].celsius = 85;
  bench.pass(15 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 85, 0);
}

TEST(a_search_in_noise_ends) {
  Bench bench;
  bench.wire.add(1, 21);
  bench.pass(15 * kSecond);
  bench.wire.noise = true;
  bench.wire.search_steps = 0;
  bench.pass(3 * kMinute);
  CHECK(bench.station.probes().count() == 1);
  CHECK(bench.wire.search_steps > 30 && bench.wire.search_steps < 200);
  CHECK_NEAR(bench.station.probes().mean(), 21, 1e-4);  // measuring continues between searches
}
