#include "air/sensing/calibration.h"
#include "air/chips/mq135.h"
#include "bench.h"
#include "check.h"

using air::Correction;
using air::kMinute;
using air::kSecond;

TEST(the_curves_are_those_of_the_first_firmware) {
  // What it always said just after a start, and the sample of its README.
  const air::Gases clean = air::gases(3.6F);
  CHECK_NEAR(clean.co, 3.91, 0.005);
  CHECK_NEAR(clean.co2, 402.83, 0.005);
  CHECK_NEAR(clean.nh4, 4.30, 0.005);
  CHECK_NEAR(clean.alcohol, 1.31, 0.006);
  CHECK_NEAR(clean.toulen, 0.54, 0.006);
  CHECK_NEAR(clean.aceton, 0.46, 0.005);
  const air::Gases sample = air::gases(4.01F);
  CHECK_NEAR(sample.co, 2.56, 0.01);
  CHECK_NEAR(sample.co2, 402.08, 0.01);
  CHECK_NEAR(sample.alcohol, 0.94, 0.01);
  CHECK_NEAR(sample.nh4, 3.30, 0.01);
  CHECK(std::isnan(air::gases(0).co2));
  CHECK(std::isnan(air::gases(1000).co2));
  CHECK(std::isnan(air::gases(air::kMissing).co2));
}

TEST(resistance_by_the_divider) {
  const air::GasWiring module{5.0F, 5.0F};
  CHECK_NEAR(air::resistance(341, module), 2.0, 1e-3);
  CHECK(std::isnan(air::resistance(0, module)));
  CHECK(std::isnan(air::resistance(1023, module)));
  CHECK(std::isnan(air::resistance(-1, module)));
  // A0 of the board without a divider of its own clips at 3.3 V.
  const air::GasWiring clipped{5.0F, 3.3F};
  CHECK_NEAR(air::resistance(1013, clipped), 5.0 / 3.26774 - 1, 1e-3);
  CHECK(std::isnan(air::resistance(1023, clipped)));
  const air::GasWiring weak{3.0F, 5.0F};
  CHECK(std::isnan(air::resistance(1000, weak)));
}

TEST(climate_corrects_where_it_is_known) {
  CHECK_NEAR(air::climate_factor(20, 33), 0.99178, 1e-4);
  CHECK_NEAR(air::climate_factor(air::kMissing, 33), 1, 0);
  CHECK_NEAR(air::climate_factor(20, air::kMissing), 1, 0);
  CHECK(air::climate_factor(35, 80) < air::climate_factor(10, 30));
}

TEST(the_climate_correction_can_be_switched_off_and_on) {
  Bench bench;
  bench.pass(5 * kMinute);
  const float corrected = bench.station.gas().r0();
  CHECK(bench.station.gas().correction() == Correction::kLive);
  bench.station.choose(150, false);
  bench.pass(2 * kSecond);
  CHECK(bench.station.gas().correction() == Correction::kOff);
  CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-4);  // each kind has its R0: nothing to calibrate
  const float plain = bench.station.gas().r0();
  CHECK_NEAR(plain / corrected, air::climate_factor(22.25F, 45.5F), 1e-4);
  bench.pass(kMinute);
  CHECK(bench.station.calibrate());
  CHECK_NEAR(bench.station.gas().r0(), plain, 1e-4);
  bench.station.choose(150, true);
  bench.pass(20 * kSecond);
  CHECK(!bench.station.calibrate());  // samples of either kind are not mixed
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
  bench.hygrometer.there = false;
  for (int minute = 0; minute < 180; ++minute) {
    bench.pass(kMinute, 1000);
    CHECK_NEAR(bench.station.gas().values().co, 3.91, 0.005);
    CHECK(bench.station.gas().correction() == Correction::kHeld);
  }
  CHECK(bench.station.calibrate());
  bench.hygrometer.there = true;
  bench.hygrometer.next = {20, 40};
  bench.pass(2 * kMinute);
  CHECK(bench.station.gas().correction() == Correction::kLive);
  const float other = air::climate_factor(30, 80) / air::climate_factor(20, 40);
  CHECK_NEAR(bench.station.gas().ratio(), static_cast<double>(3.6F * other), 1e-3);
}

