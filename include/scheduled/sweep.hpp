// The best base LR and its bound over a grid of schedules, horizons, cooldowns and grad norms.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/design.hpp"

namespace scheduled {

/// G_t of one family: a series, or t^alpha.
struct GradNormFamily {
  std::string name = {};            ///< for the reader of the results
  double alpha = 0.0;               ///< G_t = t^alpha, finite
  std::vector<double> series = {};  ///< where not empty: one value per step for the longest horizon, finite, >= 0
  bool operator==(const GradNormFamily&) const = default;
};

/// The grid. An axis left empty has one entry: the schedule's own horizon or cooldown, or G = 1.
struct SweepAxes {
  std::vector<Schedule> schedules = {};     ///< at least one; their peaks do not matter
  std::vector<std::int64_t> horizons = {};  ///< steps, >= 1
  std::vector<double> cooldowns = {};       ///< shares of the run, > 0 to 1; every schedule must have a cooldown
  std::vector<GradNormFamily> grad_norms = {};

  /// Number of combinations. Combination i = ((s H + h) C + c) F + f for entries s, h, c, f of axes of lengths
  /// S, H, C, F (an empty axis counts as one).
  std::int64_t size() const noexcept;
};

/// Where a combination lies on the axes (0 on empty ones).
struct SweepPlace {
  std::size_t schedule = 0;
  std::size_t horizon = 0;
  std::size_t cooldown = 0;
  std::size_t grad_norm = 0;
  bool operator==(const SweepPlace&) const = default;
};
SweepPlace sweep_place(const SweepAxes& axes, std::int64_t combination) noexcept;

/// The schedule of a combination, with its horizon and cooldown put in.
Schedule sweep_schedule(const SweepAxes& axes, std::int64_t combination);

struct SweepResult {
  std::int64_t combination = 0;
  std::optional<BestBaseLr> best = {};
  std::string error = {};  ///< why there is none, where the schedule does not fit the horizon, say
};

struct SweepOptions {
  double distance = 1.0;
  Criterion criterion = Criterion::omega;
  int threads = 1;         ///< >= 1; the results have the same bits for every number
  std::stop_token stop{};  ///< asked between combinations; what is done stays done
  /// Combinations that are already done and skipped (a resumed sweep), nothing: none. Called from one thread at a time.
  std::function<bool(std::int64_t combination)> skip = {};
  /// Called for every result as it comes, in no fixed order, from one thread at a time; `done` counts calls.
  std::function<void(const SweepResult& result, std::int64_t done, std::int64_t to_do)> on_result = {};
};

/// The results that were computed, by combination. Throws ArgumentError: no schedule, a horizon < 1 or none, a
/// share out of range, a schedule without cooldown where the axis is given, a series that is too short, distance,
/// threads; each named with its index. What on_result throws ends the sweep and is thrown on. O(T) for each.
std::vector<SweepResult> sweep(const SweepAxes& axes, const SweepOptions& options = {});

/// Throws as `sweep` does before any computing.
void check_axes(const SweepAxes& axes, const SweepOptions& options = {});

/// For each result its bound over the smallest of those with the same horizon and grad norms; NaN where it has an
/// error.
std::vector<double> sweep_ratios(const SweepAxes& axes, std::span<const SweepResult> results);

/// A result with its place on the axes in words.
struct SweepRow {
  std::int64_t combination = 0;
  std::string schedule = {};            ///< spec text; a very long one is shortened
  std::int64_t steps = 0;               ///< the horizon, else the schedule's own; 0: none
  std::optional<double> cooldown = {};  ///< share of the run, where that is an axis
  std::string grad_norm = {};           ///< the family's name, else "t^alpha"
  Criterion criterion = Criterion::omega;
  double distance = 1.0;
  std::optional<BestBaseLr> best = {};
  std::string error = {};  ///< on one line
};
SweepRow sweep_row(const SweepAxes& axes, const SweepOptions& options, const SweepResult& result);

// ---- The results of a sweep in a CSV file, from which an interrupted sweep goes on.

/// combination, schedule, steps, cooldown, grad_norm, criterion, distance (these say which sweep it is), T, peak,
/// bound, closed_form, at_limit, error.
const std::vector<std::string>& sweep_columns();

/// The cells of a result's row; numbers read back exactly; empty where there is none.
std::vector<std::string> sweep_cells(const SweepAxes& axes, const SweepOptions& options, const SweepResult& result);

class LockedFile;

/// A file with one line per result, in the order they come. Each line is appended by one write, so that whatever
/// interrupts the sweep, at most the last line is incomplete; it is cut off when the file is opened again.
/// One process at a time (a lock is held, which forked processes do not inherit). The series of a grad norm family are
/// known by their name only.
class SweepFile {
 public:
  /// Opens or makes the file and reads what it holds. `axes` and `options` must outlive it. Throws
  /// ArgumentError naming file and line: it cannot be opened, another process has it, it is no such file, or
  /// that of another sweep.
  SweepFile(const std::filesystem::path& path, const SweepAxes& axes, const SweepOptions& options);
  SweepFile(const SweepFile&) = delete;
  SweepFile& operator=(const SweepFile&) = delete;
  ~SweepFile();

  /// The results that it held when it was opened.
  const std::vector<SweepResult>& found() const noexcept { return found_; }
  bool holds(std::int64_t combination) const { return known_.contains(combination); }

  /// Appends a line. Throws std::runtime_error naming the file, and leaves no part of the line (disk full).
  void append(const SweepResult& result);

  /// All lines are on the disk then. Throws as append.
  void sync();

 private:
  void read(std::string_view text);
  [[noreturn]] void fail_to_write(int error) const;

  std::filesystem::path path_;
  const SweepAxes& axes_;
  const SweepOptions& options_;
  std::unique_ptr<LockedFile> file_;
  std::vector<SweepResult> found_;
  std::set<std::int64_t> known_;
};

}  // namespace scheduled
