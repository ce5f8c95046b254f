#include "settings.h"

#include <Arduino.h>
#include <EEPROM.h>

#include <air/common/crc32.h>

#include "flash_memory.h"

namespace {

constexpr int kOffset = 64;  // in the EEPROM, behind the calibration

// A changed StoredSettings needs another version, and a migration from this one.
constexpr std::uint32_t kVersion = 1;

struct Record {
  std::uint32_t version;
  StoredSettings settings;
  std::uint32_t crc;
};

std::uint32_t checksum(const StoredSettings& settings) {
  return air::crc32(reinterpret_cast<const std::uint8_t*>(&settings), sizeof settings);
}

}  // namespace

bool save_settings(const StoredSettings& settings) {
  Record record{};
  record.version = kVersion;
  record.settings = settings;
  record.crc = checksum(record.settings);
  EEPROM.put(kOffset, record);
  return commit_flash();
}

StoredSettings load_settings() {
  Record record{};
  EEPROM.get(kOffset, record);
  if (record.version == kVersion && record.crc == checksum(record.settings)) return record.settings;
  StoredSettings fresh{};
  // Without letters and digits that look alike on a small display.
  constexpr char kLetters[] = "abcdefghkmnpqrstuvwxyz23456789";
  for (std::size_t index = 0; index + 1 < sizeof fresh.portal_password; ++index) {
    fresh.portal_password[index] = kLetters[ESP.random() % (sizeof kLetters - 1)];
  }
  save_settings(fresh);
  return fresh;
}
