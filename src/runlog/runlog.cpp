#include "scheduled/runlog.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "runlog/head.hpp"
#include "runlog/names.hpp"
#include "runlog/not_finite.hpp"
#include "runlog/rates.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"

namespace scheduled {

bool RunLog::has(std::string_view column_name) const { return column.contains(std::string(column_name)); }

const std::vector<double>& RunLog::at(std::string_view column_name) const {
  const auto it = column.find(std::string(column_name));
  if (it == column.end()) {
    std::vector<std::string> there;
    for (const auto& [key, values] : column) there.push_back(key);
    runlog::fail_at(name, 0,
                    concat({"no column ", runlog::quote(column_name), "; there are ", runlog::listed(there),
                            runlog::advice_for(column_name, there)}));
  }
  return it->second;
}

std::optional<double> RunLog::number(std::string_view key) const {
  const auto it = meta.find(std::string(key));
  if (it == meta.end() || !std::holds_alternative<double>(it->second)) return std::nullopt;
  return std::get<double>(it->second);
}

namespace runlog {

namespace {

[[noreturn]] void refuse(const RunLog& log, std::string_view name, std::size_t index, std::string value,
                         std::string requirement) {
  throw ArgumentError({.name = std::string(name),
                       .index = static_cast<std::int64_t>(index),
                       .value = std::move(value),
                       .requirement = std::move(requirement),
                       .place = Place{log.name}});
}

void require_valid_steps(const RunLog& log) {
  for (std::size_t i = 0; i < log.rows(); ++i) {
    const std::int64_t before = i == 0 ? -1 : log.step[i - 1];
    if (log.step[i] > before && log.step[i] <= largest_step) continue;
    refuse(
        log, "step", i, std::to_string(log.step[i]),
        concat({"must be ", log.step[i] < 0              ? ">= 0"
                            : log.step[i] > largest_step ? "<= 2^53"
                                                         : "greater than the step before, " + std::to_string(before)}));
  }
}

void require_valid_column(const RunLog& log, std::string_view key, const std::vector<double>& values) {
  if (values.size() != log.rows()) {
    fail_at(log.name, 0,
            concat({"column ", printable(key), " has ", std::to_string(values.size()), " rows, step has ",
                    std::to_string(log.rows())}));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isinf(values[i])) {
      refuse(log, printable(key), i, format_number(values[i]), "must be finite, or NaN where it is not logged");
    }
  }
}

}  // namespace

void require_valid(const RunLog& log) {
  require_valid_steps(log);
  for (const auto& [key, values] : log.column) require_valid_column(log, key, values);
}

}  // namespace runlog

Series series(const RunLog& log, std::string_view column_name) {
  const std::vector<double>& values = log.at(column_name);
  runlog::require_valid_steps(log);
  runlog::require_valid_column(log, column_name, values);
  Series logged;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    logged.step.push_back(log.step[i]);
    logged.value.push_back(values[i]);
  }
  return logged;
}

