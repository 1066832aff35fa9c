#include <cmath>
#include <span>

#include "base/interrupt.hpp"
#include "base/sum.hpp"
#include "design/arguments.hpp"
#include "design/free_tail.hpp"
#include "design/prefix_cost.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

namespace scheduled {

OptimalSchedule optimal_schedule(std::int64_t T, GradNorm grad_norm, double distance) {
  require_at_least("T", T, 1);
  require_positive("distance", distance);
  const auto steps = static_cast<std::size_t>(T);
  const double unit = check_positive_norms(grad_norm, 0, steps);
  OptimalSchedule best{interruptible_zeros(steps), 0.0};
  const double slope = grad_norm.visit([&](const auto& g) {
    return free_tail([&g, inverse = 1.0 / unit](std::size_t k) { return g(k) * inverse; }, best.lr);
  });
  const double root = std::sqrt(slope);
  best.bound = distance * unit * root;          // (4.3)
  fill_rates(distance / unit / root, best.lr);  // (4.2)
  check_in_range(best.bound);
  check_in_range(best.lr.front());
  check_in_range(best.lr.back());
  return best;
}

OptimalSchedule worst_case_optimal_schedule(std::int64_t T, GradNorm grad_norm, double distance) {
  require_at_least("T", T, 1);
  require_positive("distance", distance);
  const auto steps = static_cast<std::size_t>(T);
  const double unit = check_positive_norms(grad_norm, 0, steps);
  OptimalSchedule best{interruptible_zeros(steps), 0.0};
  const auto weight = [&](std::size_t k) { return unit / grad_norm[k] * (unit / grad_norm[k]); };  // 1/G_t^2, >= 1
  CompensatedSum behind;
  SeldomPoll poll(4096);
  for (std::size_t k = steps; k-- > 0; poll()) {
    best.lr[k] = weight(k) * behind.value();
    behind.add(weight(k));
  }
  const double total = behind.value();
  const double root = std::sqrt(total);
  best.bound = distance * unit / root;
  const double scale = distance / unit / root / total;
  for (double& rate : best.lr) rate *= scale;
  // As the tail of one step, which costs G_T^2 u (docs/theory.md, (5.1)).
  const std::span<const double> before = std::span(best.lr).first(steps - 1);
  const double rate_unit = distance / unit;
  const double last = grad_norm[steps - 1] / unit;
  best.lr.back() = rate_unit * PrefixCost(before, grad_norm, 1.0, rate_unit, unit).best_tail(last * last);
  check_in_range(best.bound);
  check_in_range(best.lr.back());
  return best;
}

OptimaCompared compare_optima(std::int64_t T, GradNorm grad_norm, double distance) {
  const auto judge = [&](const std::vector<double>& lr) {
    return BothBounds{omega(lr, grad_norm, distance), worst_case(lr, grad_norm, distance).value};
  };
  return {judge(optimal_schedule(T, grad_norm, distance).lr),
          judge(worst_case_optimal_schedule(T, grad_norm, distance).lr)};
}

}  // namespace scheduled
