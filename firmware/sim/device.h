// A simulated board with its sensors, and the firmware that runs on it.
#pragma once

#include <memory>
#include <string>

#include "air/network/http_request.h"
#include "air/network/routes.h"
#include "first_firmware.h"
#include "options.h"
#include "parts.h"

namespace sim {

struct HttpResponse {
  std::string head;
  std::string body;
};

// Returns a response of this status without a body.
HttpResponse empty_response(int status);

class Device {
 public:
  explicit Device(const Options& options);
  Device(const Device&) = delete;

  // Lets so much time pass.
  void advance(air::Millis milliseconds);
  // Restarts the firmware, as a loss of power does. R0 stays only with --storage.
  void restart(const char* reason);
  // Responds to a request that has been parsed. `port` is the one it is reached at.
  HttpResponse respond(const air::RequestParser& request, bool valid, std::uint32_t client_address,
                       int port);

  World world;
  Adc adc{world};
  Barometer barometer{world};
  Hygrometer hygrometer{world};
  OneWireBus wire{world};

 private:
  // The settings are kept in memory only.
  struct SettingsInMemory final : air::SettingsPort {
    bool save(const air::OwnerSettings&) override { return true; }
  };

  void boot();
  air::Response respond_present(const air::RequestParser& request, bool valid,
                                std::uint32_t client_address, air::TextWriter& text);

  Options options_;
  Storage storage_;
  std::unique_ptr<air::Station> station_;
  std::unique_ptr<FirstFirmware> first_firmware_;
  air::OwnerSettings settings_;
  SettingsInMemory settings_port_;
  air::NetworkList networks_;
  air::LoginThrottle login_throttle_;
  std::string ssid_;
  const char* reset_reason_ = "Power On";
};

}  // namespace sim
