#include "scheduled/lr_sweep.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/words.hpp"
#include "design/lr_sweep_groups.hpp"
#include "design/lr_sweep_model.hpp"

namespace scheduled {
namespace {

using lr_sweep::At;
using lr_sweep::Lowest;
using lr_sweep::Solution;

constexpr double unbounded = std::numeric_limits<double>::infinity();
constexpr std::array<std::string_view, lr_sweep::axes> axis_names{"steps", "batch", "size"};

/// Of Student's t, for an interval of 90 %; within 0.003.
double student_90(int freedom) {
  constexpr std::array table{6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812};
  if (freedom < 1) return unbounded;
  if (freedom <= static_cast<int>(table.size())) return table[static_cast<std::size_t>(freedom - 1)];
  return 1.6449 + 1.52 / freedom + 1.4 / square(freedom);
}

/// The place of a budget on the axes; without a batch or size it is at the reference.
struct Budget {
  double steps = 1.0;
  std::optional<double> batch, size;

  std::array<double, lr_sweep::axes> values(const std::array<double, lr_sweep::axes>& reference) const {
    return {steps, batch.value_or(reference[1]), size.value_or(reference[2])};
  }
};

class SweepFitter {
 public:
  SweepFitter(std::span<const LrSweepRun> runs, const LrSweepOptions& options)
      : options_(options), sorted_(lr_sweep::group_runs(runs)) {
    find_axes();
    find_rows();
  }

  LrSweepFit fit();

 private:
  /// A number that a fit says, the logarithm of a peak or another.
  using Quantity = std::function<std::optional<Lowest>(const Solution&)>;

  void find_axes();
  void find_rows();
  void refit_without_each();
  LrEstimate estimate(const Solution& full, const Quantity& quantity) const;
  double given(const Budget& budget) const;
  At at(const std::string& schedule, const Budget& budget, bool seen) const;
  std::optional<LrEstimate> peak(const At& place, double given) const;
  void add_budgets(LrSweepFit& fit) const;
  void add_exponents(LrSweepFit& fit, std::vector<std::string>& unknown) const;
  LrSweepQuestion completed(std::size_t index) const;
  LrSweepAnswer answer(const LrSweepQuestion& question) const;

