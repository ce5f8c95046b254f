#include "air/network/routes.h"
#include "bench.h"
#include "check.h"

using air::Action;
using air::kMinute;
using air::kSecond;
using air::Request;
using air::Response;

namespace {

struct FakeSettingsPort final : air::SettingsPort {
  bool works = true;
  int saves = 0;
  bool save(const air::OwnerSettings&) override {
    saves += works;
    return works;
  }
};

// A station that has run for five minutes, and its web server.
struct Web {
  Web() { bench.pass(5 * kMinute); }

  Response ask(const Request& request) {
    air::WebContext context{bench.station, settings,         settings_port, networks,
                            throttle,      "air-state-beef", ssid,          failed_ssid};
    air::TextWriter text(memory, sizeof memory);
    const Response response = air::handle_request(context, request, bench.board, bench.now, text);
    CHECK(text.complete());
    return response;
  }
  Response save(const char* form) { return ask({"POST", "/save", "", form, true}); }
  bool says(const char* what) const { return std::strstr(memory, what) != nullptr; }

  Bench bench;
  air::OwnerSettings settings;
  FakeSettingsPort settings_port;
  air::NetworkList networks;
  air::LoginThrottle throttle;
  const char* ssid = "home";
  const char* failed_ssid = "";
  char memory[air::kMaxPageSize];
};

constexpr char kLogin[] = "YWlyOnNlY3JldA==";  // air:secret

}  // namespace

TEST(status_of_each_page) {
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
    std::strcpy(web.settings.password, each.password);
    const Response response = web.ask(each.request);
    CHECK(response.status == each.status);
    CHECK(response.challenge == (each.status == 401));
    CHECK(!response.redirect_to_portal);
    CHECK(response.html == (web.memory[0] == '<'));
    const bool posts = std::strstr(web.memory, "for POST only") != nullptr;
    if (response.status == 405) {
      CHECK_TEXT(response.allow, posts ? "POST" : "GET, HEAD");
    } else {
      CHECK(response.allow == nullptr);
    }
    const bool restarts = std::strcmp(each.request.path, "/restart") == 0 && each.status == 200;
    CHECK(response.action == (restarts ? Action::kRestart : Action::kNone));
    CHECK(std::strncmp(web.memory, each.begins, std::strlen(each.begins)) == 0);
    CHECK(web.settings_port.saves == 0);
  }
}

TEST(calibrating_an_unsteady_sensor_is_refused) {
  Web web;
  std::strcpy(web.settings.password, "secret");
  web.bench.adc.value = 0;
  web.bench.pass(30 * kSecond);
  CHECK(web.ask({"POST", "/calibrate", kLogin}).status == 409);
}

TEST(wrong_passwords_are_slowed_down) {
  Web web;
  std::strcpy(web.settings.password, "secret");
  const auto login = [&](const char* with, std::uint32_t from) {
    return web.ask({"POST", "/calibrate", with, "", false, "", "", from});
  };
  for (int wrong = 0; wrong < 3; ++wrong) CHECK(login("YWlyOndyb25n", 7).status == 401);
  const Response slowed = login(kLogin, 7);  // even the right password is not checked
  CHECK(slowed.status == 429 && slowed.retry_after == 1 && !slowed.challenge);
  CHECK(login("", 7).status == 401);  // a browser's first request has no credentials
  CHECK(login(kLogin, 8).status == 200);  // other addresses do not wait
  web.bench.pass(kSecond);
  CHECK(login(kLogin, 7).status == 200);
  CHECK(login("YWlyOndyb25n", 7).status == 401);
  CHECK(login("YWlyOndyb25n", 7).status == 401);
  CHECK(login(kLogin, 7).status == 200);
}

