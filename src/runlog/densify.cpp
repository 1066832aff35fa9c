#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

/// The longest result, 8 GB: a larger one is a mistake, not a run.
constexpr std::int64_t longest_result = 1'000'000'000;

void require_between(std::string_view name, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return;
  fail({name, " = ", std::to_string(value), ": must be >= ", std::to_string(least), " and <= ", std::to_string(most)});
}

/// The limit on unlogged stretches; none is known where the only logged step has no spacing.
std::int64_t longest_stretch(const Series& logged, const DenseOptions& options) {
  if (options.max_gap > 0) return options.max_gap;
  if (logged.step.size() < 2) return runlog::largest_step;
  std::vector<std::int64_t> spacing;
  for (std::size_t i = 1; i < logged.step.size(); ++i) spacing.push_back(logged.step[i] - logged.step[i - 1]);
  const auto middle = spacing.begin() + static_cast<std::ptrdiff_t>(spacing.size() / 2);
  std::nth_element(spacing.begin(), middle, spacing.end());
  return 10 * *middle;
}

/// Every stretch of updates 1 ... last_step that no row of the series covers must be short.
void require_no_gap(const std::string& place, const Series& logged, std::int64_t last_step,
                    const DenseOptions& options) {
  const std::int64_t longest = longest_stretch(logged, options);
  const auto check = [&](std::int64_t from, std::int64_t to, std::string_view advice) {
    if (from >= last_step || to - from <= longest) return;
    fail({place, ": not logged from step ", std::to_string(from), " to step ", std::to_string(to), ", ",
          std::to_string(to - from), " steps; the longest gap to bridge is ", std::to_string(longest), advice});
  };
  check(options.warmup, logged.step.front(), " (a cooldown branch needs its base run; an unlogged warmup, its length)");
  for (std::size_t i = 1; i < logged.step.size(); ++i) check(logged.step[i - 1], logged.step[i], "");
  check(logged.step.back(), last_step, "");
}

/// Fills updates from + 1 ... to (as far as there are) with the line from `first` at step `from` to `last` at `to`.
void fill_line(std::vector<double>& dense, std::int64_t from, double first, std::int64_t to, double last) {
  const auto length = static_cast<double>(to - from);
  const std::int64_t end = std::min(to, static_cast<std::int64_t>(dense.size()));
  for (std::int64_t t = from + 1; t <= end; ++t) {
    // std::lerp is exact at both ends and on plateaus, and does not overflow.
    dense[static_cast<std::size_t>(t - 1)] = std::lerp(first, last, static_cast<double>(t - from) / length);
  }
}

}  // namespace

std::vector<double> densify(const RunLog& log, std::string_view column_name, std::int64_t last_step,
                            const DenseOptions& options) {
  require_between("last_step", last_step, 1, longest_result);
  require_between("warmup", options.warmup, 0, runlog::largest_step);
  require_between("max_gap", options.max_gap, 0, runlog::largest_step);
  const Series logged = series(log, column_name);
  const std::string place = concat({log.name, ": column ", runlog::printable(column_name)});
  if (logged.step.empty()) fail({place, ": nothing was logged"});
  if (options.warmup > logged.step.front()) {
    fail({"warmup = ", std::to_string(options.warmup), ": must not be longer than the unlogged start; ", place,
          " starts at step ", std::to_string(logged.step.front())});
  }
  require_no_gap(place, logged, last_step, options);

  std::vector<double> dense(static_cast<std::size_t>(last_step));
  const double first = logged.value.front();
  fill_line(dense, 0, 0.0, options.warmup, first);
  fill_line(dense, options.warmup, first, logged.step.front(), first);
  for (std::size_t i = 1; i < logged.step.size(); ++i) {
    fill_line(dense, logged.step[i - 1], logged.value[i - 1], logged.step[i], logged.value[i]);
  }
  fill_line(dense, logged.step.back(), logged.value.back(), last_step, logged.value.back());
  return dense;
}

}  // namespace scheduled
