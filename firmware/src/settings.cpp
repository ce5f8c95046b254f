#include "settings.h"

#include <Arduino.h>
#include <EEPROM.h>

#include <air/calibration.h>

namespace {

constexpr int kPlace = 64;  // in the EEPROM, behind the calibration

struct Kept {
  OwnerSettings settings;
  std::uint32_t crc;
};

std::uint32_t sum(const OwnerSettings& settings) {
  return air::crc32(reinterpret_cast<const std::uint8_t*>(&settings), sizeof settings);
}

}  // namespace

bool save_settings(const OwnerSettings& settings) {
  Kept kept{};
  kept.settings = settings;
  kept.crc = sum(kept.settings);
  EEPROM.put(kPlace, kept);
  return EEPROM.commit();
}

OwnerSettings load_settings() {
  Kept kept{};
  EEPROM.get(kPlace, kept);
  if (kept.crc == sum(kept.settings)) return kept.settings;
  OwnerSettings fresh{};
  // No letters or digits that look alike on a small display.
  constexpr char kLetters[] = "abcdefghkmnpqrstuvwxyz23456789";
  for (std::size_t index = 0; index + 1 < sizeof fresh.portal; ++index) {
    fresh.portal[index] = kLetters[ESP.random() % (sizeof kLetters - 1)];
  }
  save_settings(fresh);
  return fresh;
}
