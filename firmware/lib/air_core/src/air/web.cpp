#include "web.h"

#include <cmath>
#include <cstring>

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

}  // namespace

Answer answer(Site& site, const Request& request, const Board& board, Millis now, Text& text) {
  const bool gets = is(request.method, "GET") || is(request.method, "HEAD");
  const bool posts = is(request.method, "POST");
  if (request.inside && gets && is(request.path, "/")) return first_page(site, text);
  if (request.inside && posts && is(request.path, "/save")) return save(site, request.body, text);
  const bool restarts = is(request.path, "/restart");
  const bool acts = restarts || is(request.path, "/calibrate");
  const bool reads = is(request.path, "/circumstances");
  if (!acts && !reads && !is(request.path, "/station")) {
    Answer found = refuse(404, "there is no such page", text);
    // Whatever a telephone asks for to see whether there is a portal.
    found.elsewhere = request.inside;
    if (found.elsewhere) found.status = 302;
    return found;
  }
  if (acts ? !posts : !gets) {
    return refuse(404, acts ? "this page is there for POST only" : "this page is there for GET only",
                  text);
  }
  if (acts) {
    if (site.choices.password[0] == '\0') {
      return refuse(403, "set a password first: without one nobody may do this", text);
    }
    if (!logged_in(request.login, site.choices.password)) {
      Answer found = refuse(401, "this takes the password", text);
      found.challenge = true;
      return found;
    }
    return act(site.station, restarts, text);
  }
  if (reads) {
    site.station.circumstances(text, board);
  } else {
    site.station.station(text, board, now);
  }
  return {};
}

Answer bad_request(Text& text) {
  return refuse(400, "this is no request that a station understands", text);
}

}  // namespace air
