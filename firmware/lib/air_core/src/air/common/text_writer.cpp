#include "air/common/text_writer.h"

#include <cmath>
#include <cstring>

namespace air {

namespace {

// Larger numbers are no measurements, and would not fit into 32 bits below.
constexpr float kLargest = 9.9e8F;

constexpr char kHex[] = "0123456789abcdef";

}  // namespace

Text::Text(char* memory, std::size_t size) : memory_(memory), size_(size) {
  if (size_ > 0) memory_[0] = '\0';
}

Text& Text::put(char letter) {
  if (length_ + 1 >= size_) {
    whole_ = false;
    return *this;
  }
  memory_[length_++] = letter;
  memory_[length_] = '\0';
  return *this;
}

Text& Text::put(const char* text) {
  while (*text != '\0') put(*text++);
  return *this;
}

Text& Text::put(FlashText text) {
  for (const char* place = text.place; flash_letter(place) != '\0'; ++place) {
    put(flash_letter(place));
  }
  return *this;
}

Text& Text::number(std::uint64_t value) {
  char digits[20];
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (count > 0) put(digits[--count]);
  return *this;
}

Text& Text::signed_number(std::int32_t value) {
  const std::int64_t wide = value;
  if (wide < 0) put('-');
  return number(static_cast<std::uint64_t>(wide < 0 ? -wide : wide));
}

Text& Text::decimal(float value, int decimals) {
  if (std::isnan(value) || value > kLargest || value < -kLargest) return put("nan");
  std::uint64_t scale = 1;
  for (int index = 0; index < decimals; ++index) scale *= 10;
  const double scaled = static_cast<double>(value) * static_cast<double>(scale);
  const auto rounded = static_cast<std::uint64_t>(std::fabs(scaled) + 0.5);
  if (value < 0 && rounded > 0) put('-');
  number(rounded / scale);
  if (decimals > 0) {
    put('.');
    for (std::uint64_t digit = scale / 10, rest = rounded % scale; digit > 0; digit /= 10) {
      put(static_cast<char>('0' + rest / digit % 10));
    }
  }
  return *this;
}

Text& Text::quoted(const char* text) {
  put('"');
  for (; *text != '\0'; ++text) {
    const auto byte = static_cast<unsigned char>(*text);
    if (byte == '"' || byte == '\\') {
      put('\\').put(*text);
    } else if (byte < 0x20) {
      put("\\u00").put(kHex[byte >> 4]).put(kHex[byte & 15]);
    } else {
      put(*text);
    }
  }
  return put('"');
}

void Json::key(const char* key) {
  if (!first_) text_.put(',');
  first_ = false;
  text_.quoted(key).put(':');
}

void Json::open(const char* key) {
  this->key(key);
  text_.put('{');
  first_ = true;
}

void Json::close() {
  text_.put('}');
  first_ = false;
}

void Json::string(const char* key, const char* value) {
  this->key(key);
  text_.quoted(value);
}

void Json::number(const char* key, std::uint64_t value) {
  this->key(key);
  text_.number(value);
}

void Json::signed_number(const char* key, std::int32_t value) {
  this->key(key);
  text_.signed_number(value);
}

void Json::boolean(const char* key, bool value) {
  this->key(key);
  text_.put(value ? "true" : "false");
}

void Json::measured(const char* key, float value, int decimals) {
  this->key(key);
  if (std::isnan(value) || std::fabs(value) > kLargest) {
    text_.put("null");
  } else {
    text_.decimal(value, decimals);
  }
}

void Json::measured_text(const char* key, float value) {
  this->key(key);
  text_.put('"').decimal(value, 2).put('"');
}

}  // namespace air
