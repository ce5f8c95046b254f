// The emulated EEPROM: the calibration at its beginning, the settings behind it. Writing takes longer
// than a step of the loop may. It happens when the owner asks for it, and for a first calibration.
#pragma once

bool commit_flash();
// Returns whether that happened since the last call of this function.
bool flash_was_written();
