// What each fuzz target does with its bytes. The libFuzzer programs and the unit test that replays the corpus share it.
// Only std::invalid_argument may come out of the library; anything else, and every broken promise, ends the target.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runlog/checksum.hpp"
#include "runlog/compressed.hpp"
#include "runlog/formats/format.hpp"
#include "scheduled/error.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled::fuzz {

inline void require(bool kept, const char* promise) {
  if (!kept) throw std::runtime_error(promise);
}

inline void require_sound(const RunLog& log) {
  require(log.rows() > 0 && !log.column.empty(), "a log that was read has rows and columns");
  for (std::size_t i = 0; i < log.rows(); ++i) {
    require(log.step[i] > (i == 0 ? -1 : log.step[i - 1]), "steps increase from 0");
    require(log.step[i] <= (std::int64_t{1} << 53), "steps are at most 2^53");
  }
  for (const auto& [name, values] : log.column) {
    require(values.size() == log.rows(), "columns are as long as the steps");
    for (const double value : values) require(!std::isinf(value), "no value is infinite");
  }
}

inline bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

inline bool same(const RunLog& a, const RunLog& b) {
  if (a.step != b.step || a.column.size() != b.column.size()) return false;
  return std::equal(a.column.begin(), a.column.end(), b.column.begin(), [](const auto& left, const auto& right) {
    return left.first == right.first && std::equal(left.second.begin(), left.second.end(), right.second.begin(),
                                                   right.second.end(), [](double x, double y) { return same(x, y); });
  });
}

/// The table as CSV that parse_log reads back.
inline std::string print_csv(const RunLog& log) {
  std::string text = "step";
  for (const auto& [name, values] : log.column) {
    text += ",\"";
    for (const char byte : name) text += byte == '"' ? std::string("\"\"") : std::string(1, byte);
    text += '"';
  }
  for (std::size_t i = 0; i < log.rows(); ++i) {
    text += "\n" + std::to_string(log.step[i]);
    for (const auto& [name, values] : log.column) {
      text += "," + (std::isnan(values[i]) ? std::string() : format_number(values[i]));
    }
  }
  return text + "\n";
}

