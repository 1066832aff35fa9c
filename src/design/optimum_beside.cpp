#include <utility>

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

BothBounds both_bounds(const std::vector<double>& lr, GradNorm grad_norm, double distance) {
  return {omega(lr, grad_norm, distance), worst_case(lr, grad_norm, distance).value};
}

/// The optimum alone.
OptimumBeside optimum(std::int64_t T, GradNorm grad_norm, double distance, const ScheduleConstraints& constraints,
                      Criterion criterion, const SolverOptions& options) {
  OptimumBeside result;
  if (constraints == ScheduleConstraints{}) {
    result.optimum = criterion == Criterion::worst_case ? worst_case_optimal_schedule(T, grad_norm, distance)
                                                        : optimal_schedule(T, grad_norm, distance);
    result.lower_bound = result.optimum.bound;
    return result;
  }
  ConstrainedSchedule found = constrained_schedule(T, grad_norm, distance, constraints, options);
  result.status = found.status;
  result.reason = std::move(found.reason);
  result.iterations = found.iterations;
  result.gap = found.gap;
  result.optimum = {std::move(found.lr), found.bound};
  result.lower_bound = found.lower_bound;
  return result;
}

}  // namespace

OptimumBeside optimum_beside_linear(std::int64_t T, GradNorm grad_norm, double distance,
                                    const ScheduleConstraints& constraints, Criterion criterion,
                                    const SolverOptions& options) {
  const bool by_worst_case = criterion == Criterion::worst_case;
  // The worst case of one step has no best linear decay: x_1 does not depend on it.
  const Criterion of_linear = by_worst_case && T <= 1 ? Criterion::omega : criterion;
  OptimumBeside result = optimum(T, grad_norm, distance, constraints, criterion, options);
  if (result.status != SolveStatus::optimal) return result;
  result.linear = linear_decay_beside(T, grad_norm, distance, constraints, of_linear);
  const bool free = constraints == ScheduleConstraints{};
  if (!free && constraints.prefix.empty()) result.free_bound = optimal_schedule(T, grad_norm, distance).bound;
  result.optimum_bounds = both_bounds(result.optimum.lr, grad_norm, distance);
  result.linear_bounds = both_bounds(result.linear.lr, grad_norm, distance);
  if (by_worst_case) result.linear.bound = result.linear_bounds.worst_case;
  result.difference = compare_rates(result.optimum, result.linear);
  if (T > 1) {
    result.nearest = nearest_spec(result.optimum.lr);
    result.nearest_bound = bound(result.nearest->schedule, {grad_norm, distance, std::nullopt, criterion});
  }
  return result;
}

}  // namespace scheduled
