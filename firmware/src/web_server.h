// The web server's connections. The usual server waits for slow clients; this one never does.
#pragma once

#include <ESP8266WiFi.h>

#include <array>
#include <memory>

#include <air/network/http_request.h>
#include <air/network/connection_slots.h>

class WebServer {
 public:
  struct Connection {
    WiFiClient client;
    air::RequestReader reader;
    air::Reading reading = air::Reading::kMore;
  };

  explicit WebServer(std::uint16_t port) : server_(port) {}
  void begin();
  // Takes what has come. Returns a connection whose request is to be answered, or refused if it is
  // bad; nullptr if there is none. What is written to it still goes out after its end.
  std::unique_ptr<Connection> step(air::Millis now);

 private:
  // On the heap, where they are only while somebody asks.
  using Place = std::unique_ptr<Connection>;

  void accept(air::Millis now);

  WiFiServer server_;
  std::array<Place, air::kMostConnections> connections_;
  air::Places places_;
};
