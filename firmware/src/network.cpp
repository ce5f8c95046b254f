#include "network.h"

#include <ESP8266mDNS.h>

#include <memory>
#include <new>

#include "flash_memory.h"
#include "pins.h"

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
constexpr air::Millis kFarewell = 500;  // for an answer to get out
constexpr air::Millis kLeaving = 2000;  // for a network to be left, at the most
constexpr air::Millis kSettling = 300;  // until the state is that of a new attempt to join
constexpr air::Millis kDenied = 3000;   // without updates, after a wrong password
constexpr std::uint32_t kWrite = 20;    // ms; TCP has room for a whole answer, unless memory is short

}  // namespace

Network::Network() : server_(kPort), link_(kPortalByItself) {}

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

  WiFi.persistent(false);  // nothing but a network that works is written to flash memory
  WiFi.mode(WIFI_STA);
  WiFi.setAutoReconnect(true);
  WiFi.hostname(name_);
#ifdef WIFI_SSID
  WiFi.begin(WIFI_SSID, WIFI_PASSWORD, 0, nullptr, false);
#endif
  know();
  access_point_.begin(name_, settings_.portal);
  server_.begin();
}

bool Network::keep(const air::Choices& choices) {
  OwnerSettings wanted = settings_;
  wanted.choices = choices;
  return save_settings(wanted);
}

// While a network has just been entered, what is still known of the one before does not count.
bool Network::online(air::Millis now) const {
  const bool changing = entry_ == Entry::kAnswered || entry_ == Entry::kLeft ||
                        (entry_ == Entry::kJoining && air::elapsed(now, since_) < kSettling);
  return !changing && WiFi.status() == WL_CONNECTED;
}

void Network::enter(Entry entry, air::Millis now) {
  entry_ = entry;
  since_ = now;
}

// Notes the network that the board's own software has.
void Network::know() {
  station_config kept{};
  wifi_station_get_config(&kept);
  static_assert(sizeof kept.ssid == air::kLongestNetwork);
  memcpy(network_, kept.ssid, sizeof kept.ssid);
}

void Network::join_entered(air::Millis now) {
  const air::Millis since = air::elapsed(now, since_);
  if (entry_ == Entry::kAnswered && since > kFarewell) {
    wifi_station_get_config(&before_);
    WiFi.disconnect(false, false);
    enter(Entry::kLeft, now);
  } else if (entry_ == Entry::kLeft && (WiFi.status() != WL_CONNECTED || since > kLeaving)) {
    WiFi.setAutoReconnect(true);
    WiFi.begin(entered_, secret_);
    memset(secret_, 0, sizeof secret_);
    trying_ = true;
    joining_.due(now);
    enter(Entry::kJoining, now);
  } else if (entry_ == Entry::kJoining && online(now)) {
    station_config joined{};
    wifi_station_get_config(&joined);
    wifi_station_set_config(&joined);  // for the next start
    know();
    entry_ = Entry::kNone;
  } else if (entry_ == Entry::kJoining && link_.failed()) {
    wifi_station_set_config_current(&before_);
    entry_ = Entry::kNone;
    joining_.hurry();
  }
}

