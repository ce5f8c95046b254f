#include <cstring>
#include <string>

#include "air/documents/setup_page.h"
#include "check.h"

using air::apply;
using air::Choices;
using air::Form;
using air::kLongestPage;
using air::Neighbours;
using air::PortalPage;
using air::Text;

namespace {

Form good() {
  Form form;
  form.network = "home";
  form.secret = "long enough";
  form.altitude = "220.5";
  form.climate_correction = true;
  return form;
}

bool begins(const char* text, const char* with) {
  return text != nullptr && std::strncmp(text, with, std::strlen(with)) == 0;
}

std::string page(const PortalPage& wanted, const Neighbours& neighbours) {
  char memory[kLongestPage];
  Text text(memory, sizeof memory);
  air::portal_page(wanted, neighbours, text);
  CHECK(text.whole());
  return memory;
}

}  // namespace

TEST(a_form_that_is_right_is_taken) {
  Choices choices;
  CHECK(apply(good(), choices) == nullptr);
  CHECK_NEAR(choices.altitude, 220.5, 0);
  CHECK(choices.climate_correction);
  CHECK_TEXT(choices.password, "");
  Form form = good();
  form.network = form.secret = "";  // the network stays
  form.password = "my password";
  form.climate_correction = false;
  CHECK(apply(form, choices) == nullptr);
  CHECK_TEXT(choices.password, "my password");
  CHECK(!choices.climate_correction);
  form.password = "";  // stays as well
  CHECK(apply(form, choices) == nullptr);
  CHECK_TEXT(choices.password, "my password");
  form.no_password = true;
  CHECK(apply(form, choices) == nullptr);
  CHECK_TEXT(choices.password, "");
}

TEST(numbers_and_keys_as_people_write_them) {
  Choices choices;
  const struct {
    const char* text;
    double metres;
  } cases[] = {{" 12,5 ", 12.5}, {"-500", -500}, {"9000.", 9000}, {"0", 0}};
  for (const auto& each : cases) {
    Form form = good();
    form.altitude = each.text;
    CHECK(apply(form, choices) == nullptr);
    CHECK_NEAR(choices.altitude, each.metres, 1e-4);
  }
  Form form = good();
  form.secret = "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD";
  CHECK(apply(form, choices) == nullptr);
}

TEST(a_form_that_is_wrong_changes_nothing_and_says_what_to_enter) {
  const char* const kLong = "123456789012345678901234567890123";  // 33
  const struct {
    const char* Form::*field;
    const char* value;
    const char* begins;
  } cases[] = {
      {&Form::network, kLong, "A network's name has 32"},
      {&Form::network, "", "Which network"},
      {&Form::secret, "1234567", "A network's password has 8 to 63"},
      {&Form::secret, "x234567890123456789012345678901234567890123456789012345678901234",
       "A network's password has 8 to 63"},
      {&Form::password, kLong, "The station's password"},
      {&Form::altitude, "", "The altitude is a number"},
      {&Form::altitude, "high", "The altitude is a number"},
      {&Form::altitude, "12 m", "The altitude is a number"},
      {&Form::altitude, "-", "The altitude is a number"},
      {&Form::altitude, "1e3", "The altitude is a number"},
      {&Form::altitude, "0x10", "The altitude is a number"},
      {&Form::altitude, "1.2.3", "The altitude is a number"},
      {&Form::altitude, "nan", "The altitude is a number"},
      {&Form::altitude, "9001", "The altitude is a number"},
      {&Form::altitude, "-501", "The altitude is a number"},
  };
  for (const auto& each : cases) {
    Choices choices;
    choices.altitude = 7;
    std::strcpy(choices.password, "as before");
    Form form = good();
    form.no_password = true;
    form.*each.field = each.value;
    CHECK(begins(apply(form, choices), each.begins));
    CHECK_NEAR(choices.altitude, 7, 0);
    CHECK_TEXT(choices.password, "as before");
  }
}

