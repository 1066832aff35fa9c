// Schedules, configurations and logs looked over: what is mostly a mistake in one, and where two of them differ. Part
// of the library scheduled::runlog.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduled/runlog.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

// Updates count from 1, as steps of a log: update t has the rate lr(t - 1).

/// What an input is.
enum class InputKind { schedule, log, config };

/// What has learning rates: a schedule, the log of a run, or a training program's configuration.
struct RateInput {
  std::string name = {};
  InputKind kind = InputKind::schedule;
  std::optional<Schedule> schedule = std::nullopt;
  std::optional<RunLog> log = std::nullopt;
  std::optional<std::int64_t> updates = std::nullopt;  ///< of a configuration: that its run makes
  std::vector<std::string> notes = {};                 ///< of a configuration: what its program does otherwise
  /// In place of a schedule: why it is none. lint knows what some of these mean; all else throws it.
  std::optional<ArgumentError> refused = std::nullopt;

  RateInput() = default;
  RateInput(Schedule of, std::string called = {});  // NOLINT: a schedule is an input
  RateInput(RunLog of);                             // NOLINT: so is a log
};

struct InputOptions {
  std::optional<Duration> steps = std::nullopt;  ///< horizon of a spec that has none; updates of a configuration
  ReadOptions read = {};                         ///< of logs
  LogReader reader = {};                         ///< nothing: read_log
};

/// `text` is a spec or names a file, or files joined by "+": a log; a spec or the JSON of a schedule in a file; else
/// the configuration of a training program (scheduled/foreign.hpp). Throws ArgumentError: a spec without a horizon that
/// needs one (NeedsHorizon); a file that is none of these, as read_log, or, of a .yaml, .toml, .py or .sh, and JSON
/// without rows, as import_schedule.
RateInput read_input(const std::string& text, const InputOptions& options = {});

// ---- lint

enum class Severity { note, warning, error };

/// One kind of finding.
struct LintRule {
  std::string name = {};                  ///< "first-update-zero"
  Severity severity = Severity::warning;  ///< as a rule; `meaning` says where not
  std::string meaning = {};               ///< what is found
  std::string remedy = {};                ///< what to do about it
  bool of_schedules = true;               ///< looks at schedules
  bool of_logs = true;                    ///< looks at logs
  bool operator==(const LintRule&) const = default;
};
/// All of them.
std::span<const LintRule> lint_rules();

struct LintFinding {
  std::string rule = {};
  Severity severity = Severity::warning;
  std::int64_t first = 0;  ///< update at which it begins; 0: of none
  std::int64_t last = 0;   ///< to this one
  std::string what = {};   ///< what was found, with its numbers
  /// By how much the bound, at the best peak, is larger than that of the mended rates at theirs: .12 is 12 %, below 0
  /// it is smaller. Omega_T, one grad norm. Nothing where that says nothing.
  std::optional<double> cost = {};
  std::string mended = {};  ///< what `cost` compares with
  std::string remedy = {};
  bool operator==(const LintFinding&) const = default;
};

struct LintReport {
  std::string name = {};
  InputKind kind = InputKind::schedule;
  std::int64_t updates = 0;  ///< that were looked at
  std::vector<LintFinding> findings = {};
  std::vector<std::string> notes = {};                   ///< what could not be looked at, and why
  std::int64_t count(Severity severity) const noexcept;  ///< findings of it
  bool operator==(const LintReport&) const = default;
};

struct LintSettings {
  std::vector<std::string> ignore = {};  ///< names of rules that do not count
  DenseOptions rates = {};               ///< how logged rows become one rate per update, for the costs
};

/// Findings by update, the worst first where they begin together. Throws ArgumentError: an unknown rule in `ignore`; a
/// schedule of more than 2e7 updates; a log without rates; and input.refused, where no rule knows it. Without a horizon
/// ten warmups are looked at, at least 10,000 updates. O(updates).
LintReport lint(const RateInput& input, const LintSettings& settings = {});

// ---- diff

struct DiffSettings {
  /// Differences up to this share of the largest rate count as none; >= 0.
  double tolerance = 0.0;
  DenseOptions rates = {};  ///< as for lint
};

/// A difference b - a of two rates.
struct DiffAt {
  std::int64_t update = 0;
  double a = 0.0;
  double b = 0.0;
  double difference() const noexcept { return b - a; }
  bool operator==(const DiffAt&) const = default;
};

/// Each at its own best peak and after its own length, of a schedule and a log after that of the shorter; D = G = 1.
struct DiffBound {
  std::int64_t T_a = 0, T_b = 0;
  double peak_a = 0.0, peak_b = 0.0;    ///< their largest rates at the best scale
  double bound_a = 0.0, bound_b = 0.0;  ///< Omega_T there
  double ratio() const noexcept { return bound_b / bound_a; }
  double peak_ratio() const noexcept { return peak_b / peak_a; }
  bool operator==(const DiffBound&) const = default;
};

/// Losses of the steps that both logged.
struct DiffLoss {
  std::string column = {};
  std::int64_t steps = 0;
  DiffAt largest = {};  ///< where they differ most
  DiffAt last = {};     ///< at the last such step
  bool operator==(const DiffLoss&) const = default;
};

struct RateDiff {
  std::string a = {}, b = {};                                  ///< names
  std::optional<std::int64_t> updates_a = {}, updates_b = {};  ///< their lengths; nothing: without a horizon
  std::int64_t compared = 0;                                   ///< updates at which both rates are known
  bool interpolated = false;           ///< no update is logged in both: rates between rows are on their line
  bool equal = true;                   ///< no difference beyond the tolerance, and lengths of two of a kind agree
  std::int64_t differing = 0;          ///< updates beyond the tolerance
  std::optional<DiffAt> first = {};    ///< of these; nothing: none
  std::optional<DiffAt> largest = {};  ///< by its size; nothing: no difference at all
  std::optional<DiffAt> largest_relative = {};  ///< by its share of the larger rate
  double relative = 0.0;                        ///< that share
  std::optional<DiffAt> jump = {};              ///< where the difference changes most from the compared update before
  double jump_by = 0.0;                         ///< by how much
  std::optional<DiffBound> bound = {};          ///< nothing: `no_bound`
  std::string no_bound = {};
  std::optional<DiffLoss> loss = {};  ///< where both are logs with losses
  bool operator==(const RateDiff&) const = default;
};

/// Where and by how much the rates of two inputs differ. Between logs, and a log and a schedule, the logged updates
/// count. A schedule without a horizon is as long as the other, or 10,000 updates. Throws ArgumentError: a tolerance
/// below 0; what `lint` refuses; no update that both have. O(updates).
RateDiff diff(const RateInput& a, const RateInput& b, const DiffSettings& settings = {});

/// The rates of both at the compared updates: what `diff` looks at.
struct DiffRates {
  std::vector<std::int64_t> update = {};
  std::vector<double> a = {}, b = {}, difference = {};
  bool interpolated = false;
};
DiffRates diff_rates(const RateInput& a, const RateInput& b, const DiffSettings& settings = {});

}  // namespace scheduled
