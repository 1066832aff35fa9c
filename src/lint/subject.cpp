#include "lint/subject.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "schedule/nature.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::linting {
namespace {

constexpr std::int64_t most_updates = 20'000'000;

std::int64_t updates_of(const RateInput& input, std::optional<std::int64_t> length) {
  constexpr std::int64_t fewest = 10'000;
  const Schedule& schedule = *input.schedule;
  const std::int64_t open = length.value_or(std::max(fewest, 10 * schedule.layout().warmup_steps));
  const std::int64_t updates = input.updates.value_or(schedule.steps().value_or(open));
  if (updates > most_updates) {
    fail_value("steps", std::to_string(updates),
               concat({"must be at most ", std::to_string(most_updates), ", all of which are looked at"}));
  }
  return updates;
}

[[noreturn]] void fail_without_rates(const RunLog& log, std::string_view what = "has no learning rates: ") {
  throw ArgumentError({.requirement = concat({what, option_text("lr", "SPEC"), " gives the schedule, ",
                                              columns_text("NAME", "lr"), " names their column"}),
                       .place = Place{log.name}});
}

}  // namespace

std::optional<BestScale> best_scale(const std::vector<double>& rates) {
  const std::int64_t T = last_positive_step(rates);
  if (T == 0) return std::nullopt;
  const BoundTerms terms = omega_terms(std::span(rates).first(static_cast<std::size_t>(T)), 1.0, 1.0);
  return BestScale{2.0 * std::sqrt(terms.inverse * terms.linear), std::sqrt(terms.inverse / terms.linear)};
}

Subject::Subject(const RateInput& input, const DenseOptions& options, std::optional<std::int64_t> length)
    : input_(input) {
  if (input.schedule) {
    rate_ = input.schedule->values(updates_of(input, length));
    ends_ = input.updates || input.schedule->steps();
  } else if (input.log) {
    const RunLog& log = *input.log;
    if (!log.rates.empty()) {
      rate_ = log.rates;
    } else {
      if (!has_values(log, "lr")) fail_without_rates(log);
      const Series rows = series(log, "lr");
      for (std::size_t k = 0; k < rows.step.size(); ++k) {
        if (rows.step[k] < 1) continue;  // before the first update
        step_.push_back(rows.step[k]);
        rate_.push_back(rows.value[k]);
      }
      if (rate_.empty()) fail_without_rates(log, "has no learning rate of an update: ");
      KnownRates known = known_rates(log, options);
      dense_ = std::move(known.lr);
      why_not_ = std::move(known.why_not);
      // Rows may go on after the last logged rate, which is then held.
      if (!dense_.empty()) dense_.resize(static_cast<std::size_t>(step_.back()));
    }
  }
  if (rate_.empty()) return;
  find_shape();
  find_rises();
  if (const auto best = best_scale(dense())) best_bound_ = best->bound;
}

bool Subject::plain_rates() const noexcept {
  return input_.log || (input_.schedule && holds_rates(input_.schedule->spec()));
}

void Subject::find_shape() {
  constexpr double rounding = 1e-9;
  peak_ = *std::max_element(rate_.begin(), rate_.end());
  const auto at_top = [this](double rate) { return rate >= peak_ * (1.0 - rounding); };
  first_top_ = static_cast<std::size_t>(std::find_if(rate_.begin(), rate_.end(), at_top) - rate_.begin());
  last_top_ = static_cast<std::size_t>(rate_.rend() - std::find_if(rate_.rbegin(), rate_.rend(), at_top)) - 1;
}

/// A single point, or a step up from half-way, is no schedule that begins anew.
bool Subject::is_jump(std::size_t trough, std::size_t top) const noexcept {
  if (top != trough + 1) return false;
  constexpr double half_way = 0.25;
  const bool falls_back = top + 1 < size() && rate_[top + 1] < 0.5 * (rate_[trough] + rate_[top]);
  return falls_back || rate_[trough] > half_way * peak_;
}

/// From the end of the warmup on, wherever the rate rises by a fifth and a tenth of the peak, after it fell for three
/// points or more.
void Subject::find_rises() {
  constexpr double factor = 1.2;
  constexpr double share = 0.1;
  // The first top of its own that is not on the way up: the peak may come later, after a restart.
  std::size_t k = 0;
  while (k + 1 < size() && rate_[k + 1] >= rate_[k]) ++k;
  std::size_t trough = k;
  std::size_t begun = k;  // of the way down
  for (++k; k < size(); ++k) {
    if (rate_[k] <= rate_[trough]) {
      trough = k;
      continue;
    }
    if (rate_[k] < factor * rate_[trough] || rate_[k] - rate_[trough] < share * peak_) continue;
    std::size_t top = k;
    while (top + 1 < size() && rate_[top + 1] >= rate_[top]) ++top;
    if (trough - begun >= 3 && !is_jump(trough, top)) rises_.push_back({trough, top});
    k = trough = begun = top;
  }
}

std::optional<double> Subject::cost(const std::vector<double>& mended) const {
  const auto best = best_scale(mended);
  if (!best_bound_ || !best || mended.size() != dense().size()) return std::nullopt;
  return *best_bound_ / best->bound - 1.0;
}

}  // namespace scheduled::linting
