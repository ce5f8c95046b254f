#include "ota_updates.h"

namespace {

constexpr air::Millis kDeniedPause = 3000;

}  // namespace

void OtaUpdates::offer(const char* hostname, const char* password) {
  updates_.reset();  // once begun, it would keep the previous password
  if (password[0] == '\0') return;
  updates_.emplace();
  updates_->setHostname(hostname);
  updates_->setPassword(password);
  updates_->onError([this](ota_error_t error) { denied_ = denied_ || error == OTA_AUTH_ERROR; });
  updates_->begin(false);  // mDNS has begun already
}

void OtaUpdates::step(const char* hostname, const char* password, air::Millis now) {
  if (denied_) {
    if (updates_) {
      updates_.reset();
      denied_since_ = now;
    }
    if (air::elapsed(now, denied_since_) < kDeniedPause) return;
    denied_ = false;
    offer(hostname, password);
  }
  if (updates_) updates_->handle();
}
