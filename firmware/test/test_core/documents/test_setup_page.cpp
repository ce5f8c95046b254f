#include <cstring>
#include <string>

#include "air/documents/setup_page.h"
#include "check.h"

using air::kMaxPageSize;
using air::NetworkList;
using air::SetupPage;
using air::TextWriter;

namespace {

std::string page(const SetupPage& wanted, const NetworkList& networks) {
  char memory[kMaxPageSize];
  TextWriter text(memory, sizeof memory);
  air::write_setup_page(text, wanted, networks);
  CHECK(text.complete());
  return memory;
}

}  // namespace

TEST(the_page_shows_the_present_settings) {
  NetworkList networks;
  networks.add("home", -40);
  networks.add("<b>\"&", -50);
  SetupPage wanted;
  wanted.station_name = "air-state-beef";
  wanted.ssid = "ho\"me";
  wanted.altitude = "150";
  const std::string shown = page(wanted, networks);
  CHECK(shown.find("<h1>air-state-beef</h1><form method=post") != std::string::npos);
  CHECK(shown.find("value=\"ho&quot;me\"") != std::string::npos);
  CHECK(shown.find("<option value=\"home\"><option value=\"&lt;b&gt;&quot;&amp;\"></datalist>") !=
        std::string::npos);
  CHECK(shown.find("name=altitude inputmode=decimal value=\"150\"") != std::string::npos);
  CHECK(shown.find("name=correct type=checkbox checked>") != std::string::npos);
  CHECK(shown.find("Without one, nobody") != std::string::npos);
  CHECK(shown.find("role=alert") == std::string::npos);
}

TEST(the_page_shows_the_problem) {
  SetupPage wanted;
  wanted.problem = "Enter < 3";
  wanted.has_password = true;
  wanted.climate_correction = false;
  const std::string shown = page(wanted, {});
  CHECK(shown.find("<p role=alert>Enter &lt; 3") != std::string::npos);
  CHECK(shown.find("Leave it empty to keep it.") != std::string::npos);
  CHECK(shown.find("name=none type=checkbox>") != std::string::npos);
  CHECK(shown.find("checked") == std::string::npos);
}

TEST(the_page_after_saving) {
  char memory[kMaxPageSize];
  TextWriter text(memory, sizeof memory);
  air::write_saved_page(text, "air-state-beef", "<home>");
  CHECK(std::strstr(memory, "air-state-beef now joins <b>&lt;home&gt;</b>") != nullptr);
  TextWriter other(memory, sizeof memory);
  air::write_saved_page(other, "air-state-beef", "");
  CHECK(std::strstr(memory, "Saved</h1><p>This network closes") != nullptr);
}
