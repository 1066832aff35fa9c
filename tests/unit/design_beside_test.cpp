#include "scheduled/design.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "scheduled/bound.hpp"
#include "support/certified.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

TEST(LinearDecayBeside, FreeIsTheClosedForm) {
  for (const int T : {1, 2, 10, 400}) {
    const OptimalSchedule linear = linear_decay_beside(T, 1.0, 1.0);
    const BestBaseLr best = best_base_lr(Schedule::parse("linear(steps=" + std::to_string(T + 1) + ")"));
    EXPECT_NEAR(linear.bound / best.bound, 1.0, 1e-13) << T;
    EXPECT_NEAR(linear.lr.front() / best.peak, 1.0, 1e-13) << T;
    EXPECT_NEAR(linear.lr.back() / best.peak, 1.0 / T, 1e-13) << T;
  }
}

TEST(LinearDecayBeside, WorstCase) {
  const OptimalSchedule linear = linear_decay_beside(50, 1.0, 1.0, {}, Criterion::worst_case);
  EXPECT_NEAR(worst_case(linear.lr, 1.0, 1.0).value / linear.bound, 1.0, 1e-12);
  EXPECT_GE(linear.bound, minimax_rate(50, 1.0, 1.0));
}

TEST(LinearDecayBeside, HasRatesWhereTheWorstCaseIsSmallestWithout) {
  std::vector<double> norms;
  for (int t = 1; t <= 30; ++t) norms.push_back(std::pow(t, 0.6));
  const OptimumBeside found = optimum_beside_linear(30, norms, 1.0, {}, Criterion::worst_case);
  EXPECT_NEAR(found.optimum.bound, 0.570964, 1e-6);
  EXPECT_EQ(found.linear.lr, linear_decay_beside(30, norms, 1.0).lr);
  EXPECT_EQ(found.linear.bound, worst_case(found.linear.lr, norms, 1.0).value);
  EXPECT_GT(found.linear.bound, found.optimum.bound);
}

TEST(LinearDecayBeside, ObeysTheConstraintsAndIsTheBestThatDoes) {
  const std::vector<double> prefix(30, 0.05);
  const ScheduleConstraints all[] = {
      {.max_lr = 0.03},
      {.warmup = linear_warmup(10)},
      {.prefix = prefix},
      {.prefix = prefix, .non_increasing = true},
      {.prefix = prefix, .max_lr = 0.06, .non_increasing = true, .final_lr = 0.001},
      {.prefix = prefix, .warmup = linear_warmup(5), .max_lr = 0.2},
      {.final_lr = 0.01},
  };
  const std::vector<double> norms = power_grad_norm(-0.3, 100);
  for (const ScheduleConstraints& constraints : all) {
    const OptimalSchedule linear = linear_decay_beside(100, norms, 2.0, constraints);
    ASSERT_EQ(linear.lr.size(), 100U);
    const ConstrainedSchedule optimum = constrained_schedule(100, norms, 2.0, constraints);
    expect_certified(optimum, 100, norms, 2.0, constraints);
    EXPECT_LE(optimum.bound, linear.bound * (1.0 + 1e-9));
    EXPECT_GT(optimum.bound, 0.5 * linear.bound);
    const std::size_t free = constraints.prefix.size() + constraints.warmup.size();
    for (std::size_t t = 0; t < 100; ++t) {
      EXPECT_LE(linear.lr[t], constraints.max_lr.value_or(1e9) * (1 + 1e-12));
      EXPECT_TRUE(t >= constraints.prefix.size() || linear.lr[t] == constraints.prefix[t]);
      EXPECT_TRUE(t <= free || linear.lr[t] <= linear.lr[t - 1]);
    }
    EXPECT_EQ(linear.lr.back(), constraints.final_lr.value_or(linear.lr.back()));
    // No other height does better.
    for (const double factor : {0.999, 1.001}) {
      std::vector<double> other = linear.lr;
      const double height = linear.lr[free] * factor;
      if (height > constraints.max_lr.value_or(1e9)) continue;
      if (constraints.non_increasing && height > prefix.back()) continue;
      for (std::size_t t = constraints.prefix.size(); t < 100; ++t) {
        const double last = constraints.final_lr.value_or(0.0);
        const double share = (linear.lr[t] - last) / (linear.lr[free] - last);
        other[t] = t < free ? linear.lr[t] * factor : last + share * (height - last);
      }
      EXPECT_GE(omega(other, norms, 2.0), linear.bound * (1.0 - 1e-12));
    }
  }
}

TEST(LinearDecayBeside, SaysWhatIsWrong) {
  EXPECT_EQ(error_of([] { linear_decay_beside(0, 1.0, 1.0); }), "T = 0: must be at least 1");
  EXPECT_EQ(error_of([] {
              linear_decay_beside(3, 1.0, 1.0, {.prefix = {0.1, 0.1, 0.1}});
            }),
            "T = 3: must be at least 4");
  EXPECT_EQ(error_of([] { linear_decay_beside(3, 1.0, 1.0, {.max_lr = 0.1}, Criterion::worst_case); }),
            "constraints: only for the bound Omega, not for the worst case");
  EXPECT_EQ(error_of([] { linear_decay_beside(3, 1.0, 1.0, {.max_lr = 0.1, .final_lr = 0.2}); }),
            "constraints: no linear decay obeys them; its height would be between 0.2 and 0.1");
  const std::vector<double> few{1.0, 1.0};
  EXPECT_NE(error_of([&] { linear_decay_beside(3, few, 1.0); }).find("there are 2 values for 3 steps"),
            std::string::npos);
}

