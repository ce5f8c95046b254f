#include "web.h"

#include <cstring>

namespace air {

namespace {

bool is(const char* text, const char* other) { return std::strcmp(text, other) == 0; }

Answer refuse(int status, const char* why, Text& text) {
  Json json(text);
  json.string("error", why);
  json.end();
  Answer found;
  found.status = status;
  return found;
}

Answer done(const char* what, Text& text) {
  Json json(text);
  json.string("done", what);
  json.end();
  return {};
}

}  // namespace

Answer answer(Station& station, const Request& request, const Board& board, Millis now,
              Text& text) {
  const bool reads = is(request.path, "/circumstances") || is(request.path, "/station");
  const bool acts = is(request.path, "/calibrate") || is(request.path, "/restart");
  if (!reads && !acts) return refuse(404, "there is no such page", text);
  if (!is(request.method, reads ? "GET" : "POST")) {
    return refuse(404, reads ? "this page is there for GET only" : "this page is there for POST only",
                  text);
  }
  if (is(request.path, "/circumstances")) {
    station.circumstances(text, board);
    return {};
  }
  if (is(request.path, "/station")) {
    station.station(text, board, now);
    return {};
  }
  if (!request.has_password) {
    return refuse(403, "set a password first: without one nobody may do this", text);
  }
  if (!request.authorized) {
    Answer found = refuse(401, "this takes the password", text);
    found.challenge = true;
    return found;
  }
  if (is(request.path, "/calibrate")) {
    if (station.calibrate(now)) return done("calibrated", text);
    return refuse(409, "the sensor is not steady yet, or its calibration cannot be kept", text);
  }
  Answer found = done("restarting", text);
  found.action = Action::kRestart;
  return found;
}

}  // namespace air
