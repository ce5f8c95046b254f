// What the station's web server answers to each request.
#pragma once

#include <cstdint>

#include "air/common/text_writer.h"
#include "air/documents/board_info.h"
#include "air/documents/network_list.h"
#include "air/documents/setup_page.h"
#include "air/network/login_throttle.h"
#include "air/network/setup_form.h"
#include "air/sensing/station.h"

namespace air {

struct Request {
  const char* method;
  const char* path;
  const char* credentials = "";  // see RequestParser
  const char* body = "";
  bool via_portal = false;  // whether it came through the portal's network
  const char* host = "";
  const char* origin = "";
  std::uint32_t client_address = 0;
};

// What responses are made of.
struct WebContext {
  Station& station;
  OwnerSettings& settings;
  SettingsPort& settings_port;
  const NetworkList& networks;
  LoginThrottle& login_throttle;
  const char* station_name;
  const char* ssid;         // of the configured network
  const char* failed_ssid;  // entered last, but could not be joined; else empty
};

// What the caller does after it has sent the response.
enum class Action {
  kNone,
  kRestart,
  kScanNetworks,  // for the setup page
  kApplySettings,
  kJoinNetwork,   // like kApplySettings, and joins Response::ssid
};

struct Response {
  int status = 200;
  bool html = false;               // JSON otherwise
  bool challenge = false;          // whether to ask for the password
  bool redirect_to_portal = false;
  const char* allow = nullptr;     // the methods that the page allows, with status 405
  std::uint32_t retry_after = 0;   // s
  Action action = Action::kNone;
  char ssid[kMaxSsidLength + 1] = "";
  char wifi_password[kMaxWifiPasswordLength + 1] = "";
};

// Handles a request and writes the response's body into `text`, which has room for kMaxPageSize.
Response handle_request(WebContext& context, const Request& request, const BoardInfo& board, Millis now,
                        TextWriter& text);

// Returns the response to an invalid request.
Response respond_bad_request(TextWriter& text);

}  // namespace air
