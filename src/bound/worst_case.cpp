#include "scheduled/bound.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "bound/arguments.hpp"
#include "bound/records.hpp"
#include "bound/weights.hpp"
#include "bound/worst_case_search.hpp"

namespace scheduled {
namespace {

using weights::BestScale;
using weights::FixedSteps;
using weights::Minimum;

/// Whether G_t is the same wherever it counts: at T and at the positive steps before.
bool is_common(std::span<const double> steps, GradNorm grad_norm) {
  return grad_norm.visit([&](const auto& g) {
    const double last = g(steps.size());
    for (std::size_t k = 0; k < steps.size(); ++k) {
      if (g(k) != last && steps[k] > 0.0) return false;
    }
    return true;
  });
}

/// Names the index of a grad norm of 0 that makes the bound 0 whatever the steps; nothing where there is none.
std::optional<std::size_t> free_end(std::span<const double> steps, GradNorm grad_norm) noexcept {
  if (grad_norm[steps.size()] == 0.0) return steps.size();
  const auto count = static_cast<std::size_t>(last_positive_step(steps));
  if (count > 0 && grad_norm[count - 1] == 0.0) return count - 1;
  return std::nullopt;
}

WorstCaseEnd end_of(std::span<const double> steps, double W, double W_min, double p) noexcept {
  if (W <= W_min * (1.0 + 1e-12)) return WorstCaseEnd::boundary;
  return weights::upper_branch(steps, p) ? WorstCaseEnd::interior : WorstCaseEnd::lower_branch;
}

/// For checked arguments.
WorstCase worst_case_of(std::span<const double> lr, GradNorm grad_norm, double distance) {
  const std::span<const double> steps = lr.first(lr.size() - 1);
  const weights::Boundary edge = weights::boundary(steps);
  const double G = grad_norm[steps.size()];
  if (free_end(steps, grad_norm)) {
    return {0.0, std::numeric_limits<double>::infinity(), edge.W_min, WorstCaseEnd::limit, 1};
  }
  if (!is_common(steps, grad_norm)) {
    const Minimum best = weights::minimise(steps, grad_norm, FixedSteps{distance});
    const double W = square(best.tails.first);
    return {best.value, W, edge.W_min, end_of(steps, W, edge.W_min, best.p), best.passes + 3};
  }
  if (distance / G > edge.W_min) {  // then S <= W_min/2 < D/(2G): no cancellation
    return {G * (distance - G * edge.total), distance / G, edge.W_min, WorstCaseEnd::interior, 1};
  }
  const double value = 0.5 * (square(distance) / edge.W_min + square(G) * edge.noise);
  return {value, edge.W_min, edge.W_min, WorstCaseEnd::boundary, 1};
}

}  // namespace

std::string_view name_of(WorstCaseEnd end) noexcept { return word_of(end); }

WorstCase worst_case(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  return worst_case_of(lr, grad_norm, distance);
}

WorstCaseScale worst_case_best_scale(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  const std::span<const double> steps = lr.first(lr.size() - 1);
  if (last_positive_step(steps) == 0) {
    fail_argument("lr", concat({"none of the first ", std::to_string(steps.size()), " of ", std::to_string(lr.size()),
                                " rates is > 0; x_T depends on no other"}));
  }
  if (const auto index = free_end(steps, grad_norm)) {
    fail_entry("grad_norm", *index, 0.0,
               "must be > 0 at T and at the last positive step before it; the value is 0 at every scale");
  }
  const weights::Boundary edge = weights::boundary(steps);
  if (is_common(steps, grad_norm)) {  // B/W = G^2 (1 - 2 S/W) is smallest at W_min
    const double G = grad_norm[steps.size()];
    const double scale = distance / G / std::sqrt(edge.W_min * edge.noise);
    const double W_min = scale * edge.W_min;
    return {scale, {distance * G * std::sqrt(edge.noise / edge.W_min), W_min, W_min, WorstCaseEnd::boundary, 1}};
  }
  const Minimum best = weights::minimise(steps, grad_norm, BestScale{distance});
  const double scale = distance / (best.tails.first * std::sqrt(best.tails.noise));
  const double W = square(best.tails.first);
  return {scale, {best.value, scale * W, scale * edge.W_min, end_of(steps, W, edge.W_min, best.p), best.passes + 3}};
}

std::vector<double> worst_case_at(std::span<const double> lr, GradNorm grad_norm, double distance,
                                  std::span<const std::int64_t> t) {
  check_bound_arguments(lr, grad_norm, distance);
  std::vector<double> values;
  values.reserve(t.size());
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (t[i] < 1 || static_cast<std::size_t>(t[i]) > lr.size()) {
      fail_entry("t", i, std::to_string(t[i]), concat({"must be between 1 and ", std::to_string(lr.size())}));
    }
    values.push_back(worst_case_of(lr.first(static_cast<std::size_t>(t[i])), grad_norm, distance).value);
  }
  return values;
}

double minimax_rate(std::int64_t T, double grad_norm, double distance) {
  if (T < 1) fail_value("T", std::to_string(T), "must be at least 1");
  require_non_negative("grad_norm", grad_norm);
  require_positive("distance", distance);
  return distance * grad_norm / std::sqrt(static_cast<double>(T));
}

}  // namespace scheduled
