#include "air/common/expiring_value.h"
#include "air/common/json_writer.h"
#include "check.h"

using air::JsonWriter;
using air::TextWriter;

TEST(nested_objects) {
  char memory[200];
  TextWriter text(memory, sizeof memory);
  JsonWriter json(text);
  json.begin_object("a");
  json.end_object();
  json.begin_object("b");
  json.boolean("c", true);
  json.begin_object("d");
  json.measurement("e", air::kMissing, 1);
  json.measurement("f", 1.25F, 1);
  json.end_object();
  json.measurement_text("g", air::kMissing);
  json.end_object();
  json.number("h", 7);
  json.finish();
  CHECK_TEXT(memory,
             "{\"a\":{},\"b\":{\"c\":true,\"d\":{\"e\":null,\"f\":1.3},\"g\":\"nan\"},\"h\":7}");
}
