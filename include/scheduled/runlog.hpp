// Training logs of any origin as one table; and a log read line by line while it grows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace scheduled {

/// A value of a run's configuration.
using MetaValue = std::variant<double, std::string>;

/// One run: a table with one row per logged step. Steps count finished updates, so the row of step s was written
/// after update s; step 0 is the state before training. Functions that take a RunLog check these promises and throw
/// std::invalid_argument naming log, column and index.
/// Standard columns: "lr", "train_loss", "val_loss", "grad_norm" (losses in nats); others keep the name of their
/// source.
struct RunLog {
  std::string name;                                   ///< where it came from, for messages and legends
  std::vector<std::int64_t> step;                     ///< strictly increasing, >= 0 and <= 2^53
  std::map<std::string, std::vector<double>> column;  ///< each as long as `step`; finite, or NaN where not logged
  std::map<std::string, MetaValue> meta;              ///< configuration and summary values ("iterations", ...)

  std::size_t rows() const noexcept { return step.size(); }
  bool has(std::string_view column_name) const;
  /// Throws std::invalid_argument that names the log, the column and the columns there are.
  const std::vector<double>& at(std::string_view column_name) const;
  /// A numeric meta value; nothing when absent or text.
  std::optional<double> number(std::string_view key) const;
  bool operator==(const RunLog&) const = default;
};

/// The logged (not NaN) entries of one column, in step order.
struct Series {
  std::vector<std::int64_t> step;
  std::vector<double> value;
  bool operator==(const Series&) const = default;
};
/// Throws as RunLog::at; an empty series when no row logged it.
Series series(const RunLog& log, std::string_view column_name);

/// What it means that a step has several values in one column. `automatic`: average in the JSON logs (a restarted run
/// logs its first steps again), error in CSV and JSONL (there it is a fault of the file). `average` also takes steps
/// that go backwards; with `error` the rows of each JSON section must be in order. In every mode rows of one step that
/// log different columns are one row (training and validation results often come apart).
enum class RepeatedSteps { automatic, average, error };

struct ReadOptions {
  /// Source column -> its name in the RunLog, e.g. {"tokens", "step"}, {"history.val.loss", "val_loss"}. The other
  /// columns go by their usual names, the first that the file has: "step", "iter", "iteration" -> step;
  /// "lr", "learning_rate", "train_lr" -> lr; "train_loss", "loss" -> train_loss ("loss" in history.val is val_loss);
  /// "val_loss", "eval_loss", "validation_loss" -> val_loss; "grad_norm", "gradient_norm" -> grad_norm. A column named
  /// here that the file lacks is an error.
  std::map<std::string, std::string> columns;
  RepeatedSteps repeated_steps = RepeatedSteps::automatic;
  /// Columns of the RunLog in which nan and inf are "not logged" instead of an error: grad norms of steps that mixed
  /// precision skipped, say. (In CSV; JSON has no such numbers.)
  std::set<std::string> may_be_skipped = {};
};

/// Reads a log; the format is told by the content: a JSON object with "history" | one JSON object per line | delimited
/// text with a header line, separated by comma, semicolon or tab. Empty cells, absent keys and null are "not logged".
/// JSON: `history.train` and `history.val` join by step; a name that both use becomes "val.<name>" for the second.
/// `meta` is the scalars of `config` (truth values as 0 and 1), then the last values of `history.final-val`
/// ("final_val_loss", ...), then the scalars of `summary` ("final-val/x" as "final_val_x", other keys with a slash
/// left out); the first that has a key wins. CSV and JSONL have no meta.
/// Standard columns, and those that `options` names, must be sound; others ("note", "val_acc") are left out where an
/// entry is not a finite number or, in JSON, where they are not as long as their section's steps (which rows they
/// belong to is then unknown).
/// Throws std::invalid_argument naming file, column and place (1-based line for CSV and JSONL, history.train.lr[i]
/// with 0-based i for JSON): empty, not a log, not JSON or (anywhere in a JSON file) NaN, truncated (with the byte),
/// no step column, no other column, no rows, a step that is not a whole number >= 0 and <= 2^53, an entry that is not
/// a finite number, columns of different length, a line with too few or too many cells, a column or key that appears
/// twice, steps that go backwards or repeat (see RepeatedSteps), columns so sparse that the table would take more than
/// 8 MiB and more than 64 bytes per byte of file.
/// `name` stands for the file in messages. Never crashes on any bytes. O(n log n) for n bytes.
RunLog parse_log(std::string_view name, std::string_view content, const ReadOptions& options = {});

/// parse_log of a file, named by its path. Throws std::invalid_argument naming it: missing, unreadable, a directory.
RunLog read_log(const std::filesystem::path& file, const ReadOptions& options = {});

/// The run that a cooldown branch ends: `base` up to and with the branch's first step, then `branch`. At steps that
/// both log, the branch's value stands where it has one. Meta values are the branch's, then the base's; the name is
/// "<base> + <branch>".
/// Throws std::invalid_argument where `base` ends before the branch starts (it names both steps), where one has no
/// rows, and where one breaks the promises of RunLog.
RunLog merge_branch(const RunLog& base, const RunLog& branch);

/// How a sparse logged column becomes one value per update. Update t (1-based) takes, between two logged steps
/// a < t <= b, the linear interpolation of their values at t (exact at b and where both are equal); before the first
/// logged step the first value (or, with `warmup`, the line from 0 at step 0 to the first value at step `warmup`);
/// after the last the last value.
struct DenseOptions {
  std::int64_t warmup = 0;  ///< length of an unlogged linear warmup from 0; 0: none; at most the first logged step
  /// Longest stretch to bridge, in steps; 0: ten times the median spacing (of a single logged step: no limit).
  /// Holds between logged steps, from the warmup to the first and from the last to last_step.
  std::int64_t max_gap = 0;
  /// A learning rate ramps with the warmup. false: a column that does not, such as grad norms, has its first value from
  /// the start on, and may be logged within the warmup.
  bool ramp = true;
  /// A change between stretches that are constant (two rows or more before it, two or more after it) is a jump, not a
  /// slope: the earlier value stands up to the later row, where milestones mostly are, as both are round numbers.
  bool jumps = false;
};

/// A stretch that is longer than max_gap: the text names log, column and the two steps.
class LogGap : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Values for updates 1 ... last_step (index 0 is update 1); 1 <= last_step <= 1e9. Throws std::invalid_argument naming
/// the argument out of range, and where nothing was logged; LogGap where a stretch is longer than max_gap (a gap stays
/// a gap). O(last_step + rows).
std::vector<double> densify(const RunLog& log, std::string_view column_name, std::int64_t last_step,
                            const DenseOptions& options = {});

/// Values for updates first, first + 1, ...
struct DenseStretch {
  std::int64_t first = 1;
  std::vector<double> values;
};

/// As much of a column as was logged, up to its last logged step, without a ramp (options.ramp is not read): from
/// update 1, or from the first logged step where the stretch from the warmup to it is longer than max_gap (a branch
/// without its base run). Throws as densify, also where nothing was logged after step 0.
DenseStretch densify_logged(const RunLog& log, std::string_view column_name, const DenseOptions& options = {});

// ---- A training log read line by line while it grows.

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
