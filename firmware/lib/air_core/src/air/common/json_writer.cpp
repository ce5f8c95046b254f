#include "air/common/json_writer.h"

#include <cmath>

namespace air {

void JsonWriter::key(const char* key) {
  if (!first_) text_.put(',');
  first_ = false;
  text_.json_string(key).put(':');
}

void JsonWriter::begin_object(const char* key) {
  this->key(key);
  text_.put('{');
  first_ = true;
}

void JsonWriter::end_object() {
  text_.put('}');
  first_ = false;
}

void JsonWriter::string(const char* key, const char* value) {
  this->key(key);
  text_.json_string(value);
}

void JsonWriter::number(const char* key, std::uint64_t value) {
  this->key(key);
  text_.number(value);
}

void JsonWriter::signed_number(const char* key, std::int32_t value) {
  this->key(key);
  text_.signed_number(value);
}

void JsonWriter::boolean(const char* key, bool value) {
  this->key(key);
  text_.put(value ? "true" : "false");
}

void JsonWriter::measurement(const char* key, float value, int decimals) {
  this->key(key);
  if (std::isnan(value) || std::fabs(value) > kMaxMeasurement) {
    text_.put("null");
  } else {
    text_.decimal(value, decimals);
  }
}

void JsonWriter::measurement_text(const char* key, float value) {
  this->key(key);
  text_.put('"').decimal(value, 2).put('"');
}

}  // namespace air
