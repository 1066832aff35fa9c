// The exact worst case for varying grad norms: both sides of its certificate recomputed in long double from the raw
// data, on thousands of random runs; the two solvers against each other; long runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "bound/worst_case_program.hpp"
#include "scheduled/along.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/exact.hpp"
#include "support/certified.hpp"

namespace scheduled {
namespace {

using exact::Solution;

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

TEST(ExactWorstCase, HasACertificateInTenThousandRandomRuns) {
  std::mt19937_64 random(20261126);
  int slack = 0;
  double largest_gap = 0.0;
  constexpr int runs = 10000;
  for (int i = 0; i < runs; ++i) {
    const std::size_t T = i % 100 == 0 ? 1000 : i % 10 == 0 ? 100 : 2 + static_cast<std::size_t>(i) % 29;
    const double norm_deviation = std::array{0.05, 0.5, 1.0, 2.0}[static_cast<std::size_t>(i / 3) % 4];
    const double step_deviation = std::array{0.0, 0.5, 2.0}[static_cast<std::size_t>(i) % 3];
    const Case run = random_run(random, T, step_deviation, norm_deviation, 0.5 * (i % 5 - 2));
    const WorstCase found = worst_case(run.lr, run.grad_norm, run.distance);
    SCOPED_TRACE(i);
    expect_certified(found, run.lr, run.grad_norm, run.distance);
    EXPECT_LE(found.value, omega(run.lr, run.grad_norm, run.distance) * (1 + 1e-14)) << i;
    if (found.end == WorstCaseEnd::slack) ++slack;
    largest_gap = std::max(largest_gap, (found.value - found.lower) / found.value);
  }
  std::cout << "slack in " << slack << " of " << runs << ", largest gap " << largest_gap << "\n";
  EXPECT_GT(slack, runs / 10);
}

TEST(ExactWorstCase, TheCertificateIsThatOfTheRawData) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 1000; ++i) {
    const Case run = random_run(random, 2 + static_cast<std::size_t>(i) % 40, i % 2, i % 3);
    const exact::Reduced reduced = exact::reduce(run.lr, run.grad_norm, run.distance);
    std::vector<std::size_t> slack_at;
    const Solution solution = exact::solve(reduced.program, slack_at);
    SCOPED_TRACE(i);
    expect_certified(solution, reduced.program);
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
    SCOPED_TRACE(i);
    expect_certified(cones, reduced.program);
    if (parts.gap() > exact::exact_gap * parts.upper) {
      ++other;
      continue;
    }
    EXPECT_NEAR(parts.upper / cones.upper, 1.0, 1e-10) << i;
  }
  std::cout << "not by parts: " << other << " of 1500\n";
  EXPECT_LT(other, 30);
}

/// (6.2) over the exact value, largest, and in how many of the runs it is larger.
struct Excess {
  double largest = 1.0;
  int larger = 0;
  void add(const Case& run) {
    const WorstCase found = worst_case(run.lr, run.grad_norm, run.distance);
    EXPECT_TRUE(found.exact);
    const double ratio = one_parameter_bound(run.lr, run.grad_norm, run.distance) / found.value;
    EXPECT_GE(ratio, 1.0 - 1e-10);
    largest = std::max(largest, ratio);
    larger += ratio > 1.0 + 1e-8 ? 1 : 0;
  }
};

TEST(ExactWorstCase, IsBelow6_2ForNormsThatVaryMuchOnly) {
  std::mt19937_64 random(63);
  Excess smooth;
  int count = 0;
  for (const std::size_t T : {5U, 50U, 500U}) {
    for (const double power : {-1.0, -0.5, -0.25, 0.0, 0.25}) {
      for (int kind = 0; kind < 4; ++kind, ++count) {  // plain, noise, a spike, both
        Case run = random_run(random, T, 0.0, kind % 2 == 1 ? 0.05 : 0.0, power);
        if (kind > 1) run.grad_norm[T / 2] *= 10.0;
        run.distance = 1.0;
        smooth.add(run);
      }
    }
  }
  EXPECT_LE(smooth.larger, count / 20);
  EXPECT_LE(smooth.largest, 1.01);
  Excess rough;
  for (int i = 0; i < 2000; ++i) {
    rough.add(random_run(random, 2 + static_cast<std::size_t>(i) % 11, 0.5,
                         std::array{0.5, 1.0, 2.0}[static_cast<std::size_t>(i) % 3]));
  }
  std::cout << "(6.2) is larger in " << smooth.larger << " of " << count << " smooth cases, by at most "
            << smooth.largest - 1.0 << "; in " << rough.larger << " of 2000 rough ones, by up to " << rough.largest
            << " times\n";
  EXPECT_GT(rough.larger, 400);
  EXPECT_GT(rough.largest, 5.0);
}

/// What docs/exact.md says of logged norms: (6.2) is exact for them, also with noise in each step, until some steps
/// have norms far below all later ones; the certificate closes in any case.
TEST(ExactWorstCase, OfLoggedNormsWithNoiseInEachStep) {
  const std::filesystem::path folder = std::filesystem::path(SCHEDULED_DATA_DIR) / "paper-logs" / "grad_norm";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data in " << folder;
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  int runs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("cos-zero")) continue;
    ++runs;
    const RunUpdates run = run_updates(read_log(entry.path().string()));
    const std::span<const double> lr =
        std::span(run.rates).first(static_cast<std::size_t>(last_positive_step(run.rates)));
    for (const double deviation : {0.0, 0.2, 1.0}) {
      std::vector<double> norms = run.grad_norm;
      for (double& norm : norms) norm *= std::exp(deviation * normal(random));
      const WorstCase found = worst_case(lr, norms, run.distance);
      EXPECT_TRUE(found.exact) << name << deviation;
      const double excess = one_parameter_bound(lr, norms, run.distance) / found.value - 1.0;
      EXPECT_GE(excess, deviation < 1.0 ? -1e-9 : 0.01) << name << deviation;
      EXPECT_LE(excess, deviation < 1.0 ? 1e-9 : 1.0) << name << deviation;
    }
  }
  EXPECT_EQ(runs, 5);
}

/// The method itself, step by step, by the oracle, as the benchmark does for 100,000 steps; equal steps are the ones
/// whose rounding would add up.
TEST(ExactWorstCase, TheMethodAttainsItInTenThousandSteps) {
  constexpr std::int64_t T = 10000;
  std::vector<double> lr = bound_rates(Schedule::parse("wsd(steps=10001, cooldown=20%)"), T);
  const double scale = worst_case_best_scale(lr, 1.0, 1.0).scale;
  for (double& rate : lr) rate *= scale;
  const WorstCaseFunction f = worst_case_function(lr, 1.0, 1.0);
  EXPECT_NEAR(run_worst_case(f).last / worst_case(lr, 1.0, 1.0).value, 1.0, 1e-12);
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
