#include "bench.h"
#include "check.h"

using air::kMinute;
using air::kSecond;
using air::State;

TEST(a_barometer_that_dies_and_comes_back) {
  Bench bench;
  bench.pass(5 * kSecond);
  CHECK_NEAR(bench.station.pressure().pressure(), 980, 0);
  CHECK(bench.station.pressure().state() == State::kWell);
  bench.barometer.there = false;
  bench.pass(10 * kSecond);
  CHECK(!std::isnan(bench.station.pressure().pressure()));
  bench.pass(10 * kSecond);
  CHECK(std::isnan(bench.station.pressure().pressure()));
  CHECK(std::isnan(bench.station.pressure().temperature()));
  CHECK(bench.station.pressure().state() == State::kFailed);
  bench.barometer.there = true;
  bench.barometer.next.hectopascals = 970;
  bench.pass(15 * kSecond);
  CHECK_NEAR(bench.station.pressure().pressure(), 970, 0);
  CHECK(bench.station.pressure().state() == State::kWell);
  CHECK(bench.barometer.begun >= 2);
}

TEST(a_barometer_that_was_never_there) {
  Bench bench;
  bench.barometer.there = false;
  bench.pass(kMinute);
  CHECK(std::isnan(bench.station.pressure().pressure()));
  CHECK(bench.station.pressure().state() == State::kFailed);
  CHECK(bench.barometer.begun >= 5);
  CHECK(bench.barometer.begun <= 8);
}

TEST(what_a_dead_bus_makes_of_a_barometer_is_no_reading) {
  for (const air::Pressure& absurd :
       {air::Pressure{21, 0}, air::Pressure{21, 299.99F}, air::Pressure{21, 1100.1F},
        air::Pressure{-300, 980}, air::Pressure{128, 980},
        air::Pressure{air::kMissing, 980}, air::Pressure{21, air::kMissing},
        air::Pressure{INFINITY, INFINITY}}) {
    Bench bench;
    bench.barometer.next = absurd;
    bench.pass(30 * kSecond);
    CHECK(std::isnan(bench.station.pressure().pressure()));
    CHECK(std::isnan(bench.station.pressure().temperature()));
    CHECK(bench.station.pressure().state() == State::kFailed);
  }
}

TEST(a_barometer_is_well_as_long_as_its_values_hold) {
  Bench bench;
  bench.pass(5 * kSecond);
  bench.barometer.there = false;
  for (int step = 0; step < 400; ++step) {
    bench.pass(50);
    const bool holds = !std::isnan(bench.station.pressure().pressure());
    CHECK((bench.station.pressure().state() == State::kWell) == holds);
  }
}

TEST(pressure_and_altitude) {
  CHECK_NEAR(air::sea_level_pressure(995.3F, 150), 1013.2, 0.6);
  CHECK_NEAR(air::pressure_altitude(1013.25F), 0, 0.01);
  CHECK_NEAR(air::pressure_altitude(898.75F), 1000, 3);
  CHECK(std::isnan(air::sea_level_pressure(air::kMissing, 150)));
  CHECK(std::isnan(air::pressure_altitude(air::kMissing)));
}

TEST(a_hygrometer_is_held_for_eight_misses_and_no_longer) {
  Bench bench;
  bench.pass(5 * kSecond);
  CHECK_NEAR(bench.station.humidity().values().humidity, 45.5, 0);
  bench.hygrometer.there = false;
  for (int step = 0; step < 800; ++step) {
    bench.pass(50);
    const bool holds = !std::isnan(bench.station.humidity().values().temperature);
    CHECK((bench.station.humidity().state() == State::kWell) == holds);
    CHECK(holds == (bench.station.humidity().age(bench.now) <= 32 * kSecond));
  }
  CHECK(std::isnan(bench.station.humidity().values().temperature));
  CHECK(std::isnan(bench.station.humidity().values().humidity));
  CHECK(bench.station.humidity().state() == State::kFailed);
  bench.hygrometer.there = true;
  bench.pass(5 * kSecond);
  CHECK(bench.station.humidity().state() == State::kWell);
}

TEST(a_hygrometer_is_not_asked_too_often) {
  Bench bench;
  bench.pass(kMinute);
  CHECK(bench.hygrometer.reads >= 14);
  CHECK(bench.hygrometer.reads <= 16);
}

TEST(each_fault_of_a_hygrometer) {
  for (const air::Climate& absurd :
       {air::Climate{0, 0}, air::Climate{0, 1.5F}, air::Climate{22, 101}, air::Climate{22, -1}, air::Climate{-41, 45},
        air::Climate{81, 45}, air::Climate{air::kMissing, air::kMissing}}) {
    Bench bench;
    bench.hygrometer.next = absurd;
    bench.pass(10 * kSecond);
    CHECK(std::isnan(bench.station.humidity().values().temperature));
    CHECK(std::isnan(bench.station.humidity().values().humidity));
    CHECK(bench.station.humidity().state() == State::kFailed);
  }
}

TEST(no_probe_at_all) {
  Bench bench;
  bench.pass(2 * kMinute);
  CHECK(std::isnan(bench.station.probes().mean()));
  CHECK(bench.station.probes().state() == State::kFailed);
  CHECK(bench.wire.conversions == 0);
  CHECK(bench.wire.steps >= 10 && bench.wire.steps <= 15);  // each ten seconds, no more
}

