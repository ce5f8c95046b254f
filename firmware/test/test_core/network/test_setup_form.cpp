#include <cstring>
#include <string>

#include "air/documents/setup_page.h"
#include "air/network/setup_form.h"
#include "check.h"

using air::apply_form;
using air::OwnerSettings;
using air::SetupForm;

namespace {

SetupForm good() {
  SetupForm form;
  form.ssid = "home";
  form.wifi_password = "long enough";
  form.altitude = "220.5";
  form.climate_correction = true;
  return form;
}

bool begins(const char* text, const char* with) {
  return text != nullptr && std::strncmp(text, with, std::strlen(with)) == 0;
}

}  // namespace

TEST(a_valid_form_is_applied) {
  OwnerSettings settings;
  CHECK(apply_form(good(), settings) == nullptr);
  CHECK_NEAR(settings.altitude, 220.5, 0);
  CHECK(settings.climate_correction);
  CHECK_TEXT(settings.password, "");
  SetupForm form = good();
  form.ssid = form.wifi_password = "";  // keeps the network
  form.password = "my password";
  form.climate_correction = false;
  CHECK(apply_form(form, settings) == nullptr);
  CHECK_TEXT(settings.password, "my password");
  CHECK(!settings.climate_correction);
  form.password = "";  // keeps the password
  CHECK(apply_form(form, settings) == nullptr);
  CHECK_TEXT(settings.password, "my password");
  form.clear_password = true;
  CHECK(apply_form(form, settings) == nullptr);
  CHECK_TEXT(settings.password, "");
}

TEST(notations_of_numbers_and_keys) {
  OwnerSettings settings;
  const struct {
    const char* text;
    double metres;
  } cases[] = {{" 12,5 ", 12.5}, {"-500", -500}, {"9000.", 9000}, {"0", 0}};
  for (const auto& each : cases) {
    SetupForm form = good();
    form.altitude = each.text;
    CHECK(apply_form(form, settings) == nullptr);
    CHECK_NEAR(settings.altitude, each.metres, 1e-4);
  }
  SetupForm form = good();
  form.wifi_password = "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD";
  CHECK(apply_form(form, settings) == nullptr);
}

TEST(an_invalid_form_changes_nothing_and_names_the_problem) {
  const char* const kLong = "123456789012345678901234567890123";  // 33
  const struct {
    const char* SetupForm::*field;
    const char* value;
    const char* begins;
  } cases[] = {
      {&SetupForm::ssid, kLong, "A network's name has 32"},
      {&SetupForm::ssid, "", "Which network"},
      {&SetupForm::wifi_password, "1234567", "A network's password has 8 to 63"},
      {&SetupForm::wifi_password, "x234567890123456789012345678901234567890123456789012345678901234",
       "A network's password has 8 to 63"},
      {&SetupForm::password, kLong, "The station's password"},
      {&SetupForm::altitude, "", "The altitude is a number"},
      {&SetupForm::altitude, "high", "The altitude is a number"},
      {&SetupForm::altitude, "12 m", "The altitude is a number"},
      {&SetupForm::altitude, "-", "The altitude is a number"},
      {&SetupForm::altitude, "1e3", "The altitude is a number"},
      {&SetupForm::altitude, "0x10", "The altitude is a number"},
      {&SetupForm::altitude, "1.2.3", "The altitude is a number"},
      {&SetupForm::altitude, "nan", "The altitude is a number"},
      {&SetupForm::altitude, "9001", "The altitude is a number"},
      {&SetupForm::altitude, "-501", "The altitude is a number"},
  };
  for (const auto& each : cases) {
    OwnerSettings settings;
    settings.altitude = 7;
    std::strcpy(settings.password, "as before");
    SetupForm form = good();
    form.clear_password = true;
    form.*each.field = each.value;
    CHECK(begins(apply_form(form, settings), each.begins));
    CHECK_NEAR(settings.altitude, 7, 0);
    CHECK_TEXT(settings.password, "as before");
  }
}

TEST(the_longest_page_is_complete) {
  const std::string longest(air::kMaxSsidLength, '"');
  air::NetworkList networks;
  for (char letter = 'a'; letter < 'a' + 8; ++letter) {
    networks.add((std::string(1, letter) + longest.substr(1)).c_str(), -letter);
  }
  OwnerSettings settings;
  std::size_t most = 0;
  for (const bool has_password : {false, true}) {
    air::SetupPage wanted;
    wanted.station_name = "air-state-beef";
    wanted.ssid = longest.c_str();
    wanted.has_password = has_password;
    wanted.altitude = longest.c_str();
    for (const char* wifi_password : {"", "1234567"}) {
      SetupForm form = good();
      form.wifi_password = wifi_password;
      form.ssid = wifi_password[0] == '\0' ? "home" : longest.c_str();
      wanted.problem = apply_form(form, settings);
      char memory[air::kMaxPageSize];
      air::TextWriter text(memory, sizeof memory);
      air::write_setup_page(text, wanted, networks);
      CHECK(text.complete());
      const std::string shown = memory;
      CHECK(shown.find("</datalist></form></html>") == shown.size() - 25);
      if (shown.size() > most) most = shown.size();
    }
  }
  CHECK(most > 2300);  // the problem was a long one
}
