// Which closed forms speak about a schedule, and that they agree with the numbers computed for it.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

BoundFacts facts_of(const std::string& spec, const BoundSettings& settings = {}) {
  return bound_facts(Schedule::parse(spec), settings);
}

TEST(BoundFacts, ExactFormsAreTheComputedOptimum) {
  struct Case {
    std::string spec;
    KnownFamily family;
    std::optional<std::int64_t> T = {};
  };
  const std::vector<Case> cases = {{"constant(steps=400)", KnownFamily::constant},
                                   {"constant", KnownFamily::constant, 77},
                                   {"linear(steps=401)", KnownFamily::linear},
                                   {"wsd(steps=401)", KnownFamily::wsd},
                                   {"wsd(steps=1000, cooldown=rest)", KnownFamily::linear},
                                   {"wsd(steps=10, cooldown=1)", KnownFamily::constant},
                                   {"wsd(steps=401)", KnownFamily::constant, 321},
                                   {"wsd(steps=401, decay=cosine)", KnownFamily::constant, 100},
                                   {"wsd(steps=1000, cooldown=77%, peak=0.3)", KnownFamily::wsd}};
  for (const Case& c : cases) {
    const Schedule schedule = Schedule::parse(c.spec);
    const BoundSettings settings{3.0, 2.0, c.T, Criterion::omega};
    const BoundFacts facts = bound_facts(schedule, settings);
    const BestBaseLr best = best_base_lr(schedule, settings);
    EXPECT_EQ(facts.family, c.family) << c.spec;
    EXPECT_EQ(facts.T, best.T) << c.spec;
    ASSERT_TRUE(facts.exact) << c.spec;
    EXPECT_NEAR(facts.exact->peak / best.peak, 1.0, 1e-12) << c.spec;
    EXPECT_NEAR(facts.exact->bound / best.bound, 1.0, 1e-12) << c.spec;
    EXPECT_GT(facts.theorem.value_or(1e9), facts.exact->bound) << c.spec;
  }
}

