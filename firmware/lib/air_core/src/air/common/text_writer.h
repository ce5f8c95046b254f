// Text of bounded length, and JSON within it: nothing is allocated, nothing overflows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "air/common/flash_text.h"

namespace air {

// Writes into memory that belongs to somebody else, always ended by a zero. What does not fit is
// left out, and `whole` is false from then on.
class Text {
 public:
  Text(char* memory, std::size_t size);

  Text& put(char letter);
  Text& put(const char* text);
  Text& put(FlashText text);
  Text& number(std::uint64_t value);
  Text& signed_number(std::int32_t value);

  // A number with so many decimals, rounded half away from zero; "nan" where it is missing or beyond
  // what a measurement can be. Written here, since every C library has its own idea of rounding.
  Text& decimal(float value, int decimals);

  // A string in JSON, with its quotes. Bytes above 127 are kept: they are UTF-8.
  Text& quoted(const char* text);

  bool whole() const { return whole_; }
  const char* c_str() const { return memory_; }
  std::size_t length() const { return length_; }
  // How many bytes still fit.
  std::size_t room() const { return size_ > length_ ? size_ - length_ - 1 : 0; }

 private:
  char* memory_;
  std::size_t size_;
  std::size_t length_ = 0;
  bool whole_ = true;
};

// Writes one JSON object: keys, values and nested objects in the order of the calls.
class Json {
 public:
  explicit Json(Text& text) : text_(text) { text_.put('{'); }

  void open(const char* key);
  void close();
  void string(const char* key, const char* value);
  void number(const char* key, std::uint64_t value);
  void signed_number(const char* key, std::int32_t value);
  void boolean(const char* key, bool value);
  // A measurement as a JSON number, null where it is missing.
  void measured(const char* key, float value, int decimals);
  // A measurement as the first firmware sent it: text with two decimals, "nan" where it is missing.
  void measured_text(const char* key, float value);
  // Ends the object.
  void end() { text_.put('}'); }

 private:
  void key(const char* key);

  Text& text_;
  bool first_ = true;
};

}  // namespace air
