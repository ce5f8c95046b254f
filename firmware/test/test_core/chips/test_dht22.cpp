#include <vector>

#include "air/chips/dht22.h"
#include "check.h"

using air::DhtBytes;

namespace {

// How a DHT22 times its signals, and how fast its line rises; µs.
struct Timing {
  double answer = 30;
  double low = 50;
  double zero = 26;
  double one = 70;
  double begin = 80;  // low, and as long high
  double rise = 0;
  double tremble = 0;  // around the middle of the rise
  double look = 1;     // what it takes to look at the line
};

// The line, from its release on.
class Line {
 public:
  Line(const Timing& timing, const DhtBytes& bytes) : timing_(timing) {
    pull(timing.answer, timing.begin);
    double high = timing.begin;
    for (const std::uint8_t byte : bytes) {
      for (int bit = 7; bit >= 0; --bit) {
        pull(high, timing.low);
        high = (byte >> bit & 1) != 0 ? timing.one : timing.zero;
      }
    }
    pull(high, timing.low);
  }

  // It falls silent after so many pulls.
  void keep(std::size_t pulls) { pulls_.resize(pulls); }
  void short_out() { shorted_ = true; }

  bool high() {
    now_ += timing_.look;
    ++looks_;
    double released = 0;
    for (const Pull& each : pulls_) {
      if (now_ < each.begin) break;
      if (now_ < each.end) return false;
      released = each.end;
    }
    const double since = now_ - released - timing_.rise;
    if (since < 0 ? since > -timing_.tremble : since < timing_.tremble) return looks_ % 2 == 0;
    return !shorted_ && since >= 0;
  }

  std::uint32_t micros() const {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(kStart + now_));
  }
  double now() const { return now_; }

 private:
  static constexpr double kStart = 4294966000;  // the clock begins anew in the middle of it

  struct Pull {
    double begin;
    double end;
  };

  void pull(double after, double length) {
    const double begin = end_ + after;
    end_ = begin + length;
    pulls_.push_back({begin, end_});
  }

  Timing timing_;
  std::vector<Pull> pulls_;
  double end_ = 0;
  double now_ = 0;
  int looks_ = 0;
  bool shorted_ = false;
};

const DhtBytes kBytes[] = {{0x02, 0x8C, 0x01, 0x5F, 0xEE}, {}, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
                           {0xAA, 0x55, 0x80, 0x01, 0x7F}};

void is_received(const Timing& timing) {
  for (const DhtBytes& sent : kBytes) {
    Line line(timing, sent);
    DhtBytes found{};
    CHECK(air::receive_dht22(line, found));
    CHECK(found == sent);
  }
}

}  // namespace

TEST(a_dht22_is_heard_however_slowly_its_line_rises) {
  for (double rise = 0; rise <= 16; ++rise) {
    for (const double look : {0.5, 1.0, 2.0, 3.5}) {
      Timing timing;
      timing.rise = rise;
      timing.look = look;
      is_received(timing);
      timing.answer = 25;
      timing.zero = 22;
      is_received(timing);
    }
  }
}

TEST(a_dht22_is_heard_while_its_line_trembles) {
  for (const double rise : {3.0, 6.0, 9.0}) {
    Timing timing;
    timing.rise = rise;
    timing.tremble = 3;
    timing.look = 0.5;
    is_received(timing);
  }
}

TEST(a_dht22_is_heard_at_the_ends_of_what_it_may_do) {
  for (const double speed : {0.88, 1.12}) {
    for (const double answer : {20.0, 200.0}) {
      is_received({answer, 50 * speed, 26 * speed, 70 * speed, 80 * speed});
    }
  }
}

TEST(nobody_is_listened_to_for_ever) {
  for (std::size_t pulls = 0; pulls <= 41; ++pulls) {
    for (const bool shorted : {false, true}) {
      Line line({}, kBytes[2]);
      line.keep(pulls);
      if (shorted) line.short_out();
      DhtBytes found{};
      CHECK(!air::receive_dht22(line, found));
      CHECK(line.now() < 8000);
    }
  }
}
