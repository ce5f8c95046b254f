#include "air/network/basic_auth.h"

#include <cstddef>
#include <cstring>

namespace air {

namespace {

constexpr char kUser[] = "air:";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

bool is_authorized(const char* credentials, const char* password) {
  if (password[0] == '\0') return false;
  const std::size_t user = sizeof kUser - 1;
  const std::size_t count = user + std::strlen(password);
  const auto byte = [&](std::size_t index) {
    return static_cast<unsigned>(
        static_cast<unsigned char>(index < user ? kUser[index] : password[index - user]));
  };
  const std::size_t encoded = (count + 2) / 3 * 4;
  if (std::strlen(credentials) != encoded) return false;
  // Compares all letters, so that the time it takes reveals nothing.
  unsigned differences = 0;
  for (std::size_t place = 0; place < encoded; ++place) {
    const std::size_t first = place / 4 * 3;
    unsigned bits = 0;
    for (std::size_t index = first; index < first + 3; ++index) {
      bits = bits << 8 | (index < count ? byte(index) : 0);
    }
    const std::size_t within = place % 4;
    const bool padding = first + within > count;
    const char letter = padding ? '=' : kBase64[bits >> (18 - 6 * within) & 63];
    differences |= static_cast<unsigned>(letter ^ credentials[place]);
  }
  return differences == 0;
}

}  // namespace air
