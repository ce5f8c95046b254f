#include "request.h"

#include <cstring>

namespace air {

namespace {

constexpr char kLength[] = "content-length:";

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Returns how long the body is that the line announces; 0 for any other line.
std::size_t announced(const char* line, std::size_t count) {
  const std::size_t name = sizeof kLength - 1;
  if (count < name) return 0;
  for (std::size_t index = 0; index < name; ++index) {
    if (lower(line[index]) != kLength[index]) return 0;
  }
  std::size_t length = 0;
  for (std::size_t index = name; index < count; ++index) {
    if (line[index] == ' ' && length == 0) continue;
    if (line[index] < '0' || line[index] > '9') break;
    length = length * 10 + static_cast<std::size_t>(line[index] - '0');
    if (length > kLongestRequest) break;
  }
  return length;
}

}  // namespace

Arrived arrived(const char* bytes, std::size_t count) {
  const std::size_t seen = count < kLongestRequest ? count : kLongestRequest;
  std::size_t body = 0;
  for (std::size_t begin = 0; begin < seen;) {
    const void* found = std::memchr(bytes + begin, '\n', seen - begin);
    if (found == nullptr) break;
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes);
    const bool returned = end > begin && bytes[end - 1] == '\r';
    if (!returned) return Arrived::kUseless;
    if (end - begin == 1 && begin > 0) {
      const std::size_t whole = end + 1 + body;
      if (whole > kLongestRequest) return Arrived::kUseless;
      return count >= whole ? Arrived::kWhole : Arrived::kPartly;
    }
    const std::size_t length = announced(bytes + begin, end - begin);
    if (length > 0) body = length;
    begin = end + 1;
  }
  return count >= kLongestRequest ? Arrived::kUseless : Arrived::kPartly;
}

}  // namespace air
