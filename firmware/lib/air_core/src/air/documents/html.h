// What all pages of the station are made with.
#pragma once

#include "air/common/text_writer.h"

namespace air {

// Writes text for HTML or for a quoted attribute. No part of it is taken for markup.
void put_escaped(TextWriter& text, const char* plain);

// Writes the beginning of a page. `head` is HTML for its head.
void begin_page(TextWriter& text, const char* heading, FlashText head);

}  // namespace air