TEST(figures_go_on_after_a_restart_without_the_hygrometer) {
  Bench first;
  first.hygrometer.next = {30, 80};
  first.pass(5 * kMinute);
  Bench second;
  second.hygrometer.there = false;
  second.storage = first.storage;
  second.station.begin();
  second.pass(kMinute);
  CHECK(second.station.gas().correction() == Correction::kMissing);
  CHECK_NEAR(second.station.gas().ratio(), 3.6, 1e-3);
  second.hygrometer.there = true;
  second.hygrometer.next = {30, 80};
  second.pass(2 * kMinute);
  CHECK(second.station.gas().correction() == Correction::kLive);
  CHECK_NEAR(second.station.gas().ratio(), 3.6, 1e-3);
  CHECK(second.storage.saved == first.storage.saved);
}

TEST(figures_go_on_when_the_hygrometer_comes_after_the_calibration) {
  Bench bench;
  bench.hygrometer.there = false;
  bench.pass(5 * kMinute);
  CHECK(bench.station.gas().correction() == Correction::kMissing);
  CHECK(std::isnan(bench.station.gas().calibration().factor));
  bench.hygrometer.there = true;
  bench.hygrometer.next = {30, 80};
  bench.pass(2 * kMinute);
  CHECK(bench.station.gas().correction() == Correction::kLive);
  CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-3);
  CHECK(bench.station.gas().calibration().provisional);
  CHECK(bench.storage.saved == 2);  // the climate of then is that of now, once and for all
  bench.hygrometer.next = {20, 40};
  bench.pass(2 * kMinute);
  const float other = air::climate_factor(30, 80) / air::climate_factor(20, 40);
  CHECK_NEAR(bench.station.gas().ratio(), static_cast<double>(3.6F * other), 1e-3);
  CHECK(bench.storage.saved == 2);
}

TEST(a_weak_and_noisy_signal_is_calibrated_as_soon_as_any) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Bench bench;
    bench.adc.value = 50;
    bench.adc.noise = 3;
    bench.adc.chance.seed(seed);
    bench.pass(3 * kMinute + 31 * kSecond);
    CHECK(bench.station.gas().calibration().provisional && bench.storage.saved == 1);
    const float clean = air::resistance(50, {}) / air::kCleanAirRatio;
    CHECK_NEAR(bench.station.gas().calibration().r0 / clean, 1, 0.03);
    for (int again = 0; again < 50; ++again) {
      bench.pass(7 * kSecond);
      CHECK(bench.station.calibrate());
    }
    CHECK_NEAR(bench.station.gas().calibration().r0 / clean, 1, 0.03);
  }
}

TEST(a_weak_and_noisy_signal_that_is_seldom_read_is_calibrated_nearly_always) {
  Bench bench;
  bench.adc.value = 50;
  bench.adc.noise = 3;
  int accepted = 0;
  bench.pass(5 * kMinute, kSecond);
  for (int again = 0; again < 500; ++again) {
    bench.pass(13 * kSecond, kSecond);
    accepted += bench.station.calibrate();
  }
  CHECK(accepted >= 475);
}

TEST(drift_is_refused_however_noisy_or_slow_or_there_and_back) {
  for (const double noise : {0.0, 3.0}) {
    for (const bool back : {false, true}) {
      for (const double much : {9.0, -9.0, 20.0}) {
        Bench bench;
        bench.adc.value = 50;
        bench.adc.noise = noise;
        bench.pass(5 * kMinute);
        for (int second = 1; second <= 60; ++second) {
          const int way = back ? 30 - std::abs(30 - second) : second;
          bench.adc.value = 50 + much * way / (back ? 30 : 60);
          bench.pass(kSecond);
        }
        CHECK(!bench.station.calibrate());
        bench.pass(2 * kMinute);
        CHECK(bench.station.calibrate());
      }
    }
  }
}

TEST(a_sample_is_made_of_many_readings) {
  Bench bench;
  bench.pass(kMinute, 10);
  CHECK(bench.adc.reads >= 1150 && bench.adc.reads <= 1250);  // 20 a second: more disturb the radio
  air::Reads reads;
  CHECK(std::isnan(reads.counts()));
  for (const int each : {51, 0, 48}) reads.add(each);
  CHECK_NEAR(reads.counts(), 33, 1e-4);
  for (const int each : {1023, 2}) reads.add(each);
  CHECK(std::isnan(reads.counts()));  // a wire that swings between the ends has no middle
  reads.clear();
  reads.add(100);
  CHECK_NEAR(reads.counts(), 100, 0);
}

TEST(a_calibration_rests_on_nothing_from_before_it_was_warm) {
  for (int cold : {400, 210}) {
    Bench bench;
    bench.adc.value = cold;
    bench.pass(3 * kMinute - kSecond);
    bench.adc.value = 200;
    bench.pass(2 * kMinute);
    CHECK(bench.station.gas().calibration().provisional);
    CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-2);
  }
}

