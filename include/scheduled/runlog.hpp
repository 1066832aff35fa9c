// Training logs of any origin as one table; and a log read line by line while it grows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "scheduled/error.hpp"

namespace scheduled {

/// A value of a run's configuration.
using MetaValue = std::variant<double, std::string>;

/// One run: a table with one row per logged step. Steps count finished updates, so the row of step s was written
/// after update s; step 0 is the state before training. Functions that take a RunLog check these promises and throw
/// ArgumentError naming log, column and index.
/// Standard columns: "lr", "train_loss", "val_loss", "grad_norm" (losses in nats), "tokens"; others keep the name of
/// their source.
struct RunLog {
  std::string name;                                   ///< where it came from, for messages and legends
  std::vector<std::int64_t> step;                     ///< strictly increasing, >= 0 and <= 2^53
  std::map<std::string, std::vector<double>> column;  ///< each as long as `step`; finite, or NaN where not logged
  std::map<std::string, MetaValue> meta;              ///< configuration and summary values ("iterations", ...)
  std::string format = {};                            ///< that it was read as, see log_formats(); "run": a run's folder
  std::map<std::string, std::string> source = {};     ///< standard column -> its name in the source
  std::vector<std::string> notes = {};                ///< what was taken in one of several ways, or looks wrong
  /// LR of updates 1 ... T, by with_rates or a run's record; empty: known from the column "lr" alone. Where they are,
  /// they count in its place, and the last one holds beyond T.
  std::vector<double> rates = {};
  std::int64_t restarts = 0;  ///< how often steps went back, as after a restart
  std::int64_t left_out = 0;  ///< rows that do not count: repeated by a restart, or without a step
  /// Standard columns that end in NaN or infinities, which are "not logged": the first step of them after the last
  /// value. Not where as many stood before a value; while another loss goes on, twice as many, and not of a column's
  /// first ones.
  std::map<std::string, std::int64_t> not_finite = {};
  /// All steps at which these were NaN or infinite, in any order: of logs that are joined they tell the same anew.
  std::map<std::string, std::vector<std::int64_t>> not_finite_steps = {};
  std::vector<std::string> lacking = {};  ///< columns that ReadOptions::columns names and this part of a log lacks

