// The settings in flash memory, behind the calibration.
#pragma once

#include <air/network/setup_form.h>

struct StoredSettings {
  air::OwnerSettings owner;
  char portal_password[9] = "";  // generated at the first start
};

// Loads the settings. At the first start, saves and returns the defaults with a new portal password.
StoredSettings load_settings();
bool save_settings(const StoredSettings& settings);
