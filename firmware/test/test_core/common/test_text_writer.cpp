#include "air/common/expiring_value.h"
#include "air/common/text_writer.h"
#include "check.h"

using air::Json;
using air::Text;

namespace {

struct Line {
  char memory[64];
  Text text{memory, sizeof memory};
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

TEST(what_is_no_measurement_is_nan) {
  decimal(air::kMissing, 2, "nan");
  decimal(INFINITY, 2, "nan");
  decimal(-INFINITY, 2, "nan");
  decimal(3.4e38F, 2, "nan");
  decimal(-1e9F, 2, "nan");
}

TEST(text_that_does_not_fit_is_left_out_and_said) {
  char memory[5];
  Text text(memory, sizeof memory);
  CHECK(text.whole());
  text.put("abcd");
  CHECK(text.whole());
  text.put('e').put("fgh");
  CHECK(!text.whole());
  CHECK_TEXT(memory, "abcd");
  CHECK(text.length() == 4);
}

TEST(strings_are_escaped) {
  Line line;
  line.text.quoted("a\"b\\c\n\x01 Ж");
  CHECK_TEXT(line.memory, "\"a\\\"b\\\\c\\u000a\\u0001 Ж\"");
}

TEST(whole_numbers) {
  Line line;
  line.text.number(0).put(' ').number(18446744073709551615ULL).put(' ').signed_number(-2147483647 - 1);
  CHECK_TEXT(line.memory, "0 18446744073709551615 -2147483648");
}

TEST(objects_within_objects) {
  char memory[200];
  Text text(memory, sizeof memory);
  Json json(text);
  json.open("a");
  json.close();
  json.open("b");
  json.boolean("c", true);
  json.open("d");
  json.measured("e", air::kMissing, 1);
  json.measured("f", 1.25F, 1);
  json.close();
  json.measured_text("g", air::kMissing);
  json.close();
  json.number("h", 7);
  json.end();
  CHECK_TEXT(memory,
             "{\"a\":{},\"b\":{\"c\":true,\"d\":{\"e\":null,\"f\":1.3},\"g\":\"nan\"},\"h\":7}");
}
