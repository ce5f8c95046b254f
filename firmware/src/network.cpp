#include "network.h"

#include <ArduinoOTA.h>
#include <ESP8266WiFi.h>
#include <ESP8266mDNS.h>

#include <air/web.h>

#include <memory>
#include <new>

#include "pins.h"
#include "server.h"

#if __has_include("secrets.h")
#include "secrets.h"  // WIFI_SSID, WIFI_PASSWORD
#endif

namespace {

#ifdef WIFI_SSID
constexpr bool kPortalByItself = false;
#else
constexpr bool kPortalByItself = true;
#endif

constexpr std::uint16_t kPort = 80;
constexpr air::Millis kFarewell = 500;  // for the answer to a request to get out
constexpr char kUser[] = "air";

StationServer server(kPort);

// Every answer is written here, and sent before the next is.
char document[air::kLongestDocument];

const char* method_name(HTTPMethod method) {
  switch (method) {
    case HTTP_GET:
    case HTTP_HEAD:
      return "GET";
    case HTTP_POST:
      return "POST";
    default:
      return "-";
  }
}

// A page takes more room than the loop's stack has; only the portal needs it.
template <typename Write>
void send_page(Write write) {
  const std::unique_ptr<char[]> memory(new (std::nothrow) char[air::kLongestPage]);
  if (!memory) {
    server.send(503, "text/plain", "out of memory");
    return;
  }
  air::Text text(memory.get(), air::kLongestPage);
  write(text);
  server.sendHeader("Cache-Control", "no-store");
  server.send(200, "text/html", text.c_str(), text.length());
}

}  // namespace

Network::Network() : link_(kPortalByItself) {}

void Network::begin(air::Station& station) {
  station_ = &station;
  settings_ = load_settings();
  station.choose(settings_.choices.altitude, settings_.choices.climate_correction);
  pinMode(kPinButton, INPUT_PULLUP);
  std::uint8_t mac[6];
  WiFi.macAddress(mac);
  snprintf(id_, sizeof id_, "%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
           mac[5]);
  snprintf(name_, sizeof name_, "air-state-%s", id_ + 8);

  WiFi.mode(WIFI_STA);
  WiFi.setAutoReconnect(true);
  WiFi.hostname(name_);
#ifdef WIFI_SSID
  WiFi.begin(WIFI_SSID, WIFI_PASSWORD);
#endif
  know();
  access_point_.begin(name_, settings_.portal);
  server.onNotFound([this] { serve(); });
  server.begin();
}

// Notes the network that the board's own software keeps.
void Network::know() {
  station_config kept{};
  wifi_station_get_config(&kept);
  static_assert(sizeof kept.ssid == air::kLongestNetwork);
  memcpy(network_, kept.ssid, sizeof kept.ssid);
}

void Network::join(air::Millis now, bool online) {
  if (entered_) {
    if (air::elapsed(now, answered_) < kFarewell) return;
    entered_ = false;
    WiFi.persistent(true);  // this one is kept; nothing else is to be written to flash memory
    WiFi.begin(network_, secret_);
    WiFi.persistent(false);
    memset(secret_, 0, sizeof secret_);
    WiFi.setAutoReconnect(true);
    trying_ = true;
    return;
  }
  if (link_.trying() != trying_) {
    trying_ = link_.trying();
    WiFi.setAutoReconnect(trying_);
    if (!trying_) {
      WiFi.disconnect(false, false);
      return;
    }
    joining_.hurry();
  }
  // It tries by itself; this is for when it has given up.
  if (trying_ && !online && joining_.due(now)) WiFi.begin();
}

void Network::announce() {
  if (!MDNS.begin(name_)) return;
  const auto service = MDNS.addService(nullptr, "air-state", "tcp", kPort);
  MDNS.addServiceTxt(service, "id", id_);
  MDNS.addServiceTxt(service, "model", air::kModel);
  MDNS.addServiceTxt(service, "fw", air::kVersion);
  MDNS.addServiceTxt(service, "path", "/circumstances");
  if (settings_.choices.password[0] != '\0') {
    ArduinoOTA.setHostname(name_);
    ArduinoOTA.setPassword(settings_.choices.password);
    ArduinoOTA.begin(false);  // mDNS is begun already
  }
  announced_ = true;
}

