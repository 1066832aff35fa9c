#include "scheduled/plan.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/trunk.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "support/law_direct.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

PlanRequest request(const char* trunk, std::vector<Duration> results) {
  return {.trunk = Schedule::parse(trunk), .results = std::move(results)};
}

TEST(AnytimePlan, CostsWhatTheorySays) {
  const AnytimePlan plan = plan_anytime(request("rsqrt(warmup=1k)", {steps(50'000), steps(100'000), steps(200'000)}));
  ASSERT_EQ(plan.branches.size(), 3U);
  EXPECT_EQ(plan.branches[0].start, 40'000);
  EXPECT_EQ(plan.branches[1].start, 80'000);
  EXPECT_EQ(plan.branches[2].start, 160'000);
  EXPECT_EQ(plan.trunk_steps, 160'000);
  EXPECT_EQ(plan.total_steps, 160'000 + 70'000);  // (1-c) N_K + c sum N_i
  EXPECT_EQ(plan.separate_steps, 350'000);
  EXPECT_DOUBLE_EQ(plan.overhead, 0.15);
}

TEST(AnytimePlan, BranchIsTheTrunkAndThenACooldown) {
  const Schedule trunk = Schedule::parse("rsqrt(warmup=100, peak=1e-3)");
  for (const Decay& decay : {Decay(LinearDecay{}), Decay(OneMinusSqrtDecay{})}) {
    const Schedule branch = Trunk(trunk, 0).branch(800, 200, {percent(20), decay, {}});
    for (std::int64_t i = 0; i < 800; ++i) ASSERT_EQ(branch.lr(i), trunk.lr(i)) << i;
    for (std::int64_t i = 800; i < 1000; ++i) ASSERT_LT(branch.lr(i), branch.lr(i - 1)) << i;
    EXPECT_EQ(branch.lr(999), 0.0);
    EXPECT_EQ(branch.steps(), 1000);
    EXPECT_EQ(Schedule::parse(print(branch)), branch);
  }
  const Schedule infinite = Schedule::parse("infinite(warmup=10, descent=100, plateau=25%)");
  EXPECT_EQ(Trunk(infinite, 200).branch(200, 50, {}).lr(199), infinite.lr(199));
}

TEST(AnytimePlan, BoundsAreThoseOfTheTables) {  // docs/theory.md, section 3: WSD c = .2 and cosine at T = 400
  const AnytimePlan plan = plan_anytime(request("constant", {steps(401)}));
  EXPECT_NEAR(plan.peak, 0.0253737, 5e-8);
  EXPECT_NEAR(plan.branches[0].bound, 0.1093230, 5e-8);
  EXPECT_NEAR(plan.branches[0].cosine.bound, 0.1033859, 5e-8);
  EXPECT_NEAR(plan.branches[0].ratio, 0.1093230 / 0.1033859, 1e-6);
  const AnytimePlan at = plan_anytime(request("constant(peak=0.0253737)", {steps(401)}));
  EXPECT_NEAR(at.branches[0].bound_at_own_peak, 0.1093230, 5e-8);
}

TEST(AnytimePlan, CommonPeakMakesTheWorstRatioSmallest) {
  const AnytimePlan plan = plan_anytime(request("rsqrt(warmup=50)", {steps(500), steps(1000), steps(4000)}));
  const auto worst = [&](double peak) {
    double largest = 0.0;
    for (const PlannedBranch& branch : plan.branches) {
      largest = std::max(largest, bound(branch.schedule.with_peak(peak)) / branch.cosine.bound);
    }
    return largest;
  };
  const double here = worst(plan.peak);
  for (const double factor : {0.5, 0.9, 0.99, 1.01, 1.1, 2.0}) EXPECT_GT(worst(plan.peak * factor), here) << factor;
  for (const PlannedBranch& branch : plan.branches) {
    EXPECT_NEAR(branch.bound, bound(branch.schedule.with_peak(plan.peak)), 1e-12);
    EXPECT_LE(branch.ratio, here * (1 + 1e-12));
  }
}

TEST(AnytimePlan, SaysWhatAveragingTheTrunkWouldGive) {
  for (const char* trunk : {"constant", "rsqrt(warmup=50)", "infinite(warmup=10, descent=100, plateau=20%)"}) {
    PlanRequest asked = request(trunk, {steps(300), steps(600), steps(3000)});
    asked.grad_norm = 2.0;
    asked.distance = 3.0;
    const AnytimePlan plan = plan_anytime(asked);
    for (const PlannedBranch& branch : plan.branches) {
      EXPECT_EQ(branch.worst_case, bound(branch.schedule.with_peak(plan.peak), {2.0, 3.0, {}, Criterion::worst_case}));
      const AveragedSchedule averaged{plan.trunk.with_peak(plan.peak), Average{.last = steps(branch.cooldown)}};
      const AverageBound expected = average_bound(averaged, {2.0, 3.0, branch.result});
      EXPECT_EQ(expected.rule, AverageRule::decay);
      ASSERT_TRUE(branch.averaged) << trunk;
      EXPECT_NEAR(*branch.averaged / expected.value, 1.0, 1e-12) << trunk << branch.result;
    }
  }
  // As good as a linear cooldown on a constant trunk (8.9).
  const PlannedBranch branch = plan_anytime(request("constant", {steps(3001)})).branches[0];
  EXPECT_NEAR(*branch.averaged / *branch.worst_case, 1.0, 1e-3);
}

TEST(AnytimePlan, SaysNothingOfAveragesWithoutProof) {
  PlanRequest rising = request("piecewise(milestones=[250], factors=[2])", {steps(300)});
  EXPECT_TRUE(plan_anytime(rising).branches[0].worst_case);
  EXPECT_FALSE(plan_anytime(rising).branches[0].averaged);
  const std::vector<double> norms(300, 1.0);
  rising.grad_norm = norms;
  EXPECT_FALSE(plan_anytime(rising).branches[0].worst_case);
}

TEST(AnytimePlan, ChosenSharesStayUnderTheOverhead) {
  double before = 1e9;
  for (const double most : {0.02, 0.05, 0.1, 0.2, 0.4}) {
    PlanRequest asked = request("constant(warmup=20)", {steps(1000), steps(2000), steps(4000)});
    asked.max_overhead = most;
    const AnytimePlan plan = plan_anytime(asked);
    EXPECT_LE(plan.overhead, most * (1 + 1e-15));
    double sum = 0.0;
    for (const PlannedBranch& branch : plan.branches) {
      EXPECT_GE(branch.share(), 0.01);
      EXPECT_LE(branch.share(), 0.5);
      sum += best_base_lr(branch.schedule).bound / branch.cosine.bound;
    }
    EXPECT_LE(sum, before) << "more room must not give worse results";
    before = sum;
  }
}

TEST(AnytimePlan, ChosenSharesAreNoWorseThanEqualOnes) {
  PlanRequest asked = request("constant(warmup=20)", {steps(1000), steps(2000), steps(4000)});
  const auto sum = [](const AnytimePlan& plan) {
    double total = 0.0;
    for (const PlannedBranch& branch : plan.branches)
      total += best_base_lr(branch.schedule).bound / branch.cosine.bound;
    return total;
  };
  asked.cooldown.length = percent(20);
  const AnytimePlan equal = plan_anytime(asked);
  asked.max_overhead = equal.overhead;
  EXPECT_LE(sum(plan_anytime(asked)), sum(equal));
}

TEST(AnytimePlan, CheckpointsAndWhenTheyMayGo) {
  const AnytimePlan plan = plan_anytime(request("constant", {steps(100), steps(200)}));
  const std::vector<PlannedCheckpoint> expected = {
      {80, false, {0}, 160}, {100, true, {0}, {}}, {160, false, {1}, {}}, {200, true, {1}, {}}};
  EXPECT_EQ(plan.checkpoints, expected);
}

TEST(AnytimePlan, TokensAndExamples) {
  PlanRequest asked = request("constant(tokens_per_step=1000, batch=10)", {tokens(1e6), examples(20'000)});
  asked.cooldown.length = tokens(100'000);
  const AnytimePlan plan = plan_anytime(asked);
  EXPECT_EQ(plan.branches[0].result, 1000);
  EXPECT_EQ(plan.branches[0].cooldown, 100);
  EXPECT_EQ(plan.branches[1].result, 2000);
}

TEST(AnytimePlan, RatesThatDoNotScaleKeepTheirPeak) {
  const AnytimePlan plan =
      plan_anytime(request("infinite(peak=0.1, warmup=10, descent=100, plateau=0.02)", {steps(500)}));
  EXPECT_FALSE(plan.tuned);
  EXPECT_EQ(plan.peak, 0.1);
  EXPECT_EQ(plan.branches[0].bound, plan.branches[0].bound_at_own_peak);
}

TEST(AnytimePlan, BadInputIsNamed) {
  const auto text = [](PlanRequest asked) { return error_of([&] { plan_anytime(asked); }); };
  EXPECT_TRUE(has(text(request("cosine(steps=100)", {steps(100)})), "must have no horizon"));
  EXPECT_TRUE(has(text(request("wsd-s(results=[100], cooldown=10%)", {steps(100)})), "must have no cooldown"));
  EXPECT_TRUE(has(text(request("constant", {})), "results: none given"));
  EXPECT_TRUE(has(text(request("constant", {steps(100), steps(100)})),
                  "results[1] = 100 steps: must be above the result before, 100"));
  EXPECT_TRUE(has(text(request("constant(warmup=50)", {steps(51)})), "results[0] = 51 steps: must be at least 52"));
  EXPECT_TRUE(has(text(request("constant(warmup=50)", {steps(60)})), "must be between 1 and 9"));
  EXPECT_TRUE(has(text(request("constant", {tokens(1e6)})), "results[0] = 1000000tok: needs tokens_per_step"));
  EXPECT_TRUE(has(text(request("constant", {percent(20)})), "results[0] = 20%"));
  PlanRequest little = request("constant", {steps(1000), steps(2000)});
  little.max_overhead = 0.001;
  EXPECT_TRUE(has(text(little), "overhead = 0.1%: must be at least 0.5%"));
  little.max_overhead = -1.0;
  EXPECT_TRUE(has(text(little), "max_overhead = -1: must be"));
  PlanRequest exponential = request("constant", {steps(100)});
  exponential.cooldown.decay = ExponentialDecay{};
  EXPECT_TRUE(has(text(exponential), "never reaches 0"));
}

TEST(AnytimePlan, CooldownInWords) {
  const Cooldown cooldown = parse_cooldown("20%", "1-sqrt", "10%");
  EXPECT_EQ(cooldown.length, percent(20));
  EXPECT_EQ(cooldown.decay, Decay(OneMinusSqrtDecay{}));
  EXPECT_DOUBLE_EQ(Trunk(Schedule::parse("constant(peak=3)"), 80).branch(80, 20, cooldown).lr(99), 0.3);
  EXPECT_EQ(parse_cooldown("5k"), (Cooldown{steps(5000), LinearDecay{}, {}}));
  const Schedule large =
      Trunk(Schedule::parse("constant(peak=9)"), 80).branch(80, 20, parse_cooldown("20", "linear", "4"));
  EXPECT_EQ(large.lr(99), 4.0);  // above 1, below the trunk's peak
  EXPECT_TRUE(has(error_of([] { parse_cooldown("x"); }), "cooldown = x: must be a length"));
  EXPECT_TRUE(has(error_of([] { parse_cooldown("20%", "exp"); }), "decay = 'exp': must be linear"));
  EXPECT_TRUE(
      has(error_of([] { parse_cooldown("20%", "linear, peak=3"); }), "decay = 'linear, peak=3': must be linear"));
  EXPECT_TRUE(has(error_of([] { parse_cooldown("20%", "linear", "(1)"); }), "final = '(1)': must be an LR"));
  EXPECT_EQ(parse_decay("decay", decay_name(OneMinusSqrtDecay{})), Decay(OneMinusSqrtDecay{}));
  EXPECT_TRUE(
      has(error_of([] { parse_cooldown("20%", "exponential"); }), "final = 0: exponential decay never reaches 0"));
}

/// A law for a trunk whose rates are in real units, with an uncertainty.
FittedLaw synthetic_law() {
  FittedLaw fitted;
  fitted.law = {LawKind::momentum, 1e-3, 20.0, {2.7, 0.2, 0.5, 0.25, 700.0}};
  fitted.noise = 0.01;
  fitted.time = 20'000.0;
  fitted.covariance.assign(25, 0.0);
  for (std::size_t j = 0; j < 5; ++j) fitted.covariance[6 * j] = 1e-6;
  return fitted;
}

TEST(AnytimePlan, LossIsThatOfTheLawAtTheTrunksOwnPeak) {
  PlanRequest asked = request("rsqrt(warmup=300, peak=1e-3)", {steps(5'000), steps(10'000), steps(20'000)});
  EXPECT_FALSE(plan_anytime(asked).branches[0].loss);
  asked.law = synthetic_law();
  const AnytimePlan plan = plan_anytime(asked);
  EXPECT_NE(plan.peak, plan.trunk.peak());  // the bound's best peak is not what the law is asked for
  double before = 1e9;
  for (const PlannedBranch& branch : plan.branches) {
    ASSERT_TRUE(branch.loss);
    const std::vector<double> rates = branch.schedule.values();
    EXPECT_EQ(branch.schedule.peak(), 1e-3);
    const std::int64_t end[] = {branch.result};
    EXPECT_NEAR(branch.loss->loss, law_direct::law_curve_direct(asked.law->law, rates, end)[0], 1e-8);
    EXPECT_LT(branch.loss->lower, branch.loss->loss);
    EXPECT_LT(branch.loss->loss, branch.loss->upper);
    EXPECT_GT(std::log(branch.loss->upper / branch.loss->loss), 1.644 * asked.law->noise);  // noise and parameters
    EXPECT_LT(branch.loss->loss, before);
    before = branch.loss->loss;
  }
  asked.trunk = asked.trunk.with_peak(2e-3);
  EXPECT_NE(plan_anytime(asked).branches[0].loss->loss, plan.branches[0].loss->loss);
}

TEST(AnytimePlan, LawsThatAreNotSoundAreNamed) {
  PlanRequest asked = request("constant(peak=1e-3)", {steps(1000)});
  asked.law = synthetic_law();
  asked.law->covariance.pop_back();
  EXPECT_TRUE(has(error_of([&] { plan_anytime(asked); }), "covariance: has 24 entries; must have 25"));
}

}  // namespace
}  // namespace scheduled