void Network::join(air::Millis now, bool looked) {
  if (entry_ != Entry::kNone) {
    join_entered(now);
    return;
  }
  if (looked) joining_.hurry();
  if (link_.trying() != trying_) {
    trying_ = link_.trying();
    WiFi.setAutoReconnect(trying_);
    if (!trying_) {
      WiFi.disconnect(false, false);
      return;
    }
    joining_.hurry();
  }
  // It tries by itself; this is for the first time, and for when it has given up.
  if (trying_ && !online(now) && joining_.due(now)) WiFi.begin();
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

// Anew whenever the password has changed: once begun, it would go on with the one before.
void Network::offer_updates() {
  updates_.reset();
  if (settings_.choices.password[0] == '\0') return;
  updates_.emplace();
  updates_->setHostname(name_);
  updates_->setPassword(settings_.choices.password);
  updates_->onError([this](ota_error_t error) { denied_ = denied_ || error == OTA_AUTH_ERROR; });
  updates_->begin(false);  // mDNS is begun already
}

// Whoever guesses the password has to wait before the next guess.
void Network::update(air::Millis now) {
  if (denied_) {
    if (updates_) {
      updates_.reset();
      denied_since_ = now;
    }
    if (air::elapsed(now, denied_since_) < kDenied) return;
    denied_ = false;
    offer_updates();
  }
  if (updates_) updates_->handle();
}

void Network::step(air::Millis now) {
  if (button_.step(digitalRead(kPinButton) == LOW, now)) link_.ask(now);
  link_.step(now, {network_[0] != '\0' || entry_ != Entry::kNone, online(now), access_point_.visited()});
  join(now, access_point_.step(link_.portal(), now));
  if (online(now)) {
    if (!announced_) announce();
    const IPAddress own = WiFi.localIP();
    char address[sizeof address_];
    snprintf(address, sizeof address, "%u.%u.%u.%u", own[0], own[1], own[2], own[3]);
    if (strcmp(address, address_) != 0) Serial.printf("It is at http://%s/circumstances\n", address);
    strcpy(address_, address);
    MDNS.update();
    update(now);
  }
  if (const auto connection = server_.step(now)) respond(*connection, now);
  if (restarting_ && air::elapsed(now, since_) > kFarewell) ESP.restart();
}

void Network::took(air::Millis step) {
  if (!flash_was_written() && step > slowest_step_) slowest_step_ = step;
}

void Network::respond(WebServer::Connection& connection, air::Millis now) {
  WiFiClient& client = connection.client;
  const bool inside = access_point_.open() && AccessPoint::holds(client.remoteIP()) &&
                      client.localIP() == WiFi.softAPIP();
  // A page takes more room than the loop's stack has.
  const std::unique_ptr<char[]> memory(new (std::nothrow) char[air::kLongestPage]);
  if (!memory) return;
  air::Text text(memory.get(), air::kLongestPage);
  air::Answer answer;
  const air::RequestReader& reader = connection.reader;
  const bool bad = connection.reading == air::Reading::kBad;
  if (bad) {
    answer = air::bad_request(text);
  } else {
    air::Site site{*station_, settings_.choices, *this,    access_point_.neighbours(),
                   guard_,    name_,             network_, link_.failed() ? entered_ : ""};
    answer = air::answer(site,
                         {reader.method(), reader.path(), reader.login(), reader.body(), inside,
                          reader.host(), reader.origin(), client.remoteIP().v4()},
                         board(now), now, text);
  }
  send(client, answer, text.c_str(), text.length(), !bad && strcmp(reader.method(), "HEAD") == 0);
  follow(answer, now);
}

void Network::send(WiFiClient& client, const air::Answer& answer, const char* body,
                   std::size_t length, bool head_only) {
  char portal[24];
  const IPAddress own = WiFi.softAPIP();
  snprintf(portal, sizeof portal, "http://%u.%u.%u.%u/", own[0], own[1], own[2], own[3]);
  air::Head head;
  head.status = answer.status;
  if (answer.html) head.type = "text/html";
  head.length = length;
  head.challenge = answer.challenge;
  if (answer.elsewhere) head.location = portal;
  head.allow = answer.allow;
  head.retry_after = answer.retry_after;
  char memory[air::kLongestAnswerHead];
  air::Text text(memory, sizeof memory);
  air::write_head(head, text);
  client.setTimeout(kWrite);
  client.write(text.c_str(), text.length());
  if (!head_only) client.write(body, length);
}

void Network::follow(const air::Answer& answer, air::Millis now) {
  switch (answer.action) {
    case air::Action::kNone:
      return;
    case air::Action::kRestart:
      restarting_ = true;
      since_ = now;
      return;
    case air::Action::kLook:
      link_.touch(now);
      // Looking would break off an attempt to join.
      if (online(now) || !link_.trying()) access_point_.look(now);
      return;
    case air::Action::kSave:
      if (announced_) offer_updates();
      link_.touch(now);
      if (entry_ == Entry::kNone) entered_[0] = '\0';
      if (!online(now) && network_[0] != '\0') {
        link_.saved(now);
        joining_.hurry();
      }
      return;
    case air::Action::kJoin:
      if (announced_) offer_updates();
      strlcpy(entered_, answer.network, sizeof entered_);
      strlcpy(secret_, answer.secret, sizeof secret_);
      enter(Entry::kAnswered, now);
      link_.saved(now);
  }
}

air::Board Network::board(air::Millis now) const {
  static const String reset = ESP.getResetReason();
  static const String core = ESP.getCoreVersion();
  air::Board found;
  found.id = id_;
  found.core = core.c_str();
  found.reset = reset.c_str();
  found.online = online(now);
  found.rssi = found.online ? WiFi.RSSI() : 0;
  found.heap = ESP.getFreeHeap();
  found.address = address_;
  found.slowest_step = slowest_step_;
  return found;
}
