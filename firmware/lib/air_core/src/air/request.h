// Whether all of an HTTP request has arrived, so that nobody has to wait for the rest of it.
#pragma once

#include <cstddef>

namespace air {

constexpr std::size_t kLongestRequest = 2048;

// kUseless: longer than any request to a station, or no HTTP at all.
enum class Arrived { kPartly, kWhole, kUseless };

// `bytes` are all that has come until now, at most kLongestRequest of which are looked at.
Arrived arrived(const char* bytes, std::size_t count);

}  // namespace air
