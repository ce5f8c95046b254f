#include "web_server.h"

#include <new>

namespace {

constexpr int kBytesInAStep = 512;

}  // namespace

void WebServer::begin() {
  server_.begin();
  server_.setNoDelay(true);
}

void WebServer::accept(air::Millis now) {
  if (!server_.hasClient()) return;
  const std::size_t place = places_.take(now);
  if (place == air::Places::kNone) return;
  connections_[place].reset(new (std::nothrow) Connection);
  if (connections_[place]) {
    connections_[place]->client = server_.accept();
  } else {
    places_.leave(place);
  }
}

WebServer::Place WebServer::step(air::Millis now) {
  accept(now);
  for (std::size_t place = 0; place < connections_.size(); ++place) {
    Place& each = connections_[place];
    if (!each) continue;
    WiFiClient& client = each->client;
    for (int count = 0; count < kBytesInAStep && client.available() > 0; ++count) {
      each->reading = each->reader.take(static_cast<char>(client.read()));
      if (each->reading == air::Reading::kMore) continue;
      places_.leave(place);
      return std::move(each);
    }
    if (client.connected() && !places_.overdue(place, now)) continue;
    each.reset();
    places_.leave(place);
  }
  return nullptr;
}
