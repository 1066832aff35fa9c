// Predictions that are written down before their result exists, and what became of them; and final losses of runs that
// were stopped early. Part of the library scheduled::law.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/law.hpp"
#include "scheduled/lr_sweep.hpp"

namespace scheduled {

/// SHA-256 (FIPS 180-4) as 64 hexadecimal digits. O(n).
std::string sha256(std::string_view bytes);

/// A prediction of one loss.
struct Forecast {
  std::string run;        ///< what the run is called; each forecast of a book has another name
  std::string schedule;   ///< spec text of all its rates
  std::int64_t step = 0;  ///< the update after which the loss is predicted, >= 1
  Predicted loss;         ///< finite, lower <= loss <= upper
  std::string column;     ///< "val_loss": which loss it is
  std::string result;     ///< the log in which it will stand; may be empty
  std::string law;        ///< law_name
  std::string law_hash;   ///< sha256 of print_fitted_law
  /// What the law was fitted to: file -> sha256 of its bytes.
  std::map<std::string, std::string> data;
  /// How the law was fitted: FittedLaw::how; "version" of the library; "run 1", ...: what was fitted, with the first
  /// and last step that counted; and what the command was told of the logs ("log 1", "base 1", "label 1", "first",
  /// ...). With `data` all that is needed to fit it again. Empty in books of before.
  std::map<std::string, std::string> how;
  std::string time;  ///< when it was made, UTC: "2026-11-27T09:00:00Z"
  std::string note;
  bool operator==(const Forecast&) const = default;
};

/// What a run came to.
struct ForecastScore {
  std::string run;
  std::string seal;                         ///< of its forecast
  double loss = 0.0;                        ///< the real one, finite
  std::map<std::string, std::string> data;  ///< where it is from: file -> sha256
  std::string time;
  bool operator==(const ForecastScore&) const = default;
};

/// A forecast with its seal and what became of it.
struct SealedForecast {
  Forecast forecast;
  std::string seal;  ///< sha256 of the line before it and of all that it says: publish it, and nothing can be changed
  std::optional<ForecastScore> score;

  std::optional<double> error() const;  ///< predicted less real
  std::optional<bool> held() const;     ///< the real loss lies within the interval
  bool operator==(const SealedForecast&) const = default;
};

/// A book of forecasts: lines of JSON, of which each ends with the hash of itself and of the line before it. A line
/// that is changed, taken out or put in breaks all later ones; only what the last lines say could be taken back, where
/// nobody knows the seal of the last one.
struct ForecastBook {
  std::vector<SealedForecast> forecasts;
  std::vector<std::string> seals;  ///< of all lines

  std::string last() const;  ///< seal of the last line; 64 zeros: there is none
};

/// Throws ArgumentError naming book and line: not JSON, an unknown, missing or repeated key, a hash that does not
/// belong to its line or does not follow the one before, a score of no forecast, of one that has one, or before it. A
/// last line that breaks off is half written and does not count. Never crashes on any bytes.
ForecastBook parse_forecasts(std::string_view name, std::string_view text);
/// The same of a file; where there is none, an empty book if `may_be_missing`.
ForecastBook read_forecasts(const std::filesystem::path& file, bool may_be_missing = false);
/// Throws ArgumentError where no line of the book has this seal: it was changed or cut since the seal was made known.
void check_seal(const std::filesystem::path& file, std::string_view seal);

/// What a fitted law says of a schedule's loss after `step` updates (nothing: after all of them). Throws as
/// predict_losses and check_identified; `run`, `data`, `time` and the rest are for the caller to set, and what more of
/// the logs `how` needs.
Forecast make_forecast(const FittedLaw& fitted, const Schedule& schedule, std::optional<std::int64_t> step = {});

/// Writes a line at the end of the book, which is made where there is none: whole or not at all, one process at a time,
/// on the disk when it returns. Throws ArgumentError: a book that is not sound or that another process keeps for 2 s, a
/// run that has a forecast, values that are not allowed, a time that is none; std::runtime_error where writing fails.
SealedForecast register_forecast(const std::filesystem::path& book, const Forecast& forecast);
/// The same for a result. Throws ArgumentError where there is no book, or the run has no forecast, or a score.
SealedForecast score_forecast(const std::filesystem::path& book, ForecastScore score);

/// The loss at a step, or nothing where the log has not come so far. Throws as RunLog::at.
std::optional<double> loss_at_step(const RunLog& log, std::string_view column, std::int64_t step);

/// How forecasts came out, of one law or all.
struct ForecastSummary {
  std::string law;  ///< empty: all
  std::int64_t forecasts = 0, scored = 0;
  std::optional<double> coverage;    ///< share of results within their intervals; wanted: 0.9
  std::optional<double> bias;        ///< mean of predicted less real
  std::optional<double> error;       ///< mean size of that
  std::optional<double> half_width;  ///< mean of the intervals'
};
struct ForecastReport {
  std::vector<ForecastSummary> laws;  ///< by name, then all of them
  std::vector<SealedForecast> forecasts;
};
/// A forecast that several books have, as copies of one do, counts once.
ForecastReport report_forecasts(std::span<const ForecastBook> books);

// ---- The runs of a sweep from their logs.

struct LrSweepLogOptions {
  std::string column = {};  ///< empty: the losses that all have
  /// What shorter runs were to become, at their own peak; nothing: all have come to their end. A run with other rates
  /// (by more than a tenth of its peak, after the first twentieth) that came down to 15 % of its peak is a whole run.
  std::optional<Schedule> plan = {};
  LawKind law = default_law;
  FitOptions fit = {};
};
struct LrSweepLogs {
  std::vector<LrSweepRun> runs;    ///< `spread` says how sure the law is of those that were stopped
  std::vector<std::string> notes;  ///< which were, and how far; whole runs that are none of the plan
};
/// Each log is a run: its peak is its highest rate, its horizon its last step (or its `iterations` in meta, where these
/// are 2 % more at most), or the plan's where it ended before. The final loss of those that did is what the law, fitted
/// to all of the logs, says for the rest of the plan, less what it is off by in the run's last tenth; a run whose
/// losses end in NaN diverged, and without a plan has the horizon of the shortest run that came farther. Throws as
/// fit_runs, fit_law and check_identified; a plan that is shorter than a run, or is not what one with other rates was
/// made by.
LrSweepLogs lr_sweep_of_logs(std::span<const OwnRun> runs, const LrSweepLogOptions& options = {});

}  // namespace scheduled