namespace {

/// Each note once, as a base and its branch are often read in the same way; not `untrue` of the whole.
void add_notes_of(const RunLog& part, RunLog& whole, std::string_view untrue = {}) {
  for (const std::string& note : part.notes) {
    if (note != untrue && std::find(whole.notes.begin(), whole.notes.end(), note) == whole.notes.end())
      whole.notes.push_back(note);
  }
}

/// The steps at which a part was not finite, up to `last`.
void add_not_finite_of(const RunLog& part, std::int64_t last, RunLog& whole) {
  for (const auto& [key, steps] : part.not_finite_steps) {
    std::vector<std::int64_t>& all = whole.not_finite_steps[key];
    std::copy_if(steps.begin(), steps.end(), std::back_inserter(all), [&](std::int64_t step) { return step <= last; });
  }
}

/// The first `count` rates of all updates that a part has; those after them are between the rows of `whole`, as densify
/// has them. `others`: what has those rows.
void extend_rates(const RunLog& part, std::size_t count, std::string_view others, RunLog& whole) {
  KnownRates known = known_rates(whole);
  if (known.lr.empty()) {
    whole.notes.push_back(concat({"the rates of all updates of ", part.name, " do not count, as not all are known of ",
                                  others, ": ", known.why_not}));
    return;
  }
  std::copy_n(part.rates.begin(), std::min({count, part.rates.size(), known.lr.size()}), known.lr.begin());
  whole.rates = std::move(known.lr);
}

/// Where only the base has its rates of all updates.
void extend_base_rates(const RunLog& base, const RunLog& branch, RunLog& merged) {
  const auto logged = branch.column.find("lr");
  const bool at_start = logged != branch.column.end() && !std::isnan(logged->second.front());
  extend_rates(base, static_cast<std::size_t>(branch.step.front() - (at_start ? 1 : 0)), branch.name, merged);
}

/// The rates of the part that has most; beyond them those that other parts logged.
void join_rates(std::span<const RunLog> parts, RunLog& joined) {
  const RunLog& most = *std::max_element(
      parts.begin(), parts.end(), [](const RunLog& a, const RunLog& b) { return a.rates.size() < b.rates.size(); });
  if (most.rates.empty()) return;
  const bool go_on = has_values(joined, "lr") && std::cmp_greater(series(joined, "lr").step.back(), most.rates.size());
  if (go_on) return extend_rates(most, most.rates.size(), joined.name, joined);
  joined.rates = most.rates;
}

}  // namespace

RunLog merge_branch(const RunLog& base, const RunLog& branch) {
  runlog::require_valid(base);
  runlog::require_valid(branch);
  if (base.rows() == 0 || branch.rows() == 0) {
    runlog::fail_at((base.rows() == 0 ? base : branch).name, 0, "has no rows");
  }
  const std::int64_t start = branch.step.front();
  if (base.step.back() < start) {
    runlog::fail_at(base.name, 0,
                    concat({"ends at step ", std::to_string(base.step.back()), ", before ", branch.name,
                            " starts at step ", std::to_string(start)}));
  }
  const auto before = std::lower_bound(base.step.begin(), base.step.end(), start) - base.step.begin();
  const auto head = static_cast<std::size_t>(before);
  const bool both_log_start = base.step[head] == start;

  RunLog merged;
  merged.name = concat({base.name, " + ", branch.name});
  merged.step.assign(base.step.begin(), base.step.begin() + before);
  merged.step.insert(merged.step.end(), branch.step.begin(), branch.step.end());
  const double not_logged = std::numeric_limits<double>::quiet_NaN();
  for (const RunLog* part : {&base, &branch}) {
    for (const auto& [key, values] : part->column) {
      merged.column.try_emplace(key, std::vector<double>(merged.rows(), not_logged));
    }
  }
  for (const auto& [key, values] : base.column) {
    std::copy_n(values.begin(), head + (both_log_start ? 1 : 0), merged.column[key].begin());
  }
  for (const auto& [key, values] : branch.column) {
    std::vector<double>& into = merged.column[key];
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isnan(values[i])) into[head + i] = values[i];
    }
  }
  merged.meta = branch.meta;
  merged.meta.insert(base.meta.begin(), base.meta.end());
  merged.format = branch.format;
  merged.source = branch.source;
  merged.rates = branch.rates;
  add_notes_of(base, merged);
  add_notes_of(branch, merged, before > 0 ? runlog::head_note(branch) : std::string{});
  merged.restarts = base.restarts + branch.restarts;
  merged.left_out = base.left_out + branch.left_out;
  add_not_finite_of(base, start, merged);
  add_not_finite_of(branch, branch.step.back(), merged);
  merged.not_finite = runlog::not_finite_since(merged);
  if (merged.rates.empty() && !base.rates.empty()) extend_base_rates(base, branch, merged);
  return merged;
}

