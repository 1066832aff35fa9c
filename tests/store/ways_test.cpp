// The results of a plan by other ways than cooldowns.
#include <gtest/gtest.h>

#include <cmath>

#include "scheduled/exact.hpp"
#include "scheduled/merge.hpp"
#include "scheduled/plan.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

const std::vector<ResultWay> all{ResultWay::cooldown, ResultWay::merge, ResultWay::ema, ResultWay::schedule_free};

AnytimePlan plan_of(const char* trunk, std::vector<Duration> results) {
  return plan_anytime({.trunk = Schedule::parse(trunk), .results = std::move(results)});
}

TEST(CompareWays, CostsAreThoseOfThePlan) {
  const AnytimePlan plan = plan_of("constant(warmup=100)", {steps(1000), steps(2000)});
  const std::vector<ComparedWay> ways = compare_ways(plan, {.ways = all, .count = 4, .checkpoint_bytes = 10});
  ASSERT_EQ(ways.size(), 4U);
  EXPECT_EQ(std::tuple(ways[0].total_steps, ways[0].extra_steps), std::tuple(plan.total_steps, 200));
  EXPECT_EQ(std::tuple(ways[0].results[0].extra_steps, ways[0].results[1].extra_steps), std::tuple(200, 0));
  for (std::size_t k = 1; k < 4; ++k) {
    EXPECT_EQ(std::tuple(ways[k].total_steps, ways[k].extra_steps), std::tuple(2000, 0));
    EXPECT_EQ(ways[k].results[0].extra_steps, 0);
  }
  const KeepPlan cooldowns = plan_checkpoints({.branches = {800, 1600}, .ends = {1000, 2000}, .bytes = 10});
  const KeepPlan merges = plan_checkpoints({.merges = {1000, 2000}, .window = percent(20), .count = 4, .bytes = 10});
  EXPECT_EQ(std::tuple(ways[0].checkpoints, ways[0].bytes), std::tuple(cooldowns.most, cooldowns.bytes));
  EXPECT_EQ(std::tuple(ways[1].checkpoints, ways[1].bytes), std::tuple(merges.most, merges.bytes));
  EXPECT_EQ(std::tuple(ways[2].checkpoints, ways[2].bytes), std::tuple(4, 40)) << "two to resume, two results";
  EXPECT_EQ(std::tuple(ways[1].copies, ways[2].copies, ways[3].copies), std::tuple(0, 1, 1));
  // Where an earlier branch leaves the trunk last, the extra steps of all results are still all there are.
  PlanRequest request{.trunk = Schedule::parse("constant"), .results = {steps(1000), steps(1100)}};
  request.cooldown.length = percent(40);
  const AnytimePlan late = plan_anytime(request);
  const ComparedWay way = compare_ways(late, {.ways = {ResultWay::cooldown}})[0];
  EXPECT_EQ(way.results[0].extra_steps + way.results[1].extra_steps, way.extra_steps);
}

TEST(CompareWays, BoundsAreThoseOfTheTheory) {  // docs/theory.md, 8a: sqrt(T) v/(D G) at T = 3000
  const double scale = std::sqrt(3000.0);
  const AnytimePlan plan = plan_of("constant", {steps(3000)});
  const std::vector<ComparedWay> ways = compare_ways(plan, {.ways = all, .half_life = steps(300)});
  const auto best = [&](std::size_t k) { return *ways[k].results[0].best * scale; };
  EXPECT_NEAR(best(0), 1.080, 2e-3) << "WSD with a linear cooldown of 20 %";
  EXPECT_GT(best(1), 1.2 * best(0)) << "few checkpoints carry no such guarantee (8.10)";
  EXPECT_NEAR(best(2), 1.071, 2e-3) << "EMA with a half-life of 10 % of the run";
  EXPECT_NEAR(best(3), 1.0, 1e-3) << "D G/sqrt(T), which no method beats";
  const std::vector<double> lr(3000, plan.peak);
  EXPECT_DOUBLE_EQ(*ways[0].results[0].bound, *plan.branches[0].worst_case);
  EXPECT_DOUBLE_EQ(*ways[2].results[0].bound,
                   average_bound(lr, ema_weights(3000, std::exp2(-1.0 / 300)), 1.0, 1.0).value);
  EXPECT_DOUBLE_EQ(*ways[3].results[0].bound, average_bound(lr, uniform_weights(3000, 3000), 1.0, 1.0).value);
  for (const ComparedWay& way : ways) {
    EXPECT_LE(*way.results[0].best, *way.results[0].bound * (1.0 + 1e-9));
    const double cosine =
        worst_case_best_scale(bound_rates(Schedule::parse("cosine(steps=3000)")), 1.0, 1.0).worst_case.value;
    EXPECT_DOUBLE_EQ(*way.results[0].ratio, *way.results[0].best / cosine);
  }
  // Ratios do not depend on the scales that are not known.
  const std::vector<ComparedWay> other = compare_ways(
      plan_anytime({.trunk = Schedule::parse("constant"), .results = {steps(3000)}, .grad_norm = 7.0, .distance = 0.3}),
      {.ways = all, .half_life = steps(300), .grad_norm = 7.0, .distance = 0.3});
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(*other[k].results[0].ratio / *ways[k].results[0].ratio, 1.0, 1e-9);
}

