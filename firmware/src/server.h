// The web server, made so that the loop never waits for a slow client.
#pragma once

#include <ESP8266WebServer.h>
#include <ESP8266WiFi.h>

#include <array>

#include <air/clock.h>

// Hands a client out only when all of its request is here: the usual server would wait for the rest.
class PatientServer : public WiFiServer {
 public:
  using ClientType = WiFiClient;
  using WiFiServer::WiFiServer;

  WiFiClient accept();

 private:
  struct Waiting {
    WiFiClient client;
    air::Millis since = 0;
    int seen = 0;  // bytes that have been looked at
    bool taken = false;
  };

  std::array<Waiting, 3> waiting_{};
};

class StationServer : public esp8266webserver::ESP8266WebServerTemplate<PatientServer> {
 public:
  using ESP8266WebServerTemplate::ESP8266WebServerTemplate;

  // Answers a request that has arrived. What is answered goes out by itself: every answer fits into
  // what TCP keeps of a connection, and nobody waits for the client to close it.
  void step();
};
