#include <vector>

#include "air/chips/dht22.h"
#include "check.h"

using air::Climate;
using air::decode_dht22;
using air::Dht22Bytes;

namespace {

// The timing of a simulated DHT22 and its line, in µs.
struct Timing {
  double answer = 30;
  double low = 50;
  double zero = 26;
  double one = 70;
  double preamble = 80;  // low, and the same high
  double rise = 0;
  double noise = 0;  // how long it lasts before and after the middle of the rise
  double look = 1;   // how long it takes to read the line
};

// The line from its release on.
class Line {
 public:
  Line(const Timing& timing, const Dht22Bytes& bytes) : timing_(timing) {
    pull(timing.answer, timing.preamble);
    double high = timing.preamble;
    for (const std::uint8_t byte : bytes) {
      for (int bit = 7; bit >= 0; --bit) {
        pull(high, timing.low);
        high = (byte >> bit & 1) != 0 ? timing.one : timing.zero;
      }
    }
    pull(high, timing.low);
  }

  // Lets the sensor fall silent after so many pulls.
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
    if (since < 0 ? since > -timing_.noise : since < timing_.noise) return looks_ % 2 == 0;
    return !shorted_ && since >= 0;
  }

  std::uint32_t micros() const {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(kStart + now_));
  }
  double now() const { return now_; }

 private:
  static constexpr double kStart = 4294966000;  // the clock wraps around meanwhile

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

const Dht22Bytes kBytes[] = {{0x02, 0x8C, 0x01, 0x5F, 0xEE}, {}, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
                           {0xAA, 0x55, 0x80, 0x01, 0x7F}};

void is_received(const Timing& timing) {
  for (const Dht22Bytes& sent : kBytes) {
    Line line(timing, sent);
    Dht22Bytes found{};
    CHECK(air::receive_dht22(line, found));
    CHECK(found == sent);
  }
}

}  // namespace

TEST(receives_a_dht22_whose_line_rises_slowly) {
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

TEST(receives_a_dht22_with_noise_on_its_rising_line) {
  for (const double rise : {3.0, 6.0, 9.0}) {
    Timing timing;
    timing.rise = rise;
    timing.noise = 3;
    timing.look = 0.5;
    is_received(timing);
  }
}

TEST(receives_a_dht22_at_the_limits_of_its_timing) {
  for (const double speed : {0.88, 1.12}) {
    for (const double answer : {20.0, 200.0}) {
      is_received({answer, 50 * speed, 26 * speed, 70 * speed, 80 * speed});
    }
  }
}

TEST(receiving_ends_when_a_dht22_falls_silent) {
  for (std::size_t pulls = 0; pulls <= 41; ++pulls) {
    for (const bool shorted : {false, true}) {
      Line line({}, kBytes[2]);
      line.keep(pulls);
      if (shorted) line.short_out();
      Dht22Bytes found{};
      CHECK(!air::receive_dht22(line, found));
      CHECK(line.now() < 8000);
    }
  }
}

TEST(decodes_a_dht22) {
  Climate found{};
  CHECK(decode_dht22(Dht22Bytes{0x02, 0x8C, 0x01, 0x5F, 0xEE}, found));  // the data sheet's example
  CHECK_NEAR(found.humidity, 65.2, 1e-4);
  CHECK_NEAR(found.temperature, 35.1, 1e-4);
  CHECK(decode_dht22(Dht22Bytes{0x02, 0x8C, 0x80, 0x65, 0x73}, found));
  CHECK_NEAR(found.temperature, -10.1, 1e-4);
  const struct {
    int raw;
    double celsius;
  } cases[] = {{0x8001, -0.1}, {0x8190, -40},   {0x8000, 0},     {0xFFFF, -0.1},
               {0xFFF6, -1},   {0xFF9B, -10.1}, {0xFE70, -40},   {0x0320, 80}};
  for (const auto& each : cases) {
    Dht22Bytes bytes{0x02, 0x8C, static_cast<std::uint8_t>(each.raw >> 8),
                   static_cast<std::uint8_t>(each.raw), 0};
    bytes[4] = static_cast<std::uint8_t>(bytes[0] + bytes[1] + bytes[2] + bytes[3]);
    CHECK(decode_dht22(bytes, found));
    CHECK_NEAR(found.temperature, each.celsius, 1e-4);
  }
  CHECK(!decode_dht22(Dht22Bytes{0x02, 0x8C, 0x01, 0x5F, 0xEF}, found));
  CHECK(decode_dht22(Dht22Bytes{}, found));  // from a dead wire; HumiditySensor rejects them
}
