#include "air/network/login_throttle.h"

#include <cstring>

#include "air/network/http_request.h"

namespace air {

namespace {

// Endings of names that are given at home, and are no site's in the world.
constexpr const char* kAtHome[] = {"local", "lan",         "home",     "home.arpa",
                                   "internal", "localdomain", "fritz.box"};

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

// Four numbers and nothing else: no site's page can be found by such an address but its own.
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
  return std::strlen(other) == length && same_letters(text, other, length);
}

// How long the part before a port is; 0 if what follows is no port.
std::size_t name_length(const char* host) {
  const std::size_t length = std::strcspn(host, ":");
  const char* port = host + length;
  if (*port == ':') ++port;
  return port[std::strspn(port, "0123456789")] == '\0' ? length : 0;
}

// Cuts a port off that need not be said.
std::size_t without_port(const char* host, const char* port) {
  const std::size_t length = std::strlen(host);
  const std::size_t shorter = std::strlen(port);
  return length > shorter && std::strcmp(host + length - shorter, port) == 0 ? length - shorter : length;
}

}  // namespace

bool is_own_host(const char* host, const char* name) {
  std::size_t length = name_length(host);
  if (length > 0 && is_address(host, length)) return true;
  if (length > 0 && host[length - 1] == '.') --length;
  const std::size_t own = std::strlen(name);
  if (length < own || !same_letters(host, name, own)) return false;
  if (length == own) return true;
  if (host[own] != '.') return false;
  for (const char* ending : kAtHome) {
    if (same(host + own + 1, length - own - 1, ending)) return true;
  }
  return false;
}

bool from_own_page(const char* host, const char* origin, const char* name) {
  if (host[0] == '\0') return origin[0] == '\0';
  if (!is_own_host(host, name)) return false;
  if (origin[0] == '\0') return true;
  const bool plain = std::strncmp(origin, "http://", 7) == 0;
  if (!plain && std::strncmp(origin, "https://", 8) != 0) return false;
  const char* page = origin + (plain ? 7 : 8);
  const char* port = plain ? ":80" : ":443";
  const std::size_t length = without_port(page, port);
  return length == without_port(host, port) && same_letters(page, host, length);
}

Millis Guard::Place::waits(Millis now) const {
  if (wrong < kFree) return 0;
  const Millis pause = kSecond << (wrong - kFree < kDoublings ? wrong - kFree : kDoublings);
  const Millis since = elapsed(now, last);
  return since < pause ? pause - since : 0;
}

// How long the place is not to be had for another address.
Millis Guard::Place::kept(Millis now) const {
  if (wrong == 0) return 0;
  const Millis since = elapsed(now, last);
  const Millis rest = since < kKept ? kKept - since : 0;
  const Millis pause = waits(now);
  return rest > pause ? rest : pause;
}

const Guard::Place* Guard::find(std::uint32_t address) const {
  for (const Place& each : places_) {
    if (each.wrong > 0 && each.address == address) return &each;
  }
  return nullptr;
}

std::size_t Guard::next(Millis now) const {
  std::size_t found = 0;
  for (std::size_t index = 1; index < kPlaces; ++index) {
    if (places_[index].kept(now) < places_[found].kept(now)) found = index;
  }
  return found;
}

Millis Guard::wait(std::uint32_t address, Millis now) const {
  if (const Place* place = find(address)) return place->waits(now);
  return address == known_ ? 0 : places_[next(now)].kept(now);
}

void Guard::wrong(std::uint32_t address, Millis now) {
  const Place* found = find(address);
  Place& place = places_[found != nullptr ? static_cast<std::size_t>(found - places_.data()) : next(now)];
  if (found == nullptr) place = {address, 0, now};
  if (place.wrong < kFree + kDoublings) ++place.wrong;
  place.last = now;
}

void Guard::right(std::uint32_t address) {
  known_ = address;
  if (const Place* found = find(address)) {
    places_[static_cast<std::size_t>(found - places_.data())].wrong = 0;
  }
}

}  // namespace air
