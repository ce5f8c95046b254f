#include "network.h"

#include <ESP8266mDNS.h>

#include <memory>
#include <new>

#include <air/network/http_response.h>

#include "flash_memory.h"
#include "pins.h"

namespace {

constexpr std::uint16_t kPort = 80;
constexpr air::Millis kRestartDelay = 500;    // until the response is sent
constexpr std::uint32_t kWriteTimeout = 20;   // ms; TCP buffers a whole response, unless memory is short

}  // namespace

Network::Network() : server_(kPort), wifi_policy_(!WifiConnection::compiled_in()) {}

void Network::begin(air::Station& station) {
  station_ = &station;
  settings_ = load_settings();
  station.configure(settings_.owner.altitude, settings_.owner.climate_correction);
  pinMode(kPinButton, INPUT_PULLUP);
  std::uint8_t mac[6];
  WiFi.macAddress(mac);
  snprintf(id_, sizeof id_, "%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
           mac[5]);
  snprintf(name_, sizeof name_, "air-state-%s", id_ + 8);
  wifi_.begin(name_);
  access_point_.begin(name_, settings_.portal_password);
  server_.begin();
}

bool Network::save(const air::OwnerSettings& settings) {
  StoredSettings wanted = settings_;
  wanted.owner = settings;
  return save_settings(wanted);
}

void Network::announce() {
  if (!MDNS.begin(name_)) return;
  const auto service = MDNS.addService(nullptr, "air-state", "tcp", kPort);
  MDNS.addServiceTxt(service, "id", id_);
  MDNS.addServiceTxt(service, "model", air::kModel);
  MDNS.addServiceTxt(service, "fw", air::kVersion);
  MDNS.addServiceTxt(service, "path", "/circumstances");
  announced_ = true;
  offer_updates();
}

void Network::offer_updates() {
  if (announced_) updates_.offer(name_, settings_.owner.password);
}

// Prints the IP address to the USB port whenever it changes.
void Network::update_address() {
  const IPAddress own = WiFi.localIP();
  char address[sizeof address_];
  snprintf(address, sizeof address, "%u.%u.%u.%u", own[0], own[1], own[2], own[3]);
  if (strcmp(address, address_) != 0) Serial.printf("It is at http://%s/circumstances\n", address);
  strcpy(address_, address);
}

void Network::step(air::Millis now) {
  if (button_.step(digitalRead(kPinButton) == LOW, now)) wifi_policy_.request_portal(now);
  wifi_policy_.step(now, {wifi_.configured(), wifi_.online(now), access_point_.in_use()});
  const bool scanned = access_point_.step(wifi_policy_.portal_wanted(), now);
  wifi_.step(wifi_policy_, scanned, now);
  if (wifi_.online(now)) {
    if (!announced_) announce();
    update_address();
    MDNS.update();
    updates_.step(name_, settings_.owner.password, now);
  }
  if (const auto connection = server_.step(now)) respond(*connection, now);
  if (restarting_ && air::elapsed(now, restarting_since_) > kRestartDelay) ESP.restart();
}

void Network::record_step_time(air::Millis step) {
  if (!flash_was_written() && step > slowest_step_) slowest_step_ = step;
}

void Network::respond(WebServer::Connection& connection, air::Millis now) {
  WiFiClient& client = connection.client;
  const bool via_portal = access_point_.open() && AccessPoint::contains(client.remoteIP()) &&
                          client.localIP() == WiFi.softAPIP();
  // On the heap, because a page needs more room than the stack has.
  const std::unique_ptr<char[]> memory(new (std::nothrow) char[air::kMaxPageSize]);
  if (!memory) return;
  air::TextWriter text(memory.get(), air::kMaxPageSize);
  air::Response response;
  const air::RequestParser& parser = connection.parser;
  const bool valid = connection.result == air::ParseResult::kComplete;
  if (valid) {
    air::WebContext context{*station_,
                            settings_.owner,
                            *this,
                            access_point_.networks(),
                            login_throttle_,
                            name_,
                            wifi_.ssid(),
                            wifi_policy_.join_failed() ? wifi_.entered_ssid() : ""};
    response = air::handle_request(
        context,
        {parser.method(), parser.path(), parser.credentials(), parser.body(), via_portal,
         parser.host(), parser.origin(), client.remoteIP().v4()},
        board(now), now, text);
  } else {
    response = air::respond_bad_request(text);
  }
  const bool head_only = valid && strcmp(parser.method(), "HEAD") == 0;
  send(client, response, text.c_str(), text.length(), head_only);
  follow_up(response, now);
}

void Network::send(WiFiClient& client, const air::Response& response, const char* body,
                   std::size_t length, bool head_only) {
  char portal[24];
  const IPAddress own = WiFi.softAPIP();
  snprintf(portal, sizeof portal, "http://%u.%u.%u.%u/", own[0], own[1], own[2], own[3]);
  air::ResponseHead head;
  head.status = response.status;
  if (response.html) head.type = "text/html";
  head.length = length;
  head.challenge = response.challenge;
  if (response.redirect_to_portal) head.location = portal;
  head.allow = response.allow;
  head.retry_after = response.retry_after;
  char memory[air::kMaxResponseHeadSize];
  air::TextWriter text(memory, sizeof memory);
  air::write_response_head(text, head);
  client.setTimeout(kWriteTimeout);
  client.write(text.c_str(), text.length());
  if (!head_only) client.write(body, length);
}

void Network::follow_up(const air::Response& response, air::Millis now) {
  switch (response.action) {
    case air::Action::kNone:
      return;
    case air::Action::kRestart:
      restarting_ = true;
      restarting_since_ = now;
      return;
    case air::Action::kScanNetworks:
      wifi_policy_.extend_portal(now);
      // A scan would interrupt an attempt to join.
      if (wifi_.online(now) || !wifi_policy_.join_wanted()) access_point_.scan(now);
      return;
    case air::Action::kApplySettings:
      offer_updates();
      wifi_policy_.extend_portal(now);
      wifi_.forget_entered();
      if (!wifi_.online(now) && wifi_.ssid()[0] != '\0') {
        wifi_policy_.start_joining(now);
        wifi_.retry();
      }
      return;
    case air::Action::kJoinNetwork:
      offer_updates();
      wifi_.change(response.ssid, response.wifi_password, now);
      wifi_policy_.start_joining(now);
  }
}

air::BoardInfo Network::board(air::Millis now) const {
  static const String reset_reason = ESP.getResetReason();
  static const String core = ESP.getCoreVersion();
  air::BoardInfo info;
  info.id = id_;
  info.core = core.c_str();
  info.reset_reason = reset_reason.c_str();
  info.online = wifi_.online(now);
  info.rssi = info.online ? WiFi.RSSI() : 0;
  info.heap = ESP.getFreeHeap();
  info.address = address_;
  info.slowest_step = slowest_step_;
  return info;
}
