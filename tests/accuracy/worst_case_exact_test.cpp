// The exact worst case for varying grad norms: both sides of its certificate recomputed in long double from the raw
// data, on thousands of random runs; the two solvers against each other; long runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iostream>
#include <random>
#include <vector>

#include "bound/worst_case_program.hpp"
#include "scheduled/bound.hpp"
#include "support/reference.hpp"

namespace scheduled {
namespace {

using exact::Program;
using exact::Solution;
using reference::Real;

struct Case {
  std::vector<double> lr;
  std::vector<double> grad_norm;
  double distance = 1.0;
};

/// ln of steps and norms are normal with these standard deviations; the norms have a trend t^power.
Case random_run(std::mt19937_64& random, std::size_t T, double step_deviation, double norm_deviation,
                double power = 0) {
  std::normal_distribution<double> normal;
  Case run;
  for (std::size_t t = 0; t < T; ++t) {
    run.lr.push_back(std::exp(step_deviation * normal(random)) / std::sqrt(static_cast<double>(T)));
    run.grad_norm.push_back(std::exp(norm_deviation * normal(random)) *
                            std::pow(static_cast<double>(t + 1) / static_cast<double>(T), power));
  }
  run.distance = std::exp(normal(random));
  return run;
}

/// The objective of (6.3), after a check that q is feasible up to rounding.
Real objective(const Program& program, const Solution& solution) {
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

/// (6.5), after a check that m is feasible up to rounding.
Real dual_value(const Program& program, const Solution& solution) {
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

TEST(ExactWorstCase, HasACertificateInTenThousandRandomRuns) {
  std::mt19937_64 random(20261126);
  int slack = 0;
  int inexact = 0;
  double largest_gap = 0.0;
  constexpr int runs = 10000;
  for (int i = 0; i < runs; ++i) {
    const std::size_t T = i % 100 == 0 ? 1000 : i % 10 == 0 ? 100 : 2 + static_cast<std::size_t>(i) % 29;
    const double norm_deviation = std::array{0.05, 0.5, 1.0, 2.0}[static_cast<std::size_t>(i / 3) % 4];
    const double step_deviation = std::array{0.0, 0.5, 2.0}[static_cast<std::size_t>(i) % 3];
    const Case run = random_run(random, T, step_deviation, norm_deviation, 0.5 * (i % 5 - 2));
    const WorstCase found = worst_case(run.lr, run.grad_norm, run.distance);
    EXPECT_LE(found.lower, found.value) << i;
    EXPECT_LE(found.value, omega(run.lr, run.grad_norm, run.distance) * (1 + 1e-14)) << i;
    if (!found.exact) ++inexact;
    if (found.end == WorstCaseEnd::slack) ++slack;
    largest_gap = std::max(largest_gap, (found.value - found.lower) / found.value);
  }
  std::cout << "slack in " << slack << " of " << runs << ", largest gap " << largest_gap << "\n";
  EXPECT_EQ(inexact, 0);
  EXPECT_GT(slack, runs / 10);
}

TEST(ExactWorstCase, TheCertificateIsThatOfTheRawData) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 1000; ++i) {
    const Case run = random_run(random, 2 + static_cast<std::size_t>(i) % 40, i % 2, i % 3);
    const exact::Reduced reduced = exact::reduce(run.lr, run.grad_norm, run.distance);
    std::vector<std::size_t> slack_at;
    const Solution solution = exact::solve(reduced.program, slack_at);
    const Real upper = objective(reduced.program, solution);
    const Real lower = dual_value(reduced.program, solution);
    EXPECT_NEAR(static_cast<double>(solution.upper / upper), 1.0, 1e-14) << i;
    EXPECT_NEAR(static_cast<double>(solution.lower / lower), 1.0, 1e-12) << i;
    EXPECT_LE(solution.gap(), exact::exact_gap * solution.upper) << i;
  }
}

TEST(ExactWorstCase, BothSolversAgree) {
  std::mt19937_64 random(11);
  int other = 0;
  for (int i = 0; i < 1500; ++i) {
    const Case run = random_run(random, 2 + static_cast<std::size_t>(i) % 60, i % 3, 0.5 * (i % 5), 0.5 * (i % 2));
    const exact::Reduced reduced = exact::reduce(run.lr, run.grad_norm, run.distance);
    std::vector<std::size_t> slack_at;
    const Solution parts = exact::solve_by_parts(reduced.program, slack_at);
    const Solution cones = exact::solve_by_cones(reduced.program, parts.q.back());
    EXPECT_LE(cones.gap(), exact::exact_gap * cones.upper) << i;
    if (parts.gap() > exact::exact_gap * parts.upper) {
      ++other;
      continue;
    }
    EXPECT_NEAR(parts.upper / cones.upper, 1.0, 1e-10) << i;
  }
  std::cout << "not by parts: " << other << " of 1500\n";
  EXPECT_LT(other, 30);
}

TEST(ExactWorstCase, LongRuns) {
  std::mt19937_64 random(3);
  for (const double deviation : {0.05, 2.0}) {
    Case run = random_run(random, 1000000, 0.0, deviation);
    for (std::size_t t = 0; t < run.lr.size(); ++t) run.lr[t] *= 1.0 - static_cast<double>(t) / 1e6;
    const auto start = std::chrono::steady_clock::now();
    const WorstCase found = worst_case(run.lr, run.grad_norm, 1.0);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << "norms of deviation " << deviation << ": " << seconds.count() << " s, " << found.passes
              << " passes, gap " << (found.value - found.lower) / found.value << ", " << name_of(found.end) << "\n";
    EXPECT_TRUE(found.exact) << deviation;
  }
}

}  // namespace
}  // namespace scheduled