RunLog join_logs(std::span<const RunLog> logs) {
  if (logs.empty()) fail_argument("logs", "must hold at least one log");
  RunLog joined;
  for (const RunLog& log : logs) {
    runlog::require_valid(log);
    joined.name += (joined.name.empty() ? "" : " + ") + log.name;
    joined.step.insert(joined.step.end(), log.step.begin(), log.step.end());
  }
  std::sort(joined.step.begin(), joined.step.end());
  joined.step.erase(std::unique(joined.step.begin(), joined.step.end()), joined.step.end());
  const double not_logged = std::numeric_limits<double>::quiet_NaN();
  for (const RunLog& log : logs) {
    for (const auto& [key, values] : log.column) {
      std::vector<double>& into = joined.column.try_emplace(key, joined.rows(), not_logged).first->second;
      std::size_t replaced = 0;
      for (std::size_t i = 0, at = 0; i < values.size(); ++i) {
        while (joined.step[at] != log.step[i]) ++at;
        if (std::isnan(values[i])) continue;
        if (!std::isnan(into[at]) && into[at] != values[i]) ++replaced;
        into[at] = values[i];
      }
      if (replaced == 0) continue;
      joined.notes.push_back(concat({key, " is in several of the logs, with other values at ", std::to_string(replaced),
                                     replaced == 1 ? " step" : " steps", ": those of ", log.name, " count"}));
    }
    joined.meta.insert(log.meta.begin(), log.meta.end());
    joined.source.insert(log.source.begin(), log.source.end());
    add_notes_of(log, joined);
    add_not_finite_of(log, runlog::largest_step, joined);
    joined.restarts += log.restarts;
    joined.left_out += log.left_out;
  }
  joined.not_finite = runlog::not_finite_since(joined);
  for (const std::string& column : logs.front().lacking) {
    const auto lacks = [&](const RunLog& log) {
      return std::find(log.lacking.begin(), log.lacking.end(), column) != log.lacking.end();
    };
    if (std::all_of(logs.begin(), logs.end(), lacks)) joined.lacking.push_back(column);
  }
  join_rates(logs, joined);
  joined.format = logs.front().format;
  return joined;
}

namespace runlog {

void put_rates(RunLog& log, std::span<const double> rates, double peak) {
  std::vector<double>& column =
      log.column.try_emplace("lr", log.rows(), std::numeric_limits<double>::quiet_NaN()).first->second;
  double largest = 0.0, logged = 0.0;
  std::size_t where = 0;
  for (std::size_t row = 0; row < log.rows(); ++row) {
    const double difference = std::fabs(column[row] - rates[row]);  // NaN where none was logged
    if (difference > largest) {
      largest = difference;
      logged = column[row];
      where = row;
    }
    column[row] = rates[row];
  }
  constexpr double matters = 0.01;  // of the peak
  if (!(largest > matters * peak)) return;
  log.notes.push_back(rate_difference(logged, log.step[where], rates[where]));
}

std::string rate_difference(double logged, std::int64_t step, double given) {
  return concat({"lr = ", format_number(logged), " was logged after step ", std::to_string(step),
                 "; the rate given for that update is ", format_number(given), ", and counts"});
}

}  // namespace runlog

RunLog with_rates(RunLog log, std::vector<double> lr) {
  runlog::require_valid(log);
  require_non_negative("lr", lr);
  if (log.rows() == 0) runlog::fail_at(log.name, 0, "has no rows");
  if (std::cmp_less(lr.size(), log.step.back())) {
    fail_argument("lr", concat({"has ", std::to_string(lr.size()), " rates, ", log.name, " ends at step ",
                                std::to_string(log.step.back())}));
  }
  std::vector<double> of_rows;
  for (const std::int64_t step : log.step) {
    of_rows.push_back(step < 1 ? std::numeric_limits<double>::quiet_NaN() : lr[static_cast<std::size_t>(step) - 1]);
  }
  runlog::drop_rate_notes(log);
  runlog::put_rates(log, of_rows, lr.empty() ? 0.0 : *std::max_element(lr.begin(), lr.end()));
  log.rates = std::move(lr);
  log.source.insert_or_assign("lr", "given");
  return log;
}

}  // namespace scheduled