TEST(air_that_changes_is_no_air_to_calibrate_in) {
  Bench bench;
  bench.pass(5 * kMinute);
  for (int second = 0; second < 60; ++second) {
    bench.adc.value = 200 + 2 * second;
    bench.pass(kSecond);
  }
  CHECK(!bench.station.calibrate());
  bench.pass(2 * kMinute);
  CHECK(bench.station.calibrate());
}

TEST(a_wire_without_a_sensor_is_not_calibrated_on) {
  for (int value : {1, 9, 1014, 1022}) {
    Bench bench;
    bench.adc.value = value;
    bench.pass(5 * kMinute);
    CHECK(!bench.station.gas().calibrated());
    CHECK(bench.station.gas().state() == air::State::kFailed);
    CHECK(bench.storage.saved == 0);
    bench.adc.value = 200;
    bench.pass(2 * kMinute);
    CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-3);
  }
  Bench clipped;
  clipped.adc.value = 1010;
  clipped.pass(5 * kMinute);
  CHECK(!clipped.station.gas().calibrated());
}

TEST(a_guess_that_was_wrong_is_made_anew_but_what_was_told_stays) {
  Bench guessed;
  guessed.adc.value = 12;
  guessed.pass(5 * kMinute);
  CHECK(guessed.station.gas().calibration().provisional);
  guessed.adc.value = 700;  // a sensor at last
  guessed.pass(3 * kMinute);
  CHECK_NEAR(guessed.station.gas().ratio(), 3.6, 1e-3);
  Bench told;
  told.adc.value = 12;
  told.pass(5 * kMinute);
  CHECK(told.station.calibrate());
  told.adc.value = 700;
  told.pass(3 * kMinute);
  CHECK(std::isnan(told.station.gas().values().co2));
  CHECK(told.station.gas().state() == air::State::kFailed);
  CHECK(!told.station.gas().calibration().provisional);
}

TEST(single_spikes_are_no_fault_however_many) {
  Bench bench;
  bench.pass(5 * kMinute);
  for (int spike = 0; spike < 20; ++spike) {
    bench.adc.value = 0;
    bench.pass(kSecond);
    CHECK(!std::isnan(bench.station.gas().values().co2));
    bench.adc.value = 200;
    bench.pass(kMinute);
    CHECK(bench.station.gas().state() == air::State::kWell);
    CHECK_NEAR(bench.station.gas().ratio(), 3.6, 0.005);  // a twentieth of a sample of a minute
  }
}

TEST(a_value_is_the_mean_of_a_minute) {
  Bench bench;
  bench.pass(5 * kMinute);
  bench.adc.value = 400;
  const float r0 = bench.station.gas().r0();
  const float before = bench.station.gas().ratio();
  bench.pass(30 * kSecond);
  const float after = air::resistance(400, {}) / air::climate_factor(22.25F, 45.5F) / r0;
  CHECK_NEAR(bench.station.gas().ratio(), static_cast<double>(before + after) / 2, 0.05);
  bench.pass(31 * kSecond);
  CHECK_NEAR(bench.station.gas().ratio(), after, 1e-4);
}

TEST(calibrations_survive_flash_memory_and_nothing_else_passes_for_one) {
  CHECK(air::crc32(reinterpret_cast<const std::uint8_t*>("123456789"), 9) == 0xCBF43926);
  const air::CalibrationBytes bytes = air::encode({12.5F, false, 0.75F});
  const air::CalibrationBytes golden{'A',  'R',  2,    0,    0x00, 0x00, 0x48, 0x41,
                                     0x00, 0x00, 0x40, 0x3F, 0xE8, 0x12, 0xB3, 0x34};
  CHECK(bytes == golden);
  air::Calibration found;
  CHECK(air::decode(bytes, found));
  CHECK_NEAR(found.r0, 12.5, 0);
  CHECK_NEAR(found.factor, 0.75, 0);
  CHECK(!found.provisional);
  CHECK(air::decode(air::encode({12.5F, true, air::kMissing}), found));
  CHECK(found.provisional && std::isnan(found.factor));
  CHECK(air::decode(air::encode({12.5F, true, 1e9F}), found));
  CHECK(std::isnan(found.factor));
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    for (int bit = 0; bit < 8; ++bit) {
      air::CalibrationBytes torn = bytes;
      torn[index] = static_cast<std::uint8_t>(torn[index] ^ 1 << bit);
      CHECK(!air::decode(torn, found));
    }
  }
  const air::CalibrationBytes first{'A',  'R',  1,    0,    0x00, 0x00,
                                    0x48, 0x41, 0x2A, 0x82, 0x78, 0xC6};
  CHECK(air::decode(first, found));
  CHECK_NEAR(found.r0, 12.5, 0);
  CHECK_NEAR(found.corrected_r0(), 12.5, 0);
  air::CalibrationBytes later = bytes;
  later[2] = 3;
  const std::uint32_t sum = air::crc32(later.data(), 12);
  for (unsigned index = 0; index < 4; ++index) {
    later[12 + index] = static_cast<std::uint8_t>(sum >> 8 * index);
  }
  CHECK(!air::decode(later, found));
  air::CalibrationBytes erased;
  erased.fill(0xFF);
  CHECK(!air::decode(erased, found));
  erased.fill(0);
  CHECK(!air::decode(erased, found));
  for (float r0 : {0.0F, -1.0F, 1e9F, air::kMissing, INFINITY}) {
    CHECK(!air::decode(air::encode({r0, false, 1}), found));
  }
}

