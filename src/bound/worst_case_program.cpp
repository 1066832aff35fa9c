#include "bound/worst_case_program.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/elementary.hpp"
#include "base/numbers.hpp"
#include "bound/weights.hpp"

namespace scheduled::exact {
namespace {

using weights::BlockSum;

/// q from its end, with the low parts of the sums carried, and the objective: terms >= 0 only.
double make_primal(const Program& program, double q_last, Solution& solution) {
  const std::size_t T = program.size();
  solution.q.resize(T);
  solution.q[T - 1] = q_last;
  double low = 0.0;
  BlockSum sum;
  sum.add(q_last * program.norm2[T - 1]);
  for (std::size_t t = T - 1; t-- > 0;) {
    const double step = program.step[t];
    const double free = square(step) / (solution.q[t + 1] + low) + solution.slack[t];
    sum.add(free * program.norm2[t]);
    const elementary::DoubleDouble next = elementary::two_sum(solution.q[t + 1], 2.0 * step + free + low);
    solution.q[t] = next.hi;
    low = next.lo;
  }
  if (program.distance2 > 0.0) sum.add(program.distance2 / (solution.q[0] + low));
  return 0.5 * sum.value();
}

/// Cuts the rises off where m would exceed a later norm, and lets the last one reach G_T^2, where (6.5) is largest.
void make_dual_feasible(const Program& program, Solution& solution) {
  const std::size_t T = program.size();
  std::vector<double> ceiling(program.norm2);
  for (std::size_t t = T - 1; t-- > 0;) ceiling[t] = std::min(ceiling[t], ceiling[t + 1]);
  CompensatedSum m;
  solution.first = T == 1 ? ceiling[0] : std::min(solution.first, ceiling[0]);
  m.add(solution.first);
  for (std::size_t t = 0; t + 1 < T; ++t) {
    const double room = std::max(ceiling[t + 1] - m.value(), 0.0);
    solution.rise[t] = t + 2 == T ? room : std::min(solution.rise[t], room);
    m.add(solution.rise[t]);
  }
}

/// (6.5). The rises are factors of its square roots as they stand: as differences of m they would lose half the digits.
double dual_value(const Program& program, const Solution& solution) {
  CompensatedSum m;
  m.add(solution.first);
  BlockSum gain;
  BlockSum loss;
  gain.add(std::sqrt(program.distance2 * solution.first));
  for (std::size_t t = 0; t < solution.rise.size(); ++t) {
    const double here = m.value();
    gain.add(program.step[t] * std::sqrt(solution.rise[t] * std::max(program.norm2[t] - here, 0.0)));
    loss.add(program.step[t] * here);
    m.add(solution.rise[t]);
  }
  return gain.value() - loss.value();
}

}  // namespace

Reduced reduce(std::span<const double> lr, GradNorm grad_norm, double distance) {
  const std::size_t T = lr.size();
  Reduced reduced;
  std::size_t begin = 0;
  double largest = 0.0;
  for (std::size_t t = 0; t + 1 < T; ++t) {
    if (lr[t] > 0.0 && !(grad_norm[t] > 0.0)) begin = t + 1;
  }
  for (std::size_t t = begin; t < T; ++t) {
    if (t + 1 < T && !(lr[t] > 0.0)) continue;
    reduced.step_of.push_back(t);
    if (t + 1 < T) largest = std::max(largest, lr[t]);
  }
  reduced.norm_unit = grad_norm[T - 1];
  reduced.rate_unit = begin == 0 ? distance / reduced.norm_unit : largest;
  Program& program = reduced.program;
  program.distance2 = begin == 0 ? 1.0 : 0.0;
  program.norm2.reserve(reduced.step_of.size());
  program.step.reserve(reduced.step_of.size());
  for (const std::size_t t : reduced.step_of) {
    program.norm2.push_back(square(grad_norm[t] / reduced.norm_unit));
    if (t + 1 < T) program.step.push_back(lr[t] / reduced.rate_unit);
  }
  return reduced;
}

void certify(const Program& program, double q_last, Solution& solution) {
  solution.upper = make_primal(program, q_last, solution);
  make_dual_feasible(program, solution);
  solution.lower = dual_value(program, solution);
}

Solution solve(const Program& program, std::vector<std::size_t>& slack_at, std::size_t longest) {
  const auto is_exact = [](const Solution& found) { return found.gap() <= exact_gap * found.upper; };
  const std::vector<std::size_t> slack_guess = slack_at;
  Solution nearby = solve_by_parts(program, slack_at, weights::Reach::nearby);
  if (is_exact(nearby)) return nearby;
  slack_at = slack_guess;
  Solution by_parts = solve_by_parts(program, slack_at);
  by_parts.passes += nearby.passes;
  if (is_exact(by_parts) || program.size() > longest) return by_parts;
  Solution by_cones = solve_by_cones(program, by_parts.q.back());
  by_cones.passes += by_parts.passes;
  // Both are certified: take the better of either side.
  if (by_cones.lower < by_parts.lower) {
    by_cones.lower = by_parts.lower;
    by_cones.first = by_parts.first;
    by_cones.rise = std::move(by_parts.rise);
  }
  if (by_parts.upper < by_cones.upper) {
    by_cones.upper = by_parts.upper;
    by_cones.q = std::move(by_parts.q);
    by_cones.slack = std::move(by_parts.slack);
  }
  return by_cones;
}

}  // namespace scheduled::exact
