#include "device.h"

#include <cstring>

#include "air/network/http_response.h"

namespace sim {

namespace {

constexpr air::Millis kStep = 50;

HttpResponse make_response(const air::Response& response, const air::TextWriter& body, int port) {
  const std::string portal = "http://127.0.0.1:" + std::to_string(port) + "/";
  air::ResponseHead head;
  head.status = response.status;
  if (response.html) head.type = "text/html";
  head.length = body.length();
  head.challenge = response.challenge;
  if (response.redirect_to_portal) head.location = portal.c_str();
  head.allow = response.allow;
  head.retry_after = response.retry_after;
  char memory[air::kMaxResponseHeadSize];
  air::TextWriter text(memory, sizeof memory);
  air::write_response_head(text, head);
  return {text.c_str(), std::string(body.c_str(), body.length())};
}

}  // namespace

HttpResponse empty_response(int status) {
  air::Response response;
  response.status = status;
  char nothing[1];
  return make_response(response, air::TextWriter(nothing, sizeof nothing), 0);
}

Device::Device(const Options& options) : options_(options), storage_(options.storage) {
  options.password.copy(settings_.password, air::kMaxPasswordLength);
  networks_.add("Home", -48);
  networks_.add("Next door", -75);
  wire.set_count(2);
  boot();
}

void Device::boot() {
  station_ = std::make_unique<air::Station>(
      air::StationPorts{adc, barometer, hygrometer, wire, storage_}, air::StationSettings{});
  station_->begin();
  first_firmware_ = std::make_unique<FirstFirmware>(adc, barometer, hygrometer, wire);
}

void Device::advance(air::Millis milliseconds) {
  while (milliseconds > 0) {
    const air::Millis step = milliseconds < kStep ? milliseconds : kStep;
    milliseconds -= step;
    world.now += step;
    station_->step(world.now);
    first_firmware_->step(world.now);
  }
}

void Device::restart(const char* reason) {
  world.now = 0;
  login_throttle_ = air::LoginThrottle{};
  boot();
  station_->configure(settings_.altitude, settings_.climate_correction);
  reset_reason_ = reason;
}

HttpResponse Device::respond(const air::RequestParser& request, bool valid,
                             std::uint32_t client_address, int port) {
  char memory[air::kMaxPageSize];
  air::TextWriter text(memory, sizeof memory);
  if (options_.first_firmware) {
    // Its web server said 500 for unknown paths, and ignored what follows a known one.
    if (std::strncmp(request.path(), "/circumstances", 14) != 0) return empty_response(500);
    first_firmware_->circumstances(text);
    return make_response({}, text, port);
  }
  const air::Response response = respond_present(request, valid, client_address, text);
  if (response.action == air::Action::kJoinNetwork) ssid_ = response.ssid;
  HttpResponse made = make_response(response, text, port);
  if (response.action == air::Action::kRestart) restart("Software/System restart");
  return made;
}

air::Response Device::respond_present(const air::RequestParser& request, bool valid,
                                      std::uint32_t client_address, air::TextWriter& text) {
  if (!valid) return air::respond_bad_request(text);
  const air::BoardInfo board{options_.id.c_str(), "simulator", reset_reason_, true, -58, 30000,
                             "127.0.0.1"};
  air::WebContext context{*station_,       settings_,       settings_port_, networks_,
                          login_throttle_, "air-state-sim", ssid_.c_str(),  ""};
  return air::handle_request(context,
                             {request.method(), request.path(), request.credentials(), request.body(),
                              options_.via_portal, request.host(), request.origin(), client_address},
                             board, world.now, text);
}

}  // namespace sim
