// The training logs of 2501.18965: found by name, branches put on what they continue, columns as lines.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plot/figure.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled::figures {

/// A folder of logs that keeps account of those that are not there.
class Logs {
 public:
  explicit Logs(std::filesystem::path folder);

  /// Whether a log matches `pattern`: its path below the folder, where "*" stands for anything but "/".
  bool has(std::string_view pattern) const;

  /// The log that matches. Nothing where none does or where it cannot be read; missing() then says so. Throws
  /// ArgumentError where several do: which one is meant must not be guessed.
  std::optional<RunLog> read(const std::string& pattern);

  /// The run of the last pattern, put on the runs that it continues, oldest first. Nothing where any is missing.
  std::optional<RunLog> read_branch(const std::vector<std::string>& patterns);

  /// Why logs could not be used, each once, in the order of their names.
  std::vector<std::string> missing() const { return {missing_.begin(), missing_.end()}; }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> files_;  ///< paths below the folder, sorted
  std::set<std::string> missing_;
};

/// Patterns of the runs of the 124M models on SlimPajama, and of the constant run that a WSD run branches off.
/// `folder`: "", or "grad_norm/" for the runs made again with gradient norms. The runs at 3e-3 and those with a
/// cooldown of .994 are only there: read_wsd_124m and read_cosine_124m look there for them.
std::optional<RunLog> read_wsd_124m(Logs& logs, const std::string& folder, double lr, double cooldown,
                                    std::int64_t steps);
std::optional<RunLog> read_cosine_124m(Logs& logs, const std::string& folder, double lr, std::int64_t steps);

/// The cooldown alone, without the run it left: enough for its final loss.
std::optional<RunLog> read_cooldown_124m(Logs& logs, double lr, double cooldown, std::int64_t steps);

/// Loss on the whole validation set at the end of the run, "final-val/loss" of the logs; the losses along the run are
/// means over a part of it, and about .035 lower. Throws ArgumentError where the log has none.
double final_loss(const RunLog& log);

/// A logged column over the steps.
plot::Line logged(const RunLog& log, std::string_view column);

/// Moving average over `window` rows.
plot::Line smoothed(plot::Line line, std::size_t window);

/// The part of `line` with low <= x <= high.
plot::Line between(const plot::Line& line, double low, double high);

/// The last step that logged a validation loss. Throws ArgumentError where there is none.
std::int64_t last_loss(const RunLog& log);
/// Rate of every step up to it, which is a step that trained.
std::vector<double> rates_of(const RunLog& log);

/// Losses above rates, one column wide; both may be cut to the steps from `first` on.
plot::Figure losses_and_rates(std::vector<plot::Line> losses, std::vector<plot::Line> rates, plot::Range loss_range,
                              std::optional<plot::Range> steps = {});

}  // namespace scheduled::figures
