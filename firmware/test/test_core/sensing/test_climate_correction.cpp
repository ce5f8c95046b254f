#include <cmath>

#include "air/chips/mq135.h"
#include "bench.h"
#include "check.h"

using air::Correction;
using air::kMinute;
using air::kSecond;

TEST(the_climate_correction_can_be_switched_off_and_on) {
  Bench bench;
  bench.pass(5 * kMinute);
  const float corrected = bench.station.gas().r0();
  CHECK(bench.station.gas().correction() == Correction::kLive);
  bench.station.configure(150, false);
  bench.pass(2 * kSecond);
  CHECK(bench.station.gas().correction() == Correction::kOff);
  CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-4);  // each kind of reading has its own R0
  const float plain = bench.station.gas().r0();
  CHECK_NEAR(plain / corrected, air::climate_factor(22.25F, 45.5F), 1e-4);
  bench.pass(kMinute);
  CHECK(bench.station.calibrate());
  CHECK_NEAR(bench.station.gas().r0(), plain, 1e-4);
  bench.station.configure(150, true);
  bench.pass(20 * kSecond);
  CHECK(!bench.station.calibrate());  // corrected and uncorrected samples are not mixed
  CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-4);
  bench.pass(kMinute);
  CHECK(bench.station.calibrate());
  CHECK_NEAR(bench.station.gas().r0(), corrected, 1e-4);
}

TEST(figures_do_not_jump_when_the_hygrometer_dies) {
  Bench bench;
  bench.hygrometer.next = {30, 80};
  bench.pass(5 * kMinute);
  CHECK_NEAR(bench.station.gas().values().co, 3.91, 0.005);
  bench.hygrometer.present = false;
  for (int minute = 0; minute < 180; ++minute) {
    bench.pass(kMinute, 1000);
    CHECK_NEAR(bench.station.gas().values().co, 3.91, 0.005);
    CHECK(bench.station.gas().correction() == Correction::kHeld);
  }
  CHECK(bench.station.calibrate());
  bench.hygrometer.present = true;
  bench.hygrometer.next = {20, 40};
  bench.pass(2 * kMinute);
  CHECK(bench.station.gas().correction() == Correction::kLive);
  const float other = air::climate_factor(30, 80) / air::climate_factor(20, 40);
  CHECK_NEAR(bench.station.gas().ratio(), static_cast<double>(3.6F * other), 1e-3);
}

TEST(figures_continue_after_a_restart_without_the_hygrometer) {
  Bench first;
  first.hygrometer.next = {30, 80};
  first.pass(5 * kMinute);
  Bench second;
  second.hygrometer.present = false;
  second.storage = first.storage;
  second.station.begin();
  second.pass(kMinute);
  CHECK(second.station.gas().correction() == Correction::kMissing);
  CHECK_NEAR(second.station.gas().ratio(), 3.6, 1e-3);
  second.hygrometer.present = true;
  second.hygrometer.next = {30, 80};
  second.pass(2 * kMinute);
  CHECK(second.station.gas().correction() == Correction::kLive);
  CHECK_NEAR(second.station.gas().ratio(), 3.6, 1e-3);
  CHECK(second.storage.saved == first.storage.saved);
}

TEST(figures_continue_when_the_hygrometer_comes_after_the_calibration) {
  Bench bench;
  bench.hygrometer.present = false;
  bench.pass(5 * kMinute);
  CHECK(bench.station.gas().correction() == Correction::kMissing);
  CHECK(std::isnan(bench.station.gas().calibration().factor));
  bench.hygrometer.present = true;
  bench.hygrometer.next = {30, 80};
  bench.pass(2 * kMinute);
  CHECK(bench.station.gas().correction() == Correction::kLive);
  CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-3);
  CHECK(bench.station.gas().calibration().provisional);
  CHECK(bench.storage.saved == 2);  // the missing climate is saved once
  bench.hygrometer.next = {20, 40};
  bench.pass(2 * kMinute);
  const float other = air::climate_factor(30, 80) / air::climate_factor(20, 40);
  CHECK_NEAR(bench.station.gas().ratio(), static_cast<double>(3.6F * other), 1e-3);
  CHECK(bench.storage.saved == 2);
}
