// TensorBoard's event files: TFRecord (length, its checksum, data, its checksum) of protobuf messages "Event":
//   1: wall_time, 2: step, 5: summary { 1: value { 1: tag, 2: simple_value, 8: tensor { 1: dtype, 4: content,
//   5: float_val, 6: double_val } } }
// PyTorch writes simple_value, TensorFlow a tensor of one number.
#include <array>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "base/error.hpp"
#include "runlog/formats/format.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

constexpr auto crc_table = [] {
  std::array<std::array<std::uint32_t, 256>, 8> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    table[0][i] = crc;
  }
  for (std::uint32_t i = 0; i < 256; ++i) {
    for (std::size_t k = 1; k < 8; ++k) table[k][i] = table[k - 1][i] >> 8U ^ table[0][table[k - 1][i] & 0xffU];
  }
  return table;
}();

template <class Number>
Number little_endian(std::string_view bytes, std::size_t at) {
  Number value;
  std::memcpy(&value, bytes.data() + at, sizeof value);  // our targets are little-endian, see the static_assert below
  return value;
}
static_assert(std::endian::native == std::endian::little);

/// CRC-32C as TFRecord masks it, eight bytes at a time.
std::uint32_t masked_crc(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    const std::uint64_t word = little_endian<std::uint64_t>(bytes, at) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= crc_table[7 - k][word >> 8 * k & 0xffU];
  }
  for (; at < bytes.size(); ++at) crc = crc >> 8U ^ crc_table[0][(crc ^ static_cast<unsigned char>(bytes[at])) & 0xffU];
  crc = ~crc;
  return (crc >> 15U | crc << 17U) + 0xa282ead8U;
}

/// The fields of a protobuf message, one after the other.
class Message {
 public:
  explicit Message(std::string_view bytes) : bytes_(bytes) {}

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

/// The number in a tensor of one float or double.
std::optional<double> number_of(std::string_view tensor) {
  constexpr std::uint64_t dt_float = 1;
  constexpr std::uint64_t dt_double = 2;
  std::uint64_t type = 0;
  std::string_view content;
  for (Message m(tensor); m.next();) {
    if (m.number == 1) type = m.whole;
    if (m.number == 4 || m.number == 5 || m.number == 6) content = m.data;
  }
  if (type == dt_float && content.size() == 4) return little_endian<float>(content, 0);
  if (type == dt_double && content.size() == 8) return little_endian<double>(content, 0);
  return std::nullopt;
}

class EventReader {
 public:
  EventReader() { table.columns.emplace_back().source = "step"; }

  void event(std::string_view bytes, std::size_t number) {
    std::int64_t step = 0;
    std::string_view summary;
    Message m(bytes);
    while (m.next()) {
      if (m.number == 2) step = static_cast<std::int64_t>(m.whole);
      if (m.number == 5) summary = m.data;
    }
    if (!m.sound || summary.empty()) return;
    for (Message value(summary); value.next();) {
      if (value.number == 1) scalar(value.data, step, number);
    }
  }

  RawTable table;

 private:
  void scalar(std::string_view value, std::int64_t step, std::size_t number) {
    std::string_view tag;
    std::optional<double> found;
    for (Message m(value); m.next();) {
      if (m.number == 1) tag = m.data;
      if (m.number == 2 && m.data.size() == 4) found = little_endian<float>(m.data, 0);
      if (m.number == 8) found = number_of(m.data);
    }
    if (tag.empty() || tag == "step" || !found) return;
    if (!has_row_ || step != step_ || number != number_) {
      has_row_ = true;
      step_ = step;
      number_ = number;
      add_number(table.columns[0], table.line.size(), static_cast<double>(step));
      table.line.push_back(number);
    }
    const auto [it, is_new] = index_.try_emplace(std::string(tag), table.columns.size());
    if (is_new) table.columns.emplace_back().source = tag;
    RawColumn& column = table.columns[it->second];
    if (column.length < table.line.size()) add_number(column, table.line.size() - 1, found);
  }

  std::unordered_map<std::string, std::size_t> index_;
  bool has_row_ = false;
  std::int64_t step_ = 0;
  std::size_t number_ = 0;
};

constexpr std::size_t length_bytes = 8;
constexpr std::size_t crc_bytes = 4;
constexpr std::size_t head_bytes = length_bytes + crc_bytes;

bool head_is_sound(std::string_view content) {
  return content.size() >= head_bytes &&
         masked_crc(content.substr(0, length_bytes)) == little_endian<std::uint32_t>(content, length_bytes);
}

Parsed parse(const Source& source) {
  const std::string_view content = source.content;
  EventReader reader;
  Parsed parsed;
  std::size_t number = 0;
  for (std::size_t at = 0; at < content.size();) {
    ++number;
    const std::string_view rest = content.substr(at);
    const auto length = rest.size() >= head_bytes ? little_endian<std::uint64_t>(rest, 0) : 0;
    if (rest.size() < head_bytes + crc_bytes || length > rest.size() - head_bytes - crc_bytes) {
      parsed.notes.push_back(
          concat({"the file ends within record ", std::to_string(number), ", as of a run that is writing it"}));
      break;
    }
    const std::string_view data = rest.substr(head_bytes, static_cast<std::size_t>(length));
    if (!head_is_sound(rest) ||
        masked_crc(data) != little_endian<std::uint32_t>(rest, head_bytes + static_cast<std::size_t>(length))) {
      fail_at(source.name, 0, concat({"record ", std::to_string(number), ": its checksum does not match"}));
    }
    reader.event(data, number);
    at += head_bytes + static_cast<std::size_t>(length) + crc_bytes;
  }
  for (RawColumn& column : reader.table.columns) column.length = reader.table.line.size();
  parsed.tables.push_back(std::move(reader.table));
  return parsed;
}

}  // namespace

Format tensorboard_events() {
  return {.about = {"tensorboard", "TensorBoard event files, or a folder of them",
                    "PyTorch, TensorFlow, Lightning, Megatron-LM, NeMo, ..."},
          .recognises = head_is_sound,
          .parse = parse};
}

}  // namespace scheduled::runlog
