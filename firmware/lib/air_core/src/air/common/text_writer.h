// Writes text into a buffer of fixed size. Nothing is allocated, nothing overflows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "air/common/flash_text.h"

namespace air {

// Larger numbers are no measurements; they also keep `decimal` within its integers.
constexpr float kMaxMeasurement = 9.9e8F;

// Writes into the caller's buffer and ends it with a zero. Text that does not fit is left out, and
// `complete` is false from then on.
class TextWriter {
 public:
  TextWriter(char* memory, std::size_t size);

  TextWriter& put(char letter);
  TextWriter& put(const char* text);
  TextWriter& put(FlashText text);
  TextWriter& number(std::uint64_t value);
  TextWriter& signed_number(std::int32_t value);

  // Writes a number with that many decimals, rounded half away from zero, or "nan" if it is missing or
  // beyond kMaxMeasurement. C libraries differ in how they round, so this does not use them.
  TextWriter& decimal(float value, int decimals);

  // Writes a JSON string with its quotes. Bytes above 127 stay as they are: they are UTF-8.
  TextWriter& json_string(const char* text);

  bool complete() const { return complete_; }
  const char* c_str() const { return memory_; }
  std::size_t length() const { return length_; }
  // Returns how many bytes still fit.
  std::size_t remaining() const { return size_ > length_ ? size_ - length_ - 1 : 0; }

 private:
  char* memory_;
  std::size_t size_;
  std::size_t length_ = 0;
  bool complete_ = true;
};

}  // namespace air