inline std::optional<RunLog> read(std::string_view content, const ReadOptions& options) {
  try {
    RunLog log = parse_log("fuzz", content, options);
    require_sound(log);
    return log;
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

inline std::optional<RunLog> read(std::string_view content, Restarts restarts) {
  return read(content, ReadOptions{.restarts = restarts});
}

inline void use(const RunLog& log) {
  for (const auto& [name, values] : log.column) {
    const Series logged = series(log, name);
    require(logged.step.size() <= log.rows(), "a series is no longer than its log");
    try {
      for (const double value : densify(log, name, 300)) require(std::isfinite(value), "dense values are finite");
    } catch (const std::invalid_argument&) {
    }
  }
  require(same(merge_branch(log, log), log), "a run merged with itself is itself");
}

/// Bytes that do not begin as the format does continue a beginning, so that few are wasted on finding one.
inline std::string with_start(std::string_view data, bool begins, std::string_view start) {
  return begins ? std::string(data) : std::string(start) + std::string(data);
}

inline void json_log(std::string_view data) {
  const std::string content =
      with_start(data, data.starts_with('{'), R"({"history": {"train": {"iter": [1, 2], "train_loss": [3, )");
  if (const auto log = read(content, data.size() % 4 == 3 ? Restarts::error : Restarts::automatic)) {
    use(*log);
  }
}

inline void rows(const std::string& content) {
  const auto log = read(content, content.size() % 4 == 3 ? Restarts::average : Restarts::automatic);
  if (!log) return;
  use(*log);
  const auto again = read(print_csv(*log), Restarts::automatic);
  require(again && same(*again, *log), "a printed log reads back as itself");
}

inline void csv(std::string_view data) {
  const bool is_row = !data.empty() && data.front() >= '0' && data.front() <= '9';
  rows(with_start(data, !is_row, "step,lr,loss\n"));
}

inline void json_lines(std::string_view data) {
  rows(with_start(data, data.starts_with('{'), "{\"step\": 1, \"loss\": 2.5}\n{"));
}

template <class Number>
std::string bytes_of(Number value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// The records of a binary log, with checksums that no mutation would hit upon: a byte says how long each is.
inline std::string with_checksums(std::string_view data, bool tensorboard) {
  std::string content = tensorboard ? "" : std::string(":W&B\xe1\xbe\0", 7);
  while (!data.empty()) {
    const auto length = std::min<std::size_t>(static_cast<unsigned char>(data.front()), data.size() - 1);
    const std::string record(data.substr(1, length));
    data.remove_prefix(1 + length);
    if (tensorboard) {
      const auto masked = [](std::string_view text) {
        const std::uint32_t crc = runlog::crc32c(text);
        return bytes_of((crc >> 15U | crc << 17U) + 0xa282ead8U);
      };
      const std::string size = bytes_of(std::uint64_t{length});
      content += size + masked(size) + record + masked(record);
    } else {
      const char kind = record.empty() ? '\1' : static_cast<char>(1 + static_cast<unsigned char>(record[0]) / 32 % 4);
      const std::string piece = kind + record;
      content += bytes_of(runlog::crc32(piece)) + bytes_of(static_cast<std::uint16_t>(length)) + piece;
    }
  }
  return content;
}

/// The first lines of `content`, at most three, as templates; `content` is then the rest.
inline std::vector<std::string> take_patterns(std::string_view& content) {
  std::vector<std::string> patterns;
  for (int k = 0; k < 3 && !content.empty(); ++k) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    patterns.emplace_back(content.substr(0, end));
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return patterns;
}

/// What `content` gives when it comes in blocks of `size` bytes; `whole` where its format reads no blocks.
inline std::optional<RunLog> read_blocks(std::string_view content, const ReadOptions& options, std::size_t size,
                                         const std::optional<RunLog>& whole) {
  const bool plain = !runlog::is_compressed(content) && !content.starts_with("\xef\xbb\xbf") &&
                     content.find_first_not_of(" \t\r\n") != std::string_view::npos;
  if (!plain) return whole;
  try {
    const runlog::Format& format = runlog::format_of("fuzz", content, options);
    const auto parser = format.blocks ? format.blocks("fuzz", content) : nullptr;
    if (!parser) return whole;
    std::string block;
    for (std::size_t at = 0; at < content.size(); at += size) {
      block += content.substr(at, size);
      block.erase(0, parser->take(block, at + size >= content.size()));
    }
    return runlog::assemble("fuzz", content.size(), parser->finish(), options);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

/// What the parser of a format does with a content, which is no table yet.
inline void parse(std::string_view content, const ReadOptions& options) {
  try {
    const runlog::Parsed parsed = runlog::format_of("fuzz", content, options).parse({"fuzz", content});
    for (const runlog::RawTable& table : parsed.tables) {
      for (const runlog::RawColumn& column : table.columns) {
        require(column.row.size() == column.value.size(), "a value belongs to a row");
        require(column.value.empty() || column.row[column.row.size() - 1] < column.length, "which the column has");
      }
    }
  } catch (const std::invalid_argument&) {
  }
}

/// The first byte chooses the format to insist on, or none, or templates, where `insist` does not; the second how it is
/// read; the rest is the log. Where `insist` names a format, its parser gets the time: seven of eight first bytes go to
/// it alone, and the logs of the others are not used.
inline void log_format(std::string_view data, std::string_view insist = {}) {
  if (data.size() < 2) return;
  const auto choice = static_cast<unsigned char>(data[0]);
  const auto way = static_cast<unsigned char>(data[1]);
  const std::span<const LogFormat> formats = log_formats();
  std::string_view content = data.substr(2);
  ReadOptions options;
  if (insist == "pattern" || (insist.empty() && choice == 253)) {
    options.patterns = take_patterns(content);
  } else if (insist != "any") {
    options.format = insist;
  }
  if (insist.empty() && choice < formats.size()) options.format = formats[choice].name;
  if (insist.empty() && choice == 255) options.patterns = {"^{step} ", "a {lr}", "b {}{train_loss"};
  if (insist.empty() && choice == 254) options.patterns = {"^{step} ", "a {lr}", "b {} {train_loss}"};
  options.restarts = static_cast<Restarts>(way % 5);
  options.lr_of = static_cast<RateOf>(way / 5 % 3);
  options.step_offset = way / 15 % 3;
  std::string framed;
  const bool tensorboard = options.format == "tensorboard";
  if (way >= 128 && (tensorboard || options.format == "wandb")) {
    framed = with_checksums(content, tensorboard);
    content = framed;
  }
  const bool parser_alone = choice % 8 != 0 && !options.format.empty() && !insist.empty();
  if (parser_alone) return parse(content, options);
  const auto log = read(content, options);
  if (log && (insist.empty() || insist == "any")) use(*log);
  if (way % 128 >= 96 && options.patterns.empty()) {
    const auto blocks = read_blocks(content, options, 1 + choice % 64, log);
    require(blocks.has_value() == log.has_value() && (!log || same(*blocks, *log)), "blocks give what the whole gives");
  }
}

/// Takes numbers from the front of the bytes; zeros when they run out.
class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}

  template <typename T>
  T next() {
    T value{};
    const std::size_t count = std::min(sizeof value, data_.size());
    std::memcpy(&value, data_.data(), count);
    data_.remove_prefix(count);
    return value;
  }

 private:
  std::string_view data_;
};

/// A log of up to 15 rows, often one that breaks the promises of RunLog.
inline RunLog any_log(Bytes& bytes, std::string name) {
  RunLog log;
  log.name = std::move(name);
  const auto rows = bytes.next<std::uint8_t>() % 16U;
  std::vector<double>& loss = log.column["train_loss"];
  std::vector<double>& rate = log.column[bytes.next<std::uint8_t>() % 2U == 0 ? "lr" : "val_loss"];
  std::int64_t step = bytes.next<std::int8_t>();
  for (unsigned i = 0; i < rows; ++i) {
    const auto kind = bytes.next<std::uint8_t>();
    step = kind == 255 ? bytes.next<std::int64_t>() : step + kind % 64;
    log.step.push_back(step);
    loss.push_back(kind % 3 == 0 ? bytes.next<double>() : 2.0);
    if (kind != 254) rate.push_back(kind % 5 == 0 ? std::numeric_limits<double>::quiet_NaN() : bytes.next<float>());
    if (step > std::numeric_limits<std::int64_t>::max() - 64) step = 0;
  }
  return log;
}

/// densify gives finite values, those of the log at its steps.
inline void check_dense(const RunLog& log, std::int64_t last_step, const DenseOptions& options) {
  try {
    const std::vector<double> dense = densify(log, "train_loss", last_step, options);
    require(dense.size() == static_cast<std::size_t>(last_step), "one value per update");
    for (const double value : dense) require(std::isfinite(value), "dense values are finite");
    const Series logged = series(log, "train_loss");
    for (std::size_t i = 0; i < logged.step.size(); ++i) {
      if (logged.step[i] < 1 || logged.step[i] > last_step) continue;
      const double value = dense[static_cast<std::size_t>(logged.step[i] - 1)];
      require(value == logged.value[i], "logged values stand");
    }
  } catch (const std::invalid_argument&) {
  }
}

inline void table(std::string_view data) {
  Bytes bytes(data);
  DenseOptions options;
  std::int64_t last_step = bytes.next<std::uint16_t>() % 2048;
  if (bytes.next<std::uint8_t>() == 1) last_step = bytes.next<std::int64_t>() | (std::int64_t{1} << 40);
  if (bytes.next<std::uint8_t>() % 4 == 1) options.warmup = bytes.next<std::int16_t>();
  if (bytes.next<std::uint8_t>() % 2 == 1) options.max_gap = bytes.next<std::int64_t>();
  const RunLog base = any_log(bytes, "base");
  const RunLog branch = any_log(bytes, "branch");
  check_dense(base, last_step, options);
  try {
    const RunLog merged = merge_branch(base, branch);
    require_sound(merged);
    check_dense(merged, last_step, options);
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace scheduled::fuzz
