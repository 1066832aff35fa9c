#include "scheduled/bound.hpp"
#include "base/interrupt.hpp"
#include "base/sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/numbers.hpp"
#include "bound/arguments.hpp"
#include "bound/kernels/omega.hpp"
#include "bound/wide.hpp"

namespace scheduled {
namespace {

constexpr unsigned blocks_per_poll = 64;
constexpr unsigned steps_per_poll = 4096;

void check_last(std::span<const double> lr) {
  if (lr.back() > 0.0) return;
  fail_entry("lr", lr.size() - 1, lr.back(), "the last step must be > 0; leave trailing zeros out");
}

/// Calls visit(begin, count) for the blocks of [0, size) from the last to the first. Within a block sums are plain,
/// from block to block compensated: the relative error of every tail sum stays below (omega_block/4 + 8) 2^-53
/// whatever T is.
template <class Visit>
void blocks_backward(std::size_t size, Visit visit) {
  SeldomPoll poll(blocks_per_poll);
  for (std::size_t end = size; end > 0; poll()) {
    const std::size_t count = std::min(end, kernels::omega_block);
    visit(end -= count, count);
  }
}

struct UncheckedTerms {
  BoundTerms terms;
  bool doubtful;  ///< a rate or a grad norm is negative, or something may have left the range of double
};

/// (1.2) for a positive last step and enough grad norms. Arguments that are out of range do no harm and are noticed.
UncheckedTerms omega_terms_unchecked(std::span<const double> lr, GradNorm grad_norm, double distance) {
  const std::size_t last = lr.size() - 1;
  CompensatedSum tail;
  CompensatedSum noise;
  double smallest = grad_norm[last];
  tail.add(lr[last]);
  noise.add(lr[last] * square(grad_norm[last]));  // the last step has no term q_T/u_T
  const double* const norms = grad_norm.data();
  blocks_backward(last, [&](std::size_t begin, std::size_t count) {
    const auto sums = kernels::omega_block_sums(lr.data() + begin, norms != nullptr ? norms + begin : nullptr,
                                                grad_norm[0], count, tail.value());
    tail.add(sums.rates);
    noise.add(sums.terms);
    smallest = std::min(smallest, sums.smallest);
  });
  const BoundTerms terms{square(distance) / (2.0 * tail.value()), 0.5 * noise.value()};
  return {terms, smallest < 0.0 || !wide::usual(lr[last], tail.value(), noise.value(), distance)};
}

/// Omega of the first t steps, with the rule for zero rates.
double omega_of_prefix(std::span<const double> lr, GradNorm grad_norm, double distance) {
  const auto steps = static_cast<std::size_t>(last_positive_step(lr));
  if (steps == 0) return std::numeric_limits<double>::infinity();
  const UncheckedTerms result = omega_terms_unchecked(lr.first(steps), grad_norm, distance);
  return (result.doubtful ? wide::omega_terms(lr.first(steps), grad_norm, distance) : result.terms).value();
}

void check_places(std::span<const std::int64_t> t, std::size_t steps) {
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (t[i] >= 1 && static_cast<std::size_t>(t[i]) <= steps) continue;
    fail_entry("t", i, std::to_string(t[i]), concat({"must be between 1 and ", std::to_string(steps)}));
  }
}

/// (1.4) after every step, infinite before the first positive one.
void standard_curve(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out) {
  check_bound_arguments(lr, grad_norm, distance);
  CompensatedSum total;
  CompensatedSum noise;
  bool usual = true;
  SeldomPoll poll(steps_per_poll);
  for (std::size_t k = 0; k < lr.size(); ++k, poll()) {
    total.add(lr[k]);
    noise.add(square(lr[k] * grad_norm[k]));
    const double sum = total.value();
    out[k] = sum > 0.0 ? (square(distance) + noise.value()) / (2.0 * sum) : std::numeric_limits<double>::infinity();
    usual = usual && (sum == 0.0 || wide::usual(sum, sum, noise.value(), distance));
  }
  if (!usual) wide::standard_curve(lr, grad_norm, distance, out);
}

/// worst_case_at up to the last positive step before each t, infinite before the first.
std::vector<double> worst_cases_at(std::span<const double> lr, const BoundSettings& settings,
                                   std::span<const std::int64_t> t) {
  std::vector<double> values;
  values.reserve(t.size());
  for (const std::int64_t place : t) {
    Interruption::poll();
    const auto steps = static_cast<std::size_t>(last_positive_step(lr.first(static_cast<std::size_t>(place))));
    values.push_back(steps == 0 ? std::numeric_limits<double>::infinity()
                                : worst_case(lr.first(steps), settings.grad_norm, settings.distance).value);
  }
  return values;
}

}  // namespace

void check_bound_arguments(std::span<const double> lr, GradNorm grad_norm, double distance) {
  if (lr.empty()) fail_value("lr", "[]", "must hold at least one step");
  require_non_negative("lr", lr);
  grad_norm.check(lr.size());
  require_positive("distance", distance);
}

void fail_above_largest() {
  fail_argument("lr, grad_norm, distance", "the bound is above 1.8e308, the largest double; use other units");
}

