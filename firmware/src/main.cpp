// The station on its board: what belongs together is put together here, and nothing waits.
#include <Arduino.h>
#include <Wire.h>

#include <air/sensing/station.h>

#include "board_ports.h"
#include "display.h"
#include "network.h"
#include "pins.h"

namespace {

Adc adc;
Barometer barometer;
Hygrometer hygrometer(kPinDht);
Wire1 wire(kPinWire);
Storage storage;
air::Station station({adc, barometer, hygrometer, wire, storage}, air::Settings{});
Network network;
Display display;
constexpr std::uint32_t kLongestStretch = 500;  // µs: nothing here stretches, unless the bus is dead
air::Every showing(2 * air::kSecond);

void show(air::Millis now) {
  char lines[256];
  air::Text text(lines, sizeof lines);
  if (network.portal_open()) {
    text.put("To set it up, join\n").put(network.name()).put("\npassword\n");
    text.put(network.settings().portal).put("\nthen 192.168.4.1\n");
  } else {
    station.display(text, network.board(now), now);
  }
  display.show(lines);
}

}  // namespace

void setup() {
  Serial.begin(115200);
  Wire.begin(kPinSda, kPinScl);  // nothing else may do that: it would forget the limit
  Wire.setClock(400000);
  Wire.setClockStretchLimit(kLongestStretch);
  Wire.status();  // frees the bus, if a part holds it since before a restart
  storage.begin();
  hygrometer.begin();
  station.begin();
  network.begin(station);
}

void loop() {
  const air::Millis now = millis();
  const bool busy = station.step(now);
  network.step(now);
  // Drawing takes some 30 ms, a sensor up to 20: one after the other.
  if (!busy && showing.due(now)) show(now);
  network.took(air::elapsed(millis(), now));
  yield();
}
