#include "air/common/expiring_value.h"
#include "air/common/text_writer.h"
#include "check.h"

using air::TextWriter;

namespace {

struct Line {
  char memory[64];
  TextWriter text{memory, sizeof memory};
};

void decimal(float value, int decimals, const char* wanted) {
  Line line;
  line.text.decimal(value, decimals);
  CHECK_TEXT(line.memory, wanted);
}

}  // namespace

TEST(decimals_are_rounded_half_away_from_zero) {
  decimal(0, 2, "0.00");
  decimal(-0.0F, 2, "0.00");
  decimal(-0.001F, 2, "0.00");
  decimal(21.5F, 2, "21.50");
  decimal(-12.345F, 1, "-12.3");
  decimal(0.125F, 2, "0.13");
  decimal(-0.125F, 2, "-0.13");
  decimal(99.999F, 2, "100.00");
  decimal(98765.4375F, 2, "98765.44");
  decimal(3.9F, 0, "4");
  decimal(1e8F, 2, "100000000.00");
}

TEST(impossible_measurements_are_nan) {
  decimal(air::kMissing, 2, "nan");
  decimal(INFINITY, 2, "nan");
  decimal(-INFINITY, 2, "nan");
  decimal(3.4e38F, 2, "nan");
  decimal(-1e9F, 2, "nan");
}

TEST(text_that_does_not_fit_is_left_out_and_reported) {
  char memory[5];
  TextWriter text(memory, sizeof memory);
  CHECK(text.complete());
  text.put("abcd");
  CHECK(text.complete());
  text.put('e').put("fgh");
  CHECK(!text.complete());
  CHECK_TEXT(memory, "abcd");
  CHECK(text.length() == 4);
}

TEST(strings_are_escaped) {
  Line line;
  line.text.json_string("a\"b\\c\n\x01 Ж");
  CHECK_TEXT(line.memory, "\"a\\\"b\\\\c\\u000a\\u0001 Ж\"");
}

TEST(integers) {
  Line line;
  line.text.number(0).put(' ').number(18446744073709551615ULL).put(' ').signed_number(-2147483647 - 1);
  CHECK_TEXT(line.memory, "0 18446744073709551615 -2147483648");
}
