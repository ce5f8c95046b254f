#include "air/network/routes.h"
#include "bench.h"
#include "check.h"

using air::Action;
using air::Answer;
using air::kMinute;
using air::kSecond;
using air::Request;

namespace {

struct FakeKeeper final : air::ChoicesPort {
  bool works = true;
  int kept = 0;
  bool keep(const air::Choices&) override {
    kept += works;
    return works;
  }
};

// A station that has run for five minutes, and its web server.
struct Web {
  Web() { bench.pass(5 * kMinute); }

  Answer ask(const Request& request) {
    air::Site site{bench.station, choices,          keeper,  neighbours,
                   guard,         "air-state-beef", network, tried};
    air::Text text(memory, sizeof memory);
    const Answer found = air::answer(site, request, bench.board, bench.now, text);
    CHECK(text.whole());
    return found;
  }
  Answer save(const char* form) { return ask({"POST", "/save", "", form, true}); }
  bool says(const char* what) const { return std::strstr(memory, what) != nullptr; }

  Bench bench;
  air::Choices choices;
  FakeKeeper keeper;
  air::Neighbours neighbours;
  air::Guard guard;
  const char* network = "home";
  const char* tried = "";
  char memory[air::kLongestPage];
};

constexpr char kLogin[] = "YWlyOnNlY3JldA==";  // air:secret

}  // namespace

TEST(pages_and_what_is_none) {
  const struct {
    Request request;
    const char* password;
    int status;
    const char* begins;
  } cases[] = {
      {{"GET", "/circumstances"}, "", 200, "{\"nodemcu\":{\"mq135\""},
      {{"HEAD", "/circumstances"}, "", 200, "{\"nodemcu\":{\"mq135\""},
      {{"GET", "/station"}, "", 200, "{\"id\":\"aabbccddeeff\""},
      {{"GET", "/"}, "", 200, "<!DOCTYPE html>"},
      {{"HEAD", "/"}, "", 200, "<!DOCTYPE html>"},
      {{"POST", "/"}, "", 405, "{\"error\":\"this page is there for GET only\"}"},
      {{"GET", "/nothing"}, "", 404, "{\"error\":\"there is no such page\"}"},
      {{"POST", "/save", "", "altitude=1"}, "", 404, "{\"error\":\"there is no such page\"}"},
      {{"GET", "/circumstances/x"}, "", 404, "{\"error\":"},
      {{"POST", "/circumstances"}, "", 405, "{\"error\":\"this page is there for GET only\"}"},
      {{"FOO", "/station"}, "", 405, "{\"error\":\"this page is there for GET only\"}"},
      {{"OPTIONS", "/circumstances"}, "", 405, "{\"error\":"},
      {{"GET", "/calibrate"}, "", 405, "{\"error\":\"this page is there for POST only\"}"},
      {{"POST", "/calibrate"}, "", 403, "{\"error\":\"set a password first"},
      {{"POST", "/restart", kLogin}, "", 403, "{\"error\":\"set a password first"},
      {{"POST", "/restart"}, "secret", 401, "{\"error\":\"this takes the password\"}"},
      {{"POST", "/calibrate", kLogin}, "another", 401, "{\"error\":"},
      {{"POST", "/calibrate", kLogin}, "secret", 200, "{\"done\":\"calibrated\"}"},
      {{"POST", "/restart", kLogin}, "secret", 200, "{\"done\":\"restarting\"}"},
  };
  for (const auto& each : cases) {
    Web web;
    std::strcpy(web.choices.password, each.password);
    const Answer found = web.ask(each.request);
    CHECK(found.status == each.status);
    CHECK(found.challenge == (each.status == 401));
    CHECK(!found.elsewhere);
    CHECK(found.html == (web.memory[0] == '<'));
    const bool posts = std::strstr(web.memory, "for POST only") != nullptr;
    if (found.status == 405) {
      CHECK_TEXT(found.allow, posts ? "POST" : "GET, HEAD");
    } else {
      CHECK(found.allow == nullptr);
    }
    const bool restarts = std::strcmp(each.request.path, "/restart") == 0 && each.status == 200;
    CHECK(found.action == (restarts ? Action::kRestart : Action::kNone));
    CHECK(std::strncmp(web.memory, each.begins, std::strlen(each.begins)) == 0);
    CHECK(web.keeper.kept == 0);
  }
}

TEST(calibrating_before_it_is_steady_is_refused) {
  Web web;
  std::strcpy(web.choices.password, "secret");
  web.bench.adc.value = 0;
  web.bench.pass(30 * kSecond);
  CHECK(web.ask({"POST", "/calibrate", kLogin}).status == 409);
}

TEST(wrong_passwords_are_slowed_down_and_the_right_one_gets_through) {
  Web web;
  std::strcpy(web.choices.password, "secret");
  const auto login = [&](const char* with, std::uint32_t from) {
    return web.ask({"POST", "/calibrate", with, "", false, "", "", from});
  };
  for (int wrong = 0; wrong < 3; ++wrong) CHECK(login("YWlyOndyb25n", 7).status == 401);
  const Answer slowed = login(kLogin, 7);  // nothing is told while it has to wait
  CHECK(slowed.status == 429 && slowed.retry_after == 1 && !slowed.challenge);
  CHECK(login("", 7).status == 401);  // a browser's first request says nothing yet
  CHECK(login(kLogin, 8).status == 200);  // somebody else does not suffer
  web.bench.pass(kSecond);
  CHECK(login(kLogin, 7).status == 200);
  CHECK(login("YWlyOndyb25n", 7).status == 401);
  CHECK(login("YWlyOndyb25n", 7).status == 401);
  CHECK(login(kLogin, 7).status == 200);
}

