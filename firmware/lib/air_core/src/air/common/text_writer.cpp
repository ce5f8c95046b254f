#include "air/common/text_writer.h"

#include <cmath>

namespace air {

namespace {

constexpr char kHex[] = "0123456789abcdef";

}  // namespace

TextWriter::TextWriter(char* memory, std::size_t size) : memory_(memory), size_(size) {
  if (size_ > 0) memory_[0] = '\0';
}

TextWriter& TextWriter::put(char letter) {
  if (length_ + 1 >= size_) {
    complete_ = false;
    return *this;
  }
  memory_[length_++] = letter;
  memory_[length_] = '\0';
  return *this;
}

TextWriter& TextWriter::put(const char* text) {
  while (*text != '\0') put(*text++);
  return *this;
}

TextWriter& TextWriter::put(FlashText text) {
  for (const char* place = text.data; flash_char(place) != '\0'; ++place) {
    put(flash_char(place));
  }
  return *this;
}

TextWriter& TextWriter::number(std::uint64_t value) {
  char digits[20];
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (count > 0) put(digits[--count]);
  return *this;
}

TextWriter& TextWriter::signed_number(std::int32_t value) {
  const std::int64_t wide = value;
  if (wide < 0) put('-');
  return number(static_cast<std::uint64_t>(wide < 0 ? -wide : wide));
}

TextWriter& TextWriter::decimal(float value, int decimals) {
  if (std::isnan(value) || value > kMaxMeasurement || value < -kMaxMeasurement) return put("nan");
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

TextWriter& TextWriter::json_string(const char* text) {
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

}  // namespace air
