#include "air/documents/setup_page.h"

#include "air/documents/html.h"

namespace air {

namespace {

// What follows the list of networks; each of them must leave room for it.
constexpr char kAfterList[] = "</datalist></form></html>";

}  // namespace

void write_setup_page(TextWriter& text, const SetupPage& page, const NetworkList& networks) {
  begin_page(text, page.station_name, AIR_FLASH(""));
  if (page.problem != nullptr) {
    text.put("<p role=alert>");
    put_escaped(text, page.problem);
  }
  text.put(AIR_FLASH(
      "<form method=post action=/save><label>Network<input name=network list=list maxlength=32 "
      "autocapitalize=none value=\""));
  put_escaped(text, page.ssid);
  text.put(AIR_FLASH(
      "\"><small>Not in the list? Type it, or reload the page.</small></label>"
      "<label>Its password<input name=secret type=password maxlength=64 value=\""));
  put_escaped(text, page.wifi_password);
  text.put(AIR_FLASH(
      "\"><small>Leave it empty if the station knows it, or there is none.</small></label>"
      "<label>Password for calibrating and updates<input name=password type=password "
      "maxlength=32 value=\""));
  put_escaped(text, page.password);
  text.put(AIR_FLASH("\"><small>User: air. "));
  if (page.has_password) {
    text.put(AIR_FLASH("Leave it empty to keep it.</small></label>"
                       "<label><input name=none type=checkbox> No such password any more</label>"));
  } else {
    text.put(AIR_FLASH("Without one, nobody may do either.</small></label>"));
  }
  text.put(AIR_FLASH("<label>Altitude in metres<input name=altitude inputmode=decimal value=\""));
  put_escaped(text, page.altitude);
  text.put(AIR_FLASH("\"><small>For the pressure at sea level</small></label>"
                     "<label><input name=correct type=checkbox"));
  if (page.climate_correction) text.put(" checked");
  text.put(AIR_FLASH("> Correct gases by temperature and humidity</label><button>Save</button>"
                     "<datalist id=list>"));
  for (std::size_t index = 0; index < networks.count(); ++index) {
    char memory[8 * kMaxSsidLength];
    TextWriter option(memory, sizeof memory);
    option.put("<option value=\"");
    put_escaped(option, networks.ssid(index));
    option.put("\">");
    if (option.length() + sizeof kAfterList > text.remaining()) break;
    text.put(memory);
  }
  text.put(kAfterList);
}

void write_saved_page(TextWriter& text, const char* station_name, const char* ssid) {
  begin_page(text, "Saved", AIR_FLASH(""));
  text.put("<p>");
  if (ssid[0] == '\0') {
    text.put("This network closes in a few minutes.</html>");
    return;
  }
  put_escaped(text, station_name);
  text.put(" now joins <b>");
  put_escaped(text, ssid);
  text.put(AIR_FLASH(
      "</b>, and closes this network when that has worked. If this network is still there in "
      "half a minute, join it again: something was wrong then.</html>"));
}

}  // namespace air
