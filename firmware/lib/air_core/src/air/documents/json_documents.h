// The station's JSON documents: its readings, and its state.
#pragma once

#include "air/common/text_writer.h"
#include "air/documents/board_info.h"
#include "air/sensing/station.h"

namespace air {

// The longest document, with eight probes, and some reserve.
constexpr std::size_t kMaxDocumentSize = 1024;

// Writes /circumstances, the readings as the first firmware sent them: all keys are always present,
// values are text with two decimals.
void write_circumstances(TextWriter& text, const Station& station, const BoardInfo& board);

// Writes /station, everything else: identity, uptime, and the state of each sensor.
void write_station(TextWriter& text, const Station& station, const BoardInfo& board, Millis now);

}  // namespace air
