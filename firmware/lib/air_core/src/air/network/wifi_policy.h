// When the station is to join its network, and when it opens one of its own to be set up.
#pragma once

#include "air/common/clock.h"

namespace air {

constexpr Millis kPatience = 30 * kSecond;    // with a network that is known, after a start
constexpr Millis kPortalOpen = 3 * kMinute;   // after which the station goes on without
constexpr Millis kJoining = 20 * kSecond;     // for a network that has just been entered

class Link {
 public:
  // Whether the portal opens without being asked for, if there is no network.
  explicit Link(bool by_itself) : offered_(!by_itself) {}

  struct Seen {
    bool known;    // a network to join is known
    bool online;   // it has been joined
    bool visited;  // somebody has joined the station's own network
  };

  void step(Millis now, const Seen& seen);

  // The owner wants the portal open, whatever the network does.
  void ask(Millis now);
  // A page of the portal has been looked at: it stays open for its whole time again.
  void touch(Millis now);
  // A network has been entered.
  void saved(Millis now);

  // Whether the station's own network is to be open.
  bool portal() const { return portal_; }
  // Whether to try to join the network. Not while somebody fills in the form: the radio would leave
  // them alone each time that it looks for the network on another channel.
  bool trying() const { return trying_; }
  // Whether the network that was entered could not be joined.
  bool failed() const { return failed_; }

 private:
  void open(Millis now);

  bool started_ = false;
  bool offered_;  // the portal has been opened by itself, or need not be
  bool asked_ = false;
  bool portal_ = false;
  bool joining_ = false;
  bool failed_ = false;
  bool trying_ = false;
  Millis start_ = 0;
  Millis opened_ = 0;
  Millis joining_since_ = 0;
};

// A button that has to be held: touching it by accident does nothing.
class HeldButton {
 public:
  // Returns true once for each time that it has been down for so long.
  bool step(bool down, Millis now);

 private:
  static constexpr Millis kHold = 3 * kSecond;

  bool down_ = false;
  bool done_ = false;
  Millis since_ = 0;
};

}  // namespace air
