// What the station's web server answers, whatever carries it.
#pragma once

#include "station.h"

namespace air {

struct Request {
  const char* method;
  const char* path;
  bool has_password = false;  // whether the station has one set
  bool authorized = false;    // whether the request came with it
};

enum class Action { kNone, kRestart };

struct Answer {
  int status = 200;
  bool challenge = false;  // whether to ask for the password (Basic)
  Action action = Action::kNone;  // to be done when the answer has been sent
};

// Writes the answer's body, always JSON, into `text`.
Answer answer(Station& station, const Request& request, const Board& board, Millis now, Text& text);

}  // namespace air