TEST(pages_elsewhere_cannot_press_buttons) {
  Web web;
  std::strcpy(web.choices.password, "secret");
  const auto press = [&](const char* path, const char* host, const char* origin, bool inside) {
    return web.ask({"POST", path, kLogin, "altitude=1", inside, host, origin}).status;
  };
  for (const char* path : {"/calibrate", "/restart"}) {
    CHECK(press(path, "192.168.1.20", "http://192.168.1.20", false) == 200);
    CHECK(press(path, "192.168.1.20", "http://evil.example", false) == 403);
    CHECK(press(path, "192.168.1.20", "null", false) == 403);
    CHECK(press(path, "evil.example", "http://evil.example", false) == 403);
    CHECK(press(path, "evil.example", "", false) == 403);
  }
  CHECK(web.says("by the station's address or its own name"));
  CHECK(press("/save", "192.168.4.1", "http://evil.example", true) == 403);
  CHECK(press("/save", "evil.example", "http://evil.example", true) == 403);
  CHECK(web.keeper.kept == 0);
  CHECK(press("/save", "192.168.4.1", "http://192.168.4.1", true) == 200);
  CHECK(web.keeper.kept == 1);
}

TEST(the_form_is_shown_by_a_name_that_may_send_it) {
  Web web;
  const Answer led = web.ask({"GET", "/", "", "", true, "captive.example"});
  CHECK(led.status == 302 && led.elsewhere);
  const Answer form = web.ask({"GET", "/", "", "", true, "192.168.4.1"});
  CHECK(form.status == 200 && form.action == Action::kLook);
}

TEST(from_inside_everything_leads_to_the_portal) {
  Web web;
  web.choices.altitude = 222.5F;
  const Answer page = web.ask({"GET", "/", "", "", true});
  CHECK(page.status == 200 && page.html && page.action == Action::kLook);
  CHECK(web.says("value=\"home\"") && web.says("value=\"222.5\"") && !web.says("role=alert"));
  for (const char* path : {"/generate_204", "/hotspot-detect.html", "/save"}) {
    const Answer found = web.ask({"GET", path, "", "", true});
    CHECK(found.status == 302 && found.elsewhere);
  }
  CHECK(web.ask({"GET", "/circumstances", "", "", true}).status == 200);
  web.tried = "hoem";
  web.ask({"GET", "/", "", "", true});
  CHECK(web.says("That network could not be joined") && web.says("value=\"hoem\""));
}

TEST(what_is_entered_is_kept_and_joined) {
  Web web;
  const Answer found =
      web.save("network=My+%22net%22&secret=long+enough&password=secret&altitude=-12%2C5");
  CHECK(found.status == 200 && found.html && found.action == Action::kJoin);
  CHECK_TEXT(found.network, "My \"net\"");
  CHECK_TEXT(found.secret, "long enough");
  CHECK(web.says("now joins <b>My &quot;net&quot;</b>"));
  CHECK_TEXT(web.choices.password, "secret");
  CHECK_NEAR(web.choices.altitude, -12.5, 1e-6);
  CHECK(!web.choices.climate_correction);
  CHECK(web.keeper.kept == 1);
  web.bench.pass(2 * kSecond);
  web.ask({"GET", "/station"});
  CHECK(web.says("\"correction\":\"off\""));
}

TEST(the_network_may_stay_as_it_is) {
  Web web;
  CHECK(web.save("network=home&secret=&altitude=1&correct=on").action == Action::kSave);
  CHECK(web.says("Saved") && !web.says("now joins"));
  CHECK(web.save("altitude=1").action == Action::kSave);
  CHECK(web.save("network=home&secret=another+one&altitude=1").action == Action::kJoin);
  web.tried = "open";
  CHECK(web.save("network=open&altitude=1").action == Action::kJoin);
}

TEST(what_was_wrong_is_said_and_nothing_changes) {
  Web web;
  std::strcpy(web.choices.password, "secret");
  const Answer wrong = web.save("network=ho%3Cme&secret=short&password=other&altitude=70");
  CHECK(wrong.status == 200 && wrong.action == Action::kLook);
  CHECK(web.says("role=alert>A network&#39;s password has 8"));
  CHECK(web.says("value=\"ho&lt;me\"") && web.says("value=\"70\""));
  CHECK(web.says("value=\"short\"") && web.says("value=\"other\""));  // nothing has to be typed again
  CHECK_TEXT(web.choices.password, "secret");
  CHECK(web.save("network=123456789012345678901234567890123&altitude=1").action == Action::kLook);
  CHECK(web.says("32 letters"));
  CHECK(web.keeper.kept == 0);
  web.keeper.works = false;
  CHECK(web.save("network=home&altitude=7&none=on").action == Action::kLook);
  CHECK(web.says("could not keep that"));
  CHECK_TEXT(web.choices.password, "secret");
  CHECK_NEAR(web.choices.altitude, 150, 0);
}