TEST(BoundFacts, LimitsAreNearForLongRuns) {
  for (const std::string name : {"linear", "wsd", "cosine", "1-sqrt", "polynomial(power=2)", "wsd(cooldown=60%)"}) {
    const Schedule schedule = Schedule::parse(name, steps(100'001));
    const BoundSettings settings{0.5, 4.0, {}, Criterion::omega};
    const BoundFacts facts = bound_facts(schedule, settings);
    const BestBaseLr best = best_base_lr(schedule, settings);
    ASSERT_TRUE(facts.limit) << name;
    EXPECT_NEAR(facts.limit->bound / best.bound, 1.0, 2e-3) << name;
    EXPECT_NEAR(facts.limit->peak / best.peak, 1.0, 2e-3) << name;
    EXPECT_NEAR(facts.constants->bound * 4.0 * 0.5 / std::sqrt(1e5), facts.limit->bound, 1e-15) << name;
  }
}

TEST(BoundFacts, MovingToLinearDecay) {
  const Schedule wsd = Schedule::parse("wsd(steps=401)");
  const Schedule linear = Schedule::parse("linear(steps=401)");
  const BoundFacts facts = bound_facts(wsd);
  EXPECT_NEAR(*facts.linear_peak_factor, best_base_lr(linear).peak / best_base_lr(wsd).peak, 1e-12);
  EXPECT_NEAR(*facts.linear_bound_factor, best_base_lr(linear).bound / best_base_lr(wsd).bound, 1e-12);
  EXPECT_FALSE(facts_of("linear(steps=401)").linear_peak_factor);
}

TEST(BoundFacts, SaysWhyThereIsNone) {
  const auto why = [](const std::string& spec, const BoundSettings& settings = {}) {
    const BoundFacts facts = facts_of(spec, settings);
    EXPECT_EQ(facts.family, KnownFamily::none) << spec;
    EXPECT_FALSE(facts.exact || facts.limit || facts.theorem) << spec;
    return facts.why_none;
  };
  const std::vector<double> norms(400, 1.0);
  EXPECT_EQ(why("rsqrt(steps=400, warmup=10)"), "none is known for rsqrt");
  EXPECT_EQ(why("wsd(steps=400)", {norms, 1.0, {}, Criterion::omega}),
            "the closed forms are for one grad norm, the same at all steps");
  EXPECT_EQ(why("wsd(steps=400)", {0.0, 1.0, {}, Criterion::omega}), "the closed forms are for a grad norm > 0");
  for (const Criterion other : {Criterion::standard, Criterion::worst_case}) {
    EXPECT_EQ(why("wsd(steps=400)", {1.0, 1.0, {}, other}), "the closed forms are those of the last-iterate bound");
  }
  EXPECT_EQ(why("wsd(steps=400)", {1.0, 1.0, 390, Criterion::omega}),
            "the closed forms are for the end of the cooldown, not its middle");
  EXPECT_EQ(why("cosine(steps=400, final=10%)"), "the closed forms are for a decay to 0");
  EXPECT_EQ(why("wsd(steps=400, decay=1-sqrt)"),
            "the closed forms of a cooldown at the end of a run are those of a linear one");
  EXPECT_EQ(why("square(steps=400)"), "none is known for this decay");
  EXPECT_EQ(why("linear(steps=400, warmup=50)", {1.0, 1.0, 50, Criterion::omega}), "the run ends within its warmup");
  EXPECT_THROW(facts_of("constant"), std::invalid_argument);
  EXPECT_THROW(facts_of("wsd(steps=9)", {1.0, 1.0, 10, Criterion::omega}), std::invalid_argument);
  EXPECT_THROW(facts_of("wsd(steps=9)", {1.0, 0.0, {}, Criterion::omega}), std::invalid_argument);
}

TEST(BoundFacts, AWarmupIsLeftOut) {
  const BoundFacts facts = facts_of("wsd(steps=5001, warmup=50)");
  EXPECT_EQ(facts.family, KnownFamily::wsd);
  EXPECT_EQ(facts.warmup, 50);
  EXPECT_FALSE(facts.exact);
  EXPECT_NEAR(facts.limit->bound, 2.15953 / std::sqrt(5000.0), 1e-4);
  EXPECT_EQ(facts_of("linear(steps=500, warmup=50)").family, KnownFamily::linear);
}

TEST(ScheduleWorstCase, OptimalLinearFormReachesTheMinimaxRate) {
  // docs/theory.md, section 6: eta_t = D/(G sqrt(T)) (1 - t/T), t < T; here with a last step that x_T does not feel.
  const ScheduleWorstCase result = schedule_worst_case(Schedule::parse("linear(steps=61)"), {2.0, 3.0, 60, {}});
  ASSERT_TRUE(result.best && result.minimax && result.exact);
  EXPECT_EQ(result.T, 60);
  EXPECT_NEAR(*result.minimax, 6.0 / std::sqrt(60.0), 1e-15);
  EXPECT_GE(result.best->worst_case.value, *result.minimax * (1.0 - 1e-14));
  EXPECT_LE(result.best->worst_case.value, result.own.worst_case.value);
  EXPECT_LE(result.best->worst_case.value, result.best->omega);
  EXPECT_LE(result.own.worst_case.value, result.own.omega);
}

TEST(ScheduleWorstCase, ConstantStepsOfThePaper) {
  const ScheduleWorstCase result = schedule_worst_case(Schedule::parse("constant(steps=3)"));
  EXPECT_NEAR(result.best->peak, 4.0 / 15.0, 1e-12);
  EXPECT_NEAR(result.best->worst_case.value, 0.6, 1e-14);
}

TEST(ScheduleWorstCase, SaysWhyThereIsNoBest) {
  using NoBest = ScheduleWorstCase::NoBest;
  const auto absolute = schedule_worst_case(Schedule::parse("cosine(steps=50, peak=0.1, final=1e-3)"));
  EXPECT_FALSE(absolute.best);
  EXPECT_EQ(absolute.why_no_best, NoBest::absolute_rates);
  const auto one = schedule_worst_case(Schedule::parse("constant(steps=1)"));
  EXPECT_EQ(one.why_no_best, NoBest::no_step_before_the_last);
  EXPECT_FALSE(one.best);
  std::vector<double> fading(50, 1.0);
  fading[48] = 0.0;
  const auto zero = schedule_worst_case(Schedule::parse("wsd(steps=50)"), {fading, 1.0, {}, Criterion::omega});
  EXPECT_EQ(zero.why_no_best, NoBest::zero_at_every_peak);
  EXPECT_EQ(zero.own.worst_case.value, 0.0);
  const auto still = schedule_worst_case(Schedule::parse("constant(steps=3, peak=.3)"),
                                         {std::vector{0.0, 1.0, 1.0}, 1.0, {}, Criterion::omega});
  EXPECT_NEAR(still.own.worst_case.value, 0.3, 1e-15);
  EXPECT_EQ(still.why_no_best, NoBest::smallest_at_zero);
  const std::vector<double> norms(50, 1.0);
  const auto varying = schedule_worst_case(Schedule::parse("wsd(steps=50)"), {norms, 1.0, {}, Criterion::omega});
  EXPECT_TRUE(varying.exact);
  EXPECT_FALSE(varying.minimax);
  EXPECT_TRUE(varying.best);
  EXPECT_THROW(schedule_worst_case(Schedule::parse("wsd(steps=50)"), {1.0, 1.0, {}, Criterion::standard}),
               std::invalid_argument);
}

}  // namespace
}  // namespace scheduled
