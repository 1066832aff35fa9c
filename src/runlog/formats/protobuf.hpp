// Protobuf messages, as far as logs need them. Private.
#pragma once

#include <cstdint>
#include <string_view>

namespace scheduled::runlog {

/// The fields of a protobuf message, one after the other.
class ProtobufMessage {
 public:
  explicit ProtobufMessage(std::string_view bytes) : bytes_(bytes) {}

  /// Moves to the next field; false at the end, or (then `sound` is false) where the bytes are no message.
  bool next() {
    if (bytes_.empty() || !sound) return false;
    const std::uint64_t key = varint();
    number = static_cast<std::uint32_t>(key >> 3U);
    switch (key & 7U) {
      case 0:
        whole = varint();
        break;
      case 1:
        data = take(8);
        break;
      case 2:
        data = take(varint());
        break;
      case 5:
        data = take(4);
        break;
      default:
        sound = false;
    }
    return sound;
  }

  std::uint32_t number = 0;
  std::uint64_t whole = 0;
  std::string_view data;
  bool sound = true;

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view byte = take(1);
      if (!sound) return 0;
      const auto bits = static_cast<unsigned char>(byte.front());
      value |= static_cast<std::uint64_t>(bits & 0x7fU) << shift;
      if (bits < 0x80) return value;
    }
    sound = false;
    return 0;
  }
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size()) {
      sound = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, static_cast<std::size_t>(count));
    bytes_.remove_prefix(static_cast<std::size_t>(count));
    return taken;
  }

  std::string_view bytes_;
};

}  // namespace scheduled::runlog
