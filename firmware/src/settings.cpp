#include "settings.h"

#include <Arduino.h>
#include <EEPROM.h>

#include <air/sensing/calibration.h>

#include "flash_memory.h"

namespace {

constexpr int kPlace = 64;  // in the EEPROM, behind the calibration

// A later version of OwnerSettings needs another number, and a way from the one before.
constexpr std::uint32_t kVersion = 1;

struct Kept {
  std::uint32_t version;
  OwnerSettings settings;
  std::uint32_t crc;
};

std::uint32_t sum(const OwnerSettings& settings) {
  return air::crc32(reinterpret_cast<const std::uint8_t*>(&settings), sizeof settings);
}

}  // namespace

bool save_settings(const OwnerSettings& settings) {
  Kept kept{};
  kept.version = kVersion;
  kept.settings = settings;
  kept.crc = sum(kept.settings);
  EEPROM.put(kPlace, kept);
  return commit_flash();
}

OwnerSettings load_settings() {
  Kept kept{};
  EEPROM.get(kPlace, kept);
  if (kept.version == kVersion && kept.crc == sum(kept.settings)) return kept.settings;
  OwnerSettings fresh{};
  // No letters or digits that look alike on a small display.
  constexpr char kLetters[] = "abcdefghkmnpqrstuvwxyz23456789";
  for (std::size_t index = 0; index + 1 < sizeof fresh.portal; ++index) {
    fresh.portal[index] = kLetters[ESP.random() % (sizeof kLetters - 1)];
  }
  save_settings(fresh);
  return fresh;
}
