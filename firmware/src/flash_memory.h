// The emulated EEPROM: the calibration at its beginning, the settings behind it. Writing takes longer
// than a step of the loop may, and is done only when it is asked for.
#pragma once

bool commit_flash();
// Whether that was done since this was asked last.
bool flash_was_written();
