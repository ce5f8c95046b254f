// Long texts that are to rest in flash memory. The ESP8266 copies all constants into its scarce RAM,
// unless they are in a section of its own, which it can only read by words.
#pragma once

#include <cstdint>

namespace air {

#ifdef __XTENSA__

#define AIR_FLASH_NAME(number) ".irom0.text.air." #number
#define AIR_FLASH_SECTION(number) AIR_FLASH_NAME(number)
#define AIR_FLASH(text)                                                                       \
  ([] {                                                                                       \
    alignas(4) static const char kept[]                                                       \
        __attribute__((section(AIR_FLASH_SECTION(__COUNTER__)))) = text;                      \
    return air::FlashText{kept};                                                              \
  }())

inline char flash_letter(const char* place) {
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  const auto* word = reinterpret_cast<const volatile std::uint32_t*>(address & ~std::uintptr_t{3});
  return static_cast<char>(*word >> (8 * (address & 3)));
}

#else

#define AIR_FLASH(text) (air::FlashText{text})

inline char flash_letter(const char* place) { return *place; }

#endif

struct FlashText {
  const char* place;
};

}  // namespace air