TEST(a_new_sensor_warms_up_and_takes_the_first_steady_air_for_clean) {
  Bench bench;
  bench.hygrometer.there = false;
  bench.pass(2 * kMinute);
  CHECK(bench.station.gas().warming_up(bench.now));
  CHECK(!bench.station.gas().calibrated());
  CHECK(std::isnan(bench.station.gas().values().co2));
  CHECK(!bench.station.calibrate());
  bench.pass(2 * kMinute);
  CHECK(!bench.station.gas().warming_up(bench.now));
  CHECK(bench.station.gas().calibration().provisional);
  CHECK(bench.storage.saved == 1);
  CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-3);
  CHECK_NEAR(bench.station.gas().values().co2, 402.83, 0.01);

  bench.adc.value = 400;
  bench.pass(2 * kMinute);
  CHECK(bench.station.gas().values().co2 > 410);
  CHECK(bench.station.calibrate());
  CHECK(!bench.station.gas().calibration().provisional);
  CHECK(bench.storage.saved == 2);
  bench.pass(2 * kSecond);
  CHECK_NEAR(bench.station.gas().ratio(), 3.6, 1e-3);
}

TEST(a_calibration_outlives_a_restart) {
  Bench first;
  first.hygrometer.there = false;
  first.storage.save(air::encode({1.0F, false, 1}));
  Bench second;
  second.hygrometer.there = false;
  second.storage = first.storage;
  second.station.begin();
  second.adc.value = 341;  // a resistance of 2
  second.pass(5 * kSecond);
  CHECK(second.station.gas().warming_up(second.now));
  CHECK_NEAR(second.station.gas().ratio(), 2, 1e-3);
  second.pass(10 * kMinute);
  CHECK(second.storage.saved == 1);  // as copied
}

TEST(flash_memory_that_fails_does_not_lose_the_calibration_while_it_runs) {
  Bench bench;
  bench.storage.works = false;
  bench.pass(4 * kMinute);
  CHECK(bench.station.gas().calibrated());
  CHECK(!bench.station.calibrate());
}

TEST(an_input_at_either_end_is_a_fault_after_five_seconds) {
  for (int dead : {0, 1023}) {
    Bench bench;
    bench.pass(5 * kMinute);
    bench.adc.value = dead;
    bench.pass(3 * kSecond);
    CHECK(!std::isnan(bench.station.gas().values().co2));
    bench.pass(4 * kSecond);
    CHECK(std::isnan(bench.station.gas().values().co2));
    CHECK(bench.station.gas().state() == air::State::kFailed);
    bench.adc.value = 200;
    bench.pass(2 * kSecond);
    CHECK(!std::isnan(bench.station.gas().values().co2));
    CHECK(bench.station.gas().state() == air::State::kWell);
  }
}

TEST(warm_stays_warm_when_the_clock_begins_anew) {
  Bench bench(0xFFFFFFFF - 5 * kMinute);
  bench.pass(4 * kMinute);
  CHECK(!bench.station.gas().warming_up(bench.now));
  bench.pass(4 * kMinute);
  CHECK(bench.now < 10 * kMinute);
  CHECK(!bench.station.gas().warming_up(bench.now));
  CHECK(!bench.station.gas().warming_up(0xFFFFFFFF - 5 * kMinute + 10));
}
