#include "air/sensing/station.h"

#include <cmath>

namespace air {

namespace {

constexpr char kHex[] = "0123456789abcdef";

// Opens a sensor's object and says how it is; to be closed by the caller.
void describe(Json& json, const char* name, State state, Millis age) {
  json.open(name);
  json.string("state", to_text(state));
  const float seconds = static_cast<float>(age) / static_cast<float>(kSecond);
  json.measured("age", state == State::kWell ? seconds : kMissing, 1);
}

// How far the gas sensor's figures can be trusted.
void describe_gas(Json& json, const GasSensor& gas) {
  json.string("calibration", !gas.calibrated()               ? "none"
                             : gas.calibration().provisional ? "provisional"
                                                             : "stored");
  json.string("correction", to_text(gas.correction()));
}

void line(Text& text, const char* name, float value, int decimals, const char* unit) {
  text.put(name).put(' ');
  if (std::isnan(value)) {
    text.put('-');
  } else {
    text.decimal(value, decimals).put(' ').put(unit);
  }
  text.put('\n');
}

}  // namespace

Station::Station(const Ports& ports, const Settings& settings)
    : settings_(settings),
      gas_(ports.adc, ports.storage, settings.wiring),
      pressure_(ports.barometer),
      humidity_(ports.hygrometer),
      probes_(ports.wire) {}

void Station::begin() { gas_.begin(); }

void Station::choose(float altitude, bool climate_correction) {
  settings_.altitude = altitude;
  settings_.climate_correction = climate_correction;
}

bool Station::step(Millis now) {
  uptime_.tell(now);
  gas_.step(now, humidity_.values(), settings_.climate_correction);
  // One of these at a time: each may take a few milliseconds on its bus.
  for (int tried = 0; tried < 3; ++tried) {
    turn_ = (turn_ + 1) % 3;
    const bool busy = turn_ == 0   ? pressure_.step(now)
                      : turn_ == 1 ? humidity_.step(now)
                                   : probes_.step(now);
    if (busy) return true;
  }
  return false;
}

void Station::circumstances(Text& text, const Board& board) const {
  const Gases& gas = gas_.values();
  const Climate climate = humidity_.values();
  const float hectopascals = pressure_.pressure();
  Json json(text);
  json.open(settings_.device);
  json.open("mq135");
  json.measured_text("co", gas.co);
  json.measured_text("co2", gas.co2);
  json.measured_text("alcohol", gas.alcohol);
  json.measured_text("nh4", gas.nh4);
  json.measured_text("aceton", gas.aceton);
  json.measured_text("toulen", gas.toulen);
  json.close();
  json.open("bmp180");
  json.measured_text("temperature", pressure_.temperature());
  json.measured_text("pressure", hectopascals);
  json.measured_text("seaLevelPressure", sea_level_pressure(hectopascals, settings_.altitude));
  json.measured_text("altitude", pressure_altitude(hectopascals));
  json.close();
  json.open("ds18b20");
  json.measured_text("temperature", probes_.mean());
  json.close();
  json.open("dht22");
  json.measured_text("temperature", climate.temperature);
  json.measured_text("humidity", climate.humidity);
  json.close();
  json.close();
  // Collectors of old take the first key for the device, and look no further.
  json.open("station");
  json.string("id", board.id);
  json.string("fw", kVersion);
  describe_gas(json, gas_);
  json.close();
  json.end();
}

void Station::station(Text& text, const Board& board, Millis now) const {
  Json json(text);
  json.string("id", board.id);
  json.string("model", kModel);
  json.string("fw", kVersion);
  json.string("core", board.core);
  json.string("device", settings_.device);
  json.number("uptime", uptime_.seconds());
  json.string("reset", board.reset);
  if (board.online) {
    json.signed_number("rssi", board.rssi);
  } else {
    json.measured("rssi", kMissing, 0);
  }
  json.number("heap", board.heap);
  json.number("slowest_step", board.slowest_step);
  json.measured("altitude", settings_.altitude, 1);
  json.open("sensors");

  describe(json, "mq135", gas_.state(), gas_.age(now));
  json.boolean("warming_up", gas_.warming_up(now));
  describe_gas(json, gas_);
  json.measured("ratio", gas_.ratio(), 3);
  json.measured("r0", gas_.r0(), 4);
  json.close();

  describe(json, "bmp180", pressure_.state(), pressure_.age(now));
  json.close();
  describe(json, "dht22", humidity_.state(), humidity_.age(now));
  json.close();

  describe(json, "ds18b20", probes_.state(), probes_.age(now));
  json.open("probes");
  for (std::size_t index = 0; index < probes_.count(); ++index) {
    const ProbeBank::Probe& probe = probes_.probe(index);
    char name[2 * sizeof(Rom) + 1];
    for (std::size_t byte = 0; byte < probe.rom.size(); ++byte) {
      name[2 * byte] = kHex[probe.rom[byte] >> 4];
      name[2 * byte + 1] = kHex[probe.rom[byte] & 15];
    }
    name[sizeof name - 1] = '\0';
    json.measured(name, probe.celsius.value(), 2);
  }
  json.close();
  json.close();

  json.close();
  json.end();
}

void Station::display(Text& text, const Board& board, Millis now) const {
  text.put(board.online ? board.address : "no network").put('\n');
  text.put(gas_.warming_up(now) ? "CO2 warms up\n" : "");
  if (!gas_.warming_up(now)) line(text, "CO2", gas_.values().co2, 0, "ppm");
  line(text, "Temp", humidity_.values().temperature, 1, "C");
  line(text, "Humidity", humidity_.values().humidity, 0, "%");
  line(text, "Pressure", pressure_.pressure(), 1, "hPa");
  line(text, "Probes", probes_.mean(), 1, "C");
}

}  // namespace air
