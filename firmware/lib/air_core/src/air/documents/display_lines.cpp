#include "air/documents/display_lines.h"

#include <cmath>

namespace air {

namespace {

void write_line(TextWriter& text, const char* name, float value, int decimals, const char* unit) {
  text.put(name).put(' ');
  if (std::isnan(value)) {
    text.put('-');
  } else {
    text.decimal(value, decimals).put(' ').put(unit);
  }
  text.put('\n');
}

}  // namespace

void write_display_lines(TextWriter& text, const Station& station, const BoardInfo& board, Millis now) {
  text.put(board.online ? board.address : "no network").put('\n');
  if (station.gas().warming_up(now)) {
    text.put("CO2 warms up\n");
  } else {
    write_line(text, "CO2", station.gas().values().co2, 0, "ppm");
  }
  write_line(text, "Temp", station.humidity().values().temperature, 1, "C");
  write_line(text, "Humidity", station.humidity().values().humidity, 0, "%");
  write_line(text, "Pressure", station.pressure().pressure(), 1, "hPa");
  write_line(text, "Probes", station.probes().mean(), 1, "C");
}

}  // namespace air
