#include "air/documents/json_documents.h"

#include "air/common/json_writer.h"

namespace air {

namespace {

constexpr char kHex[] = "0123456789abcdef";

// Begins a sensor's object with its state and the age of its reading. The caller ends it.
void begin_sensor(JsonWriter& json, const char* name, SensorState state, Millis age) {
  json.begin_object(name);
  json.string("state", to_text(state));
  const float seconds = static_cast<float>(age) / static_cast<float>(kSecond);
  json.measurement("age", state == SensorState::kWell ? seconds : kMissing, 1);
}

// Writes how far the gas sensor's figures can be trusted.
void write_gas_quality(JsonWriter& json, const GasSensor& gas) {
  json.string("calibration", !gas.calibrated()               ? "none"
                             : gas.calibration().provisional ? "provisional"
                                                             : "stored");
  json.string("correction", to_text(gas.correction()));
}

void write_probe(JsonWriter& json, const TemperatureProbes::Probe& probe) {
  char name[2 * sizeof(RomCode) + 1];
  for (std::size_t byte = 0; byte < probe.rom.size(); ++byte) {
    name[2 * byte] = kHex[probe.rom[byte] >> 4];
    name[2 * byte + 1] = kHex[probe.rom[byte] & 15];
  }
  name[sizeof name - 1] = '\0';
  json.measurement(name, probe.celsius.value(), 2);
}

}  // namespace

void write_circumstances(TextWriter& text, const Station& station, const BoardInfo& board) {
  const Gases& gas = station.gas().values();
  const Climate climate = station.humidity().values();
  const float hectopascals = station.pressure().pressure();
  const StationSettings& settings = station.settings();
  JsonWriter json(text);
  json.begin_object(settings.device);
  json.begin_object("mq135");
  json.measurement_text("co", gas.co);
  json.measurement_text("co2", gas.co2);
  json.measurement_text("alcohol", gas.alcohol);
  json.measurement_text("nh4", gas.nh4);
  json.measurement_text("aceton", gas.acetone);
  json.measurement_text("toulen", gas.toluene);
  json.end_object();
  json.begin_object("bmp180");
  json.measurement_text("temperature", station.pressure().temperature());
  json.measurement_text("pressure", hectopascals);
  json.measurement_text("seaLevelPressure", sea_level_pressure(hectopascals, settings.altitude));
  json.measurement_text("altitude", pressure_altitude(hectopascals));
  json.end_object();
  json.begin_object("ds18b20");
  json.measurement_text("temperature", station.probes().mean());
  json.end_object();
  json.begin_object("dht22");
  json.measurement_text("temperature", climate.temperature);
  json.measurement_text("humidity", climate.humidity);
  json.end_object();
  json.end_object();
  // The second key, because older collectors take the first one for the device and ignore the rest.
  json.begin_object("station");
  json.string("id", board.id);
  json.string("fw", kVersion);
  write_gas_quality(json, station.gas());
  json.end_object();
  json.finish();
}

void write_station(TextWriter& text, const Station& station, const BoardInfo& board, Millis now) {
  const GasSensor& gas = station.gas();
  const PressureSensor& pressure = station.pressure();
  const HumiditySensor& humidity = station.humidity();
  const TemperatureProbes& probes = station.probes();
  JsonWriter json(text);
  json.string("id", board.id);
  json.string("model", kModel);
  json.string("fw", kVersion);
  json.string("core", board.core);
  json.string("device", station.settings().device);
  json.number("uptime", station.uptime());
  json.string("reset", board.reset_reason);
  if (board.online) {
    json.signed_number("rssi", board.rssi);
  } else {
    json.measurement("rssi", kMissing, 0);
  }
  json.number("heap", board.heap);
  json.number("slowest_step", board.slowest_step);
  json.measurement("altitude", station.settings().altitude, 1);
  json.begin_object("sensors");

  begin_sensor(json, "mq135", gas.state(), gas.age(now));
  json.boolean("warming_up", gas.warming_up(now));
  write_gas_quality(json, gas);
  json.measurement("ratio", gas.ratio(), 3);
  json.measurement("r0", gas.r0(), 4);
  json.end_object();

  begin_sensor(json, "bmp180", pressure.state(), pressure.age(now));
  json.end_object();
  begin_sensor(json, "dht22", humidity.state(), humidity.age(now));
  json.end_object();

  begin_sensor(json, "ds18b20", probes.state(), probes.age(now));
  json.begin_object("probes");
  for (std::size_t index = 0; index < probes.count(); ++index) write_probe(json, probes.probe(index));
  json.end_object();
  json.end_object();

  json.end_object();
  json.finish();
}

}  // namespace air
