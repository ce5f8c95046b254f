#include <string>

#include "air/documents/home_page.h"
#include "air/documents/setup_page.h"
#include "bench.h"
#include "check.h"

using air::kMinute;

namespace {

std::string page(Bench& bench, const char* name, bool has_password) {
  char memory[air::kMaxPageSize];
  air::TextWriter text(memory, sizeof memory);
  air::write_home_page(text, name, has_password, bench.station, bench.board, bench.now);
  CHECK(text.complete());
  return memory;
}

bool holds(const std::string& page, const char* what) { return page.find(what) != std::string::npos; }

}  // namespace

TEST(the_page_shows_readings_and_state) {
  Bench bench;
  bench.wire.add(1, 21.0F);
  bench.pass(65 * kMinute, 1000);
  const std::string found = page(bench, "air-state-beef", false);
  CHECK(holds(found, "<h1>air-state-beef</h1>"));
  CHECK(holds(found, "<b>DHT22</b>: well<tr><th scope=row>Temperature<td>22.3 °C"));
  CHECK(holds(found, "<tr><th scope=row>Pressure<td>980.0 hPa"));
  CHECK(holds(found, "<tr><th scope=row>At sea level<td>997.6 hPa"));
  CHECK(holds(found, "<b>DS18B20</b>: well<tr><th scope=row>1<td>21.0 °C"));
  CHECK(holds(found, "<b>MQ-135</b>: well, calibrated by a first guess<tr><th scope=row>CO₂<td>403 ppm"));
  CHECK(holds(found, "On for 1 h 5 min (Power On), id aabbccddeeff, version 1.0.0, WLAN -61 dBm."));
  CHECK(!holds(found, "<form"));
  CHECK(holds(page(bench, "x", true), "<form method=post action=/calibrate>"));
  bench.hygrometer.present = false;
  bench.pass(kMinute);
  CHECK(holds(page(bench, "x", false), "guess, corrected by the last temperature and humidity"));
}

TEST(the_page_of_a_station_without_sensors) {
  Bench bench;
  bench.adc.value = 0;
  bench.barometer.present = bench.hygrometer.present = bench.board.online = false;
  bench.pass(kMinute);
  const std::string found = page(bench, "x", false);
  CHECK(holds(found, "<b>DHT22</b>: failed<tr><th scope=row>Temperature<td>–"));
  CHECK(holds(found, "<b>MQ-135</b>: failed, warming up, not calibrated, not corrected: no temp"));
  CHECK(!holds(found, "nan") && !holds(found, "WLAN"));
}

TEST(the_longest_page_fits) {
  Bench bench;
  for (std::uint8_t number = 1; number <= 8; ++number) bench.wire.add(number, -55.0F);
  bench.barometer.next = {-40, 1100};
  bench.hygrometer.next = {-40, 100};
  bench.board.rssi = -2147483647 - 1;
  bench.board.reset_reason = "Software/System restart because of something long";
  bench.pass(5 * kMinute);
  bench.hygrometer.present = false;
  bench.adc.value = 0;
  bench.pass(kMinute);
  page(bench, "air-state-beef", true);
}

TEST(text_on_the_page_is_escaped) {
  Bench bench;
  bench.board.reset_reason = "<script>a('&\"')</script>";
  bench.board.id = "<img src=x>";
  const std::string found = page(bench, "<b>&amp;'\"", false);
  CHECK(holds(found, "<h1>&lt;b&gt;&amp;amp;&#39;&quot;</h1>"));
  CHECK(holds(found, "(&lt;script&gt;a(&#39;&amp;&quot;&#39;)&lt;/script&gt;), id &lt;img src=x&gt;,"));
  CHECK(!holds(found, "<script") && !holds(found, "<img"));
}
