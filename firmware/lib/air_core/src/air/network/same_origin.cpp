#include "air/network/same_origin.h"

#include <cstddef>
#include <cstring>

#include "air/common/ascii.h"

namespace air {

namespace {

// Domains of local networks; no site on the internet has a name in one of them.
constexpr const char* kLocalDomains[] = {"local",    "lan",         "home",     "home.arpa",
                                         "internal", "localdomain", "fritz.box"};

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

// Returns whether the text is an IPv4 address, which other sites cannot redirect to this station.
bool is_address(const char* text, std::size_t length) {
  int dots = 0;
  for (std::size_t index = 0; index < length; ++index) {
    if (text[index] == '.') {
      if (index == 0 || !is_digit(text[index - 1])) return false;
      ++dots;
    } else if (!is_digit(text[index])) {
      return false;
    }
  }
  return dots == 3 && length <= 15 && is_digit(text[length - 1]);
}

bool same(const char* text, std::size_t length, const char* other) {
  return std::strlen(other) == length && equal_ignoring_case(text, other, length);
}

// Returns the length of the host without its port, 0 if the port is malformed.
std::size_t name_length(const char* host) {
  const std::size_t length = std::strcspn(host, ":");
  const char* port = host + length;
  if (*port == ':') ++port;
  return port[std::strspn(port, "0123456789")] == '\0' ? length : 0;
}

// Returns the length of the host without the scheme's default port.
std::size_t without_default_port(const char* host, const char* port) {
  const std::size_t length = std::strlen(host);
  const std::size_t port_length = std::strlen(port);
  const bool has_port =
      length > port_length && std::strcmp(host + length - port_length, port) == 0;
  return has_port ? length - port_length : length;
}

}  // namespace

bool is_own_host(const char* host, const char* name) {
  std::size_t length = name_length(host);
  if (length > 0 && is_address(host, length)) return true;
  if (length > 0 && host[length - 1] == '.') --length;
  const std::size_t own = std::strlen(name);
  if (length < own || !equal_ignoring_case(host, name, own)) return false;
  if (length == own) return true;
  if (host[own] != '.') return false;
  for (const char* domain : kLocalDomains) {
    if (same(host + own + 1, length - own - 1, domain)) return true;
  }
  return false;
}

bool is_same_origin(const char* host, const char* origin, const char* name) {
  if (host[0] == '\0') return origin[0] == '\0';
  if (!is_own_host(host, name)) return false;
  if (origin[0] == '\0') return true;
  const bool plain = std::strncmp(origin, "http://", 7) == 0;
  if (!plain && std::strncmp(origin, "https://", 8) != 0) return false;
  const char* page = origin + (plain ? 7 : 8);
  const char* port = plain ? ":80" : ":443";
  const std::size_t length = without_default_port(page, port);
  return length == without_default_port(host, port) && equal_ignoring_case(page, host, length);
}

}  // namespace air
