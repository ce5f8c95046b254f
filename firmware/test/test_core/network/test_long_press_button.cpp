#include "air/network/long_press_button.h"
#include "check.h"

using air::kSecond;
using air::LongPressButton;
using air::Millis;

TEST(a_button_reports_once_that_it_was_held) {
  LongPressButton button;
  Millis now = Millis{0} - kSecond;
  CHECK(!button.step(true, now));
  CHECK(!button.step(false, now += kSecond));
  CHECK(!button.step(true, now += 5 * kSecond));
  CHECK(!button.step(true, now += 2 * kSecond));
  CHECK(button.step(true, now += kSecond));
  CHECK(!button.step(true, now += 10 * kSecond));
  CHECK(!button.step(false, now += kSecond));
  button.step(true, now += kSecond);
  CHECK(button.step(true, now += 3 * kSecond));
}
