#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/limits.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

void require_between(std::string_view name, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return;
  fail_value(name, std::to_string(value),
             concat({"must be >= ", std::to_string(least), " and <= ", std::to_string(most)}));
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

/// A column of a log, for messages.
struct Column {
  const RunLog& log;
  std::string_view name;

  ArgumentError::Fields fields(std::string requirement) const {
    return {.name = runlog::printable(name), .requirement = std::move(requirement), .place = Place{log.name}};
  }
  [[noreturn]] void refuse(std::string requirement) const { throw ArgumentError(fields(std::move(requirement))); }
};

/// Throws LogGap where the updates from + 1 ... to, as far as `last_step`, are more than `longest`.
void require_short(const Column& column, std::int64_t from, std::int64_t to, std::int64_t last_step,
                   std::int64_t longest, std::string_view advice = {}) {
  if (from >= last_step || to - from <= longest) return;
  throw LogGap(column.fields(concat({"not logged from step ", std::to_string(from), " to step ", std::to_string(to),
                                     ", ", std::to_string(to - from), " steps; the longest gap to bridge is ",
                                     std::to_string(longest), advice})),
               std::string(column.name), from, to);
}

void require_no_gap_between_rows(const Column& column, const Series& logged, std::int64_t last_step,
                                 std::int64_t longest) {
  for (std::size_t i = 1; i < logged.step.size(); ++i) {
    require_short(column, logged.step[i - 1], logged.step[i], last_step, longest);
  }
}

/// Values for the updates first, first + 1, ...
class Filler {
 public:
  Filler(std::int64_t first, std::int64_t last)
      : first_(first), last_(last), values_(interruptible_zeros(static_cast<std::size_t>(last - first + 1))) {}

  /// Updates from + 1 ... to (as far as there are) with the line from `begin` at step `from` to `end` at `to`.
  void line(std::int64_t from, double begin, std::int64_t to, double end) {
    const auto length = static_cast<double>(to - from);
    SeldomPoll poll(4096);
    for (std::int64_t t = std::max(from + 1, first_); t <= std::min(to, last_); ++t, poll()) {
      // std::lerp is exact at both ends and on plateaus, and does not overflow.
      values_[static_cast<std::size_t>(t - first_)] = std::lerp(begin, end, static_cast<double>(t - from) / length);
    }
  }

  void rows(const Series& logged, bool jumps) {
    const auto& [step, value] = logged;
    for (std::size_t i = 1; i < step.size(); ++i) {
      const bool jump =
          jumps && i >= 2 && i + 1 < step.size() && value[i - 2] == value[i - 1] && value[i] == value[i + 1];
      if (jump) line(step[i - 1], value[i - 1], step[i] - 1, value[i - 1]);
      line(jump ? step[i] - 1 : step[i - 1], value[i - 1], step[i], value[i]);
    }
  }

  std::vector<double> values() && { return std::move(values_); }

 private:
  std::int64_t first_, last_;
  std::vector<double> values_;
};

/// Those of with_rates; the last one holds beyond them.
std::vector<double> given_rates(const RunLog& log, std::int64_t last_step) {
  std::vector<double> lr = log.rates;
  lr.resize(static_cast<std::size_t>(last_step), lr.back());
  return lr;
}

Series logged_rows(const Column& column, const DenseOptions& options) {
  require_between("warmup", options.warmup.value_or(0), 0, runlog::largest_step);
  require_between("max_gap", options.max_gap, 0, runlog::largest_step);
  Series logged = series(column.log, column.name);
  if (logged.step.empty()) column.refuse("nothing was logged");
  return logged;
}

/// What the first rows of learning rates tell of those before them, where the options leave it to them.
std::optional<RateHead> told_head(const Column& column, const DenseOptions& options) {
  if (options.warmup || !options.ramp || column.name != "lr") return std::nullopt;
  std::optional<RateHead> head = rate_head(column.log);
  return head && head->rows > 0 ? head : std::nullopt;
}

/// How many updates of a trunk are done that has `last` of them.
std::int64_t checked_end(std::optional<std::int64_t> at, std::int64_t last, std::string_view name) {
  const std::int64_t now = at.value_or(last);
  if (now >= 1 && now <= last) return now;
  fail_value("at", std::to_string(now),
             concat({"must be between 1 and ", std::to_string(last), ", where ", name, " ends"}));
}

}  // namespace

