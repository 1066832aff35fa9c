// Layer 1: a training log read line by line while it grows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/runlog.hpp"

namespace scheduled {

/// LR and grad norm of an update.
struct UpdateRates {
  double lr = 0.0;
  std::optional<double> grad_norm;  ///< nothing: not logged
  bool operator==(const UpdateRates&) const = default;
};

/// Updates first ... first + count - 1 (1-based), on the line between what was logged before them and after them.
struct UpdateStretch {
  std::int64_t first = 1;
  std::int64_t count = 0;  ///< >= 1
  UpdateRates before;      ///< of update first - 1
  UpdateRates last;        ///< of update first + count - 1
  bool operator==(const UpdateStretch&) const = default;

  /// Of update first + k, 0 <= k < count; exact at the last one and where both ends agree.
  UpdateRates at(std::int64_t k) const;
};

struct LogStreamOptions {
  ReadOptions read;         ///< names of the columns; `repeated_steps` is not read
  std::int64_t done = 0;    ///< updates that somebody has already: not given again, and bare lines count from there
  std::int64_t warmup = 0;  ///< of a log: length of an unlogged linear warmup from 0, at most the first logged step
  /// Of a log: longest stretch to bridge, in steps; 0: ten times the longest one before it, once there were three.
  std::int64_t max_gap = 0;
};

/// The updates that the lines of a growing log stand for, with the rule of densify: between two logged rows the line
/// that joins them, before the first row its values. The first line that counts tells the format:
///  - a number: bare lines "lr" or "lr grad_norm" (blanks, tabs or a comma between), one per update;
///  - '{': one JSON object per line;
///  - else: a header line, then delimited rows, as parse_log reads them, but no line break within a cell.
/// Blank lines and those that start with # do not count, nor do rows of a log without an LR.
class LogStream {
 public:
  /// `name` stands for the log in messages. Throws std::invalid_argument: a negative option.
  explicit LogStream(std::string name, LogStreamOptions options = {});

  /// Takes the next line, without its line break; the updates that are now known, none, one stretch, or two.
  /// Throws std::invalid_argument naming log, 1-based line and what is wrong: what parse_log refuses; not one or two
  /// numbers on a bare line; an LR or grad norm that is negative or not finite; a step that does not increase; a grad
  /// norm that some rows have and others lack; a stretch longer than max_gap or beyond step 1e9. The stream is then as
  /// before but for the line count and the format. Any bytes; O(length of the line).
  std::vector<UpdateStretch> push(std::string_view line);

  std::int64_t lines() const noexcept { return lines_; }  ///< taken so far
  std::int64_t step() const noexcept { return step_; }    ///< the last step that was logged; `done` before the first
  bool bare() const noexcept { return format_ == Format::bare; }

 private:
  enum class Format { unknown, bare, json, delimited };
  struct Row {
    std::int64_t step = 0;
    UpdateRates rates;
  };

  Format format_of(std::string_view line);
  UpdateRates read_bare(std::string_view line) const;
  std::optional<Row> read_row(std::string_view line) const;
  void check(const UpdateRates& rates) const;
  void check_gap(const Row& row) const;
  std::vector<UpdateStretch> advance(const Row& row);
  [[noreturn]] void fail_line(std::string_view what) const;

  std::string name_;
  LogStreamOptions options_;
  Format format_ = Format::unknown;
  std::string header_;
  std::int64_t lines_ = 0;
  std::int64_t rows_ = 0;  // with an LR
  std::int64_t step_ = 0;
  UpdateRates rates_;          // of the last row
  std::int64_t spacings_ = 0;  // between rows
  std::int64_t longest_gap_ = 0;
};

}  // namespace scheduled