  const LrSweepOptions& options_;
  lr_sweep::Groups sorted_;
  std::array<double, lr_sweep::axes> reference_{1.0, 1.0, 1.0};
  std::array<std::set<double>, lr_sweep::axes> values_;
  double centre_ = 0.0;  // of the logarithms of peaks
  double longest_ = 0.0;
  std::vector<lr_sweep::Row> rows_;
  std::int64_t far_ = 0;
  lr_sweep::Model model_;
  Solution solution_;
  std::vector<Solution> without_;  // each budget
  bool curved_ = false;
};

Budget place_of(const LrSweepRun& run) { return {static_cast<double>(run.steps), run.batch, run.size}; }

void SweepFitter::find_axes() {
  for (const lr_sweep::Group& group : sorted_.groups) {
    if (group.runs.empty()) continue;
    const auto place = place_of(group.any()).values(reference_);
    for (std::size_t a = 0; a < lr_sweep::axes; ++a) values_[a].insert(place[a]);
  }
  for (std::size_t a = 0; a < lr_sweep::axes; ++a) {
    double mean = 0.0;
    for (const double value : values_[a]) mean += std::log(value) / static_cast<double>(values_[a].size());
    reference_[a] = *std::min_element(values_[a].begin(), values_[a].end(), [&](double x, double y) {
      return std::abs(std::log(x) - mean) < std::abs(std::log(y) - mean);
    });
    model_.fitted[a] = values_[a].size() > 1;
  }
  if (options_.exponent) model_.fitted[0] = false;
  if (options_.batch_rule) model_.fitted[1] = false;
  longest_ = *values_[0].rbegin();
}

double SweepFitter::given(const Budget& budget) const {
  const auto place = budget.values(reference_);
  double sum = options_.exponent ? *options_.exponent * std::log(place[0] / reference_[0]) : 0.0;
  if (options_.batch_rule) {
    sum += std::log(batch_factor(*options_.batch_rule, reference_[1], place[1], options_.critical_batch));
  }
  return sum;
}

At SweepFitter::at(const std::string& schedule, const Budget& budget, bool seen) const {
  At place;
  place.seen = seen;
  const auto found = std::find(sorted_.schedules.begin(), sorted_.schedules.end(), schedule);
  place.schedule = static_cast<std::size_t>(found - sorted_.schedules.begin());
  const auto values = budget.values(reference_);
  for (std::size_t a = 0; a < lr_sweep::axes; ++a) place.z[a] = std::log(values[a] / reference_[a]);
  return place;
}

void SweepFitter::find_rows() {
  std::vector<std::array<double, lr_sweep::axes>> budgets;
  std::set<double> curved_horizons;
  for (std::size_t g = 0; g < sorted_.groups.size(); ++g) {
    const lr_sweep::Group& group = sorted_.groups[g];
    if (group.runs.empty()) continue;
    const Budget budget = place_of(group.any());
    const auto place = budget.values(reference_);
    const auto same = std::find(budgets.begin(), budgets.end(), place);
    const auto number = static_cast<std::size_t>(same - budgets.begin());
    if (same == budgets.end()) budgets.push_back(place);
    const At where = at(group.any().schedule, budget, true);
    const auto [low, high] = lr_sweep::near_peaks(group, options_.within);
    std::set<double> peaks;
    for (const LrSweepRun& run : group.runs) {
      if (run.peak < low || run.peak > high) {
        ++far_;
        continue;
      }
      lr_sweep::Row row;
      row.group = g;
      row.schedule = where.schedule;
      row.budget = number;
      row.x = std::log(run.peak) - given(budget);
      for (std::size_t a = 0; a < lr_sweep::axes; ++a) row.z[a] = where.z[a];
      row.loss = run.loss;
      row.spread = run.spread;
      rows_.push_back(row);
      peaks.insert(run.peak);
    }
    if (peaks.size() >= 3) curved_horizons.insert(place[0]);
  }
  for (const lr_sweep::Row& row : rows_) centre_ += row.x / static_cast<double>(rows_.size());
  for (lr_sweep::Row& row : rows_) row.x -= centre_;
  model_.groups = sorted_.groups.size();
  model_.schedules = sorted_.schedules.size();
  model_.curvature_power = curved_horizons.size() > 1;
  model_.noise = options_.noise;
}

void SweepFitter::refit_without_each() {
  std::size_t budgets = 0;
  for (const lr_sweep::Row& row : rows_) budgets = std::max(budgets, row.budget + 1);
  if (budgets < 2) return;
  for (std::size_t b = 0; b < budgets; ++b) {
    std::vector<lr_sweep::Row> rest;
    std::copy_if(rows_.begin(), rows_.end(), std::back_inserter(rest),
                 [&](const auto& row) { return row.budget != b; });
    without_.push_back(lr_sweep::solve(rest, model_));
  }
}

/// The wider one of two intervals: of the residuals, and of leaving budgets out where each refit has an answer.
LrEstimate SweepFitter::estimate(const Solution& full, const Quantity& quantity) const {
  const Lowest value = *quantity(full);
  const double residuals = options_.noise ? 1.6449 * std::max(*options_.noise, full.scale)
                                          : (full.freedom < 1 ? unbounded : student_90(full.freedom) * full.scale);
  double half = residuals * std::sqrt(std::max(value.variance, 0.0));
  std::vector<double> others;
  for (const Solution& other : without_) {
    if (const auto found = quantity(other)) others.push_back(found->x);
  }
  if (!others.empty() && others.size() == without_.size()) {
    const auto count = static_cast<double>(others.size());
    double mean = 0.0;
    for (const double other : others) mean += other / count;
    double squares = 0.0;
    for (const double other : others) squares += square(other - mean);
    const double error = std::sqrt((count - 1.0) / count * squares);
    if (error > 0.0) half = std::max(half, student_90(static_cast<int>(others.size()) - 1) * error);
  }
  if (std::isnan(half)) half = unbounded;
  return {value.x, value.x - half, value.x + half};
}

std::optional<LrEstimate> SweepFitter::peak(const At& place, double given) const {
  const Quantity quantity = [&](const Solution& solution) {
    At there = place;
    there.seen = place.seen && &solution == &solution_;
    return lr_sweep::lowest(solution, model_, there);
  };
  if (!curved_ || !quantity(solution_)) return std::nullopt;
  const LrEstimate found = estimate(solution_, quantity);
  const double middle = centre_ + given;
  return LrEstimate{std::exp(middle + found.value), std::exp(middle + found.lower), std::exp(middle + found.upper)};
}

void SweepFitter::add_budgets(LrSweepFit& fit) const {
  for (std::size_t g = 0; g < sorted_.groups.size(); ++g) {
    const lr_sweep::Group& group = sorted_.groups[g];
    LrSweepBudget budget = lr_sweep::budget_of(group);
    const Budget where = place_of(group.any());
    if (!group.runs.empty()) {
      const At place = at(budget.schedule, where, true);
      budget.peak = peak(place, given(where));
      if (budget.peak) {
        const double x = lr_sweep::lowest(solution_, model_, place)->x;
        budget.loss = solution_.level[g] - std::exp(solution_.q * place.z[0]) * solution_.curvature() * square(x);
      }
    }
    fit.budgets.push_back(std::move(budget));
  }
}

void SweepFitter::add_exponents(LrSweepFit& fit, std::vector<std::string>& unknown) const {
  if (options_.exponent)
    fit.exponents.push_back({"steps", {*options_.exponent, *options_.exponent, *options_.exponent}, false});
  for (std::size_t a = 0; a < lr_sweep::axes; ++a) {
    if (!model_.fitted[a] || !curved_) continue;
    const Quantity quantity = [&](const Solution& solution) { return lr_sweep::exponent(solution, model_, a); };
    if (!quantity(solution_) || !lr_sweep::told_apart(solution_, model_, a)) {
      unknown.emplace_back(axis_names[a]);
      continue;
    }
    fit.exponents.push_back({std::string(axis_names[a]), estimate(solution_, quantity), true});
    if (a != 0) continue;
    const LrEstimate& found = fit.exponents.back().exponent;
    for (const HorizonRule& rule : horizon_rules()) {
      fit.rules.push_back({rule, found.lower <= rule.exponent && rule.exponent <= found.upper});
    }
  }
}

LrSweepQuestion SweepFitter::completed(std::size_t index) const {
  LrSweepQuestion question = options_.questions[index];
  const std::string name = concat({"questions[", std::to_string(index), "]."});
  if (question.steps < 1 || question.steps > largest_count) {
    fail_value(name + "steps", std::to_string(question.steps), "must be at least 1 and at most 2^53");
  }
  const auto& all = sorted_.schedules;
  if (question.schedule.empty() && all.size() == 1) question.schedule = all.front();
  if (all.size() == 1 && question.schedule != all.front() && all.front().empty()) {
    fail_value(name + "schedule", concat({"'", question.schedule, "'"}), "the runs say no schedule");
  }
  if (std::find(all.begin(), all.end(), question.schedule) == all.end()) {
    const std::vector<std::string_view> words(all.begin(), all.end());
    fail_value(name + "schedule", concat({"'", question.schedule, "'"}), must_be_one_of(question.schedule, words));
  }
  const LrSweepRun* largest = nullptr;
  for (const lr_sweep::Group& group : sorted_.groups) {
    if (group.runs.empty()) continue;
    const LrSweepRun& run = group.any();
    const auto key = [](const LrSweepRun& r) { return std::tuple(r.size, r.steps, r.batch); };
    if (largest == nullptr || key(run) > key(*largest)) largest = &run;
  }
  const auto complete = [&](std::string_view axis, std::optional<double>& asked, std::optional<double> usual,
                            bool varies) {
    if (!asked) asked = usual;
    if (!asked) return;
    require_positive(name + std::string(axis), *asked);
    if (!usual) fail_value(name + std::string(axis), *asked, concat({"the runs say no ", axis}));
    if (!varies && *asked != *usual) {
      fail_value(name + std::string(axis), *asked,
                 concat({"all runs have ", format_number(*usual), ", so that an exponent ",
                         axis == "batch" ? "or a batch rule " : "", "is needed, which nothing says"}));
    }
  };
  complete("batch", question.batch, largest->batch, model_.fitted[1] || options_.batch_rule.has_value());
  complete("size", question.size, largest->size, model_.fitted[2]);
  return question;
}

LrSweepAnswer SweepFitter::answer(const LrSweepQuestion& question) const {
  const Budget where{static_cast<double>(question.steps), question.batch, question.size};
  const Budget longest{longest_, question.batch, question.size};
  const bool known = values_[0].size() > 1 || options_.exponent || where.steps == longest_;
  const auto is_seen = [&](const Budget& budget) {
    return std::any_of(sorted_.groups.begin(), sorted_.groups.end(), [&](const lr_sweep::Group& group) {
      const Budget other = place_of(group.any());
      return !group.runs.empty() && group.any().schedule == question.schedule && other.steps == budget.steps &&
             other.batch == budget.batch && other.size == budget.size;
    });
  };
  const At place = at(question.schedule, where, is_seen(where));
  LrSweepAnswer found;
  found.question = question;
  found.beyond = where.steps / longest_;
  if (known) found.peak = peak(place, given(where));
  const std::optional<LrEstimate> from = peak(at(question.schedule, longest, is_seen(longest)), given(longest));
  if (!from) return found;
  for (const HorizonRule& rule : horizon_rules()) {
    LrRulePeak said{rule.rule, from->value * std::pow(found.beyond, rule.exponent), {}};
    if (found.peak) {
      said.cost =
          std::exp(solution_.q * place.z[0]) * solution_.curvature() * square(std::log(said.peak / found.peak->value));
    }
    found.rules.push_back(std::move(said));
  }
  return found;
}

LrSweepFit SweepFitter::fit() {
  solution_ = lr_sweep::solve(rows_, model_);
  refit_without_each();
  LrSweepFit fit;
  fit.runs = static_cast<std::int64_t>(rows_.size());
  fit.diverged = sorted_.diverged;
  fit.far = far_;
  fit.repeated = sorted_.repeated;
  const bool noise_known = solution_.freedom > 0;
  fit.noise = options_.noise ? *options_.noise : noise_known ? solution_.scale : std::nan("");
  fit.reference = static_cast<std::int64_t>(reference_[0]);
  if (solution_.known.back()) {
    fit.curvature = estimate(solution_, [](const Solution& solution) -> std::optional<Lowest> {
      if (!solution.known.back()) return std::nullopt;
      return Lowest{solution.curvature(), solution.covariance.back()};
    });
    curved_ = fit.curvature.value > 0.0 && (fit.curvature.lower > 0.0 || !std::isfinite(fit.curvature.lower));
  }
  fit.curved = curved_;
  fit.curvature_exponent = solution_.q;
  std::vector<std::string> unknown;
  add_exponents(fit, unknown);
  add_budgets(fit);
  for (std::size_t k = 0; k < options_.questions.size(); ++k) fit.answers.push_back(answer(completed(k)));
  fit.verdicts = lr_sweep::verdicts_of(fit, unknown, static_cast<int>(values_[0].size()), solution_.known.back());
  return fit;
}

}  // namespace

LrSweepFit fit_lr_sweep(std::span<const LrSweepRun> runs, const LrSweepOptions& options) {
  lr_sweep::check_options(options);
  return SweepFitter(runs, options).fit();
}

}  // namespace scheduled
