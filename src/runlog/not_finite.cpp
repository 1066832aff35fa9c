#include "runlog/not_finite.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace scheduled::runlog {
namespace {

/// The steps after the last value at which a column was not finite.
struct Stretch {
  std::vector<std::int64_t> last;
  std::size_t longest = 0;  ///< of those before a value, at most
  bool any_value = false;
};

Stretch stretch_of(const RunLog& log, const std::vector<double>& values, std::vector<std::int64_t> steps) {
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  Stretch stretch;
  auto at = steps.begin();
  for (std::size_t row = 0; row < log.rows(); ++row) {
    if (!std::isnan(values[row])) {  // it counts where the step was logged with both
      stretch.any_value = true;
      stretch.longest = std::max(stretch.longest, std::exchange(stretch.last, {}).size());
      continue;
    }
    at = std::lower_bound(at, steps.end(), log.step[row]);
    if (at != steps.end() && *at == log.step[row]) stretch.last.push_back(*at);
  }
  return stretch;
}

/// Whether another loss has a value at or after `step`.
bool another_loss_goes_on(const RunLog& log, const std::string& name, std::int64_t step) {
  const auto from = std::lower_bound(log.step.begin(), log.step.end(), step) - log.step.begin();
  for (const char* const loss : {"val_loss", "train_loss"}) {
    if (loss == name || !log.has(loss)) continue;
    const std::vector<double>& values = log.at(loss);
    if (!std::all_of(values.begin() + from, values.end(), [](double value) { return std::isnan(value); })) return true;
  }
  return false;
}

}  // namespace

std::map<std::string, std::int64_t> not_finite_since(const RunLog& log) {
  std::map<std::string, std::int64_t> since;
  for (const auto& [name, lost] : log.not_finite_steps) {
    const auto column = log.column.find(name);
    if (lost.empty() || column == log.column.end()) continue;
    const Stretch stretch = stretch_of(log, column->second, lost);
    if (!stretch.any_value || stretch.last.size() <= stretch.longest) continue;
    const bool first = stretch.longest == 0;
    const bool longer = stretch.last.size() > 2 * stretch.longest;
    if ((first || !longer) && another_loss_goes_on(log, name, stretch.last.front())) continue;
    since.emplace(name, stretch.last.front());
  }
  return since;
}

}  // namespace scheduled::runlog
