#include "air/network/wifi_policy.h"

namespace air {

void Link::open(Millis now) {
  offered_ = true;
  portal_ = true;
  opened_ = now;
}

void Link::ask(Millis now) {
  asked_ = true;
  open(now);
}

void Link::touch(Millis now) {
  if (portal_) opened_ = now;
}

void Link::saved(Millis now) {
  asked_ = failed_ = false;
  joining_ = true;
  joining_since_ = now;
}

void Link::step(Millis now, const Seen& seen) {
  if (!started_) {
    started_ = true;
    start_ = now;
    if (!seen.known && !offered_) open(now);
  }
  if (seen.online) {
    offered_ = true;
    failed_ = false;
    if (joining_ || (!asked_ && !seen.visited)) portal_ = false;
    joining_ = false;
  } else if (joining_ && elapsed(now, joining_since_) >= kJoining) {
    joining_ = false;
    failed_ = true;
    open(now);  // for another try
  }
  if (!offered_ && elapsed(now, start_) >= kPatience) open(now);
  if (portal_ && !joining_ && elapsed(now, opened_) >= kPortalOpen) portal_ = false;
  if (!portal_) asked_ = false;
  trying_ = seen.known && (joining_ || seen.online || !(portal_ && seen.visited));
}

bool HeldButton::step(bool down, Millis now) {
  if (!down) {
    down_ = done_ = false;
    return false;
  }
  if (!down_) {
    down_ = true;
    since_ = now;
  }
  if (done_ || elapsed(now, since_) < kHold) return false;
  done_ = true;
  return true;
}

}  // namespace air
