// TensorBoard's event files, made byte by byte.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace scheduled::testing {

/// CRC-32C bit by bit.
inline std::uint32_t crc(const std::string& bytes) {
  std::uint32_t value = 0xffffffffU;
  for (const char byte : bytes) {
    value ^= static_cast<unsigned char>(byte);
    for (int k = 0; k < 8; ++k) value = value >> 1U ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
  }
  value = ~value;
  return (value >> 15U | value << 17U) + 0xa282ead8U;
}

template <class Number>
inline std::string bytes_of(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value > 0x7f; value >>= 7U) bytes += static_cast<char>((value & 0x7fU) | 0x80U);
  return bytes + static_cast<char>(value);
}
inline std::string field(int number, const std::string& data) {
  return varint(static_cast<std::uint64_t>(number) << 3U | 2U) + varint(data.size()) + data;
}
inline std::string fixed32(int number, float value) {
  return varint(static_cast<std::uint64_t>(number) << 3U | 5U) + bytes_of(value);
}
inline std::string whole(int number, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(number) << 3U) + varint(value);
}

inline std::string record(const std::string& data) {
  const std::string length = bytes_of<std::uint64_t>(data.size());
  return length + bytes_of(crc(length)) + data + bytes_of(crc(data));
}

inline std::string event(std::uint64_t step, const std::string& values) {
  return record(varint(1U << 3U | 1U) + bytes_of(1.7e9) + whole(2, step) + field(5, values));
}
/// As PyTorch writes it, and as TensorFlow does.
inline std::string scalar(const std::string& tag, float value) { return field(1, field(1, tag) + fixed32(2, value)); }
inline std::string tensor(const std::string& tag, float value) {
  return field(1, field(1, tag) + field(8, whole(1, 1) + field(2, "") + field(4, bytes_of(value))));
}

inline std::string version() { return record(varint(1U << 3U | 1U) + bytes_of(1.7e9) + field(3, "brain.Event:2")); }

}  // namespace scheduled::testing
