#include "air/chips/ds18b20.h"
#include "check.h"

using air::decode_ds18b20;
using air::is_ds18b20;
using air::RomCode;
using air::Scratchpad;

namespace {

// Returns a scratchpad with that temperature and configuration, and with the right CRC.
Scratchpad pad(int raw, std::uint8_t configuration = 0x7F) {
  Scratchpad bytes{static_cast<std::uint8_t>(raw), static_cast<std::uint8_t>(raw >> 8), 0x4B, 0x46,
                   configuration, 0xFF, 0x0C, 0x10, 0};
  bytes[8] = air::crc8(bytes.data(), 8);
  return bytes;
}

}  // namespace

TEST(crc8_of_1_wire) {
  CHECK(air::crc8(reinterpret_cast<const std::uint8_t*>("123456789"), 9) == 0xA1);
  // The example of application note 27.
  CHECK(is_ds18b20(RomCode{0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1E}));
  const std::uint8_t example[] = {0x02, 0x1C, 0xB8, 0x01, 0, 0, 0};
  CHECK(air::crc8(example, 7) == 0xA2);
}

TEST(recognizes_rom_codes_of_ds18b20) {
  RomCode rom{0x28, 1, 2, 3, 4, 5, 6, 0};
  rom[7] = air::crc8(rom.data(), 7);
  CHECK(is_ds18b20(rom));
  for (int bit = 0; bit < 64; ++bit) {
    RomCode torn = rom;
    torn[bit / 8] = static_cast<std::uint8_t>(torn[bit / 8] ^ 1 << bit % 8);
    CHECK(!is_ds18b20(torn));
  }
  RomCode other{0x10, 1, 2, 3, 4, 5, 6, 0};  // a DS18S20, whose format differs
  other[7] = air::crc8(other.data(), 7);
  CHECK(!is_ds18b20(other));
  CHECK(!is_ds18b20(RomCode{}));
}

TEST(decodes_the_data_sheets_temperatures) {
  // From the data sheet's table.
  const struct {
    int raw;
    double celsius;
  } cases[] = {{0x07D0, 125},  {0x0550, 85},      {0x0191, 25.0625}, {0x00A2, 10.125}, {0x0008, 0.5},
               {0x0000, 0},    {0xFFF8, -0.5},    {0xFF5E, -10.125}, {0xFE6F, -25.0625}, {0xFC90, -55}};
  for (const auto& each : cases) {
    float found = 7;
    CHECK(decode_ds18b20(pad(each.raw), found));
    CHECK_NEAR(found, each.celsius, 0);
  }
}

TEST(decodes_lower_resolutions) {
  float found = 7;
  CHECK(decode_ds18b20(pad(0x0197, 0x1F), found));  // 9 bits: steps of 0.5 °C
  CHECK_NEAR(found, 25, 0);
  CHECK(decode_ds18b20(pad(0x0197, 0x3F), found));
  CHECK_NEAR(found, 25.25, 0);
  CHECK(decode_ds18b20(pad(0x0197, 0x5F), found));
  CHECK_NEAR(found, 25.375, 0);
}

TEST(garbled_scratchpads_are_rejected) {
  float found = 7;
  Scratchpad torn = pad(0x0191);
  torn[0] ^= 1;
  CHECK(!decode_ds18b20(torn, found));
  Scratchpad nothing;
  nothing.fill(0);
  CHECK(!decode_ds18b20(nothing, found));
  nothing.fill(0xFF);
  CHECK(!decode_ds18b20(nothing, found));
  CHECK_NEAR(found, 7, 0);
}
