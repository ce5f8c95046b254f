// As much of HTTP/1.1 as a station needs, out of bytes as they come: nobody is waited for.
#pragma once

#include <cstddef>

#include "air/common/text_writer.h"

namespace air {

constexpr std::size_t kLongestPath = 63;
constexpr std::size_t kLongestHost = 71;  // with its port, and as an origin
constexpr std::size_t kLongestBody = 511;
constexpr std::size_t kLongestHead = 8192;  // of which only what matters is kept

enum class Reading { kMore, kWhole, kBad };

// Takes one request, byte by byte. What it cannot have is bad, and never guessed at: bodies of unknown
// length, two lengths, lines that are no headers, anything longer than above.
class RequestReader {
 public:
  Reading take(char byte);

  const char* method() const { return method_; }
  const char* path() const { return path_; }  // without what follows a question mark, or a slash at its end
  const char* host() const { return host_; }      // these two as they came; "?" if longer than any own
  const char* origin() const { return origin_; }
  const char* login() const { return login_; }  // of "Authorization: Basic", still encoded
  const char* body() const { return line_; }

 private:
  bool begin();   // the first line; whether it is good
  bool header();  // any other one
  static bool keep(const char* value, char* memory);

  char method_[8] = "";
  char path_[kLongestPath + 1] = "";
  char login_[72] = "";
  char host_[kLongestHost + 1] = "";
  char origin_[kLongestHost + 1] = "";
  char line_[kLongestBody + 1] = "";  // the present line, then the body
  std::size_t count_ = 0;             // bytes of it
  std::size_t head_ = 0;              // bytes until now
  std::size_t length_ = 0;            // of the body
  bool has_length_ = false;
  bool in_body_ = false;
  bool bad_ = false;
};

// Whether two texts begin with the same letters, of which small and capital ones are the same.
bool same_letters(const char* text, const char* other, std::size_t count);

// Whether an encoded login is that of the user `air` with this password.
bool logged_in(const char* login, const char* password);

// Decodes a field of a form into `memory`, empty if there is none; what does not fit is cut off.
// Returns whether the form has the field.
bool form_field(const char* form, const char* name, char* memory, std::size_t size);

struct Head {
  int status = 200;
  const char* type = "application/json";
  std::size_t length = 0;
  bool challenge = false;          // whether to ask for the password (Basic)
  const char* location = nullptr;  // where to look instead
  const char* allow = nullptr;     // the methods that there are
  std::uint32_t retry_after = 0;   // s
};

constexpr std::size_t kLongestAnswerHead = 448;

void write_head(const Head& head, Text& text);

}  // namespace air
