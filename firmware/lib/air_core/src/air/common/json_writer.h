// Writes JSON objects.
#pragma once

#include "air/common/text_writer.h"

namespace air {

// Writes one JSON object: keys, values and nested objects in the order of the calls.
class JsonWriter {
 public:
  explicit JsonWriter(TextWriter& text) : text_(text) { text_.put('{'); }

  void begin_object(const char* key);
  void end_object();
  void string(const char* key, const char* value);
  void number(const char* key, std::uint64_t value);
  void signed_number(const char* key, std::int32_t value);
  void boolean(const char* key, bool value);
  // Writes a measurement as a number, or null if it is missing.
  void measurement(const char* key, float value, int decimals);
  // Writes a measurement as the first firmware sent it: text with two decimals, "nan" if it is missing.
  void measurement_text(const char* key, float value);
  // Ends the outermost object.
  void finish() { text_.put('}'); }

 private:
  void key(const char* key);

  TextWriter& text_;
  bool first_ = true;
};

}  // namespace air
