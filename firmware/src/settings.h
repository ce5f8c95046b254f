// What the owner sets by the portal, kept in flash memory behind the calibration.
#pragma once

#include <air/documents/setup_page.h>

struct OwnerSettings {
  air::Choices choices;
  char portal[9] = "";  // password of the portal's own network, made up at the first start
};

// Returns what was kept; a first start makes up the portal's password and keeps it.
OwnerSettings load_settings();
bool save_settings(const OwnerSettings& settings);