  std::size_t rows() const noexcept { return step.size(); }
  bool has(std::string_view column_name) const;
  /// Throws ArgumentError that names the log, the column and the columns there are.
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

/// A format of logs.
struct LogFormat {
  std::string_view name;        ///< "csv": what ReadOptions::format takes
  std::string_view what;        ///< "text with a header line, ..."
  std::string_view written_by;  ///< programs whose logs are such
};
/// All of them, in the order in which they are asked whether they know a content.
std::span<const LogFormat> log_formats();

/// What it means that steps go back, or that a step has several values in one column. `keep_last`: the run was
/// restarted from a checkpoint, and what it logged before for the steps that it repeats does not count. `automatic`:
/// `average` in the logs of 2501.18965 (as their authors read them), else `keep_last`. With `error` the rows must be in
/// order. In every mode rows of one step that log different columns are one row (training and validation results often
/// come apart), and equal values are one.
enum class Restarts { automatic, keep_last, keep_first, average, error };

/// Whose learning rate and gradient norm a row has. `same`: those of update s, in the row of step s. `next`: of update
/// s + 1, as programs log that count from 0 and print before they update. `automatic`: as the format implies.
enum class RateOf { automatic, same, next };

struct ReadOptions {
  /// Source column -> the standard column that it is: step, lr, train_loss, val_loss, grad_norm, tokens; e.g.
  /// {"history.val.loss", "val_loss"}. It wins over the usual names by which the others are found (docs/guide/logs.md).
  /// A column named here that the file, or every part of "A+B", lacks is an error.
  std::map<std::string, std::string> columns = {};
  Restarts restarts = Restarts::automatic;
  std::string format = {};                 ///< a name of log_formats(); empty: told by the content
  std::vector<std::string> patterns = {};  ///< of lines of text, such as "step {step}: loss {train_loss}"; see below
  std::int64_t step_offset = 0;            ///< added to all steps: 1 where the first update is logged as step 0
  RateOf lr_of = RateOf::automatic;
  bool continue_lr = false;  ///< continue_rates
  /// The file is being written: in text of lines the last one does not count before its line break is there.
  bool growing = false;
  /// The file is one of several of a run: a column of `columns` that it lacks is no error, but in RunLog::lacking.
  bool is_part = false;
  /// The caller says how the rates begin (DenseOptions::warmup): the log has no note of it.
  bool says_warmup = false;
  /// The caller gives the rates (with_rates): the log, and what it is joined to, have no notes of logged ones.
  bool gives_rates = false;
};

/// Reads "SOURCE=STANDARD,SOURCE=STANDARD". SOURCE may hold "=" and ",": what counts is that a standard name and a
/// comma, or the end, follow. Throws ArgumentError for another STANDARD, with the one that was probably meant.
std::map<std::string, std::string> parse_columns(std::string_view text);

/// Reads a log; the format is told by the content, which may be gzip or zstd. Empty cells, absent keys, null, NaN,
/// infinities and NA are "not logged"; for losses and norms that is noted, in steps and lr NaN and infinities are
/// errors. The JSON of 2501.18965: `history.train` and `history.val` join by step; a name that both use becomes
/// "val.<name>" for the second. `meta` is the scalars of `config` (truth values as 0 and 1), then the last values of
/// `history.final-val`
/// ("final_val_loss", ...), then the scalars of `summary` ("final-val/x" as "final_val_x", other keys with a slash
/// left out); the first that has a key wins.
/// Standard columns, and those that `options` names, must be sound; others ("note", "val_acc") are left out where an
/// entry is no number or, in JSON columns, where they are not as long as their section's steps (which rows they belong
/// to is then unknown). Text is read by the templates of the programs that are known, or by `options.patterns`: a word
/// in braces is a column, "{}" a number that does not count, a blank any number of blanks, "^" the start of a line.
/// Throws ArgumentError naming file, column and place (1-based line for rows of text, entry for JSON columns): empty,
/// no text, no known format, not JSON, truncated (with the byte), no step column, no other column, no rows, a step that
/// is not a whole number >= 0 and <= 2^53, an entry that is no number, columns of different length, a line with too few
/// or too many cells, a needed column or key that appears twice, steps that go back or repeat (see Restarts), columns
/// so sparse that the table would take more than 8 MiB and more than 64 bytes per byte of file. `name` stands for the
/// file in messages. Never crashes on any bytes. O(n log n) for n bytes.
RunLog parse_log(std::string_view name, std::string_view content, const ReadOptions& options = {});

/// parse_log of a file, named by its path; of a folder's TensorBoard event files; or of several files that are one log,
/// joined by "+" ("lr.csv+loss.csv"). Throws ArgumentError naming it: missing, unreadable, a folder without a log, or
/// with those of several runs.
RunLog read_log(const std::filesystem::path& file, const ReadOptions& options = {});

/// "lr.csv" and "loss.csv" of "lr.csv+loss.csv".
std::vector<std::string> log_parts(std::string_view name);
/// The files that `name` stands for in read_log: itself, or those that "+" joins; none where one of them is missing.
std::vector<std::filesystem::path> log_files(const std::filesystem::path& name);

/// A log of columns that a program holds: by the names, rules and errors of parse_log; NaN is "not logged". Entries are
/// named by index. Throws ArgumentError as parse_log, and for columns of different length.
using NamedColumns = std::vector<std::pair<std::string, std::vector<double>>>;
RunLog log_of_columns(std::string_view name, const NamedColumns& columns, const ReadOptions& options = {});

/// Rows that go on after the last logged rate, which was on its way down.
struct RateTail {
  std::int64_t from = 0;  ///< step of the last logged rate
  std::int64_t to = 0;    ///< last step of the log
  double held = 0.0;      ///< the last logged rate, which densify holds
  std::string shape;      ///< "linear", "cosine" or "1-sqrt" from the highest rate to 0; empty: the rows follow none
  double zero_at = 0.0;   ///< the step at which the shape is 0, >= from; 0 without a shape
  double end = 0.0;       ///< the rate at step `to` by the shape; without one by the line of the last two rows
};
/// Nothing: rates are logged to the end, did not fall before it, or `rates` has them. O(rows).
std::optional<RateTail> rate_tail(const RunLog& log);
/// The log with the rates of rate_tail's shape in the rows after the last logged rate, and a note that says so. As it
/// is where there is no such tail. Throws ArgumentError where the last rows follow no shape.
RunLog continue_rates(RunLog log);

/// A log whose first rates were logged after the first update, while they rose.
struct RateHead {
  std::int64_t from = 0;  ///< step of the first logged rate, >= 2
  double first = 0.0;     ///< that rate, > 0
  double start = 0.0;     ///< at step 0, on the line of the first rows
  /// How many of the first rows lie on that line; 1: one alone, the next is on a level, which a linear warmup from 0
  /// through this one reaches before it; 0: the rows are on no such line, and it is not known how the rate began.
  std::int64_t rows = 0;
};
/// Nothing: rates are logged from update 1 on or do not rise at first, or `rates` has them. O(rows).
std::optional<RateHead> rate_head(const RunLog& log);

/// One log of several that have different columns of one run: joined by step. Where two have a value, the later log's
/// counts, and that is noted. Throws ArgumentError: none, or one that breaks the promises of RunLog.
RunLog join_logs(std::span<const RunLog> logs);

/// The log with the rates lr of updates 1 ... T in place of logged ones: T >= the last step. Where both are there, the
/// largest difference is noted. densify gives them exactly. Throws ArgumentError: too few, negative or not finite.
RunLog with_rates(RunLog log, std::vector<double> lr);

/// The run that a cooldown branch ends: `base` up to and with the branch's first step, then `branch`. At steps that
/// both log, the branch's value stands where it has one. Meta values are the branch's, then the base's; the name is
/// "<base> + <branch>".
/// Throws ArgumentError where `base` ends before the branch starts (it names both steps), where one has no
/// rows, and where one breaks the promises of RunLog.
RunLog merge_branch(const RunLog& base, const RunLog& branch);

/// How a sparse logged column becomes one value per update. Update t (1-based) takes, between two logged steps
/// a < t <= b, the linear interpolation of their values at t (exact at b and where both are equal); before the first
/// logged step the first value (or, with `warmup`, the line from 0 at step 0 to the first value at step `warmup`, or,
/// as rate_head says, from its start to the first value); after the last the last value.
struct DenseOptions {
  /// Length of an unlogged linear warmup from 0, at most the first logged step; 0: none; nothing: of a learning rate
  /// what its first rows tell (rate_head), else none.
  std::optional<std::int64_t> warmup = {};
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

/// A stretch that is longer than max_gap.
class LogGap : public ArgumentError {
 public:
  /// `what` holds the text of all that follows.
  LogGap(Fields what, std::string column, std::int64_t from, std::int64_t to)
      : ArgumentError(std::move(what)), column_(std::move(column)), from_(from), to_(to) {}
  const std::string& column() const noexcept { return column_; }
  std::int64_t from() const noexcept { return from_; }  ///< not logged from this step
  std::int64_t to() const noexcept { return to_; }      ///< to this one

