// What every test of a solver asks of its result: both sides of the certificate, recomputed from the raw data as far as
// the result has them, and the constraints.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "bound/worst_case_program.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/pep.hpp"
#include "support/reference.hpp"

namespace scheduled {

inline void expect_obeys(const std::vector<double>& lr, const ScheduleConstraints& c) {
  const std::size_t m = c.prefix.size();
  const std::size_t n = m + c.warmup.size();
  for (std::size_t k = 0; k < m; ++k) EXPECT_EQ(lr[k], c.prefix[k]);
  for (std::size_t j = 0; j < c.warmup.size(); ++j) EXPECT_NEAR(lr[m + j], c.warmup[j] * lr[n], 1e-14 * lr[n]);
  EXPECT_EQ(lr.back(), c.final_lr.value_or(lr.back()));
  for (const double rate : lr) {
    EXPECT_GE(rate, 0.0);
    EXPECT_LE(rate, c.max_lr.value_or(rate));
  }
  if (!c.non_increasing) return;
  for (std::size_t k = n; k + 1 < lr.size(); ++k) EXPECT_GE(lr[k], lr[k + 1] * (1 - 1e-14));
  if (c.warmup.empty() && m > 0) {
    EXPECT_LE(lr[m], lr[m - 1]);
  }
}

/// Rates that obey, whose bound is theirs, with a lower bound that close.
inline void expect_certified(const ConstrainedSchedule& result, std::int64_t T, const GradNorm& grad_norm,
                             double distance, const ScheduleConstraints& constraints, double tolerance = 1e-9) {
  EXPECT_EQ(result.status, SolveStatus::optimal) << "gap " << result.gap << ", iterations " << result.iterations;
  ASSERT_EQ(result.lr.size(), static_cast<std::size_t>(T));
  expect_obeys(result.lr, constraints);
  EXPECT_EQ(result.bound, omega(result.lr, grad_norm, distance));
  EXPECT_LE(result.lower_bound, result.bound * (1 + 1e-13));
  EXPECT_GE(result.lower_bound, result.bound * (1 - 1.01 * tolerance));
  EXPECT_NEAR(result.gap, (result.bound - result.lower_bound) / result.bound, 1e-15);
}

/// Both ends are those of the data returned, certified anew, and that close.
inline void expect_certified(const PepResult& result, const PepProblem& problem, double tolerance = 1e-6) {
  EXPECT_EQ(certify_lower(problem, result.primal).bound, result.lower.bound);
  EXPECT_EQ(certify_upper(problem, result.dual).bound, result.upper.bound);
  EXPECT_LE(result.lower.bound, result.upper.bound);
  EXPECT_LE(result.gap(), tolerance * result.upper.bound);
}

/// The objective of (6.3) in long double, after a check that q is feasible up to rounding.
inline reference::Real objective(const exact::Program& program, const exact::Solution& solution) {
  using reference::Real;
  const std::size_t T = program.size();
  Real sum = solution.q[T - 1] * Real(program.norm2[T - 1]);
  if (program.distance2 > 0) sum += program.distance2 / Real(solution.q[0]);
  for (std::size_t t = 0; t + 1 < T; ++t) {
    const Real q = solution.q[t + 1];
    const Real step = program.step[t];
    EXPECT_GE(solution.q[t], (q + step) * (q + step) / q * (1 - 1e-15L * static_cast<Real>(T)));
    EXPECT_GE(solution.slack[t], 0.0);
    sum += (step * step / q + solution.slack[t]) * program.norm2[t];
  }
  return sum / 2;
}

/// (6.5) in long double, after a check that m is feasible up to rounding.
inline reference::Real dual_value(const exact::Program& program, const exact::Solution& solution) {
  using reference::Real;
  Real m = solution.first;
  Real sum = std::sqrt(program.distance2 * m);
  for (std::size_t t = 0; t + 1 < program.size(); ++t) {
    EXPECT_LE(m, program.norm2[t] * (1 + 1e-14L));
    EXPECT_GE(solution.rise[t], 0.0);
    const Real room = std::max<Real>(program.norm2[t] - m, 0);
    sum += program.step[t] * (std::sqrt(solution.rise[t] * room) - m);
    m += solution.rise[t];
  }
  EXPECT_LE(m, program.norm2.back() * (1 + 1e-14L));
  return sum;
}

inline void expect_certified(const exact::Solution& solution, const exact::Program& program) {
  EXPECT_NEAR(static_cast<double>(solution.upper / objective(program, solution)), 1.0, 1e-14);
  EXPECT_NEAR(static_cast<double>(solution.lower / dual_value(program, solution)), 1.0, 1e-12);
  EXPECT_LE(solution.gap(), exact::exact_gap * solution.upper);
}

/// The two sides agree; a value > 0 besides with those of the program, solved again and certified in long double.
inline void expect_certified(const WorstCase& found, std::span<const double> lr, const GradNorm& grad_norm,
                             double distance) {
  EXPECT_TRUE(found.exact);
  EXPECT_LE(found.lower, found.value);
  EXPECT_GE(found.lower, found.value * (1 - exact::exact_gap));
  if (found.value == 0.0) return;
  const exact::Reduced reduced = exact::reduce(lr, grad_norm, distance);
  std::vector<std::size_t> slack_at;
  const exact::Solution solution = exact::solve(reduced.program, slack_at);
  expect_certified(solution, reduced.program);
  EXPECT_GE(found.value, solution.lower * reduced.value_unit() * (1 - 1e-12));
  EXPECT_LE(found.lower, solution.upper * reduced.value_unit() * (1 + 1e-12));
}

}  // namespace scheduled
