#include "air/documents/home_page.h"

#include <cmath>

#include "air/documents/html.h"

namespace air {

namespace {

constexpr char kCelsius[] = "°C";
constexpr char kPpm[] = "ppm";

void write_sensor(TextWriter& text, const char* name, SensorState state) {
  text.put("<tr><td colspan=2><b>").put(name).put("</b>: ").put(to_text(state));
}

void write_row(TextWriter& text, const char* name, float value, int decimals, const char* unit) {
  text.put("<tr><th scope=row>").put(name).put("<td>");
  if (std::isnan(value)) {
    text.put("–");
  } else {
    text.decimal(value, decimals).put(' ').put(unit);
  }
}

void write_gas_quality(TextWriter& text, const GasSensor& gas, Millis now) {
  if (gas.warming_up(now)) text.put(", warming up");
  if (!gas.calibrated()) {
    text.put(", not calibrated");
  } else if (gas.calibration().provisional) {
    text.put(AIR_FLASH(", calibrated by a first guess"));
  }
  if (gas.correction() == Correction::kHeld) {
    text.put(AIR_FLASH(", corrected by the last temperature and humidity"));
  } else if (gas.correction() == Correction::kMissing) {
    text.put(AIR_FLASH(", not corrected: no temperature and humidity"));
  }
}

void write_duration(TextWriter& text, std::uint64_t seconds) {
  if (seconds >= 86400) text.number(seconds / 86400).put(" d ");
  text.number(seconds / 3600 % 24).put(" h ").number(seconds / 60 % 60).put(" min");
}

}  // namespace

void write_home_page(TextWriter& text, const char* name, bool has_password, const Station& station,
                     const BoardInfo& board, Millis now) {
  begin_page(text, name,
             AIR_FLASH("<meta http-equiv=refresh content=30><style>table{width:100%}"
                       "th{text-align:left;font-weight:400}td:last-child:not([colspan])"
                       "{text-align:right}td[colspan]{padding-top:.7rem}</style>"));
  text.put("<table>");

  const Climate climate = station.humidity().values();
  write_sensor(text, "DHT22", station.humidity().state());
  write_row(text, "Temperature", climate.temperature, 1, kCelsius);
  write_row(text, "Humidity", climate.humidity, 1, "%");

  const float hectopascals = station.pressure().pressure();
  write_sensor(text, "BMP180", station.pressure().state());
  write_row(text, "Temperature", station.pressure().temperature(), 1, kCelsius);
  write_row(text, "Pressure", hectopascals, 1, "hPa");
  write_row(text, "At sea level", sea_level_pressure(hectopascals, station.settings().altitude), 1, "hPa");

  const TemperatureProbes& probes = station.probes();
  write_sensor(text, "DS18B20", probes.state());
  for (std::size_t index = 0; index < probes.count(); ++index) {
    char number[4];
    TextWriter(number, sizeof number).number(index + 1);
    write_row(text, number, probes.probe(index).celsius.value(), 1, kCelsius);
  }

  const Gases& gas = station.gas().values();
  write_sensor(text, "MQ-135", station.gas().state());
  write_gas_quality(text, station.gas(), now);
  write_row(text, "CO₂", gas.co2, 0, kPpm);
  write_row(text, "CO", gas.co, 2, kPpm);
  write_row(text, "NH₄", gas.nh4, 2, kPpm);
  write_row(text, "Alcohol", gas.alcohol, 2, kPpm);
  write_row(text, "Acetone", gas.acetone, 2, kPpm);
  write_row(text, "Toluene", gas.toluene, 2, kPpm);
  text.put(AIR_FLASH("</table><p>The gases are estimates from one resistance; never rely on CO for "
                     "safety.<p>On for "));
  write_duration(text, station.uptime());
  text.put(" (");
  put_escaped(text, board.reset_reason);
  text.put("), id ");
  put_escaped(text, board.id);
  text.put(", version ").put(kVersion);
  if (board.online) text.put(", WLAN ").signed_number(board.rssi).put(" dBm");
  text.put(AIR_FLASH(". As JSON: <a href=/circumstances>readings</a>, <a href=/station>state</a>."));
  if (has_password) {
    text.put(AIR_FLASH("<form method=post action=/calibrate><button>This air is clean: calibrate"
                       "</button></form>"));
  }
  text.put("</html>");
}

}  // namespace air
