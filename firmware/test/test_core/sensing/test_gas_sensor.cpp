#include "air/sensing/calibration.h"
#include "air/chips/mq135.h"
#include "bench.h"
#include "check.h"

using air::kMinute;
using air::kSecond;

TEST(a_weak_and_noisy_signal_is_calibrated_without_delay) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Bench bench;
    bench.adc.value = 50;
    bench.adc.noise = 3;
    bench.adc.random.seed(seed);
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

TEST(a_weak_and_noisy_signal_read_once_a_second_is_nearly_always_calibrated) {
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

TEST(drift_is_refused_at_any_noise_speed_and_direction) {
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
  CHECK(bench.adc.reads >= 1150 && bench.adc.reads <= 1250);  // 20 per second, since more would disturb the radio
  air::AdcReadings readings;
  CHECK(std::isnan(readings.mean()));
  for (const int each : {51, 0, 48}) readings.add(each);
  CHECK_NEAR(readings.mean(), 33, 1e-4);
  for (const int each : {1023, 2}) readings.add(each);
  CHECK(std::isnan(readings.mean()));  // most readings are at an end of the scale
  readings.clear();
  readings.add(100);
  CHECK_NEAR(readings.mean(), 100, 0);
}

TEST(samples_of_the_warm_up_do_not_count_for_calibration) {
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

TEST(changing_air_is_not_calibrated_on) {
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
    CHECK(bench.station.gas().state() == air::SensorState::kFailed);
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

TEST(a_wrong_provisional_calibration_is_replaced_but_not_a_requested_one) {
  Bench guessed;
  guessed.adc.value = 12;
  guessed.pass(5 * kMinute);
  CHECK(guessed.station.gas().calibration().provisional);
  guessed.adc.value = 700;  // a sensor is connected
  guessed.pass(3 * kMinute);
  CHECK_NEAR(guessed.station.gas().ratio(), 3.6, 1e-3);
  Bench told;
  told.adc.value = 12;
  told.pass(5 * kMinute);
  CHECK(told.station.calibrate());
  told.adc.value = 700;
  told.pass(3 * kMinute);
  CHECK(std::isnan(told.station.gas().values().co2));
  CHECK(told.station.gas().state() == air::SensorState::kFailed);
  CHECK(!told.station.gas().calibration().provisional);
}

TEST(single_spikes_are_no_fault) {
  Bench bench;
  bench.pass(5 * kMinute);
  for (int spike = 0; spike < 20; ++spike) {
    bench.adc.value = 0;
    bench.pass(kSecond);
    CHECK(!std::isnan(bench.station.gas().values().co2));
    bench.adc.value = 200;
    bench.pass(kMinute);
    CHECK(bench.station.gas().state() == air::SensorState::kWell);
    CHECK_NEAR(bench.station.gas().ratio(), 3.6, 0.005);  // a spike is 1/20 of one of 60 samples
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

TEST(a_new_sensor_warms_up_and_takes_the_first_steady_air_for_clean) {
  Bench bench;
  bench.hygrometer.present = false;
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

TEST(a_calibration_survives_a_restart) {
  Bench first;
  first.hygrometer.present = false;
  first.storage.save(air::encode_calibration({1.0F, false, 1}));
  Bench second;
  second.hygrometer.present = false;
  second.storage = first.storage;
  second.station.begin();
  second.adc.value = 341;  // a resistance of 2
  second.pass(5 * kSecond);
  CHECK(second.station.gas().warming_up(second.now));
  CHECK_NEAR(second.station.gas().ratio(), 2, 1e-3);
  second.pass(10 * kMinute);
  CHECK(second.storage.saved == 1);  // by the first bench
}

TEST(a_calibration_that_cannot_be_saved_is_used_until_the_restart) {
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
    CHECK(bench.station.gas().state() == air::SensorState::kFailed);
    bench.adc.value = 200;
    bench.pass(2 * kSecond);
    CHECK(!std::isnan(bench.station.gas().values().co2));
    CHECK(bench.station.gas().state() == air::SensorState::kWell);
  }
}

TEST(a_warm_sensor_stays_warm_across_a_wrap_around) {
  Bench bench(0xFFFFFFFF - 5 * kMinute);
  bench.pass(4 * kMinute);
  CHECK(!bench.station.gas().warming_up(bench.now));
  bench.pass(4 * kMinute);
  CHECK(bench.now < 10 * kMinute);
  CHECK(!bench.station.gas().warming_up(bench.now));
  CHECK(!bench.station.gas().warming_up(0xFFFFFFFF - 5 * kMinute + 10));
}
