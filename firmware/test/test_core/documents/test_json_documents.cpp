#include "bench.h"
#include "check.h"

using air::kMinute;
using air::kSecond;

namespace {

// Runs the station for five minutes, until its gas sensor is calibrated.
void settle(Bench& bench) {
  bench.wire.add(1, 21.0F);
  bench.wire.add(2, 22.0F);
  bench.pass(5 * kMinute);
}

}  // namespace

TEST(circumstances_with_all_sensors_well) {
  Bench bench;
  settle(bench);
  Document document;
  air::write_circumstances(document.text, bench.station, bench.board);
  CHECK(document.text.complete());
  CHECK_TEXT(document.memory,
             "{\"nodemcu\":{"
             "\"mq135\":{\"co\":\"3.91\",\"co2\":\"402.83\",\"alcohol\":\"1.31\",\"nh4\":\"4.30\","
             "\"aceton\":\"0.46\",\"toulen\":\"0.54\"},"
             "\"bmp180\":{\"temperature\":\"21.50\",\"pressure\":\"980.00\","
             "\"seaLevelPressure\":\"997.61\",\"altitude\":\"280.58\"},"
             "\"ds18b20\":{\"temperature\":\"21.50\"},"
             "\"dht22\":{\"temperature\":\"22.25\",\"humidity\":\"45.50\"}},"
             "\"station\":{\"id\":\"aabbccddeeff\",\"fw\":\"1.0.0\","
             "\"calibration\":\"provisional\",\"correction\":\"live\"}}");
}

TEST(circumstances_before_the_first_measurement) {
  Bench bench;
  Document document;
  air::write_circumstances(document.text, bench.station, bench.board);
  CHECK_TEXT(document.memory,
             "{\"nodemcu\":{"
             "\"mq135\":{\"co\":\"nan\",\"co2\":\"nan\",\"alcohol\":\"nan\",\"nh4\":\"nan\","
             "\"aceton\":\"nan\",\"toulen\":\"nan\"},"
             "\"bmp180\":{\"temperature\":\"nan\",\"pressure\":\"nan\","
             "\"seaLevelPressure\":\"nan\",\"altitude\":\"nan\"},"
             "\"ds18b20\":{\"temperature\":\"nan\"},"
             "\"dht22\":{\"temperature\":\"nan\",\"humidity\":\"nan\"}},"
             "\"station\":{\"id\":\"aabbccddeeff\",\"fw\":\"1.0.0\","
             "\"calibration\":\"none\",\"correction\":\"missing\"}}");
}

TEST(station_with_all_sensors_well) {
  Bench bench;
  settle(bench);
  bench.wire.probes[1].present = false;
  bench.pass(45 * kSecond);
  Document document;
  air::write_station(document.text, bench.station, bench.board, bench.now);
  CHECK(document.text.complete());
  CHECK_TEXT(document.memory,
             "{\"id\":\"aabbccddeeff\",\"model\":\"air-state-nodemcu\",\"fw\":\"1.0.0\",\"core\":\"3.1.2\","
             "\"device\":\"nodemcu\",\"uptime\":345,\"reset\":\"Power On\",\"rssi\":-61,"
             "\"heap\":31000,\"slowest_step\":12,\"altitude\":150.0,\"sensors\":{"
             "\"mq135\":{\"state\":\"well\",\"age\":0.9,\"warming_up\":false,"
             "\"calibration\":\"provisional\",\"correction\":\"live\",\"ratio\":3.600,"
             "\"r0\":1.2142},"
             "\"bmp180\":{\"state\":\"well\",\"age\":0.8},"
             "\"dht22\":{\"state\":\"well\",\"age\":0.9},"
             "\"ds18b20\":{\"state\":\"well\",\"age\":3.8,\"probes\":{"
             "\"28010000000000ab\":21.00,\"28020000000000ab\":null}}}}");
}

TEST(station_without_sensors) {
  Bench bench;
  bench.adc.value = 0;
  bench.barometer.present = bench.hygrometer.present = false;
  bench.board.online = false;
  bench.pass(kMinute);
  Document document;
  air::write_station(document.text, bench.station, bench.board, bench.now);
  CHECK_TEXT(document.memory,
             "{\"id\":\"aabbccddeeff\",\"model\":\"air-state-nodemcu\",\"fw\":\"1.0.0\",\"core\":\"3.1.2\","
             "\"device\":\"nodemcu\",\"uptime\":60,\"reset\":\"Power On\",\"rssi\":null,"
             "\"heap\":31000,\"slowest_step\":12,\"altitude\":150.0,\"sensors\":{"
             "\"mq135\":{\"state\":\"failed\",\"age\":null,\"warming_up\":true,"
             "\"calibration\":\"none\",\"correction\":\"missing\",\"ratio\":null,"
             "\"r0\":null},"
             "\"bmp180\":{\"state\":\"failed\",\"age\":null},"
             "\"dht22\":{\"state\":\"failed\",\"age\":null},"
             "\"ds18b20\":{\"state\":\"failed\",\"age\":null,\"probes\":{}}}}");
}

TEST(the_longest_documents_fit) {
  Bench bench;
  for (std::uint8_t number = 1; number <= 8; ++number) bench.wire.add(number, -55.0F);
  bench.barometer.next = {-40, 1100};
  bench.hygrometer.next = {-40, 100};
  bench.board.rssi = -2147483647 - 1;
  bench.board.heap = 0xFFFFFFFF;
  bench.board.reset_reason = "Software/System restart because of something long";
  bench.pass(5 * kMinute);
  Document document;
  air::write_station(document.text, bench.station, bench.board, bench.now);
  CHECK(document.text.complete());
  Document other;
  air::write_circumstances(other.text, bench.station, bench.board);
  CHECK(other.text.complete());
}

TEST(documents_use_the_configured_altitude) {
  Bench bench;
  settle(bench);
  bench.station.configure(0, true);
  Document document;
  air::write_circumstances(document.text, bench.station, bench.board);
  CHECK(std::strstr(document.memory, "\"seaLevelPressure\":\"980.00\"") != nullptr);
  bench.station.configure(-500, true);
  Document other;
  air::write_station(other.text, bench.station, bench.board, bench.now);
  CHECK(std::strstr(other.memory, "\"altitude\":-500.0,") != nullptr);
}