/// The trunk of 2602.03702, and its average: eta sqrt(alpha/(t + alpha)) with a half-life that is a share of t.
TEST(CompareWays, TheAnytimeTrunkWithAnAverageWhoseHalfLifeGrows) {
  const Schedule trunk = Schedule::parse("rsqrt(warmup=100, timescale=400, shift=100, peak=2e-3)");
  for (const std::int64_t t : {100, 101, 1000, 123456}) {
    EXPECT_NEAR(trunk.lr(t) / (2e-3 * std::sqrt(400.0 / static_cast<double>(t + 400))), 1.0, 1e-14);
  }
  const AnytimePlan plan = plan_anytime({.trunk = trunk, .results = {steps(1000), steps(4000)}});
  const ComparedWay way = compare_ways(plan, {.ways = {ResultWay::ema}, .half_life = percent(10)})[0];
  for (const WayResult& result : way.results) {
    std::vector<double> weights(static_cast<std::size_t>(result.result), 0.0);  // as RunningAverage keeps them
    for (std::size_t t = 1; t <= weights.size(); ++t) {
      for (double& weight : weights) weight *= std::exp2(-1.0 / (0.1 * static_cast<double>(t)));
      weights[t - 1] = 1.0;
    }
    const std::vector<double> lr = bound_rates(trunk.with_peak(plan.peak), result.result);
    EXPECT_NEAR(*result.bound / average_bound(lr, weights, 1.0, 1.0).value, 1.0, 1e-10);
    EXPECT_LT(*result.ratio, 1.15);
  }
}

TEST(CompareWays, ALawPredictsTheRunThatIsImitated) {
  FittedLaw law;
  law.law = {LawKind::momentum, 1e-3, 20.0, {2.7, 0.2, 0.5, 0.25, 700.0}};
  law.noise = 0.01;
  law.time = 2000.0;
  law.covariance.assign(25, 0.0);
  const AnytimePlan plan =
      plan_anytime({.trunk = Schedule::parse("constant(warmup=50, peak=1e-3)"), .results = {steps(2000)}, .law = law});
  const std::vector<ComparedWay> ways = compare_ways(plan, {.ways = all, .law = law});
  EXPECT_EQ(ways[0].results[0].loss, plan.branches[0].loss);
  std::vector<double> lr = plan.trunk.values(2000);
  for (std::size_t t = 0; t < 400; ++t) lr[1600 + t] *= static_cast<double>(399 - t) / 400.0;  // linear, 20 %
  const std::int64_t end[] = {2000};
  EXPECT_NEAR(ways[1].results[0].loss->loss, predict_losses(law, lr, end)[0].loss, 1e-9);
  EXPECT_NE(ways[2].results[0].loss->loss, ways[3].results[0].loss->loss);
  EXPECT_FALSE(compare_ways(plan, {.ways = all})[0].results[0].loss.has_value());
}

TEST(CompareWays, BadInputIsNamed) {
  const AnytimePlan plan = plan_of("constant(warmup=10)", {steps(100)});
  const auto says = [&](const CompareRequest& request, const char* text) {
    EXPECT_TRUE(has(error_of([&] { compare_ways(plan, request); }), text));
  };
  says({}, "ways: none given");
  says({.ways = {ResultWay::ema, ResultWay::ema}}, "ways: must be different ones");
  says({.ways = {ResultWay::merge}, .window = steps(5)},
       "window = 5: must be between 8 steps, one for each checkpoint, and 99, before the result at 100");
  says({.ways = all, .count = 1}, "count = 1: must be between 2 and 1e6");
  says({.ways = all, .half_life = percent(0)}, "half_life = 0%: must be at least one step, or a share up to 100%");
  says({.ways = all, .checkpoint_bytes = -1}, "bytes = -1: must be >= 0");
  says({.ways = all, .distance = 0.0}, "distance = 0: must be");
  const std::vector<double> norms(100, 1.0);
  EXPECT_TRUE(compare_ways(plan, {.ways = all, .grad_norm = norms})[2].results[0].bound.has_value());
  EXPECT_FALSE(compare_ways(plan, {.ways = all, .grad_norm = 0.0})[2].results[0].bound.has_value());
}

}  // namespace
}  // namespace scheduled
