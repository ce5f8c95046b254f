#include "air/network/http_request.h"

#include <cstring>

namespace air {

namespace {

constexpr char kUser[] = "air:";
constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_blank(char letter) { return letter == ' ' || letter == '\t'; }

// Returns what follows `begin` (in lower case) in the text, nullptr if it begins otherwise.
const char* after(const char* text, const char* begin) {
  for (; *begin != '\0'; ++begin, ++text) {
    if (lower(*text) != *begin) return nullptr;
  }
  return text;
}

// Copies up to `size` - 1 letters; returns whether all fitted.
bool copy(const char* from, std::size_t count, char* memory, std::size_t size) {
  if (count >= size) return false;
  std::memcpy(memory, from, count);
  memory[count] = '\0';
  return true;
}

int digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  letter = lower(letter);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 429:
      return "Too Many Requests";
    default:
      return "Error";
  }
}

}  // namespace

bool RequestReader::begin() {
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

// Keeps a header that may be there once; returns whether it was the first.
bool RequestReader::keep(const char* value, char* memory) {
  if (memory[0] != '\0') return false;
  while (is_blank(*value)) ++value;
  std::size_t count = std::strlen(value);
  while (count > 0 && is_blank(value[count - 1])) --count;
  if (!copy(value, count, memory, kLongestHost + 1)) copy("?", 1, memory, kLongestHost + 1);
  return true;
}

bool RequestReader::header() {
  const char* colon = std::strchr(line_, ':');
  if (colon == nullptr || colon == line_ || is_blank(line_[0]) || is_blank(colon[-1])) return false;
  if (after(line_, "transfer-encoding:") != nullptr) return false;
  if (const char* value = after(line_, "content-length:")) {
    if (has_length_) return false;
    has_length_ = true;
    while (is_blank(*value)) ++value;
    if (*value == '\0') return false;
    for (; *value >= '0' && *value <= '9'; ++value) {
      length_ = length_ * 10 + static_cast<std::size_t>(*value - '0');
      if (length_ > kLongestBody) return false;
    }
    while (is_blank(*value)) ++value;
    return *value == '\0';
  }
  if (const char* value = after(line_, "host:")) return keep(value, host_);
  if (const char* value = after(line_, "origin:")) return keep(value, origin_);
  if (const char* value = after(line_, "authorization:")) {
    while (is_blank(*value)) ++value;
    // A login that is too long is none, like any that is wrong.
    if (const char* login = after(value, "basic ")) copy(login, std::strlen(login), login_, sizeof login_);
  }
  return true;
}

Reading RequestReader::take(char byte) {
  if (bad_) return Reading::kBad;
  if (in_body_) {
    if (count_ >= length_) return Reading::kWhole;
    line_[count_++] = byte;
    line_[count_] = '\0';
    return count_ == length_ ? Reading::kWhole : Reading::kMore;
  }
  bad_ = byte == '\0' || ++head_ > kLongestHead;
  if (bad_) return Reading::kBad;
  if (byte != '\n') {
    // Of long headers the rest does not matter; a first line has to be whole.
    if (count_ < kLongestBody) line_[count_++] = byte;
    return Reading::kMore;
  }
  if (count_ > 0 && line_[count_ - 1] == '\r') --count_;
  line_[count_] = '\0';
  const bool ends = count_ == 0 && method_[0] != '\0';
  if (!ends) {
    bad_ = method_[0] == '\0' ? !begin() : !header();
    count_ = 0;
    return bad_ ? Reading::kBad : Reading::kMore;
  }
  in_body_ = true;
  return length_ == 0 ? Reading::kWhole : Reading::kMore;
}

bool same_letters(const char* text, const char* other, std::size_t count) {
  for (std::size_t index = 0; index < count; ++index) {
    if (lower(text[index]) != lower(other[index])) return false;
    if (text[index] == '\0') break;
  }
  return true;
}

bool logged_in(const char* login, const char* password) {
  if (password[0] == '\0') return false;
  const std::size_t user = sizeof kUser - 1;
  const std::size_t count = user + std::strlen(password);
  const auto byte = [&](std::size_t index) {
    return static_cast<unsigned>(
        static_cast<unsigned char>(index < user ? kUser[index] : password[index - user]));
  };
  const std::size_t encoded = (count + 2) / 3 * 4;
  if (std::strlen(login) != encoded) return false;
  // All of it is compared, so that how long that takes tells nothing.
  unsigned differences = 0;
  for (std::size_t place = 0; place < encoded; ++place) {
    const std::size_t first = place / 4 * 3;
    unsigned bits = 0;
    for (std::size_t index = first; index < first + 3; ++index) {
      bits = bits << 8 | (index < count ? byte(index) : 0);
    }
    const std::size_t within = place % 4;
    const bool padding = first + within > count;
    const char letter = padding ? '=' : kLetters[bits >> (18 - 6 * within) & 63];
    differences |= static_cast<unsigned>(letter ^ login[place]);
  }
  return differences == 0;
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
    if (letter == '%' && digit(form[1]) >= 0 && digit(form[2]) >= 0) {
      letter = static_cast<char>(digit(form[1]) * 16 + digit(form[2]));
      form += 2;
    }
    memory[count++] = letter;
  }
  memory[count] = '\0';
  return true;
}

void write_head(const Head& head, Text& text) {
  text.put("HTTP/1.1 ").number(static_cast<std::uint64_t>(head.status)).put(' ');
  text.put(reason(head.status)).put("\r\nContent-Type: ").put(head.type);
  text.put("\r\nContent-Length: ").number(head.length);
  // No page elsewhere may show one of these within itself, and none of these needs anything but itself.
  text.put(AIR_FLASH(
      "\r\nCache-Control: no-store\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
      "frame-ancestors 'none'\r\n"));
  if (head.challenge) text.put("WWW-Authenticate: Basic realm=\"station\"\r\n");
  if (head.allow != nullptr) text.put("Allow: ").put(head.allow).put("\r\n");
  if (head.retry_after > 0) text.put("Retry-After: ").number(head.retry_after).put("\r\n");
  if (head.location != nullptr) text.put("Location: ").put(head.location).put("\r\n");
  text.put("\r\n");
}

}  // namespace air
