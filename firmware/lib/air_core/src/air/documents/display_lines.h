// The text on the station's display.
#pragma once

#include "air/common/text_writer.h"
#include "air/documents/board_info.h"
#include "air/sensing/station.h"

namespace air {

// Writes lines for a display of 8 lines by 21 characters.
void write_display_lines(TextWriter& text, const Station& station, const BoardInfo& board, Millis now);

}  // namespace air
