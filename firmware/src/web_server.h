// The web server's connections. Unlike ESP8266WebServer, it never waits for slow clients.
#pragma once

#include <ESP8266WiFi.h>

#include <array>
#include <memory>

#include <air/network/connection_slots.h>
#include <air/network/http_request.h>

class WebServer {
 public:
  struct Connection {
    WiFiClient client;
    air::RequestParser parser;
    air::ParseResult result = air::ParseResult::kIncomplete;
  };

  explicit WebServer(std::uint16_t port) : server_(port) {}
  void begin();
  // Reads what clients have sent. Returns a connection whose request is complete or invalid, nullptr if
  // there is none. What the caller writes to it is still sent after it has been destroyed.
  std::unique_ptr<Connection> step(air::Millis now);

 private:
  // On the heap, because there is no connection most of the time.
  using Slot = std::unique_ptr<Connection>;

  void accept(air::Millis now);

  WiFiServer server_;
  std::array<Slot, air::kMaxConnections> connections_;
  air::ConnectionSlots slots_;
};
