#include "air/network/routes.h"

#include <cmath>
#include <cstring>

#include "air/common/json_writer.h"
#include "air/documents/home_page.h"
#include "air/documents/json_documents.h"
#include "air/network/basic_auth.h"
#include "air/network/http_request.h"
#include "air/network/same_origin.h"

namespace air {

namespace {

constexpr char kAllowGet[] = "GET, HEAD";
constexpr char kAllowPost[] = "POST";

enum class Page { kNone, kHome, kSave, kCircumstances, kStation, kCalibrate, kRestart };

bool equal(const char* text, const char* other) { return std::strcmp(text, other) == 0; }

Response respond_error(int status, const char* message, TextWriter& text) {
  JsonWriter json(text);
  json.string("error", message);
  json.finish();
  Response response;
  response.status = status;
  return response;
}

Response respond_done(const char* what, TextWriter& text) {
  JsonWriter json(text);
  json.string("done", what);
  json.finish();
  return {};
}

Response respond_setup_page(const WebContext& context, SetupPage page, TextWriter& text) {
  page.station_name = context.station_name;
  page.has_password = context.settings.password[0] != '\0';
  write_setup_page(text, page, context.networks);
  Response response;
  response.html = true;
  response.action = Action::kScanNetworks;
  return response;
}

Response show_setup_form(const WebContext& context, TextWriter& text) {
  char altitude[12];
  const float metres = context.settings.altitude;
  TextWriter(altitude, sizeof altitude).decimal(metres, metres == std::round(metres) ? 0 : 1);
  SetupPage page;
  const bool failed = context.failed_ssid[0] != '\0';
  if (failed) page.problem = "That network could not be joined. Is its password right?";
  page.ssid = failed ? context.failed_ssid : context.ssid;
  page.altitude = altitude;
  page.climate_correction = context.settings.climate_correction;
  return respond_setup_page(context, page, text);
}

Response save_setup_form(WebContext& context, const char* body, TextWriter& text) {
  // Each has room for one letter too many, so that apply_form notices what is too long.
  char ssid[kMaxSsidLength + 2];
  char wifi_password[kMaxWifiPasswordLength + 2];
  char password[kMaxPasswordLength + 2];
  char altitude[12];
  char checkbox[4];
  form_field(body, "network", ssid, sizeof ssid);
  form_field(body, "secret", wifi_password, sizeof wifi_password);
  form_field(body, "password", password, sizeof password);
  form_field(body, "altitude", altitude, sizeof altitude);
  SetupForm form;
  form.ssid = ssid;
  form.wifi_password = wifi_password;
  form.password = password;
  form.altitude = altitude;
  form.climate_correction = form_field(body, "correct", checkbox, sizeof checkbox);
  form.clear_password = form_field(body, "none", checkbox, sizeof checkbox);
  OwnerSettings settings = context.settings;
  const char* problem = apply_form(form, settings);
  if (problem == nullptr && !context.settings_port.save(settings)) {
    problem = "The board could not keep that. Try again.";
  }
  if (problem != nullptr) {
    SetupPage page;
    page.problem = problem;
    page.ssid = ssid;
    page.wifi_password = wifi_password;
    page.password = password;
    page.altitude = altitude;
    page.climate_correction = form.climate_correction;
    return respond_setup_page(context, page, text);
  }
  context.settings = settings;
  context.station.configure(settings.altitude, settings.climate_correction);
  Response response;
  response.html = true;
  response.action = Action::kApplySettings;
  // The configured network does not need its password again.
  const bool same_network =
      ssid[0] == '\0' || (wifi_password[0] == '\0' && equal(ssid, context.ssid));
  write_saved_page(text, context.station_name, same_network ? "" : ssid);
  if (!same_network) {
    response.action = Action::kJoinNetwork;
    std::strcpy(response.ssid, ssid);
    std::strcpy(response.wifi_password, wifi_password);
  }
  return response;
}

Response restart(TextWriter& text) {
  Response response = respond_done("restarting", text);
  response.action = Action::kRestart;
  return response;
}

Response calibrate(Station& station, TextWriter& text) {
  if (station.calibrate()) return respond_done("calibrated", text);
  return respond_error(409, "the sensor is not steady yet, or its calibration cannot be kept", text);
}

// Checks the password of a request. Returns false and sets `response` if it is not accepted.
bool authorize(WebContext& context, const Request& request, Millis now, TextWriter& text,
               Response& response) {
  const char* password = context.settings.password;
  if (password[0] == '\0') {
    response = respond_error(403, "set a password first: without one nobody may do this", text);
    return false;
  }
  // The first request of a browser has no credentials; it is no attempt.
  const bool attempts = request.credentials[0] != '\0';
  const Millis wait =
      attempts ? context.login_throttle.wait_time(request.client_address, now) : 0;
  if (wait > 0) {
    response = respond_error(429, "too many wrong passwords: wait a little, then try again", text);
    response.retry_after = (wait + kSecond - 1) / kSecond;
    return false;
  }
  if (is_authorized(request.credentials, password)) {
    context.login_throttle.record_success(request.client_address);
    return true;
  }
  if (attempts) context.login_throttle.record_failure(request.client_address, now);
  response = respond_error(401, "this takes the password", text);
  response.challenge = true;
  return false;
}

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
    if (equal(request.path, each.path)) return each.page;
  }
  // A phone may return to this address with GET; it is redirected to the form then.
  const bool saves =
      request.via_portal && equal(request.path, "/save") && equal(request.method, "POST");
  return saves ? Page::kSave : Page::kNone;
}

