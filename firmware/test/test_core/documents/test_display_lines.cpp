#include "air/documents/display_lines.h"
#include "bench.h"
#include "check.h"

using air::kMinute;

TEST(display_lines_before_and_after_measuring) {
  Bench bench;
  Document first;
  bench.board.online = false;
  air::write_display_lines(first.text, bench.station, bench.board, bench.now);
  CHECK_TEXT(first.memory, "no network\nCO2 warms up\nTemp -\nHumidity -\nPressure -\nProbes -\n");
  bench.board.online = true;
  bench.wire.add(1, 21.0F);
  bench.wire.add(2, 22.0F);
  bench.pass(5 * kMinute);
  Document second;
  air::write_display_lines(second.text, bench.station, bench.board, bench.now);
  CHECK_TEXT(second.memory,
             "192.168.1.20\nCO2 403 ppm\nTemp 22.3 C\nHumidity 46 %\nPressure 980.0 hPa\n"
             "Probes 21.5 C\n");
}
