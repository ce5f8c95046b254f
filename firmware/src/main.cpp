// The station on its board. Nothing in the loop waits.
#include <Arduino.h>
#include <Wire.h>

#include <air/documents/display_lines.h>
#include <air/sensing/station.h>

#include "board_ports.h"
#include "display.h"
#include "network.h"
#include "pins.h"

namespace {

Adc adc;
Barometer barometer;
Hygrometer hygrometer(kPinDht);
OneWireBus wire(kPinWire);
Storage storage;
air::Station station({adc, barometer, hygrometer, wire, storage}, air::StationSettings{});
Network network;
Display display;
constexpr std::uint32_t kMaxClockStretch = 500;  // µs; no part stretches unless the bus is dead
air::PeriodicTimer display_timer(2 * air::kSecond);

void update_display(air::Millis now) {
  char lines[256];
  air::TextWriter text(lines, sizeof lines);
  if (network.portal_open()) {
    text.put("To set it up, join\n").put(network.name()).put("\npassword\n");
    text.put(network.settings().portal_password).put("\nthen 192.168.4.1\n");
  } else {
    air::write_display_lines(text, station, network.board(now), now);
  }
  display.show(lines);
}

}  // namespace

void setup() {
  Serial.begin(115200);
  Wire.begin(kPinSda, kPinScl);  // only here: another call would reset the limit below
  Wire.setClock(400000);
  Wire.setClockStretchLimit(kMaxClockStretch);
  Wire.status();  // frees the bus if a part has held it since before a restart
  storage.begin();
  hygrometer.begin();
  station.begin();
  network.begin(station);
}

void loop() {
  const air::Millis now = millis();
  const bool busy = station.step(now);
  network.step(now);
  // Drawing takes about 30 ms and a sensor up to 20, so they do not share a step.
  if (!busy && display_timer.due(now)) update_display(now);
  network.record_step_time(air::elapsed(millis(), now));
  yield();
}
