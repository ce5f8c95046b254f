#include "flash_memory.h"

#include <EEPROM.h>

namespace {

bool written = false;

}  // namespace

bool commit_flash() {
  written = true;
  return EEPROM.commit();
}

bool flash_was_written() {
  const bool was = written;
  written = false;
  return was;
}
