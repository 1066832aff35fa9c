#include "scheduled/design.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/search.hpp"
#include "design/arguments.hpp"
#include "scheduled/bound.hpp"

namespace scheduled {
namespace {

/// The family of rates with one free number, the height s of the linear decay.
class Family {
 public:
  Family(std::int64_t T, const ScheduleConstraints& constraints) : T_(T), constraints_(constraints) {}

  std::size_t first_free() const { return constraints_.prefix.size() + constraints_.warmup.size(); }

  std::vector<double> at(double height) const {
    std::vector<double> lr = constraints_.prefix;
    lr.reserve(static_cast<std::size_t>(T_));
    for (const double share : constraints_.warmup) lr.push_back(share * height);
    const std::size_t free = static_cast<std::size_t>(T_) - first_free();
    const auto n = static_cast<double>(free);
    for (std::size_t k = 0; k < free; ++k) {
      const auto place = static_cast<double>(k);
      if (constraints_.final_lr) {
        const double share = free == 1 ? 1.0 : place / (n - 1.0);
        lr.push_back(share == 1.0 ? *constraints_.final_lr : height + share * (*constraints_.final_lr - height));
      } else {
        lr.push_back(height * ((n - place) / n));
      }
    }
    return lr;
  }

  double lowest() const { return constraints_.final_lr.value_or(0.0); }
  double highest() const {
    double most = constraints_.max_lr.value_or(HUGE_VAL);
    const bool joins = constraints_.non_increasing && constraints_.warmup.empty() && !constraints_.prefix.empty();
    return joins ? std::min(most, constraints_.prefix.back()) : most;
  }

 private:
  std::int64_t T_;
  const ScheduleConstraints& constraints_;
};

bool is_free(const ScheduleConstraints& constraints) { return constraints == ScheduleConstraints{}; }

/// Omega_T is convex in the height: its minimum between the limits.
double best_height(const Family& family, GradNorm grad_norm, double distance, double guess) {
  const auto height_at = [](double x) { return elementary::exp2({x, 0.0}); };
  const auto value = [&](double x) { return omega(family.at(height_at(x)), grad_norm, distance); };
  const double centre = elementary::log2(guess).hi;
  const double low = family.lowest() > 0.0 ? elementary::log2(family.lowest()).hi : centre - 60.0;
  const double high = std::isfinite(family.highest()) ? elementary::log2(family.highest()).hi : centre + 60.0;
  if (!(low < high)) return family.highest();
  const double x = golden_section(value, std::max(low, std::min(centre - 60.0, high - 1.0)), high, 1e-10).first;
  return std::clamp(height_at(x), family.lowest(), family.highest());
}

}  // namespace

OptimalSchedule linear_decay_beside(std::int64_t T, GradNorm grad_norm, double distance,
                                    const ScheduleConstraints& constraints, Criterion criterion) {
  const Family family(T, constraints);
  require_at_least("T", T, static_cast<std::int64_t>(family.first_free()) + 1);
  require_positive("distance", distance);
  if (criterion == Criterion::worst_case) {
    if (!is_free(constraints)) fail_argument("constraints", "only for the bound Omega, not for the worst case");
    std::vector<double> lr = family.at(1.0);
    const WorstCaseScale best = worst_case_best_scale(lr, grad_norm, distance);
    if (best.scale > 0.0) {
      for (double& rate : lr) rate *= best.scale;
      return {std::move(lr), best.worst_case.value};
    }
    OptimalSchedule by_omega = linear_decay_beside(T, grad_norm, distance);
    by_omega.bound = worst_case(by_omega.lr, grad_norm, distance).value;
    return by_omega;
  }
  if (criterion != Criterion::omega) fail_argument("criterion", "must be omega or worst-case");
  if (!(family.highest() >= family.lowest() && family.highest() > 0.0)) {
    fail_argument("constraints", concat({"no linear decay obeys them; its height would be between ",
                                         format_number(family.lowest()), " and ", format_number(family.highest())}));
  }
  // Without a prefix and a last rate all rates are proportional to the height.
  const ScheduleConstraints plain{.warmup = constraints.warmup};
  const std::int64_t steps = T - static_cast<std::int64_t>(constraints.prefix.size());
  GradNorm tail = grad_norm;
  if (!grad_norm.covers(static_cast<std::size_t>(T))) grad_norm.check(static_cast<std::size_t>(T));
  if (grad_norm.data() != nullptr) {
    tail = GradNorm(std::span(grad_norm.data(), static_cast<std::size_t>(T)).subspan(constraints.prefix.size()));
  }
  const BoundTerms terms = omega_terms(Family(steps, plain).at(1.0), tail, distance);
  double height = std::sqrt(terms.inverse) / std::sqrt(terms.linear);
  check_in_range(height);
  if (constraints.prefix.empty() && !constraints.final_lr) {
    height = std::min(height, family.highest());
  } else {
    height = best_height(family, grad_norm, distance, height);
  }
  std::vector<double> lr = family.at(height);
  const double bound = omega(lr, grad_norm, distance);
  return {std::move(lr), bound};
}

RateDifference compare_rates(const OptimalSchedule& rates, const OptimalSchedule& other) {
  const std::size_t T = rates.lr.size();
  if (T < 1 || other.lr.size() != T) {
    fail_argument("other", concat({"has ", std::to_string(other.lr.size()), " rates; must have as many as the first, ",
                                   std::to_string(T), ", and at least 1"}));
  }
  require_non_negative("rates.lr", rates.lr);
  require_non_negative("other.lr", other.lr);
  require_positive("rates.bound", rates.bound);
  require_positive("other.bound", other.bound);
  const double scale = *std::max_element(other.lr.begin(), other.lr.end());
  require_positive("largest of other.lr", scale);
  RateDifference result;
  const double ratio = rates.bound / other.bound;
  result.gain = 1.0 - ratio;
  result.steps_saved = 1.0 - ratio * ratio;
  if (other.lr.back() > 0.0) result.last = rates.lr.back() / other.lr.back();
  const std::size_t before = std::max<std::size_t>(T - 1, 1);
  const auto end = static_cast<std::ptrdiff_t>(before);
  const double highest = *std::max_element(rates.lr.begin(), rates.lr.begin() + end);
  const double other_highest = *std::max_element(other.lr.begin(), other.lr.begin() + end);
  if (other_highest > 0.0) result.peak = highest / other_highest;
  for (std::size_t t = 0; t < before; ++t) {
    const double difference = std::fabs(rates.lr[t] - other.lr[t]) / scale;
    if (t == 0 || difference > result.largest) {
      result.largest = difference;
      result.largest_at = static_cast<std::int64_t>(t) + 1;
    }
    if (rates.lr[t] >= 0.999 * highest) result.level_until = static_cast<std::int64_t>(t) + 1;
  }
  const auto last_step = [T](const std::vector<double>& lr) {
    return T >= 2 && lr[T - 2] > 0.0 ? lr[T - 1] / lr[T - 2] : 1.0;
  };
  result.last_step = last_step(rates.lr);
  result.other_last_step = last_step(other.lr);
  return result;
}

}  // namespace scheduled
