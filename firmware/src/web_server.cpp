#include "web_server.h"

#include <new>

namespace {

constexpr air::Millis kPatience = 5 * air::kSecond;
constexpr air::Millis kPatienceInACrowd = 300;
constexpr int kBytesInAStep = 512;

}  // namespace

void WebServer::begin() {
  server_.begin();
  server_.setNoDelay(true);
}

void WebServer::accept(air::Millis now) {
  if (!server_.hasClient()) return;
  Place* chosen = &places_[0];
  for (Place& each : places_) {
    if (!each) {
      chosen = &each;
      break;
    }
    if (air::elapsed(now, each->since) > air::elapsed(now, (*chosen)->since)) chosen = &each;
  }
  // If all are taken, the one that is here for longest has to go.
  if (*chosen && air::elapsed(now, (*chosen)->since) <= kPatienceInACrowd) return;
  chosen->reset(new (std::nothrow) Connection);
  if (!*chosen) return;
  (*chosen)->client = server_.accept();
  (*chosen)->since = now;
}

WebServer::Place WebServer::step(air::Millis now) {
  accept(now);
  for (Place& each : places_) {
    if (!each) continue;
    WiFiClient& client = each->client;
    for (int count = 0; count < kBytesInAStep && client.available() > 0; ++count) {
      each->reading = each->reader.take(static_cast<char>(client.read()));
      if (each->reading != air::Reading::kMore) return std::move(each);
    }
    if (!client.connected() || air::elapsed(now, each->since) > kPatience) each.reset();
  }
  return nullptr;
}