TEST(the_strongest_networks_are_offered_each_once) {
  Neighbours found;
  found.add("", -10);  // hidden
  found.add("middle", -60);
  found.add("weak", -90);
  found.add("strong", -40);
  found.add("weak", -50);  // a second transmitter of the same network
  found.add("middle", -80);
  CHECK(found.count() == 3);
  CHECK_TEXT(found.name(0), "strong");
  CHECK_TEXT(found.name(1), "weak");
  CHECK_TEXT(found.name(2), "middle");
  for (int number = 0; number < 20; ++number) {
    found.add(("n" + std::to_string(number)).c_str(), -70 + number);
  }
  CHECK(found.count() == air::kMostNetworks);
  CHECK_TEXT(found.name(0), "strong");
  CHECK_TEXT(found.name(1), "weak");  // -50, and was there before n19 was no stronger
  CHECK_TEXT(found.name(2), "n19");
  CHECK_TEXT(found.name(7), "n14");
}

TEST(the_page_shows_what_is_known) {
  Neighbours neighbours;
  neighbours.add("home", -40);
  neighbours.add("<b>\"&", -50);
  PortalPage wanted;
  wanted.station = "air-state-beef";
  wanted.network = "ho\"me";
  wanted.altitude = "150";
  const std::string shown = page(wanted, neighbours);
  CHECK(shown.find("<h1>air-state-beef</h1><form method=post") != std::string::npos);
  CHECK(shown.find("value=\"ho&quot;me\"") != std::string::npos);
  CHECK(shown.find("<option value=\"home\"><option value=\"&lt;b&gt;&quot;&amp;\"></datalist>") !=
        std::string::npos);
  CHECK(shown.find("name=altitude inputmode=decimal value=\"150\"") != std::string::npos);
  CHECK(shown.find("name=correct type=checkbox checked>") != std::string::npos);
  CHECK(shown.find("Without one, nobody") != std::string::npos);
  CHECK(shown.find("role=alert") == std::string::npos);
}

TEST(the_page_says_what_was_wrong) {
  PortalPage wanted;
  wanted.problem = "Enter < 3";
  wanted.has_password = true;
  wanted.climate_correction = false;
  const std::string shown = page(wanted, {});
  CHECK(shown.find("<p role=alert>Enter &lt; 3") != std::string::npos);
  CHECK(shown.find("Leave it empty to keep it.") != std::string::npos);
  CHECK(shown.find("name=none type=checkbox>") != std::string::npos);
  CHECK(shown.find("checked") == std::string::npos);
}

TEST(the_longest_page_is_whole) {
  const std::string longest(air::kLongestNetwork, '"');
  Neighbours neighbours;
  for (char letter = 'a'; letter < 'a' + 8; ++letter) {
    neighbours.add((std::string(1, letter) + longest.substr(1)).c_str(), -letter);
  }
  Choices choices;
  std::size_t most = 0;
  for (const bool has_password : {false, true}) {
    PortalPage wanted;
    wanted.station = "air-state-beef";
    wanted.network = longest.c_str();
    wanted.has_password = has_password;
    wanted.altitude = longest.c_str();
    for (const char* secret : {"", "1234567"}) {
      Form form = good();
      form.secret = secret;
      form.network = secret[0] == '\0' ? "home" : longest.c_str();
      wanted.problem = apply(form, choices);
      const std::string shown = page(wanted, neighbours);
      CHECK(shown.find("</datalist></form></html>") == shown.size() - 25);
      if (shown.size() > most) most = shown.size();
    }
  }
  CHECK(most > 2300);  // so that it was a long one
}

TEST(the_page_after_saving) {
  char memory[kLongestPage];
  Text text(memory, sizeof memory);
  air::saved_page("air-state-beef", "<home>", text);
  CHECK(std::strstr(memory, "air-state-beef now joins <b>&lt;home&gt;</b>") != nullptr);
  Text other(memory, sizeof memory);
  air::saved_page("air-state-beef", "", other);
  CHECK(std::strstr(memory, "Saved</h1><p>This network closes") != nullptr);
}
