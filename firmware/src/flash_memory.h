// The emulated EEPROM: the calibration at its beginning, the settings behind it. Writing takes longer
// than a step of the loop may; it is done when the owner asks for it, and for a first calibration.
#pragma once

bool commit_flash();
// Whether that was done since this was asked last.
bool flash_was_written();
