// Parses HTTP/1.1 requests as far as a station needs them, byte by byte, so that nothing waits for slow
// clients.
#pragma once

#include <cstddef>

namespace air {

constexpr std::size_t kMaxPathLength = 63;
constexpr std::size_t kMaxHostLength = 71;  // of Host with its port, and of Origin
constexpr std::size_t kMaxBodyLength = 511;
constexpr std::size_t kMaxHeadLength = 8192;

enum class ParseResult { kIncomplete, kComplete, kInvalid };

// Parses one request. Invalid are: bodies of unknown length, repeated lengths, malformed headers, and
// anything that exceeds the limits above.
class RequestParser {
 public:
  ParseResult feed(char byte);

  const char* method() const { return method_; }
  // Returns the path without query and without a slash at its end.
  const char* path() const { return path_; }
  // Host and Origin as they were sent, "" if they were not, "?" if they exceed kMaxHostLength.
  const char* host() const { return host_; }
  const char* origin() const { return origin_; }
  // Returns what follows "Authorization: Basic", still encoded.
  const char* credentials() const { return credentials_; }
  const char* body() const { return line_; }

 private:
  // Both return whether the current line is valid.
  bool parse_request_line();
  bool parse_header();
  static bool store_header(const char* value, char* memory);

  char method_[8] = "";
  char path_[kMaxPathLength + 1] = "";
  char credentials_[72] = "";
  char host_[kMaxHostLength + 1] = "";
  char origin_[kMaxHostLength + 1] = "";
  char line_[kMaxBodyLength + 1] = "";  // the current line, later the body
  std::size_t line_length_ = 0;
  std::size_t head_length_ = 0;  // so far
  std::size_t body_length_ = 0;  // as Content-Length gives it
  bool has_body_length_ = false;
  bool in_body_ = false;
  bool invalid_ = false;
};

// Decodes a field of a form into `memory`, or "" if the form does not have it. Text that does not fit is
// cut off. Returns whether the form has the field.
bool form_field(const char* form, const char* name, char* memory, std::size_t size);

}  // namespace air