KnownRates known_rates(const RunLog& log, const DenseOptions& options) {
  if (!has_values(log, "lr") && log.rates.empty()) return {{}, concat({log.name, " has no column lr"})};
  const std::int64_t last = log.step.empty() ? 0 : log.step.back();
  if (last < 1) return {{}, concat({log.name, " has no update: it ends at step 0"})};
  if (last > runlog::longest_run) {
    return {{},
            concat({log.name, " ends at step ", std::to_string(last), "; the rates of at most ",
                    std::to_string(runlog::longest_run), " updates can be held"})};
  }
  try {
    return {densify(log, "lr", last, options), {}};
  } catch (const LogGap& gap) {
    return {{}, gap.what()};
  }
}

std::vector<double> trunk_rates(std::vector<double> lr, std::string_view name, std::optional<std::int64_t> at) {
  const auto now = checked_end(at, std::ssize(lr), name);
  lr.resize(static_cast<std::size_t>(now));
  if (lr.back() > 0.0) return lr;
  const auto usable = lr.rend() - std::find_if(lr.rbegin(), lr.rend(), [](double rate) { return rate > 0.0; });
  fail_value("at", std::to_string(now),
             concat({"the LR of ", name, " is 0 there; must be > 0, as it goes on; ",
                     usable > 0 ? concat({option_text("at", "STEP"), " of at most ", std::to_string(usable), " is"})
                                : std::string("all before are 0, too")}));
}

std::vector<double> trunk_rates(const RunLog& log, std::optional<std::int64_t> at, const DenseOptions& options) {
  const std::int64_t now = checked_end(at, log.step.empty() ? 0 : log.step.back(), log.name);
  return trunk_rates(densify(log, "lr", now, options), log.name);
}

std::vector<double> densify(const RunLog& log, std::string_view column_name, std::int64_t last_step,
                            const DenseOptions& options) {
  require_between("last_step", last_step, 1, runlog::longest_run);
  if (column_name == "lr" && !log.rates.empty()) return given_rates(log, last_step);
  const Column column{log, column_name};
  const Series logged = logged_rows(column, options);
  const std::int64_t start = logged.step.front();
  const std::int64_t said = options.warmup.value_or(0);
  if (options.ramp && said > start) {
    fail_value("warmup", std::to_string(said),
               concat({"must not be longer than the unlogged start; ", log.name, ": column ",
                       runlog::printable(column_name), " starts at step ", std::to_string(start), "; ",
                       warmup_text(std::to_string(start)), " takes the line from 0 to that row"}));
  }
  const std::optional<RateHead> head = told_head(column, options);
  const std::int64_t longest = longest_stretch(logged, options);
  constexpr std::int64_t sure = 3;  // rows on a line from 0: the run began there, however long it was not logged
  const bool from_zero = head && head->rows >= sure && head->start == 0.0;
  const std::int64_t warmup = from_zero ? start : said;
  require_short(column, std::min(warmup, start), start, last_step, longest,
                concat({" (a cooldown branch needs its base run; an unlogged warmup its length, ", warmup_text("N"),
                        "; ", option_text("max-gap", std::to_string(start)), " bridges it all the same)"}));
  require_no_gap_between_rows(column, logged, last_step, longest);
  require_short(column, logged.step.back(), last_step, last_step, longest);

  Filler dense(1, last_step);
  const double first = logged.value.front();
  if (options.ramp) dense.line(0, 0.0, said, first);
  dense.line(options.ramp ? said : 0, head ? head->start : first, start, first);
  dense.rows(logged, options.jumps);
  dense.line(logged.step.back(), logged.value.back(), last_step, logged.value.back());
  return std::move(dense).values();
}

DenseStretch densify_logged(const RunLog& log, std::string_view column_name, const DenseOptions& options) {
  const Column column{log, column_name};
  const Series logged = logged_rows(column, options);
  const std::int64_t start = logged.step.front();
  const std::int64_t last = logged.step.back();
  if (last < 1) column.refuse("nothing was logged after step 0");
  const std::int64_t longest = longest_stretch(logged, options);
  require_no_gap_between_rows(column, logged, last, longest);
  const std::int64_t first = start - options.warmup.value_or(0) > longest ? start : 1;
  if (last - first >= runlog::longest_run) {
    column.refuse(concat({"spans the steps ", std::to_string(first), " to ", std::to_string(last), "; at most ",
                          std::to_string(runlog::longest_run), " can be held"}));
  }
  Filler dense(first, last);
  dense.line(0, logged.value.front(), start, logged.value.front());
  dense.rows(logged, options.jumps);
  return {first, std::move(dense).values()};
}

}  // namespace scheduled
