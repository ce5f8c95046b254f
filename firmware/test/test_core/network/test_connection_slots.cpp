#include "air/network/connection_slots.h"
#include "check.h"

using air::ConnectionSlots;

TEST(a_new_client_replaces_the_oldest_when_all_slots_are_taken) {
  ConnectionSlots slots;
  for (std::size_t slot = 0; slot < air::kMaxConnections; ++slot) {
    CHECK(slots.acquire(static_cast<air::Millis>(10 * slot)) == slot);
  }
  CHECK(slots.acquire(300) == ConnectionSlots::kNoSlot);
  CHECK(slots.acquire(301) == 0);  // the oldest client makes room
  CHECK(slots.acquire(301) == ConnectionSlots::kNoSlot);
  slots.release(2);
  CHECK(slots.acquire(302) == 2);
  CHECK(slots.acquire(700) == 1);
  CHECK(!slots.timed_out(3, 5030));
  CHECK(slots.timed_out(3, 5031));
}
