// What the station's pages are written with.
#pragma once

#include "air/common/text_writer.h"

namespace air {

// Text within HTML, and within the quotes of an attribute: whatever it holds, it is shown, and no more.
void escaped(Text& text, const char* plain);

// What every page begins with; `more` is HTML for its head.
void begin_page(Text& text, const char* heading, FlashText more);

}  // namespace air
