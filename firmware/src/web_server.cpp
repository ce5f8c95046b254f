#include "web_server.h"

#include <new>

namespace {

constexpr int kMaxBytesPerStep = 512;

}  // namespace

void WebServer::begin() {
  server_.begin();
  server_.setNoDelay(true);
}

void WebServer::accept(air::Millis now) {
  if (!server_.hasClient()) return;
  const std::size_t slot = slots_.acquire(now);
  if (slot == air::ConnectionSlots::kNoSlot) return;
  connections_[slot].reset(new (std::nothrow) Connection);
  if (connections_[slot]) {
    connections_[slot]->client = server_.accept();
  } else {
    slots_.release(slot);
  }
}

WebServer::Slot WebServer::step(air::Millis now) {
  accept(now);
  for (std::size_t slot = 0; slot < connections_.size(); ++slot) {
    Slot& connection = connections_[slot];
    if (!connection) continue;
    WiFiClient& client = connection->client;
    for (int count = 0; count < kMaxBytesPerStep && client.available() > 0; ++count) {
      connection->result = connection->parser.feed(static_cast<char>(client.read()));
      if (connection->result == air::ParseResult::kIncomplete) continue;
      slots_.release(slot);
      return std::move(connection);
    }
    if (client.connected() && !slots_.timed_out(slot, now)) continue;
    connection.reset();
    slots_.release(slot);
  }
  return nullptr;
}
