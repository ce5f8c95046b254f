#include "air/network/login_throttle.h"

namespace air {

Millis LoginThrottle::Entry::delay(Millis now) const {
  if (failures < kFreeFailures) return 0;
  const std::uint32_t extra = failures - kFreeFailures;
  const Millis whole = kSecond << (extra < kMaxDoublings ? extra : kMaxDoublings);
  const Millis since = elapsed(now, last);
  return since < whole ? whole - since : 0;
}

// Returns how long the entry may not be given to another address.
Millis LoginThrottle::Entry::kept_for(Millis now) const {
  if (failures == 0) return 0;
  const Millis since = elapsed(now, last);
  const Millis rest = since < kMinKept ? kMinKept - since : 0;
  const Millis remaining_delay = delay(now);
  return rest > remaining_delay ? rest : remaining_delay;
}

const LoginThrottle::Entry* LoginThrottle::find(std::uint32_t address) const {
  for (const Entry& each : entries_) {
    if (each.failures > 0 && each.address == address) return &each;
  }
  return nullptr;
}

// Returns the index of the entry that is free first.
std::size_t LoginThrottle::next_free(Millis now) const {
  std::size_t found = 0;
  for (std::size_t index = 1; index < kEntries; ++index) {
    if (entries_[index].kept_for(now) < entries_[found].kept_for(now)) found = index;
  }
  return found;
}

Millis LoginThrottle::wait_time(std::uint32_t address, Millis now) const {
  if (const Entry* entry = find(address)) return entry->delay(now);
  return address == last_successful_ ? 0 : entries_[next_free(now)].kept_for(now);
}

void LoginThrottle::record_failure(std::uint32_t address, Millis now) {
  const Entry* found = find(address);
  const std::size_t index =
      found != nullptr ? static_cast<std::size_t>(found - entries_.data()) : next_free(now);
  Entry& entry = entries_[index];
  if (found == nullptr) entry = {address, 0, now};
  if (entry.failures < kFreeFailures + kMaxDoublings) ++entry.failures;
  entry.last = now;
}

void LoginThrottle::record_success(std::uint32_t address) {
  last_successful_ = address;
  if (const Entry* found = find(address)) {
    entries_[static_cast<std::size_t>(found - entries_.data())].failures = 0;
  }
}

}  // namespace air
