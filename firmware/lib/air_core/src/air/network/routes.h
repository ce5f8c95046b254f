// What the station's web server answers, whatever carries it.
#pragma once

#include "air/network/login_throttle.h"
#include "air/network/http_request.h"
#include "air/documents/setup_page.h"
#include "air/sensing/station.h"

namespace air {

struct Request {
  const char* method;
  const char* path;
  const char* login = "";  // see RequestReader
  const char* body = "";
  bool inside = false;  // whether it came through the station's own network
  const char* host = "";
  const char* origin = "";
  std::uint32_t from = 0;  // whose address it came from
};

// Keeps what the owner has chosen.
class ChoicesPort {
 public:
  virtual bool keep(const Choices& choices) = 0;

 protected:
  ~ChoicesPort() = default;
};

// All that answers are made of.
struct Site {
  Station& station;
  Choices& choices;
  ChoicesPort& keeper;
  const Neighbours& neighbours;
  Guard& guard;
  const char* name;     // of the station
  const char* network;  // the one that is known
  const char* tried;    // the one that was entered last, if it could not be joined, else empty
};

enum class Action {
  kNone,
  kRestart,
  kLook,  // at the portal: look for networks again
  kSave,  // choices have been made
  kJoin,  // the same, and a network has been entered
};

struct Answer {
  int status = 200;
  bool html = false;
  bool challenge = false;         // whether to ask for the password
  bool elsewhere = false;         // at the portal: it is the page `/` that is wanted
  const char* allow = nullptr;    // the methods that there are, if it was by another
  std::uint32_t retry_after = 0;  // s
  Action action = Action::kNone;  // to be done when the answer has been sent
  char network[kLongestNetwork + 1] = "";
  char secret[kLongestSecret + 1] = "";
};

// Writes the answer's body into `text`, which has room for kLongestPage.
Answer answer(Site& site, const Request& request, const Board& board, Millis now, Text& text);

// The answer to what is no request.
Answer bad_request(Text& text);

}  // namespace air
