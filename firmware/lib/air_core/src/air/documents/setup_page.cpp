#include "air/documents/setup_page.h"

#include <cstring>

#include "air/documents/html.h"

namespace air {

namespace {

constexpr float kLowest = -500;
constexpr float kHighest = 9000;

// The rest of a list of networks has to fit behind each of them.
constexpr char kListEnd[] = "</datalist></form></html>";

bool longer(const char* text, std::size_t most) { return std::strlen(text) > most; }

// Nothing at all, a password, or a key of 64 hexadecimal digits.
bool is_secret(const char* text) {
  const std::size_t count = std::strlen(text);
  if (count == kLongestSecret) return std::strspn(text, "0123456789abcdefABCDEF") == count;
  return count == 0 || (count >= kShortestSecret && count < kLongestSecret);
}

// A number as people write it, with either decimal mark; nothing else, such as 1e3.
bool read_metres(const char* text, float& metres) {
  while (*text == ' ') ++text;
  const bool below = *text == '-';
  if (below) ++text;
  if (*text < '0' || *text > '9') return false;
  float found = 0;
  for (; *text >= '0' && *text <= '9'; ++text) found = found * 10 + static_cast<float>(*text - '0');
  if (*text == '.' || *text == ',') {
    ++text;
    float unit = 0.1F;
    for (; *text >= '0' && *text <= '9'; ++text, unit /= 10) {
      found += static_cast<float>(*text - '0') * unit;
    }
  }
  while (*text == ' ') ++text;
  metres = below ? -found : found;
  return *text == '\0';
}

}  // namespace

const char* apply(const Form& form, Choices& choices) {
  if (longer(form.network, kLongestNetwork)) return "A network's name has 32 letters at the most.";
  if (form.network[0] == '\0' && form.secret[0] != '\0') {
    return "Which network is that password of? Enter its name too.";
  }
  if (!is_secret(form.secret)) {
    return "A network's password has 8 to 63 letters; leave it empty for an open network.";
  }
  if (longer(form.password, kLongestPassword)) {
    return "The station's password can have 32 letters at the most.";
  }
  float altitude = 0;
  if (!read_metres(form.altitude, altitude) || altitude < kLowest || altitude > kHighest) {
    return "The altitude is a number of metres from -500 to 9000, such as 150.";
  }
  choices.altitude = altitude;
  choices.climate_correction = form.climate_correction;
  if (form.no_password) {
    choices.password[0] = '\0';
  } else if (form.password[0] != '\0') {
    std::strcpy(choices.password, form.password);
  }
  return nullptr;
}

void Neighbours::add(const char* name, int rssi) {
  if (name[0] == '\0' || longer(name, kLongestNetwork)) return;
  for (std::size_t index = 0; index < count_; ++index) {
    if (std::strcmp(places_[index].name, name) != 0) continue;
    if (places_[index].rssi >= rssi) return;
    for (; index + 1 < count_; ++index) places_[index] = places_[index + 1];
    --count_;
  }
  std::size_t place = count_;
  while (place > 0 && places_[place - 1].rssi < rssi) --place;
  if (place == kMostNetworks) return;
  if (count_ < kMostNetworks) ++count_;
  for (std::size_t index = count_ - 1; index > place; --index) places_[index] = places_[index - 1];
  std::strcpy(places_[place].name, name);
  places_[place].rssi = rssi;
}

void portal_page(const PortalPage& page, const Neighbours& neighbours, Text& text) {
  begin_page(text, page.station, AIR_FLASH(""));
  if (page.problem != nullptr) {
    text.put("<p role=alert>");
    escaped(text, page.problem);
  }
  text.put(AIR_FLASH(
      "<form method=post action=/save><label>Network<input name=network list=list maxlength=32 "
      "autocapitalize=none value=\""));
  escaped(text, page.network);
  text.put(AIR_FLASH(
      "\"><small>Not in the list? Type it, or reload the page.</small></label>"
      "<label>Its password<input name=secret type=password maxlength=64 value=\""));
  escaped(text, page.secret);
  text.put(AIR_FLASH(
      "\"><small>Leave it empty if the station knows it, or there is none.</small></label>"
      "<label>Password for calibrating and updates<input name=password type=password "
      "maxlength=32 value=\""));
  escaped(text, page.password);
  text.put(AIR_FLASH("\"><small>User: air. "));
  if (page.has_password) {
    text.put(AIR_FLASH("Leave it empty to keep it.</small></label>"
                       "<label><input name=none type=checkbox> No such password any more</label>"));
  } else {
    text.put(AIR_FLASH("Without one, nobody may do either.</small></label>"));
  }
  text.put(AIR_FLASH("<label>Altitude in metres<input name=altitude inputmode=decimal value=\""));
  escaped(text, page.altitude);
  text.put(AIR_FLASH("\"><small>For the pressure at sea level</small></label>"
                     "<label><input name=correct type=checkbox"));
  if (page.climate_correction) text.put(" checked");
  text.put(AIR_FLASH("> Correct gases by temperature and humidity</label><button>Save</button>"
                     "<datalist id=list>"));
  for (std::size_t index = 0; index < neighbours.count(); ++index) {
    char memory[8 * kLongestNetwork];
    Text option(memory, sizeof memory);
    option.put("<option value=\"");
    escaped(option, neighbours.name(index));
    option.put("\">");
    if (option.length() + sizeof kListEnd > text.room()) break;
    text.put(memory);
  }
  text.put(kListEnd);
}

void saved_page(const char* station, const char* network, Text& text) {
  begin_page(text, "Saved", AIR_FLASH(""));
  text.put("<p>");
  if (network[0] == '\0') {
    text.put("This network closes in a few minutes.</html>");
    return;
  }
  escaped(text, station);
  text.put(" now joins <b>");
  escaped(text, network);
  text.put(AIR_FLASH(
      "</b>, and closes this network when that has worked. If this network is still there in "
      "half a minute, join it again: something was wrong then.</html>"));
}

}  // namespace air