 private:
  std::string column_;
  std::int64_t from_, to_;
};

/// Values for updates 1 ... last_step (index 0 is update 1); 1 <= last_step <= 1e9. Throws ArgumentError naming
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

/// Learning rates of updates 1 ... last_step, or why they are not known.
struct KnownRates {
  std::vector<double> lr;  ///< empty: not known
  std::string why_not;
};
/// densify of "lr" up to the last step; a gap, or a log without rates, is no error. Throws as densify for the options.
KnownRates known_rates(const RunLog& log, const DenseOptions& options = {});

/// The rates of updates 1 ... at of a run that goes on from there; nothing: of all that it logged. Throws ArgumentError
/// naming `at`: not within the log, or a rate of 0 there; and as densify.
std::vector<double> trunk_rates(const RunLog& log, std::optional<std::int64_t> at = {},
                                const DenseOptions& options = {});
/// The same of the rates `lr` of updates 1, 2, ... of what `name` names.
std::vector<double> trunk_rates(std::vector<double> lr, std::string_view name, std::optional<std::int64_t> at = {});

// ---- Runs: the log files that belong together.

/// The files of one run.
struct RunFiles {
  std::string file;
  std::vector<std::string> bases = {};  ///< the run that `file` continues, the run that this one continues, ...
  std::string label = {};               ///< its name; empty: run_names finds one
  bool operator==(const RunFiles&) const = default;
};

/// How a file of a run is read, where that is not read_log.
using LogReader = std::function<RunLog(const std::string& file, const ReadOptions& options)>;

/// The log of `run.file`, joined to those of the runs that it continues. Throws as read_log and merge_branch.
RunLog read_run(const RunFiles& run, const ReadOptions& options = {}, const LogReader& read = read_log);

/// Several files of one run, joined by join_logs; a column that `options` name may stand in any of them. Throws as
/// read_log and join_logs, and where none of the files has such a column.
RunLog read_joined(std::span<const std::string> files, const ReadOptions& options = {},
                   const LogReader& read = read_log);

/// A name for each: its label, else its file's name without the parts ("_" between them) that all have.
std::vector<std::string> run_names(std::span<const RunFiles> runs);

/// A run of several whose rows are to count once.
struct OwnRun {
  std::string name;  ///< of run_names
  RunLog log;        ///< the branch alone where `base` is there, else all
  /// Of a branch whose base is one of the other runs; branches of one base share it.
  std::shared_ptr<const RunLog> base = {};
};
/// Throws as read_run, and where a run is given twice.
std::vector<OwnRun> read_runs(std::span<const RunFiles> runs, const ReadOptions& options = {},
                              const LogReader& read = read_log);

/// Whether a row logged the column.
bool has_values(const RunLog& log, std::string_view column_name);
/// The log's losses: "val_loss", else "train_loss", else empty.
std::string_view loss_column(const RunLog& log);
/// The losses that all of them have. Throws ArgumentError, which names the columns of a log without.
std::string_view common_loss_column(std::span<const RunLog> logs);
std::string_view common_loss_column(std::span<const OwnRun> runs);

// ---- A training log read line by line while it grows.

/// LR and grad norm of an update.
struct UpdateRates {
  double lr = 0.0;
  std::optional<double> grad_norm;  ///< nothing: not logged
  bool operator==(const UpdateRates&) const = default;
};

/// The learning rates of all updates, where they are known without the log.
struct GivenRates {
  std::function<double(std::int64_t update)> of;  ///< update >= 1; >= 0
  double peak = 0.0;                              ///< the largest of them
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
  ReadOptions read = {};  ///< `restarts` is not read: steps must increase
  std::int64_t done = 0;  ///< updates that the caller has already: not given again, and bare lines count from there
  /// Of a log: length of an unlogged linear warmup from 0, at most the first logged step. 0: none, even where the first
  /// rows rise, as they are not there yet.
  std::int64_t warmup = 0;
  /// Of a log: longest stretch to bridge, in steps; 0: ten times the longest one before it, once there were three.
  std::int64_t max_gap = 0;
  /// The rates of all updates, in place of logged ones: then every row with a step counts (where some have gradient
  /// norms, those), lines must not be bare, and LogStream::rates has them. Nothing: they are logged.
  std::optional<GivenRates> lr = {};
  bool grad_norms = true;  ///< false: those that are logged do not count, and need not be sound
};

/// The updates that the lines of a growing log stand for, with the rule of densify: between two logged rows the line
/// that joins them, before the first row its values. The first line that counts tells the format: a number begins bare
/// lines "lr" or "lr grad_norm" (blanks, tabs or a comma between), one per update; else it is one of log_formats() that
/// can be read line by line (JSON lines, delimited text without line breaks in cells, what programs print). Blank
/// lines and those that start with # do not count, nor do rows of a log without an LR, unless the options give it.
class LogStream {
 public:
  /// `name` stands for the log in messages. Throws ArgumentError: a negative option.
  explicit LogStream(std::string name, LogStreamOptions options = {});
  ~LogStream();
  LogStream(LogStream&&) noexcept;
  LogStream& operator=(LogStream&&) noexcept;

