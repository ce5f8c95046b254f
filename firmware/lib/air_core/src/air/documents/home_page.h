// The page that a browser shows of a station.
#pragma once

#include "air/sensing/station.h"
#include "air/common/text_writer.h"

namespace air {

// Writes a whole HTML page: the readings, and how each sensor is. `name` is the station's; with a
// password there is something to press.
void home_page(const char* name, bool has_password, const Station& station, const Board& board,
               Millis now, Text& text);

}  // namespace air