// Redirects to the setup page, to which the connectivity checks of phones lead the owner.
Response redirect_to_portal(Response response) {
  response.status = 302;
  response.redirect_to_portal = true;
  return response;
}

Response respond_not_found(TextWriter& text) {
  return respond_error(404, "there is no such page", text);
}

Response handle_post(WebContext& context, const Request& request, Page page, Millis now,
                     TextWriter& text) {
  if (!is_same_origin(request.host, request.origin, context.station_name)) {
    return respond_error(
        403, "ask for this by the station's address or its own name, not from another page", text);
  }
  if (page == Page::kSave) return save_setup_form(context, request.body, text);
  Response response;
  if (!authorize(context, request, now, text, response)) return response;
  return page == Page::kRestart ? restart(text) : calibrate(context.station, text);
}

}  // namespace

Response handle_request(WebContext& context, const Request& request, const BoardInfo& board, Millis now,
                        TextWriter& text) {
  const Page page = find_page(request);
  if (page == Page::kNone) {
    const Response response = respond_not_found(text);
    return request.via_portal ? redirect_to_portal(response) : response;
  }
  const bool is_post = page == Page::kSave || page == Page::kCalibrate || page == Page::kRestart;
  const bool allowed = is_post ? equal(request.method, "POST")
                               : equal(request.method, "GET") || equal(request.method, "HEAD");
  if (!allowed) {
    Response response = respond_error(
        405, is_post ? "this page is there for POST only" : "this page is there for GET only", text);
    response.allow = is_post ? kAllowPost : kAllowGet;
    return response;
  }
  if (is_post) return handle_post(context, request, page, now, text);
  if (page == Page::kCircumstances) {
    write_circumstances(text, context.station, board);
    return {};
  }
  if (page == Page::kStation) {
    write_station(text, context.station, board, now);
    return {};
  }
  if (request.via_portal) {
    // The form works only on a page of the station itself: see is_same_origin.
    const bool own_host =
        request.host[0] == '\0' || is_own_host(request.host, context.station_name);
    return own_host ? show_setup_form(context, text) : redirect_to_portal(respond_not_found(text));
  }
  const bool has_password = context.settings.password[0] != '\0';
  write_home_page(text, context.station_name, has_password, context.station, board, now);
  Response response;
  response.html = true;
  return response;
}

Response respond_bad_request(TextWriter& text) {
  return respond_error(400, "this is no request that a station understands", text);
}

}  // namespace air
