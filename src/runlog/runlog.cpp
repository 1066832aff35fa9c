#include "scheduled/runlog.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"

namespace scheduled {

bool RunLog::has(std::string_view column_name) const { return column.contains(std::string(column_name)); }

const std::vector<double>& RunLog::at(std::string_view column_name) const {
  const auto it = column.find(std::string(column_name));
  if (it == column.end()) {
    std::vector<std::string> there;
    for (const auto& [key, values] : column) there.push_back(key);
    fail({name, ": no column ", runlog::quote(column_name), "; there are ", runlog::listed(there)});
  }
  return it->second;
}

std::optional<double> RunLog::number(std::string_view key) const {
  const auto it = meta.find(std::string(key));
  if (it == meta.end() || !std::holds_alternative<double>(it->second)) return std::nullopt;
  return std::get<double>(it->second);
}

namespace runlog {

void require_valid(const RunLog& log) {
  for (std::size_t i = 0; i < log.rows(); ++i) {
    const std::int64_t before = i == 0 ? -1 : log.step[i - 1];
    if (log.step[i] <= before || log.step[i] > largest_step) {
      fail({log.name, ": step[", std::to_string(i), "] = ", std::to_string(log.step[i]), ": must be ",
            log.step[i] < 0              ? ">= 0"
            : log.step[i] > largest_step ? "<= 2^53"
                                         : "greater than the step before, " + std::to_string(before)});
    }
  }
  for (const auto& [key, values] : log.column) {
    if (values.size() != log.rows()) {
      fail({log.name, ": column ", printable(key), " has ", std::to_string(values.size()), " rows, step has ",
            std::to_string(log.rows())});
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isinf(values[i])) {
        fail({log.name, ": column ", printable(key), "[", std::to_string(i), "] = ", format_number(values[i]),
              ": must be finite, or NaN where it is not logged"});
      }
    }
  }
}

}  // namespace runlog

Series series(const RunLog& log, std::string_view column_name) {
  const std::vector<double>& values = log.at(column_name);
  runlog::require_valid(log);
  Series logged;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    logged.step.push_back(log.step[i]);
    logged.value.push_back(values[i]);
  }
  return logged;
}

RunLog merge_branch(const RunLog& base, const RunLog& branch) {
  runlog::require_valid(base);
  runlog::require_valid(branch);
  if (base.rows() == 0 || branch.rows() == 0) {
    fail({"merge_branch: ", (base.rows() == 0 ? base : branch).name, ": has no rows"});
  }
  const std::int64_t start = branch.step.front();
  if (base.step.back() < start) {
    fail({"merge_branch: ", base.name, " ends at step ", std::to_string(base.step.back()), ", before ", branch.name,
          " starts at step ", std::to_string(start)});
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
  return merged;
}

}  // namespace scheduled
