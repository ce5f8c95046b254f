#include "air/network/wifi_policy.h"

namespace air {

void WifiPolicy::open_portal(Millis now) {
  portal_offered_ = true;
  portal_wanted_ = true;
  portal_since_ = now;
}

void WifiPolicy::request_portal(Millis now) {
  portal_requested_ = true;
  open_portal(now);
}

void WifiPolicy::extend_portal(Millis now) {
  if (portal_wanted_) portal_since_ = now;
}

void WifiPolicy::start_joining(Millis now) {
  portal_requested_ = join_failed_ = false;
  joining_new_network_ = true;
  joining_since_ = now;
}

void WifiPolicy::step(Millis now, const Status& status) {
  if (!started_) {
    started_ = true;
    started_at_ = now;
    if (!status.configured && !portal_offered_) open_portal(now);
  }
  if (status.connected) {
    portal_offered_ = true;
    join_failed_ = false;
    if (joining_new_network_ || (!portal_requested_ && !status.portal_in_use)) portal_wanted_ = false;
    joining_new_network_ = false;
  } else if (joining_new_network_ && elapsed(now, joining_since_) >= kNewNetworkTimeout) {
    joining_new_network_ = false;
    join_failed_ = true;
    open_portal(now);  // for another try
  }
  if (!portal_offered_ && elapsed(now, started_at_) >= kJoinTimeout) open_portal(now);
  if (portal_wanted_ && !joining_new_network_ && elapsed(now, portal_since_) >= kPortalTimeout) {
    portal_wanted_ = false;
  }
  if (!portal_wanted_) portal_requested_ = false;
  const bool portal_busy = portal_wanted_ && status.portal_in_use;
  join_wanted_ =
      status.configured && (joining_new_network_ || status.connected || !portal_busy);
}

}  // namespace air
