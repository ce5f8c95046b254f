#include "air/common/ascii.h"

namespace air {

char to_lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool equal_ignoring_case(const char* text, const char* other, std::size_t count) {
  for (std::size_t index = 0; index < count; ++index) {
    if (to_lower(text[index]) != to_lower(other[index])) return false;
    if (text[index] == '\0') break;
  }
  return true;
}

}  // namespace air
