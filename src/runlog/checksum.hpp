// Checksums of binary logs. Private.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace scheduled::runlog {

/// CRC-32C (Castagnoli): TFRecord.
std::uint32_t crc32c(std::string_view bytes);
/// CRC-32 (IEEE 802.3), as zlib has it: Weights & Biases' record log.
std::uint32_t crc32(std::string_view bytes);

/// The number that stands at `at`, where there is room for it.
template <class Number>
Number little_endian(std::string_view bytes, std::size_t at) {
  static_assert(std::endian::native == std::endian::little);
  Number value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace scheduled::runlog
