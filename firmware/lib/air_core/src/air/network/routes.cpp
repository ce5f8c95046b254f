#include "air/network/routes.h"

#include <cmath>
#include <cstring>

#include "air/documents/home_page.h"

namespace air {

namespace {

bool is(const char* text, const char* other) { return std::strcmp(text, other) == 0; }

Answer refuse(int status, const char* why, Text& text) {
  Json json(text);
  json.string("error", why);
  json.end();
  Answer found;
  found.status = status;
  return found;
}

Answer done(const char* what, Text& text) {
  Json json(text);
  json.string("done", what);
  json.end();
  return {};
}

Answer show_portal(const Site& site, PortalPage page, Text& text) {
  page.station = site.name;
  page.has_password = site.choices.password[0] != '\0';
  portal_page(page, site.neighbours, text);
  Answer found;
  found.html = true;
  found.action = Action::kLook;
  return found;
}

Answer first_page(const Site& site, Text& text) {
  char altitude[12];
  Text metres(altitude, sizeof altitude);
  const float chosen = site.choices.altitude;
  metres.decimal(chosen, chosen == std::round(chosen) ? 0 : 1);
  PortalPage page;
  const bool failed = site.tried[0] != '\0';
  if (failed) page.problem = "That network could not be joined. Is its password right?";
  page.network = failed ? site.tried : site.network;
  page.altitude = altitude;
  page.climate_correction = site.choices.climate_correction;
  return show_portal(site, page, text);
}

Answer save(Site& site, const char* body, Text& text) {
  // Each with room for a letter too many, so that what is too long is seen.
  char network[kLongestNetwork + 2];
  char secret[kLongestSecret + 2];
  char password[kLongestPassword + 2];
  char altitude[12];
  char ticked[4];
  form_field(body, "network", network, sizeof network);
  form_field(body, "secret", secret, sizeof secret);
  form_field(body, "password", password, sizeof password);
  form_field(body, "altitude", altitude, sizeof altitude);
  Form form;
  form.network = network;
  form.secret = secret;
  form.password = password;
  form.altitude = altitude;
  form.climate_correction = form_field(body, "correct", ticked, sizeof ticked);
  form.no_password = form_field(body, "none", ticked, sizeof ticked);
  Choices choices = site.choices;
  const char* problem = apply(form, choices);
  if (problem == nullptr && !site.keeper.keep(choices)) {
    problem = "The board could not keep that. Try again.";
  }
  if (problem != nullptr) {
    PortalPage page;
    page.problem = problem;
    page.network = network;
    page.secret = secret;
    page.password = password;
    page.altitude = altitude;
    page.climate_correction = form.climate_correction;
    return show_portal(site, page, text);
  }
  site.choices = choices;
  site.station.choose(choices.altitude, choices.climate_correction);
  Answer found;
  found.html = true;
  found.action = Action::kSave;
  // The network that is known needs no password again.
  const bool stays = network[0] == '\0' || (secret[0] == '\0' && is(network, site.network));
  saved_page(site.name, stays ? "" : network, text);
  if (!stays) {
    found.action = Action::kJoin;
    std::strcpy(found.network, network);
    std::strcpy(found.secret, secret);
  }
  return found;
}

Answer act(Station& station, bool restarts, Text& text) {
  if (restarts) {
    Answer found = done("restarting", text);
    found.action = Action::kRestart;
    return found;
  }
  if (station.calibrate()) return done("calibrated", text);
  return refuse(409, "the sensor is not steady yet, or its calibration cannot be kept", text);
}

// Whether the owner is there; if not, `found` is what to answer instead.
bool is_owner(Site& site, const Request& request, Millis now, Text& text, Answer& found) {
  const char* password = site.choices.password;
  if (password[0] == '\0') {
    found = refuse(403, "set a password first: without one nobody may do this", text);
    return false;
  }
  // A browser asks without one at first.
  const bool tries = request.login[0] != '\0';
  const Millis wait = tries ? site.guard.wait(request.from, now) : 0;
  if (wait > 0) {
    found = refuse(429, "too many wrong passwords: wait a little, then try again", text);
    found.retry_after = (wait + kSecond - 1) / kSecond;
    return false;
  }
  if (logged_in(request.login, password)) {
    site.guard.right(request.from);
    return true;
  }
  if (tries) site.guard.wrong(request.from, now);
  found = refuse(401, "this takes the password", text);
  found.challenge = true;
  return false;
}

constexpr char kToGet[] = "GET, HEAD";
constexpr char kToPost[] = "POST";

enum class Page { kNone, kHome, kSave, kCircumstances, kStation, kCalibrate, kRestart };

Page find_page(const Request& request) {
  const struct {
    const char* path;
    Page page;
  } pages[] = {{"/", Page::kHome},
               {"/circumstances", Page::kCircumstances},
               {"/station", Page::kStation},
               {"/calibrate", Page::kCalibrate},
               {"/restart", Page::kRestart}};
  for (const auto& each : pages) {
    if (is(request.path, each.path)) return each.page;
  }
  // By another method it is what a telephone shows that comes back to it: there is the form.
  const bool saves = request.inside && is(request.path, "/save") && is(request.method, kToPost);
  return saves ? Page::kSave : Page::kNone;
}

// Leads whatever a telephone asks for, to see whether there is a portal, to the form.
Answer lead(Answer found) {
  found.status = 302;
  found.elsewhere = true;
  return found;
}

Answer post(Site& site, const Request& request, Page page, Millis now, Text& text) {
  if (!from_own_page(request.host, request.origin, site.name)) {
    return refuse(403, "ask for this by the station's address or its own name, not from another page",
                  text);
  }
  if (page == Page::kSave) return save(site, request.body, text);
  Answer found;
  if (!is_owner(site, request, now, text, found)) return found;
  return act(site.station, page == Page::kRestart, text);
}

}  // namespace

Answer answer(Site& site, const Request& request, const Board& board, Millis now, Text& text) {
  const Page page = find_page(request);
  if (page == Page::kNone) {
    const Answer found = refuse(404, "there is no such page", text);
    return request.inside ? lead(found) : found;
  }
  const bool posts = page == Page::kSave || page == Page::kCalibrate || page == Page::kRestart;
  const bool right = posts ? is(request.method, kToPost)
                           : is(request.method, "GET") || is(request.method, "HEAD");
  if (!right) {
    Answer found = refuse(405, posts ? "this page is there for POST only" : "this page is there for GET only",
                          text);
    found.allow = posts ? kToPost : kToGet;
    return found;
  }
  if (posts) return post(site, request, page, now, text);
  if (page == Page::kCircumstances) {
    site.station.circumstances(text, board);
    return {};
  }
  if (page == Page::kStation) {
    site.station.station(text, board, now);
    return {};
  }
  if (request.inside) {
    // The form has to be of a page that may send it.
    const bool named = request.host[0] != '\0' && !is_own_host(request.host, site.name);
    return named ? lead(refuse(404, "there is no such page", text)) : first_page(site, text);
  }
  home_page(site.name, site.choices.password[0] != '\0', site.station, board, now, text);
  Answer found;
  found.html = true;
  return found;
}

Answer bad_request(Text& text) {
  return refuse(400, "this is no request that a station understands", text);
}

}  // namespace air
