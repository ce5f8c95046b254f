#include "air/chips/ds18b20.h"
#include "check.h"

using air::Climate;
using air::decode_dht22;
using air::decode_probe;
using air::DhtBytes;
using air::is_probe;
using air::Rom;
using air::Scratchpad;

namespace {

// A memory of that temperature and configuration, with the right CRC.
Scratchpad pad(int raw, std::uint8_t configuration = 0x7F) {
  Scratchpad bytes{static_cast<std::uint8_t>(raw), static_cast<std::uint8_t>(raw >> 8), 0x4B, 0x46,
                   configuration, 0xFF, 0x0C, 0x10, 0};
  bytes[8] = air::crc8(bytes.data(), 8);
  return bytes;
}

}  // namespace

TEST(the_checksum_of_1_wire) {
  CHECK(air::crc8(reinterpret_cast<const std::uint8_t*>("123456789"), 9) == 0xA1);
  // The example of application note 27.
  CHECK(is_probe(Rom{0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1E}));
  const std::uint8_t example[] = {0x02, 0x1C, 0xB8, 0x01, 0, 0, 0};
  CHECK(air::crc8(example, 7) == 0xA2);
}

TEST(codes_of_probes) {
  Rom rom{0x28, 1, 2, 3, 4, 5, 6, 0};
  rom[7] = air::crc8(rom.data(), 7);
  CHECK(is_probe(rom));
  for (int bit = 0; bit < 64; ++bit) {
    Rom torn = rom;
    torn[bit / 8] = static_cast<std::uint8_t>(torn[bit / 8] ^ 1 << bit % 8);
    CHECK(!is_probe(torn));
  }
  Rom other{0x10, 1, 2, 3, 4, 5, 6, 0};  // a DS18S20, which counts otherwise
  other[7] = air::crc8(other.data(), 7);
  CHECK(!is_probe(other));
  CHECK(!is_probe(Rom{}));
}

TEST(temperatures_of_probes) {
  // From the data sheet's table.
  const struct {
    int raw;
    double celsius;
  } cases[] = {{0x07D0, 125},  {0x0550, 85},      {0x0191, 25.0625}, {0x00A2, 10.125}, {0x0008, 0.5},
               {0x0000, 0},    {0xFFF8, -0.5},    {0xFF5E, -10.125}, {0xFE6F, -25.0625}, {0xFC90, -55}};
  for (const auto& each : cases) {
    float found = 7;
    CHECK(decode_probe(pad(each.raw), found));
    CHECK_NEAR(found, each.celsius, 0);
  }
}

TEST(lower_resolutions_of_probes) {
  float found = 7;
  CHECK(decode_probe(pad(0x0197, 0x1F), found));  // 9 bits: halves of a degree
  CHECK_NEAR(found, 25, 0);
  CHECK(decode_probe(pad(0x0197, 0x3F), found));
  CHECK_NEAR(found, 25.25, 0);
  CHECK(decode_probe(pad(0x0197, 0x5F), found));
  CHECK_NEAR(found, 25.375, 0);
}

TEST(what_a_probe_did_not_send) {
  float found = 7;
  Scratchpad torn = pad(0x0191);
  torn[0] ^= 1;
  CHECK(!decode_probe(torn, found));
  Scratchpad nothing;
  nothing.fill(0);
  CHECK(!decode_probe(nothing, found));
  nothing.fill(0xFF);
  CHECK(!decode_probe(nothing, found));
  CHECK_NEAR(found, 7, 0);
}

TEST(what_a_dht22_sends) {
  Climate found{};
  CHECK(decode_dht22(DhtBytes{0x02, 0x8C, 0x01, 0x5F, 0xEE}, found));  // the data sheet's example
  CHECK_NEAR(found.humidity, 65.2, 1e-4);
  CHECK_NEAR(found.temperature, 35.1, 1e-4);
  CHECK(decode_dht22(DhtBytes{0x02, 0x8C, 0x80, 0x65, 0x73}, found));
  CHECK_NEAR(found.temperature, -10.1, 1e-4);
  const struct {
    int raw;
    double celsius;
  } cases[] = {{0x8001, -0.1}, {0x8190, -40},   {0x8000, 0},     {0xFFFF, -0.1},
               {0xFFF6, -1},   {0xFF9B, -10.1}, {0xFE70, -40},   {0x0320, 80}};
  for (const auto& each : cases) {
    DhtBytes bytes{0x02, 0x8C, static_cast<std::uint8_t>(each.raw >> 8),
                   static_cast<std::uint8_t>(each.raw), 0};
    bytes[4] = static_cast<std::uint8_t>(bytes[0] + bytes[1] + bytes[2] + bytes[3]);
    CHECK(decode_dht22(bytes, found));
    CHECK_NEAR(found.temperature, each.celsius, 1e-4);
  }
  CHECK(!decode_dht22(DhtBytes{0x02, 0x8C, 0x01, 0x5F, 0xEF}, found));
  CHECK(decode_dht22(DhtBytes{}, found));  // a dead wire; HumiditySensor knows that
}
