#include "air/common/expiring_value.h"
#include "check.h"

using air::ExpiringValue;

TEST(a_value_expires) {
  ExpiringValue value(1000);
  CHECK(value.missing());
  value.set(21.5F, 0xFFFFFFF0);
  value.expire(0x000003D8);
  CHECK_NEAR(value.value(), 21.5, 0);
  value.expire(0x000003D9);
  CHECK(value.missing());
  // Still missing when its age has wrapped around.
  value.expire(0xFFFFFFF1);
  CHECK(value.missing());
}
