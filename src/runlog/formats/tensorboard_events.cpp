// TensorBoard's event files: TFRecord (length, its checksum, data, its checksum) of protobuf messages "Event":
//   1: wall_time, 2: step, 5: summary { 1: value { 1: tag, 2: simple_value, 8: tensor { 1: dtype, 4: content,
//   5: float_val, 6: double_val } } }
// PyTorch writes simple_value, TensorFlow a tensor of one number.
#include "runlog/formats/tensorboard_events.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/checksum.hpp"
#include "runlog/formats/format.hpp"
#include "runlog/formats/protobuf.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

/// CRC-32C as TFRecord masks it.
std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15U | crc << 17U) + 0xa282ead8U;
}

/// The number in a tensor of one float or double.
std::optional<double> number_of(std::string_view tensor) {
  constexpr std::uint64_t dt_float = 1;
  constexpr std::uint64_t dt_double = 2;
  std::uint64_t type = 0;
  std::string_view content;
  for (ProtobufMessage m(tensor); m.next();) {
    if (m.number == 1) type = m.whole;
    if (m.number == 4 || m.number == 5 || m.number == 6) content = m.data;
  }
  if (type == dt_float && content.size() == 4) return little_endian<float>(content, 0);
  if (type == dt_double && content.size() == 8) return little_endian<double>(content, 0);
  return std::nullopt;
}

constexpr std::size_t length_bytes = 8;
constexpr std::size_t crc_bytes = 4;
static_assert(event_head_bytes == length_bytes + crc_bytes);

bool head_is_sound(std::string_view content) {
  return content.size() >= event_head_bytes &&
         masked_crc(content.substr(0, length_bytes)) == little_endian<std::uint32_t>(content, length_bytes);
}

}  // namespace

EventFiles::EventFiles(bool several) : several_(several) { rows_.column("step"); }

void EventFiles::begin(std::string_view file) {
  file_ = file;
  records_ = 0;
}

std::size_t EventFiles::take(std::string_view bytes, bool last) {
  SeldomPoll poll(64);
  std::size_t at = 0;
  for (; at < bytes.size(); poll()) {
    const std::string_view rest = bytes.substr(at);
    const auto length = rest.size() >= event_head_bytes ? little_endian<std::uint64_t>(rest, 0) : 0;
    if (rest.size() < event_head_bytes + crc_bytes || length > rest.size() - event_head_bytes - crc_bytes) {
      if (!last) return at;
      notes_.push_back(concat({several_ ? file_ : "the file", " ends within record ", std::to_string(records_ + 1),
                               ", as of a run that is writing it"}));
      return bytes.size();
    }
    ++records_;
    const std::string_view data = rest.substr(event_head_bytes, static_cast<std::size_t>(length));
    if (!head_is_sound(rest) ||
        masked_crc(data) != little_endian<std::uint32_t>(rest, event_head_bytes + static_cast<std::size_t>(length))) {
      fail_at(file_, 0, concat({"record ", std::to_string(records_), ": its checksum does not match"}));
    }
    event(data, ++events_);
    at += event_head_bytes + static_cast<std::size_t>(length) + crc_bytes;
  }
  return at;
}

void EventFiles::event(std::string_view bytes, std::size_t number) {
  std::int64_t step = 0;
  std::string_view summary;
  ProtobufMessage m(bytes);
  while (m.next()) {
    if (m.number == 2) step = static_cast<std::int64_t>(m.whole);
    if (m.number == 5) summary = m.data;
  }
  if (!m.sound || summary.empty()) return;
  for (ProtobufMessage value(summary); value.next();) {
    if (value.number == 1) scalar(value.data, step, number);
  }
}

void EventFiles::scalar(std::string_view value, std::int64_t step, std::size_t number) {
  std::string_view tag;
  std::optional<double> found;
  for (ProtobufMessage m(value); m.next();) {
    if (m.number == 1) tag = m.data;
    if (m.number == 2 && m.data.size() == 4) found = little_endian<float>(m.data, 0);
    if (m.number == 8) found = number_of(m.data);
  }
  if (tag.empty() || tag == "step" || !found) return;
  if (rows_.rows() == 0 || step != step_ || rows_.column(tag) == nullptr) {
    rows_.begin(number);
    rows_.add("step", static_cast<double>(step));
    step_ = step;
  }
  rows_.add(tag, *found);
}

Parsed EventFiles::finish() {
  Parsed parsed;
  parsed.notes = std::move(notes_);
  parsed.tables.push_back(rows_.finish());
  return parsed;
}

Format tensorboard_events() {
  return {.about = {"tensorboard", "TensorBoard event files, or a folder of them",
                    "PyTorch, TensorFlow, Lightning, Megatron-LM, NeMo, ..."},
          .recognises = head_is_sound,
          .parse =
              [](const Source& source) {
                EventFiles files;
                files.begin(source.name);
                return parse_whole(std::move(files), source.content);
              },
          .blocks =
              [](std::string_view name, std::string_view) {
                auto files = std::make_unique<EventFiles>();
                files->begin(name);
                return files;
              }};
}

}  // namespace scheduled::runlog
