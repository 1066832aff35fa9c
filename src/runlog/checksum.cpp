#include "runlog/checksum.hpp"

#include <array>

namespace scheduled::runlog {
namespace {

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

/// Of a polynomial written with its lowest power in the highest bit.
constexpr Table table_of(std::uint32_t polynomial) {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? polynomial : 0U);
    table[0][i] = crc;
  }
  for (std::uint32_t i = 0; i < 256; ++i) {
    for (std::size_t k = 1; k < 8; ++k) table[k][i] = table[k - 1][i] >> 8U ^ table[0][table[k - 1][i] & 0xffU];
  }
  return table;
}

constexpr Table castagnoli = table_of(0x82f63b78U);
constexpr Table ieee = table_of(0xedb88320U);

/// Eight bytes at a time.
std::uint32_t checksum(const Table& table, std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    const std::uint64_t word = little_endian<std::uint64_t>(bytes, at) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= table[7 - k][word >> 8 * k & 0xffU];
  }
  for (; at < bytes.size(); ++at) crc = crc >> 8U ^ table[0][(crc ^ static_cast<unsigned char>(bytes[at])) & 0xffU];
  return ~crc;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) { return checksum(castagnoli, bytes); }

std::uint32_t crc32(std::string_view bytes) { return checksum(ieee, bytes); }

}  // namespace scheduled::runlog
