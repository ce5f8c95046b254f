// Checksums of what is kept in flash memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace air {

// CRC-32 as in zip files (reflected 0x04C11DB7).
std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count);

}  // namespace air
