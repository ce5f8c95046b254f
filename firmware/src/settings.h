// What the owner sets by the portal, kept in flash memory behind the calibration.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr std::size_t kLongestPassword = 32;

struct OwnerSettings {
  char password[kLongestPassword + 1];  // of calibrating, restarting and updating; empty: nobody may
  char portal[9];                       // of the portal's own network, made up at the first start
};

// Returns what was kept; a first start makes up the portal's password and keeps it.
OwnerSettings load_settings();
bool save_settings(const OwnerSettings& settings);
