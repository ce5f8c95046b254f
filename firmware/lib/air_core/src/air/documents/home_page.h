// The page that browsers show of a station.
#pragma once

#include "air/common/text_writer.h"
#include "air/documents/board_info.h"
#include "air/sensing/station.h"

namespace air {

// Writes the HTML page with the readings and the state of each sensor. `name` is the station's. With
// `has_password` the page has a button that calibrates.
void write_home_page(TextWriter& text, const char* name, bool has_password, const Station& station,
                     const BoardInfo& board, Millis now);

}  // namespace air
