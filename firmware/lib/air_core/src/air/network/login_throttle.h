// Slows down guessing of the station's password.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "air/common/clock.h"

namespace air {

// Delays logins by the IP address that they come from, after wrong passwords. It remembers some
// addresses, each until its delay and at least kMinKept have passed; if all entries are taken, new
// addresses wait for one. The address that logged in last never waits for others, and nobody waits for
// much more than a minute.
class LoginThrottle {
 public:
  // Returns how long an address has to wait until its next password is checked, 0 if it need not.
  Millis wait_time(std::uint32_t address, Millis now) const;
  void record_failure(std::uint32_t address, Millis now);
  void record_success(std::uint32_t address);

 private:
  static constexpr std::size_t kEntries = 8;
  static constexpr std::uint32_t kFreeFailures = 3;  // before the first delay, which is a second
  static constexpr std::uint32_t kMaxDoublings = 6;  // of the delay
  static constexpr Millis kMinKept = 30 * kSecond;

  struct Entry {
    std::uint32_t address;
    std::uint32_t failures;  // in a row; 0: the entry is free
    Millis last;

    Millis delay(Millis now) const;
    Millis kept_for(Millis now) const;
  };

  const Entry* find(std::uint32_t address) const;
  std::size_t next_free(Millis now) const;

  std::array<Entry, kEntries> entries_{};
  std::uint32_t last_successful_ = 0;
};

}  // namespace air
