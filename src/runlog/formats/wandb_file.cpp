// Weights & Biases' own file of a run, run-ID.wandb, online or offline: a head (":W&B", 0xBEE1, a version), then
// LevelDB's record log (blocks of 32 KiB; pieces of checksum, length, kind, data) of protobuf messages "Record":
//   2: history { 1: item { 1: key, 2: nested_key, 16: value_json }, 2: step { 1: num } }
//   5: config { 1: update (as item) }, 17: run { 4: config }
#include <string>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/checksum.hpp"
#include "runlog/formats/format.hpp"
#include "runlog/formats/protobuf.hpp"
#include "runlog/formats/sparse_rows.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

constexpr std::string_view head = ":W&B\xe1\xbe";
constexpr std::size_t file_head_bytes = 7;  // with the version
constexpr std::size_t piece_head_bytes = 7;
constexpr std::size_t block_bytes = 32768;

enum class Piece : unsigned char { whole = 1, first = 2, middle = 3, last = 4 };

/// The records of the file, one after the other.
class RecordLog {
 public:
  explicit RecordLog(const Source& source) : source_(source) {}

  /// The next record, which may hold the bytes until the call after; false at the end, or where the file is cut.
  bool next(std::string_view& record) {
    bool begun = false;
    for (std::string_view data; piece(data);) {
      if (kind_ == Piece::whole) {
        record = data;
        return true;
      }
      if (kind_ == Piece::first) whole_.clear();
      begun = begun || kind_ == Piece::first;
      if (!begun) continue;  // the end of a record whose beginning is missing
      whole_ += data;
      if (kind_ == Piece::last) {
        record = whole_;
        return true;
      }
    }
    is_cut = is_cut || begun;
    return false;
  }

  bool is_cut = false;
  std::size_t pieces = 0;

 private:
  bool piece(std::string_view& data) {
    const std::string_view content = source_.content;
    const std::size_t left = block_bytes - at_ % block_bytes;
    if (left < piece_head_bytes) at_ += left;  // a block's end that holds no head is filled with zeros
    if (at_ >= content.size()) return false;
    const std::size_t length =
        content.size() - at_ < piece_head_bytes ? 0 : little_endian<std::uint16_t>(content, at_ + 4);
    if (content.size() - at_ < piece_head_bytes + length) {
      is_cut = true;
      return false;
    }
    ++pieces;
    const std::string_view checked = content.substr(at_ + 6, 1 + length);
    if (crc32(checked) != little_endian<std::uint32_t>(content, at_)) {
      fail_at(source_.name, 0, concat({"record ", std::to_string(pieces), ": its checksum does not match"}));
    }
    kind_ = static_cast<Piece>(checked.front());
    data = checked.substr(1);
    at_ += piece_head_bytes + length;
    return true;
  }

  const Source& source_;
  std::size_t at_ = file_head_bytes;
  Piece kind_ = Piece::whole;
  std::string whole_;
};

/// A key and its value as JSON.
struct Item {
  std::string key;
  std::string_view value;
};

Item item_of(std::string_view bytes) {
  Item item;
  for (ProtobufMessage m(bytes); m.next();) {
    if (m.number == 1) item.key = m.data;
    if (m.number == 2) item.key += concat({item.key.empty() ? "" : ".", m.data});
    if (m.number == 16) item.value = m.data;
  }
  return item;
}

class HistoryReader {
 public:
  void record(std::string_view bytes, std::size_t number) {
    for (ProtobufMessage m(bytes); m.next();) {
      if (m.number == 2) history(m.data, number);
      if (m.number == 5) config(m.data);
      if (m.number == 17) run(m.data);
    }
  }

  SparseRows rows;
  std::map<std::string, MetaValue> meta;

 private:
  void history(std::string_view bytes, std::size_t number) {
    rows.begin(number);
    for (ProtobufMessage m(bytes); m.next();) {
      if (m.number == 1) add(item_of(m.data));
      if (m.number == 2) add_step(m.data);
    }
  }
  void add(const Item& item) {
    RawColumn* const column = item.key.empty() ? nullptr : rows.column(item.key);
    if (column == nullptr) return;
    const std::size_t row = rows.rows() - 1;
    if (const std::optional<double> value = parse_number(item.value)) {
      add_number(*column, row, value);
    } else {
      std::string_view text = item.value;
      if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
      add_text(*column, row, text);
    }
  }
  /// Every row has it; as an item "_step", too, in most files.
  void add_step(std::string_view bytes) {
    for (ProtobufMessage m(bytes); m.next();) {
      if (m.number == 1) rows.add("_step", static_cast<double>(static_cast<std::int64_t>(m.whole)));
    }
  }
  void run(std::string_view bytes) {
    for (ProtobufMessage m(bytes); m.next();) {
      if (m.number == 4) config(m.data);
    }
  }
  void config(std::string_view bytes) {
    for (ProtobufMessage m(bytes); m.next();) {
      if (m.number != 1) continue;
      const Item item = item_of(m.data);
      if (const auto value = parse_number(item.value)) meta.insert_or_assign(item.key, *value);
    }
  }
};

Parsed parse_wandb(const Source& source) {
  RecordLog log(source);
  HistoryReader reader;
  Parsed parsed;
  SeldomPoll poll(64);
  for (std::string_view record; log.next(record); poll()) reader.record(record, log.pieces);
  if (log.is_cut) {
    parsed.notes.push_back(
        concat({"the file ends within record ", std::to_string(log.pieces + 1), ", as of a run that is writing it"}));
  }
  parsed.tables.push_back(reader.rows.finish());
  parsed.meta = std::move(reader.meta);
  return parsed;
}

}  // namespace

Format wandb_file() {
  return {.about = {"wandb", "a run's own file, run-ID.wandb, also of an offline run", "Weights & Biases"},
          .recognises = [](std::string_view content) { return content.starts_with(head); },
          .parse = parse_wandb};
}

}  // namespace scheduled::runlog
