// Letters and digits of ASCII.
#pragma once

#include <cstddef>

namespace air {

char to_lower(char letter);

// Returns whether two texts are equal in their first `count` letters, or up to their common end, if case
// is ignored.
bool equal_ignoring_case(const char* text, const char* other, std::size_t count);

}  // namespace air
