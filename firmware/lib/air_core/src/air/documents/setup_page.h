// The pages on which the owner sets the station up.
#pragma once

#include <cstddef>

#include "air/common/text_writer.h"
#include "air/documents/network_list.h"

namespace air {

struct SetupPage {
  const char* station_name = "";
  const char* problem = nullptr;     // what was wrong with the form or with joining, if anything
  const char* ssid = "";             // of the configured network, or as it was entered
  const char* wifi_password = "";    // as it was entered, to be corrected
  const char* password = "";         // of the station, as it was entered
  bool has_password = false;
  const char* altitude = "";
  bool climate_correction = true;
};

// The size of the longest page of the station. Networks that do not fit are left out of the list.
constexpr std::size_t kMaxPageSize = 2560;

// Writes the page with the form.
void write_setup_page(TextWriter& text, const SetupPage& page, const NetworkList& networks);

// Writes the page after saving. `ssid` is the network that is joined now, empty if none is.
void write_saved_page(TextWriter& text, const char* station_name, const char* ssid);

}  // namespace air
