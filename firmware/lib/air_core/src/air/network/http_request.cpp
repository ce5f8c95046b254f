#include "air/network/http_request.h"

#include <cstring>

#include "air/common/ascii.h"

namespace air {

namespace {

bool is_blank(char letter) { return letter == ' ' || letter == '\t'; }

// Returns what follows `prefix` (in lower case) in the text, nullptr if the text begins otherwise.
const char* after(const char* text, const char* prefix) {
  for (; *prefix != '\0'; ++prefix, ++text) {
    if (to_lower(*text) != *prefix) return nullptr;
  }
  return text;
}

// Copies `count` letters if they fit. Returns whether they did.
bool copy(const char* from, std::size_t count, char* memory, std::size_t size) {
  if (count >= size) return false;
  std::memcpy(memory, from, count);
  memory[count] = '\0';
  return true;
}

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  letter = to_lower(letter);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace

bool RequestParser::parse_request_line() {
  const char* first = std::strchr(line_, ' ');
  const char* second = first == nullptr ? nullptr : std::strchr(first + 1, ' ');
  if (second == nullptr || after(second + 1, "http/1.") == nullptr) return false;
  const char* path = first + 1;
  std::size_t length = std::strcspn(path, "? ");
  if (length > 1 && path[length - 1] == '/') --length;
  return path[0] == '/' &&
         copy(line_, static_cast<std::size_t>(first - line_), method_, sizeof method_) &&
         copy(path, length, path_, sizeof path_);
}

// Stores a header that must not be repeated. Returns false if it is.
bool RequestParser::store_header(const char* value, char* memory) {
  if (memory[0] != '\0') return false;
  while (is_blank(*value)) ++value;
  std::size_t count = std::strlen(value);
  while (count > 0 && is_blank(value[count - 1])) --count;
  if (!copy(value, count, memory, kMaxHostLength + 1)) copy("?", 1, memory, kMaxHostLength + 1);
  return true;
}

bool RequestParser::parse_header() {
  const char* colon = std::strchr(line_, ':');
  if (colon == nullptr || colon == line_ || is_blank(line_[0]) || is_blank(colon[-1])) return false;
  if (after(line_, "transfer-encoding:") != nullptr) return false;
  if (const char* value = after(line_, "content-length:")) {
    if (has_body_length_) return false;
    has_body_length_ = true;
    while (is_blank(*value)) ++value;
    if (*value == '\0') return false;
    for (; *value >= '0' && *value <= '9'; ++value) {
      body_length_ = body_length_ * 10 + static_cast<std::size_t>(*value - '0');
      if (body_length_ > kMaxBodyLength) return false;
    }
    while (is_blank(*value)) ++value;
    return *value == '\0';
  }
  if (const char* value = after(line_, "host:")) return store_header(value, host_);
  if (const char* value = after(line_, "origin:")) return store_header(value, origin_);
  if (const char* value = after(line_, "authorization:")) {
    while (is_blank(*value)) ++value;
    // Credentials that are too long are ignored: they cannot be right.
    if (const char* encoded = after(value, "basic ")) {
      copy(encoded, std::strlen(encoded), credentials_, sizeof credentials_);
    }
  }
  return true;
}

ParseResult RequestParser::feed(char byte) {
  if (invalid_) return ParseResult::kInvalid;
  if (in_body_) {
    if (line_length_ >= body_length_) return ParseResult::kComplete;
    line_[line_length_++] = byte;
    line_[line_length_] = '\0';
    return line_length_ == body_length_ ? ParseResult::kComplete : ParseResult::kIncomplete;
  }
  invalid_ = byte == '\0' || ++head_length_ > kMaxHeadLength;
  if (invalid_) return ParseResult::kInvalid;
  if (byte != '\n') {
    // The rest of a long line is dropped. A request line is invalid then, since its end is missing.
    if (line_length_ < kMaxBodyLength) line_[line_length_++] = byte;
    return ParseResult::kIncomplete;
  }
  if (line_length_ > 0 && line_[line_length_ - 1] == '\r') --line_length_;
  line_[line_length_] = '\0';
  const bool head_ends = line_length_ == 0 && method_[0] != '\0';
  if (!head_ends) {
    invalid_ = method_[0] == '\0' ? !parse_request_line() : !parse_header();
    line_length_ = 0;
    return invalid_ ? ParseResult::kInvalid : ParseResult::kIncomplete;
  }
  in_body_ = true;
  return body_length_ == 0 ? ParseResult::kComplete : ParseResult::kIncomplete;
}

bool form_field(const char* form, const char* name, char* memory, std::size_t size) {
  memory[0] = '\0';
  const std::size_t length = std::strlen(name);
  while (std::strncmp(form, name, length) != 0 || form[length] != '=') {
    form = std::strchr(form, '&');
    if (form == nullptr) return false;
    ++form;
  }
  std::size_t count = 0;
  for (form += length + 1; *form != '\0' && *form != '&' && count + 1 < size; ++form) {
    char letter = *form == '+' ? ' ' : *form;
    if (letter == '%' && hex_digit(form[1]) >= 0 && hex_digit(form[2]) >= 0) {
      letter = static_cast<char>(hex_digit(form[1]) * 16 + hex_digit(form[2]));
      form += 2;
    }
    memory[count++] = letter;
  }
  memory[count] = '\0';
  return true;
}

}  // namespace air
