#include "air/chips/mq135.h"
#include "check.h"

TEST(gas_curves_are_those_of_the_first_firmware) {
  // Its figures just after a start, and the example of its README.
  const air::Gases clean = air::estimate_gases(3.6F);
  CHECK_NEAR(clean.co, 3.91, 0.005);
  CHECK_NEAR(clean.co2, 402.83, 0.005);
  CHECK_NEAR(clean.nh4, 4.30, 0.005);
  CHECK_NEAR(clean.alcohol, 1.31, 0.006);
  CHECK_NEAR(clean.toluene, 0.54, 0.006);
  CHECK_NEAR(clean.acetone, 0.46, 0.005);
  const air::Gases sample = air::estimate_gases(4.01F);
  CHECK_NEAR(sample.co, 2.56, 0.01);
  CHECK_NEAR(sample.co2, 402.08, 0.01);
  CHECK_NEAR(sample.alcohol, 0.94, 0.01);
  CHECK_NEAR(sample.nh4, 3.30, 0.01);
  CHECK(std::isnan(air::estimate_gases(0).co2));
  CHECK(std::isnan(air::estimate_gases(1000).co2));
  CHECK(std::isnan(air::estimate_gases(air::kMissing).co2));
}

TEST(resistance_from_adc_counts) {
  const air::GasWiring module{5.0F, 5.0F};
  CHECK_NEAR(air::resistance(341, module), 2.0, 1e-3);
  CHECK(std::isnan(air::resistance(0, module)));
  CHECK(std::isnan(air::resistance(1023, module)));
  CHECK(std::isnan(air::resistance(-1, module)));
  // A0 without a divider clips at 3.3 V.
  const air::GasWiring clipped{5.0F, 3.3F};
  CHECK_NEAR(air::resistance(1013, clipped), 5.0 / 3.26774 - 1, 1e-3);
  CHECK(std::isnan(air::resistance(1023, clipped)));
  const air::GasWiring weak{3.0F, 5.0F};
  CHECK(std::isnan(air::resistance(1000, weak)));
}

TEST(climate_factor_is_1_where_the_climate_is_missing) {
  CHECK_NEAR(air::climate_factor(20, 33), 0.99178, 1e-4);
  CHECK_NEAR(air::climate_factor(air::kMissing, 33), 1, 0);
  CHECK_NEAR(air::climate_factor(20, air::kMissing), 1, 0);
  CHECK(air::climate_factor(35, 80) < air::climate_factor(10, 30));
}