TEST(a_probe_is_held_for_half_a_minute_and_no_longer) {
  Bench bench;
  bench.wire.add(1, 20);
  bench.pass(15 * kSecond);
  bench.wire.probes[0].good_crc = false;
  for (int step = 0; step < 900; ++step) {
    bench.pass(50);
    const bool holds = !std::isnan(bench.station.probes().mean());
    CHECK((bench.station.probes().state() == State::kWell) == holds);
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

TEST(the_age_of_probes_is_that_of_the_youngest) {
  Bench bench;
  bench.wire.add(1, 20);
  bench.wire.add(2, 30);
  bench.pass(15 * kSecond);
  bench.wire.probes[0].there = false;
  bench.pass(20 * kSecond);
  CHECK(!bench.station.probes().probe(0).celsius.missing());
  CHECK(bench.station.probes().age(bench.now) <= 11 * kSecond);
}

TEST(a_probe_that_fails_now_and_then_keeps_its_place) {
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

TEST(up_to_eight_probes_each_by_its_code) {
  Bench bench;
  for (std::uint8_t number = 10; number > 0; --number) bench.wire.add(number, 20.0F + number);
  bench.pass(15 * kSecond);
  CHECK(bench.station.probes().count() == 8);
  // Those of the first search, in the order of their codes.
  CHECK(bench.station.probes().probe(0).rom[1] == 3);
  CHECK(bench.station.probes().probe(7).rom[1] == 10);
  CHECK_NEAR(bench.station.probes().mean(), 26.5, 1e-4);
}

TEST(probes_that_die_come_back_and_are_added) {
  Bench bench;
  bench.wire.add(1, 20);
  bench.wire.add(2, 30);
  bench.pass(15 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 25, 1e-4);
  bench.wire.probes[1].there = false;
  bench.pass(45 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 20, 1e-4);  // never the mean with a -127
  CHECK(bench.station.probes().count() == 2);
  CHECK(bench.station.probes().probe(1).celsius.missing());
  bench.wire.probes[1].there = true;
  bench.wire.add(3, 40);
  bench.pass(75 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 30, 1e-4);
  for (FakeWire::Probe& probe : bench.wire.probes) probe.there = false;
  bench.pass(45 * kSecond);
  CHECK(std::isnan(bench.station.probes().mean()));
  CHECK(bench.station.probes().state() == State::kFailed);
  bench.wire.probes[0].there = true;
  bench.pass(30 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 20, 1e-4);
}

TEST(a_ninth_probe_takes_the_place_of_one_that_has_gone) {
  Bench bench;
  for (std::uint8_t number = 1; number <= 8; ++number) bench.wire.add(number, 20);
  bench.pass(15 * kSecond);
  bench.wire.probes[3].there = false;
  bench.wire.add(9, 28);
  bench.pass(3 * kMinute);
  CHECK(bench.station.probes().count() == 8);
  CHECK(bench.station.probes().probe(7).rom[1] == 9);
  CHECK_NEAR(bench.station.probes().mean(), 21, 1e-4);
}

TEST(each_fault_of_a_probe) {
  for (float absurd : {-127.0F, 85.0F, 126.0F, -56.0F, air::kMissing}) {
    Bench bench;
    bench.wire.add(1, absurd);
    bench.pass(30 * kSecond);
    CHECK(std::isnan(bench.station.probes().mean()));
    CHECK(bench.station.probes().state() == State::kFailed);
  }
  Bench wrong;
  wrong.wire.add(1, 21);
  wrong.wire.probes[0].good_crc = false;
  wrong.pass(30 * kSecond);
  CHECK(std::isnan(wrong.station.probes().mean()));
}

TEST(a_probe_that_is_really_that_hot) {
  Bench bench;
  bench.wire.add(1, 80);
  bench.pass(15 * kSecond);
  bench.wire.probes[0].celsius = 85;
  bench.pass(15 * kSecond);
  CHECK_NEAR(bench.station.probes().mean(), 85, 0);
}

TEST(a_search_through_noise_ends) {
  Bench bench;
  bench.wire.add(1, 21);
  bench.pass(15 * kSecond);
  bench.wire.noise = true;
  bench.wire.steps = 0;
  bench.pass(3 * kMinute);
  CHECK(bench.station.probes().count() == 1);
  CHECK(bench.wire.steps > 30 && bench.wire.steps < 200);
  CHECK_NEAR(bench.station.probes().mean(), 21, 1e-4);  // measuring goes on between searches
}

TEST(the_board_is_told_when_a_step_took_time) {
  Bench bench;
  bench.wire.add(1, 21);
  int busy = 0;
  for (int step = 0; step < 6000; ++step) {
    const int before = bench.hygrometer.reads + bench.wire.conversions + bench.wire.steps;
    const bool said = bench.station.step(bench.now += 10);
    const int after = bench.hygrometer.reads + bench.wire.conversions + bench.wire.steps;
    CHECK(said || after == before);
    busy += said;
  }
  CHECK(busy > 40 && busy < 100);  // in a minute; most of the time is free for the rest
}

TEST(no_conversion_is_waited_for) {
  Bench bench;
  bench.wire.add(1, 21);
  int together = 0;
  for (int step = 0; step < 2000; ++step) {
    const int reads = bench.hygrometer.reads;
    const int conversions = bench.wire.conversions;
    bench.pass(10, 10);
    together += bench.hygrometer.reads > reads && bench.wire.conversions > conversions;
  }
  CHECK(together == 0);  // one thing on a bus in a step
  CHECK(bench.wire.conversions >= 2);
}

TEST(all_goes_on_when_the_clock_begins_anew) {
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
