// Long constant texts, kept in flash memory. The ESP8266 copies constants into its scarce RAM unless
// they are in a section of their own, which can only be read in aligned words.
#pragma once

#include <cstdint>

namespace air {

#ifdef __XTENSA__

#define AIR_FLASH_NAME(number) ".irom0.text.air." #number
#define AIR_FLASH_SECTION(number) AIR_FLASH_NAME(number)
#define AIR_FLASH(text)                                                                       \
  ([] {                                                                                       \
    alignas(4) static const char stored[]                                                     \
        __attribute__((section(AIR_FLASH_SECTION(__COUNTER__)))) = text;                      \
    return air::FlashText{stored};                                                            \
  }())

inline char flash_char(const char* place) {
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  const auto* word = reinterpret_cast<const volatile std::uint32_t*>(address & ~std::uintptr_t{3});
  return static_cast<char>(*word >> (8 * (address & 3)));
}

#else

#define AIR_FLASH(text) (air::FlashText{text})

inline char flash_char(const char* place) { return *place; }

#endif

struct FlashText {
  const char* data;
};

}  // namespace air