void GradNorm::check(std::size_t steps) const {
  if (!is_series_) return require_non_negative("grad_norm", value_);
  if (!covers(steps)) {
    fail_argument("grad_norm", concat({"there are ", std::to_string(series_.size()), " values for ",
                                       std::to_string(steps), " steps; must be at least one per step"}));
  }
  require_non_negative("grad_norm", series_.first(steps));
}

std::vector<double> power_grad_norm(double alpha, std::int64_t steps) {
  if (!std::isfinite(alpha)) fail_value("alpha", alpha, "must be finite");
  if (steps < 0) fail_value("steps", std::to_string(steps), "must be >= 0");
  if (steps > largest_count) fail_value("steps", std::to_string(steps), "must be at most 2^53");
  std::vector<double> norms = interruptible_zeros(static_cast<std::size_t>(steps));
  SeldomPoll poll(steps_per_poll);
  for (std::size_t k = 0; k < norms.size(); ++k, poll()) {
    norms[k] = elementary::power(static_cast<double>(k + 1), alpha);
  }
  return norms;
}

std::vector<double> batch_grad_norm(const Schedule& schedule, double noise_share, double grad_norm,
                                    std::optional<std::int64_t> steps) {
  if (!(noise_share >= 0.0 && noise_share <= 1.0)) fail_value("noise_share", noise_share, "must be within [0, 1]");
  require_non_negative("grad_norm", grad_norm);
  if (!steps) steps = schedule.steps();
  if (!steps) {
    throw NeedsHorizon({.name = "steps", .requirement = concat({print(schedule), " has no horizon: say how many"})});
  }
  if (*steps < 0) fail_value("steps", std::to_string(*steps), "must be >= 0");
  if (*steps > largest_count) fail_value("steps", std::to_string(*steps), "must be at most 2^53");
  const double first = schedule.batch(0);
  std::vector<double> norms = interruptible_zeros(static_cast<std::size_t>(*steps));
  SeldomPoll poll(steps_per_poll);
  for (std::size_t k = 0; k < norms.size(); ++k, poll()) {
    const double noise = noise_share * (first / schedule.batch(static_cast<std::int64_t>(k)));
    norms[k] = grad_norm * std::sqrt(1.0 - noise_share + noise);
  }
  return norms;
}

BoundTerms omega_terms(std::span<const double> lr, GradNorm grad_norm, double distance) {
  // The kernel looks at every value anyway: the checks read the series a second time only where it noticed something.
  const bool computable = !lr.empty() && lr.back() > 0.0 && grad_norm.covers(lr.size());
  if (computable && distance > 0.0 && std::isfinite(distance)) {
    const UncheckedTerms result = omega_terms_unchecked(lr, grad_norm, distance);
    if (!result.doubtful) return result.terms;
  }
  check_bound_arguments(lr, grad_norm, distance);
  check_last(lr);
  return wide::omega_terms(lr, grad_norm, distance);
}

double omega(std::span<const double> lr, GradNorm grad_norm, double distance) {
  return omega_terms(lr, grad_norm, distance).value();
}

OmegaSplit omega_split(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  check_last(lr);
  const std::size_t last = lr.size() - 1;
  CompensatedSum tail;        // u_k
  CompensatedSum noise_tail;  // sum of q_t over t >= k
  CompensatedSum extra;
  tail.add(lr[last]);
  noise_tail.add(square(lr[last] * grad_norm[last]));
  const double* const norms = grad_norm.data();
  blocks_backward(last, [&](std::size_t begin, std::size_t count) {
    const auto sums = kernels::omega_block_split(lr.data() + begin, norms != nullptr ? norms + begin : nullptr,
                                                 grad_norm[0], count, tail.value(), noise_tail.value());
    tail.add(sums.rates);
    noise_tail.add(sums.squares);
    extra.add(sums.terms);
  });
  const double total = tail.value();
  if (!wide::usual(lr[last], total, noise_tail.value(), distance) || !std::isfinite(extra.value())) {
    return wide::omega_split(lr, grad_norm, distance);
  }
  return {square(distance) / (2.0 * total), noise_tail.value() / (2.0 * total), 0.5 * extra.value()};
}

void omega_gradient(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out) {
  check_bound_arguments(lr, grad_norm, distance);
  check_last(lr);
  if (out.size() != lr.size()) {
    fail_argument("out",
                  concat({"has ", std::to_string(out.size()), " places for ", std::to_string(lr.size()), " steps"}));
  }
  const std::size_t last = lr.size() - 1;
  CompensatedSum tail;
  tail.add(lr[last]);
  blocks_backward(last, [&](std::size_t begin, std::size_t count) {  // out holds u_k, which the loop below reads
    tail.add(kernels::omega_block_tails(lr.data() + begin, count, tail.value(), out.data() + begin));
  });
  const double from_distance = square(distance / tail.value());
  CompensatedSum before;  // sum of q_k/u_k^2 over k < j
  const double* const norms = grad_norm.data();
  SeldomPoll poll(blocks_per_poll);
  for (std::size_t begin = 0; begin < last; begin += kernels::omega_block, poll()) {
    const std::size_t count = std::min(last - begin, kernels::omega_block);
    before.add(kernels::omega_block_gradient(lr.data() + begin, norms != nullptr ? norms + begin : nullptr,
                                             grad_norm[0], count, from_distance, before.value(), out.data() + begin));
  }
  out[last] = 0.5 * (square(grad_norm[last]) - from_distance - before.value());
  const bool finite = std::isfinite(before.value()) && std::isfinite(out[last]) && std::isfinite(out[0]);
  // The norms may be small where the distance is not: then they do not matter.
  if (!finite || !wide::usual(lr[last], tail.value(), 1.0, distance)) {
    wide::omega_gradient(lr, grad_norm, distance, out);
  }
}

