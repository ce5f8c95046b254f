#include "network.h"

#include <ArduinoOTA.h>
#include <ESP8266WebServer.h>
#include <ESP8266WiFi.h>
#include <ESP8266mDNS.h>
#include <WiFiManager.h>

#include <air/web.h>

#if __has_include("secrets.h")
#include "secrets.h"  // WIFI_SSID, WIFI_PASSWORD: instead of the portal
#endif

namespace {

constexpr std::uint16_t kPort = 80;
constexpr int kPortalSeconds = 180;  // after which the station goes on without a network
constexpr int kConnectSeconds = 10;  // at the start; later it connects by itself, without waiting
constexpr air::Millis kFarewell = 500;  // for the answer to a restart to get out
constexpr char kUser[] = "air";

ESP8266WebServer server(kPort);
WiFiManager manager;
#ifndef WIFI_SSID
WiFiManagerParameter* password_field = nullptr;
bool password_changed = false;
#endif
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

}  // namespace

void Network::begin(air::Station& station) {
  settings_ = load_settings();
  std::uint8_t mac[6];
  WiFi.macAddress(mac);
  snprintf(id_, sizeof id_, "%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
           mac[5]);
  snprintf(name_, sizeof name_, "air-state-%s", id_ + 8);

  WiFi.persistent(true);
  WiFi.setAutoReconnect(true);
  WiFi.hostname(name_);
#ifdef WIFI_SSID
  WiFi.mode(WIFI_STA);
  WiFi.begin(WIFI_SSID, WIFI_PASSWORD);
#else
  static WiFiManagerParameter field("password", "Password for calibrating and updates (user: air)",
                                    settings_.password, kLongestPassword);
  password_field = &field;
  manager.setDebugOutput(false);
  manager.addParameter(&field);
  manager.setSaveParamsCallback([] { password_changed = true; });
  manager.setConfigPortalBlocking(false);
  manager.setConfigPortalTimeout(kPortalSeconds);
  manager.setConnectTimeout(kConnectSeconds);
  manager.setHostname(name_);
  manager.autoConnect(name_, settings_.portal);
#endif

  static air::Station* served = &station;
  static Network* self = this;
  server.onNotFound([] {
    const bool has_password = self->settings_.password[0] != '\0';
    const bool authorized = has_password && server.authenticate(kUser, self->settings_.password);
    const String path = server.uri();
    air::Text text(document, sizeof document);
    const air::Answer answer =
        air::answer(*served, {method_name(server.method()), path.c_str(), has_password, authorized},
                    self->board(), millis(), text);
    if (answer.challenge) server.sendHeader("WWW-Authenticate", "Basic realm=\"station\"");
    server.send(answer.status, "application/json", document, text.length());
    if (answer.action == air::Action::kRestart) {
      self->restarting_ = true;
      self->restart_at_ = millis();
    }
  });
}

void Network::announce() {
  if (!MDNS.begin(name_)) return;
  const auto service = MDNS.addService(nullptr, "air-state", "tcp", kPort);
  MDNS.addServiceTxt(service, "id", id_);
  MDNS.addServiceTxt(service, "model", air::kModel);
  MDNS.addServiceTxt(service, "fw", air::kVersion);
  MDNS.addServiceTxt(service, "path", "/circumstances");
  if (settings_.password[0] != '\0') {
    ArduinoOTA.setHostname(name_);
    ArduinoOTA.setPassword(settings_.password);
    ArduinoOTA.begin(false);  // mDNS is begun already
  }
  announced_ = true;
}

void Network::step(air::Millis now) {
#ifndef WIFI_SSID
  manager.process();
  if (password_changed) {
    password_changed = false;
    strlcpy(settings_.password, password_field->getValue(), sizeof settings_.password);
    save_settings(settings_);
  }
#endif
  const bool online = WiFi.status() == WL_CONNECTED;
  if (online) {
    if (!announced_) announce();
    strlcpy(address_, WiFi.localIP().toString().c_str(), sizeof address_);
    MDNS.update();
    if (settings_.password[0] != '\0') ArduinoOTA.handle();
  }
  // The portal's own server has the port while it is open.
  const bool open = portal_open();
  if (!open && !serving_) server.begin();
  serving_ = !open;
  if (serving_) server.handleClient();
  if (restarting_ && air::elapsed(now, restart_at_) > kFarewell) ESP.restart();
}

bool Network::portal_open() const { return manager.getConfigPortalActive(); }

air::Board Network::board() const {
  static const String reset = ESP.getResetReason();
  air::Board found;
  found.id = id_;
  found.reset = reset.c_str();
  found.online = WiFi.status() == WL_CONNECTED;
  found.rssi = found.online ? WiFi.RSSI() : 0;
  found.heap = ESP.getFreeHeap();
  found.address = address_;
  return found;
}