  /// Takes the next line, without its line break; the updates that are now known, none, one stretch, or two.
  /// Throws ArgumentError naming log, 1-based line and what is wrong: what parse_log refuses; not one or two
  /// numbers on a bare line; an LR or grad norm that is negative or not finite; a step that does not increase; a grad
  /// norm that some rows have and others lack; a stretch longer than max_gap or beyond step 1e9. The stream is then as
  /// before but for the line count and the format. Any bytes; O(length of the line).
  std::vector<UpdateStretch> push(std::string_view line);
  /// stretch.at(k), with the given rate where the options have it.
  UpdateRates rates(const UpdateStretch& stretch, std::int64_t k) const;

  std::int64_t lines() const noexcept { return lines_; }  ///< taken so far
  std::int64_t step() const noexcept { return step_; }    ///< the last step that was logged; `done` before the first
  bool bare() const noexcept;                             ///< whether its lines are bare
  /// The first logged rate that was more than 1 % of the peak away from the given one; empty: none was.
  const std::string& difference() const noexcept { return difference_; }

 private:
  struct Reader;
  struct Row {
    std::int64_t step = 0;
    UpdateRates rates;
    std::map<std::string, std::string> source;  // of lr and grad_norm
  };

  void choose(std::string_view line);
  UpdateRates read_bare(std::string_view line) const;
  std::optional<Row> read_row(std::string_view line);
  /// Rates and norms stay those of the columns that they were found in first.
  void keep_columns(const Row& row);
  std::optional<Row> row_of(const RunLog& log);
  void check(const UpdateRates& rates) const;
  void check_gap(const Row& row) const;
  std::vector<UpdateStretch> advance(const Row& row);
  [[noreturn]] void fail_line(std::string_view name, std::string_view value, std::string_view requirement) const;

  std::string name_;
  LogStreamOptions options_;
  std::unique_ptr<Reader> reader_;  // none: no line yet
  std::int64_t lines_ = 0;
  std::int64_t rows_ = 0;  // with an LR
  std::int64_t step_ = 0;
  UpdateRates rates_;          // of the last row
  std::int64_t spacings_ = 0;  // between rows
  std::int64_t longest_gap_ = 0;
  std::string difference_;
};

}  // namespace scheduled