BoundTerms standard_terms(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  CompensatedSum total;
  CompensatedSum noise;
  SeldomPoll poll(steps_per_poll);
  for (std::size_t k = 0; k < lr.size(); ++k, poll()) {
    total.add(lr[k]);
    noise.add(square(lr[k] * grad_norm[k]));
  }
  if (total.value() == 0.0) {
    fail_argument("lr", concat({"all ", std::to_string(lr.size()), " values are 0; one must be > 0"}));
  }
  if (!wide::usual(total.value(), total.value(), noise.value(), distance)) {
    return wide::standard_terms(lr, grad_norm, distance);
  }
  return {square(distance) / (2.0 * total.value()), noise.value() / (2.0 * total.value())};
}

double standard_bound(std::span<const double> lr, GradNorm grad_norm, double distance) {
  return standard_terms(lr, grad_norm, distance).value();
}

std::vector<double> omega_at(std::span<const double> lr, GradNorm grad_norm, double distance,
                             std::span<const std::int64_t> t) {
  check_bound_arguments(lr, grad_norm, distance);
  std::vector<double> values;
  values.reserve(t.size());
  check_places(t, lr.size());
  for (const std::int64_t steps : t) {
    Interruption::poll();
    values.push_back(omega_of_prefix(lr.first(static_cast<std::size_t>(steps)), grad_norm, distance));
  }
  return values;
}

std::int64_t last_positive_step(std::span<const double> lr) noexcept {
  std::size_t steps = lr.size();
  while (steps > 0 && !(lr[steps - 1] > 0.0)) --steps;
  return static_cast<std::int64_t>(steps);
}

std::vector<double> bound_rates(const Schedule& schedule, std::optional<std::int64_t> T) {
  const std::optional<std::int64_t> horizon = schedule.steps();
  if (!T && !horizon)
    fail_argument("T", concat({schedule_name(schedule), " has no horizon; say at which step (T, or steps=...)"}));
  const std::int64_t steps = T.value_or(horizon.value_or(0));
  if (steps < 1) fail_value("T", std::to_string(steps), "must be at least 1");
  if (steps > largest_count) fail_value("T", std::to_string(steps), "must be at most 2^53");
  if (horizon && steps > *horizon) {
    fail_value("T", std::to_string(steps), concat({"must be at most the horizon, steps = ", std::to_string(*horizon)}));
  }
  std::vector<double> rates = schedule.values(steps);
  rates.resize(static_cast<std::size_t>(last_positive_step(rates)));
  if (rates.empty())
    fail_argument("lr", concat({"all of the first ", std::to_string(steps), " rates are 0; one must be > 0"}));
  return rates;
}

std::vector<double> bound_at(std::span<const double> lr, const BoundSettings& settings,
                             std::span<const std::int64_t> t) {
  if (settings.criterion == Criterion::omega) {
    constexpr double curve_cost = 50.0;  // of a step of the curve, in steps of the direct sum
    double direct_cost = 0.0;
    for (const std::int64_t steps : t) direct_cost += static_cast<double>(steps);
    if (direct_cost <= curve_cost * static_cast<double>(lr.size())) {
      return omega_at(lr, settings.grad_norm, settings.distance, t);
    }
  }
  check_places(t, lr.size());
  if (settings.criterion == Criterion::worst_case) {
    return worst_cases_at(lr, settings, t);
  }
  std::vector<double> curve(lr.size());
  if (settings.criterion == Criterion::omega) {
    omega_curve(lr, settings.grad_norm, settings.distance, curve);
  } else {
    standard_curve(lr, settings.grad_norm, settings.distance, curve);
  }
  std::vector<double> values;
  values.reserve(t.size());
  for (const std::int64_t steps : t) values.push_back(curve[static_cast<std::size_t>(steps - 1)]);
  return values;
}

double bound(const Schedule& schedule, const BoundSettings& settings) {
  const std::vector<double> rates = bound_rates(schedule, settings.T);
  switch (settings.criterion) {
    case Criterion::standard:
      return standard_bound(rates, settings.grad_norm, settings.distance);
    case Criterion::worst_case:
      return worst_case(rates, settings.grad_norm, settings.distance).value;
    case Criterion::omega:
      break;
  }
  return omega(rates, settings.grad_norm, settings.distance);
}

}  // namespace scheduled