TEST(CompareRates, TheOptimumBesideLinearDecay) {
  const OptimalSchedule optimum = optimal_schedule(100);
  const OptimalSchedule linear = linear_decay_beside(100, 1.0, 1.0);
  EXPECT_NEAR(optimum.bound, 0.200114, 5e-7);  // docs/theory.md, section 4
  EXPECT_NEAR(linear.bound, 0.203608, 5e-7);
  const RateDifference difference = compare_rates(optimum, linear);
  EXPECT_NEAR(difference.gain, 1.0 - 0.200114 / 0.203608, 1e-5);
  EXPECT_NEAR(difference.steps_saved, 1.0 - std::pow(0.200114 / 0.203608, 2), 1e-5);
  EXPECT_GT(difference.last_step, 1.0);  // the uptick
  EXPECT_NEAR(difference.other_last_step, 0.5, 1e-12);
  EXPECT_LT(difference.largest, 0.1);
  EXPECT_LE(difference.level_until, 2);
}

TEST(CompareRates, LevelAndSingleStep) {
  const RateDifference level = compare_rates({{0.2, 0.2, 0.2, 0.1, 0.3}, 1.0}, {{0.4, 0.3, 0.2, 0.1, 0.1}, 2.0});
  EXPECT_EQ(level.level_until, 3);
  EXPECT_DOUBLE_EQ(level.gain, 0.5);
  EXPECT_DOUBLE_EQ(level.steps_saved, 0.75);
  EXPECT_DOUBLE_EQ(level.peak, 0.5);
  EXPECT_DOUBLE_EQ(level.largest, 0.5);
  EXPECT_EQ(level.largest_at, 1);
  EXPECT_DOUBLE_EQ(level.last, 3.0);
  EXPECT_DOUBLE_EQ(level.last_step, 3.0);
  const RateDifference one = compare_rates({{2.0}, 1.0}, {{1.0}, 1.0});
  EXPECT_DOUBLE_EQ(one.peak, 2.0);
  EXPECT_EQ(one.last_step, 1.0);
  EXPECT_NE(error_of([] { compare_rates({{1.0}, 1.0}, {{1.0, 1.0}, 1.0}); }), "");
  EXPECT_NE(error_of([] { compare_rates({{1.0}, 1.0}, {{0.0}, 1.0}); }), "");
}

TEST(OptimumBeside, FreeIsTheClosedForm) {
  const OptimumBeside found = optimum_beside_linear(100, 1.0, 1.0);
  EXPECT_EQ(found.optimum.lr, optimal_schedule(100).lr);
  EXPECT_EQ(found.iterations, 0);
  EXPECT_EQ(found.lower_bound, found.optimum.bound);
  EXPECT_NEAR(found.optimum.bound, 0.200114, 6e-7);
  EXPECT_NEAR(found.linear.bound, 0.203608, 6e-7);
  EXPECT_NEAR(found.difference.gain, 1 - 0.200114 / 0.203608, 1e-5);
  EXPECT_FALSE(found.free_bound);
  EXPECT_GE(found.nearest_bound, found.optimum.bound);
  EXPECT_EQ(found.optimum_bounds.worst_case, worst_case(found.optimum.lr, 1.0, 1.0).value);
}

TEST(OptimumBeside, UnderConstraints) {
  const ScheduleConstraints capped{.max_lr = 0.05};
  const OptimumBeside found = optimum_beside_linear(100, 1.0, 1.0, capped);
  EXPECT_EQ(found.status, SolveStatus::optimal);
  EXPECT_EQ(found.optimum.bound, constrained_schedule(100, 1.0, 1.0, capped).bound);
  EXPECT_LE(found.lower_bound, found.optimum.bound);
  EXPECT_EQ(found.free_bound, optimal_schedule(100).bound);
  EXPECT_LT(found.optimum.bound, found.linear.bound);
  EXPECT_FALSE(optimum_beside_linear(100, 1.0, 1.0, {.prefix = {0.1}}).free_bound);
  const OptimumBeside none = optimum_beside_linear(100, 1.0, 1.0, {.max_lr = 0.1, .final_lr = 0.2});
  EXPECT_EQ(none.status, SolveStatus::infeasible);
  EXPECT_EQ(none.reason, "final_lr = 0.2 is above max_lr = 0.1");
  const OptimumBeside soon = optimum_beside_linear(100, 1.0, 1.0, capped, Criterion::omega, {.max_iterations = 1});
  EXPECT_EQ(soon.status, SolveStatus::not_converged);
  EXPECT_GT(soon.gap, 1e-9);
}

TEST(OptimumBeside, ByTheWorstCase) {
  const OptimumBeside found = optimum_beside_linear(25, 1.0, 1.0, {}, Criterion::worst_case);
  EXPECT_NEAR(found.optimum.bound, 0.2, 1e-12);
  EXPECT_EQ(found.linear.bound, found.linear_bounds.worst_case);
  EXPECT_LE(found.optimum_bounds.worst_case, found.linear_bounds.worst_case * (1 + 1e-12));
  const OptimumBeside one = optimum_beside_linear(1, 1.0, 1.0, {}, Criterion::worst_case);
  EXPECT_FALSE(one.nearest);
  EXPECT_NE(error_of([] { optimum_beside_linear(9, 1.0, 1.0, {}, Criterion::standard); }), "");
}

}  // namespace
}  // namespace scheduled