void Network::step(air::Millis now) {
  const bool online = WiFi.status() == WL_CONNECTED;
  if (button_.step(digitalRead(kPinButton) == LOW, now)) link_.ask(now);
  link_.step(now, {network_[0] != '\0', online, access_point_.visited()});
  access_point_.step(link_.portal(), now);
  join(now, online);
  if (online) {
    if (!announced_) announce();
    strlcpy(address_, WiFi.localIP().toString().c_str(), sizeof address_);
    MDNS.update();
    if (settings_.choices.password[0] != '\0') ArduinoOTA.handle();
  }
  server.step();
  if (restarting_ && air::elapsed(now, answered_) > kFarewell) ESP.restart();
}

void Network::took(air::Millis step) {
  if (step > slowest_step_) slowest_step_ = step;
}

void Network::serve() {
  server.keepAlive(false);
  const String path = server.uri();
  const bool inside = access_point_.open() && server.client().localIP() == WiFi.softAPIP();
  if (inside && server.method() == HTTP_GET && path == "/") {
    link_.touch(millis());
    access_point_.look(millis());
    show_portal(link_.failed() ? "That network could not be joined. Is its password right?" : nullptr);
    return;
  }
  if (inside && server.method() == HTTP_POST && path == "/save") {
    link_.touch(millis());
    save_form();
    return;
  }
  const bool has_password = settings_.choices.password[0] != '\0';
  const bool authorized = has_password && server.authenticate(kUser, settings_.choices.password);
  air::Text text(document, sizeof document);
  const air::Answer answer =
      air::answer(*station_, {method_name(server.method()), path.c_str(), has_password, authorized},
                  board(), millis(), text);
  if (inside && answer.status == 404) {
    // Whatever a telephone asks for to see whether there is a portal.
    server.sendHeader("Location", "http://" + WiFi.softAPIP().toString() + "/");
    server.send(302, "text/plain", "");
    return;
  }
  if (answer.challenge) server.sendHeader("WWW-Authenticate", "Basic realm=\"station\"");
  server.send(answer.status, "application/json", document, text.length());
  if (answer.action == air::Action::kRestart) {
    restarting_ = true;
    answered_ = millis();
  }
}

void Network::show_portal(const char* problem) {
  char altitude[12];
  air::Text(altitude, sizeof altitude).decimal(settings_.choices.altitude, 0);
  const air::Choices& choices = settings_.choices;
  const bool again = problem != nullptr && server.hasArg("altitude");
  const String network = again ? server.arg("network") : String(network_);
  const String metres = again ? server.arg("altitude") : String(altitude);
  air::PortalPage page;
  page.station = name_;
  page.problem = problem;
  page.network = network.c_str();
  page.has_password = choices.password[0] != '\0';
  page.altitude = metres.c_str();
  page.climate_correction = again ? server.hasArg("correct") : choices.climate_correction;
  send_page([&](air::Text& text) { air::portal_page(page, access_point_.neighbours(), text); });
}

void Network::save_form() {
  const String network = server.arg("network");
  const String secret = server.arg("secret");
  const String password = server.arg("password");
  const String altitude = server.arg("altitude");
  air::Form form;
  form.network = network.c_str();
  form.secret = secret.c_str();
  form.password = password.c_str();
  form.altitude = altitude.c_str();
  form.climate_correction = server.hasArg("correct");
  form.no_password = server.hasArg("none");
  const char* problem = air::apply(form, settings_.choices);
  if (problem != nullptr) {
    show_portal(problem);
    return;
  }
  save_settings(settings_);
  station_->choose(settings_.choices.altitude, settings_.choices.climate_correction);
  if (settings_.choices.password[0] != '\0') announced_ = false;  // updates take the new one
  // The network that is known already needs no password again.
  const bool stays = network.isEmpty() || (secret.isEmpty() && network == network_);
  send_page([&](air::Text& text) { air::saved_page(name_, stays ? "" : network.c_str(), text); });
  if (stays) return;
  strlcpy(network_, network.c_str(), sizeof network_);
  strlcpy(secret_, secret.c_str(), sizeof secret_);
  entered_ = true;
  answered_ = millis();
  link_.saved(answered_);
}

air::Board Network::board() const {
  static const String reset = ESP.getResetReason();
  air::Board found;
  found.id = id_;
  found.reset = reset.c_str();
  found.online = WiFi.status() == WL_CONNECTED;
  found.rssi = found.online ? WiFi.RSSI() : 0;
  found.heap = ESP.getFreeHeap();
  found.address = address_;
  found.slowest_step = slowest_step_;
  return found;
}
