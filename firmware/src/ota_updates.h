// Updates over the air, with the station's password.
#pragma once

#include <ArduinoOTA.h>

#include <optional>

#include <air/common/clock.h>

class OtaUpdates {
 public:
  // Offers updates with this password, or none if it is empty. Call it after mDNS has begun, and again
  // whenever the password has changed.
  void offer(const char* hostname, const char* password);
  // Takes an update, if one comes. After a wrong password none is offered for three seconds, so that
  // guessing takes long.
  void step(const char* hostname, const char* password, air::Millis now);

 private:
  std::optional<ArduinoOTAClass> updates_;
  bool denied_ = false;  // for a wrong password
  air::Millis denied_since_ = 0;
};
