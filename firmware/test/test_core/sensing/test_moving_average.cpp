#include <cmath>

#include "air/sensing/moving_average.h"
#include "check.h"

TEST(mean_and_drift_of_the_newest_values) {
  air::MovingAverage<3> mean;
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
