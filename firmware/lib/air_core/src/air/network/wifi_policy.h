// Decides when the station joins its Wi-Fi network, and when it opens the portal: a network of its own in
// which it is set up.
#pragma once

#include "air/common/clock.h"

namespace air {

constexpr Millis kJoinTimeout = 30 * kSecond;        // after a start, until the portal opens
constexpr Millis kPortalTimeout = 3 * kMinute;       // until an unused portal closes
constexpr Millis kNewNetworkTimeout = 20 * kSecond;  // for a network that has just been entered

class WifiPolicy {
 public:
  // `opens_by_itself`: whether the portal opens without a request if there is no network.
  explicit WifiPolicy(bool opens_by_itself) : portal_offered_(!opens_by_itself) {}

  struct Status {
    bool configured;     // a network is configured
    bool connected;      // it has been joined
    bool portal_in_use;  // a client has joined the portal's network
  };

  void step(Millis now, const Status& status);

  // Opens the portal, whatever the network does.
  void request_portal(Millis now);
  // Restarts the portal's timeout. Call it when a page of the portal has been requested.
  void extend_portal(Millis now);
  // Joins the configured network, which has just been entered or confirmed in the portal.
  void start_joining(Millis now);

  // Returns whether the portal should be open.
  bool portal_wanted() const { return portal_wanted_; }
  // Returns whether the station should try to join its network. It should not while the portal is in
  // use, because the radio leaves the portal's channel to look for the network.
  bool join_wanted() const { return join_wanted_; }
  // Returns whether the network that was entered last could not be joined.
  bool join_failed() const { return join_failed_; }

 private:
  void open_portal(Millis now);

  bool started_ = false;
  bool portal_offered_;  // it opened by itself, or does not have to
  bool portal_requested_ = false;
  bool portal_wanted_ = false;
  bool joining_new_network_ = false;
  bool join_failed_ = false;
  bool join_wanted_ = false;
  Millis started_at_ = 0;
  Millis portal_since_ = 0;
  Millis joining_since_ = 0;
};

}  // namespace air