TEST(requests_from_other_sites_are_refused) {
  Web web;
  std::strcpy(web.settings.password, "secret");
  const auto press = [&](const char* path, const char* host, const char* origin, bool via_portal) {
    return web.ask({"POST", path, kLogin, "altitude=1", via_portal, host, origin}).status;
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
  CHECK(web.settings_port.saves == 0);
  CHECK(press("/save", "192.168.4.1", "http://192.168.4.1", true) == 200);
  CHECK(web.settings_port.saves == 1);
}

TEST(the_form_is_shown_only_at_the_stations_own_host) {
  Web web;
  const Response led = web.ask({"GET", "/", "", "", true, "captive.example"});
  CHECK(led.status == 302 && led.redirect_to_portal);
  const Response form = web.ask({"GET", "/", "", "", true, "192.168.4.1"});
  CHECK(form.status == 200 && form.action == Action::kScanNetworks);
}

TEST(unknown_pages_redirect_to_the_portal) {
  Web web;
  web.settings.altitude = 222.5F;
  const Response page = web.ask({"GET", "/", "", "", true});
  CHECK(page.status == 200 && page.html && page.action == Action::kScanNetworks);
  CHECK(web.says("value=\"home\"") && web.says("value=\"222.5\"") && !web.says("role=alert"));
  for (const char* path : {"/generate_204", "/hotspot-detect.html", "/save"}) {
    const Response response = web.ask({"GET", path, "", "", true});
    CHECK(response.status == 302 && response.redirect_to_portal);
  }
  CHECK(web.ask({"GET", "/circumstances", "", "", true}).status == 200);
  web.failed_ssid = "hoem";
  web.ask({"GET", "/", "", "", true});
  CHECK(web.says("That network could not be joined") && web.says("value=\"hoem\""));
}

TEST(settings_are_saved_and_the_network_joined) {
  Web web;
  const Response response =
      web.save("network=My+%22net%22&secret=long+enough&password=secret&altitude=-12%2C5");
  CHECK(response.status == 200 && response.html && response.action == Action::kJoinNetwork);
  CHECK_TEXT(response.ssid, "My \"net\"");
  CHECK_TEXT(response.wifi_password, "long enough");
  CHECK(web.says("now joins <b>My &quot;net&quot;</b>"));
  CHECK_TEXT(web.settings.password, "secret");
  CHECK_NEAR(web.settings.altitude, -12.5, 1e-6);
  CHECK(!web.settings.climate_correction);
  CHECK(web.settings_port.saves == 1);
  web.bench.pass(2 * kSecond);
  web.ask({"GET", "/station"});
  CHECK(web.says("\"correction\":\"off\""));
}

TEST(the_configured_network_is_kept) {
  Web web;
  CHECK(web.save("network=home&secret=&altitude=1&correct=on").action == Action::kApplySettings);
  CHECK(web.says("Saved") && !web.says("now joins"));
  CHECK(web.save("altitude=1").action == Action::kApplySettings);
  CHECK(web.save("network=home&secret=another+one&altitude=1").action == Action::kJoinNetwork);
  web.failed_ssid = "open";
  CHECK(web.save("network=open&altitude=1").action == Action::kJoinNetwork);
}

TEST(an_invalid_form_is_shown_again_and_changes_nothing) {
  Web web;
  std::strcpy(web.settings.password, "secret");
  const Response wrong = web.save("network=ho%3Cme&secret=short&password=other&altitude=70");
  CHECK(wrong.status == 200 && wrong.action == Action::kScanNetworks);
  CHECK(web.says("role=alert>A network&#39;s password has 8"));
  CHECK(web.says("value=\"ho&lt;me\"") && web.says("value=\"70\""));
  CHECK(web.says("value=\"short\"") && web.says("value=\"other\""));  // the entries are shown again
  CHECK_TEXT(web.settings.password, "secret");
  CHECK(web.save("network=123456789012345678901234567890123&altitude=1").action == Action::kScanNetworks);
  CHECK(web.says("32 letters"));
  CHECK(web.settings_port.saves == 0);
  web.settings_port.works = false;
  CHECK(web.save("network=home&altitude=7&none=on").action == Action::kScanNetworks);
  CHECK(web.says("could not keep that"));
  CHECK_TEXT(web.settings.password, "secret");
  CHECK_NEAR(web.settings.altitude, 150, 0);
}
