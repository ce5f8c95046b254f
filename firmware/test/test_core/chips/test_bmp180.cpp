#include <random>

#include "air/chips/bmp180.h"
#include "check.h"

using air::Bmp180Memory;
using air::Bmp180Coefficients;
using air::PressureReading;

namespace {

// The data sheet's example.
constexpr Bmp180Memory kMemory{0x01, 0x98, 0xFF, 0xB8, 0xC7, 0xD1, 0x7F, 0xE5, 0x7F, 0xF5, 0x5A,
                              0x71, 0x18, 0x2E, 0x00, 0x04, 0x80, 0x00, 0xDD, 0xF9, 0x0B, 0x34};

}  // namespace

TEST(decodes_the_example_of_the_bmp180s_data_sheet) {
  Bmp180Coefficients constants{};
  CHECK(air::decode_bmp180(kMemory, constants));
  CHECK(constants.ac1 == 408 && constants.ac2 == -72 && constants.ac3 == -14383);
  CHECK(constants.ac4 == 32741 && constants.ac5 == 32757 && constants.ac6 == 23153);
  CHECK(constants.b1 == 6190 && constants.b2 == 4 && constants.mb == -32768);
  CHECK(constants.mc == -8711 && constants.md == 2868);
  PressureReading found{};
  CHECK(air::compensate_bmp180(constants, 27898, 23843, 0, found));
  CHECK_NEAR(found.temperature, 15.0, 1e-5);
  CHECK_NEAR(found.hectopascals, 699.64, 1e-4);
  // The same with higher oversampling, which sends more bits.
  for (int oversampling = 1; oversampling <= 3; ++oversampling) {
    CHECK(air::compensate_bmp180(constants, 27898, 23843 << oversampling, oversampling, found));
    CHECK_NEAR(found.hectopascals, 699.64, 0.05);
  }
}

TEST(impossible_coefficients_are_rejected) {
  Bmp180Coefficients constants{};
  Bmp180Memory bytes{};
  CHECK(!air::decode_bmp180(bytes, constants));
  bytes.fill(0xFF);
  CHECK(!air::decode_bmp180(bytes, constants));
  for (std::size_t word = 0; word < bytes.size() / 2; ++word) {
    for (const std::uint8_t each : {0x00, 0xFF}) {
      bytes = kMemory;
      bytes[2 * word] = bytes[2 * word + 1] = each;
      CHECK(!air::decode_bmp180(bytes, constants));
    }
  }
}

TEST(random_bytes_of_a_bmp180_do_no_harm) {
  std::mt19937 chance(1);
  int taken = 0;
  for (int round = 0; round < 200000; ++round) {
    Bmp180Memory bytes{};
    for (std::uint8_t& each : bytes) each = static_cast<std::uint8_t>(chance());
    if (round % 2 == 0) bytes = kMemory;
    Bmp180Coefficients constants{};
    if (!air::decode_bmp180(bytes, constants)) continue;
    PressureReading found{};
    taken += air::compensate_bmp180(constants, static_cast<std::int32_t>(chance() & 0xFFFF),
                                static_cast<std::int32_t>(chance() & 0x7FFFF),
                                static_cast<int>(chance() & 3), found);
  }
  CHECK(taken > 0);
  PressureReading found{};
  CHECK(!air::compensate_bmp180({1, 1, 1, 1, 32768, 100, 1, 1, 1, 1, -100}, 200, 1, 0, found));
}
