#include <cmath>

#include "air/common/crc32.h"
#include "air/sensing/calibration.h"
#include "check.h"

TEST(calibrations_are_decoded_and_damaged_ones_rejected) {
  CHECK(air::crc32(reinterpret_cast<const std::uint8_t*>("123456789"), 9) == 0xCBF43926);
  const air::CalibrationBytes bytes = air::encode_calibration({12.5F, false, 0.75F});
  const air::CalibrationBytes golden{'A',  'R',  2,    0,    0x00, 0x00, 0x48, 0x41,
                                     0x00, 0x00, 0x40, 0x3F, 0xE8, 0x12, 0xB3, 0x34};
  CHECK(bytes == golden);
  air::Calibration found;
  CHECK(air::decode_calibration(bytes, found));
  CHECK_NEAR(found.r0, 12.5, 0);
  CHECK_NEAR(found.factor, 0.75, 0);
  CHECK(!found.provisional);
  CHECK(air::decode_calibration(air::encode_calibration({12.5F, true, air::kMissing}), found));
  CHECK(found.provisional && std::isnan(found.factor));
  CHECK(air::decode_calibration(air::encode_calibration({12.5F, true, 1e9F}), found));
  CHECK(std::isnan(found.factor));
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    for (int bit = 0; bit < 8; ++bit) {
      air::CalibrationBytes torn = bytes;
      torn[index] = static_cast<std::uint8_t>(torn[index] ^ 1 << bit);
      CHECK(!air::decode_calibration(torn, found));
    }
  }
  const air::CalibrationBytes first{'A',  'R',  1,    0,    0x00, 0x00,
                                    0x48, 0x41, 0x2A, 0x82, 0x78, 0xC6};
  CHECK(air::decode_calibration(first, found));
  CHECK_NEAR(found.r0, 12.5, 0);
  CHECK_NEAR(found.corrected_r0(), 12.5, 0);
  air::CalibrationBytes later = bytes;
  later[2] = 3;
  const std::uint32_t sum = air::crc32(later.data(), 12);
  for (unsigned index = 0; index < 4; ++index) {
    later[12 + index] = static_cast<std::uint8_t>(sum >> 8 * index);
  }
  CHECK(!air::decode_calibration(later, found));
  air::CalibrationBytes erased;
  erased.fill(0xFF);
  CHECK(!air::decode_calibration(erased, found));
  erased.fill(0);
  CHECK(!air::decode_calibration(erased, found));
  for (float r0 : {0.0F, -1.0F, 1e9F, air::kMissing, INFINITY}) {
    CHECK(!air::decode_calibration(air::encode_calibration({r0, false, 1}), found));
  }
}
