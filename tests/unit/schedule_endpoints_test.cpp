// Every end of every stretch of a schedule: first and last warmup step, first peak step, last stable step, first and
// last cooldown step, past the end.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "scheduled/schedule.hpp"

namespace scheduled {
namespace {

TEST(Wsd, EveryEndpoint) {
  const Schedule s = Schedule::parse("wsd(steps=100, warmup=10, cooldown=20%, peak=2)");
  EXPECT_EQ(s.layout(), (Layout{100, 10, 20}));
  EXPECT_EQ(s.lr(0), 2.0 * 1 / 10);  // first warmup step: (i+1)/W
  EXPECT_EQ(s.lr(8), 2.0 * 9 / 10);
  EXPECT_EQ(s.lr(9), 2.0);             // last warmup step is at the peak
  EXPECT_EQ(s.lr(10), 2.0);            // first main step
  EXPECT_EQ(s.lr(79), 2.0);            // last stable step, T0 = 80
  EXPECT_EQ(s.lr(80), 2.0 * 19 / 20);  // first cooldown step
  EXPECT_EQ(s.lr(98), 2.0 * 1 / 20);
  EXPECT_EQ(s.lr(99), 0.0);  // last cooldown step is the final LR
  EXPECT_EQ(s.lr(100), 0.0);
  EXPECT_EQ(s.lr(1000000), 0.0);
  EXPECT_EQ(s.lr(-1), s.lr(0));
}

TEST(Wsd, PapersConventionOfSection0) {
  // steps = T + 1: eta_t = 1 for t <= T0, then 1 - (t - T0)/(T + 1 - T0).
  const std::int64_t T = 400;
  const Schedule s = Schedule::parse("wsd(steps=401, cooldown=20%)");
  const std::int64_t T0 = 401 - s.layout().cooldown_steps;
  EXPECT_EQ(T0, 321);
  for (std::int64_t t = 1; t <= T; ++t) {
    const double expected = t <= T0 ? 1.0 : 1.0 - static_cast<double>(t - T0) / static_cast<double>(T + 1 - T0);
    EXPECT_NEAR(s.lr(t - 1), expected, 2e-16) << t;
  }
  const Schedule root = Schedule::parse("wsd(steps=401, cooldown=20%, decay=1-sqrt)");
  for (std::int64_t t = T0 + 1; t <= T; ++t) {
    const double expected = 1.0 - std::sqrt(static_cast<double>(t - T0) / static_cast<double>(T + 1 - T0));
    EXPECT_NEAR(root.lr(t - 1), expected, 3e-16) << t;
  }
}

TEST(Linear, IsTheFullCooldownAndStartsAtThePeak) {
  const Schedule s = Schedule::parse("linear(steps=401)");
  for (std::int64_t t = 1; t <= 401; ++t) EXPECT_EQ(s.lr(t - 1), static_cast<double>(401 - t) / 400.0) << t;
  const Schedule as_wsd = Schedule::parse("wsd(steps=401, cooldown=100%)");
  EXPECT_EQ(s.values(), as_wsd.values());
}

TEST(Cosine, MatchesSection0) {
  const Schedule s = Schedule::parse("cosine(steps=401)");
  for (int i = 0; i < 401; ++i) {
    EXPECT_NEAR(s.lr(i), 0.5 * (1.0 + std::cos(std::numbers::pi * i / 400.0)), 3e-16) << i;
  }
  EXPECT_EQ(s.lr(0), 1.0);
  EXPECT_EQ(s.lr(200), 0.5);
  EXPECT_EQ(s.lr(400), 0.0);
}

TEST(Cosine, WarmupThenCosineOverTheRest) {
  const Schedule s = Schedule::parse("cosine(steps=1000, warmup=100, final=10%, peak=1e-3)");
  EXPECT_EQ(s.lr(99), 1e-3);
  EXPECT_EQ(s.lr(100), 1e-3);  // first main step, i' = 0 of n = 900
  for (int i = 100; i < 1000; ++i) {
    const double shape = 0.5 * (1.0 + std::cos(std::numbers::pi * (i - 100) / 899.0));
    EXPECT_NEAR(s.lr(i), 1e-4 + 9e-4 * shape, 1e-18) << i;
  }
  EXPECT_EQ(s.lr(999), 1e-4);
  EXPECT_EQ(s.lr(5000), 1e-4);
}

struct EndCase {
  const char* spec;
  double first;
  double last;
};
class OneAndTwoSteps : public testing::TestWithParam<EndCase> {};

TEST_P(OneAndTwoSteps, HasTheRightEnds) {
  const Schedule s = Schedule::parse(GetParam().spec);
  EXPECT_EQ(s.lr(0), GetParam().first);
  EXPECT_EQ(s.lr(*s.steps() - 1), GetParam().last);
  EXPECT_EQ(s.lr(*s.steps()), GetParam().last);
}

INSTANTIATE_TEST_SUITE_P(
    Short, OneAndTwoSteps,
    testing::Values(EndCase{"wsd(steps=1)", 1, 1}, EndCase{"wsd(steps=1, cooldown=100%)", 1, 1},
                    EndCase{"wsd(steps=1, cooldown=1)", 1, 1}, EndCase{"wsd(steps=1, warmup=1, cooldown=0)", 1, 1},
                    EndCase{"linear(steps=1)", 1, 1}, EndCase{"cosine(steps=1, final=10%)", 1, 1},
                    EndCase{"constant(steps=1, warmup=1)", 1, 1}, EndCase{"linear(steps=2)", 1, 0},
                    EndCase{"cosine(steps=2)", 1, 0}, EndCase{"wsd(steps=2, cooldown=1)", 1, 0},
                    EndCase{"wsd(steps=2, cooldown=2)", 1, 0},
                    EndCase{"wsd(steps=2, warmup=1, cooldown=1)", 1, 1},  // the cooldown gives up its step
                    EndCase{"wsd(steps=2, warmup=2, cooldown=0)", 1, 1},  // then the warmup: W = 1, at the peak
                    EndCase{"constant(steps=2, warmup=2, warmup_start=0)", 0, 1},
                    EndCase{"rsqrt(steps=2, warmup=1)", 1, 1}, EndCase{"inverse-power(steps=2, alpha=1)", 1, 0.5},
                    EndCase{"polynomial(steps=2, power=2)", 1, 0}, EndCase{"exponential(steps=2, final=1%)", 1, 0.01},
                    EndCase{"inverse-proportional(steps=2, final=1%)", 1, 0.01}));

TEST(Layout, WarmupAndCooldownThatFillTheRunLeaveOneMainStep) {
  const auto layout = [](const char* spec) { return Schedule::parse(spec).layout(); };
  EXPECT_EQ(layout("wsd(steps=100, warmup=60, cooldown=40)"), (Layout{100, 60, 39}));
  EXPECT_EQ(layout("wsd(steps=100, warmup=0, cooldown=100%)"), (Layout{100, 0, 99}));
  EXPECT_EQ(layout("wsd(steps=100, warmup=100, cooldown=0)"), (Layout{100, 99, 0}));
  EXPECT_EQ(layout("wsd(steps=100, warmup=30, cooldown=rest)"), (Layout{100, 30, 69}));
  EXPECT_EQ(layout("wsd(steps=100, warmup=30, cooldown=0%)"), (Layout{100, 30, 0}));
  const Schedule full = Schedule::parse("wsd(steps=100, warmup=60, cooldown=40)");
  EXPECT_EQ(full.lr(59), 1.0);
  EXPECT_EQ(full.lr(60), 1.0);  // the main step that remains
  EXPECT_LT(full.lr(61), 1.0);
  EXPECT_EQ(full.lr(99), 0.0);
}

TEST(Warmup, ThreeConventions) {
  const auto ramp = [](const char* spec, int i) { return Schedule::parse(spec).lr(i); };
  // (t+1)/W
  EXPECT_EQ(ramp("constant(warmup=4)", 0), 0.25);
  EXPECT_EQ(ramp("constant(warmup=4)", 3), 1.0);
  EXPECT_EQ(ramp("constant(warmup=4)", 4), 1.0);
  // t/W
  EXPECT_EQ(ramp("constant(warmup=4, warmup_start=0)", 0), 0.0);
  EXPECT_EQ(ramp("constant(warmup=4, warmup_start=0)", 3), 0.75);
  EXPECT_EQ(ramp("constant(warmup=4, warmup_start=0)", 4), 1.0);
  // start + (t/W)(1 - start)
  EXPECT_EQ(ramp("constant(warmup=4, warmup_start=20%, peak=10)", 0), 2.0);
  EXPECT_EQ(ramp("constant(warmup=4, warmup_start=20%, peak=10)", 2), 6.0);
  EXPECT_EQ(ramp("constant(warmup=4, warmup_start=20%, peak=10)", 4), 10.0);
}

TEST(Warmup, AbsoluteStartJoinsThePeakWithoutAJump) {
  const Schedule s = Schedule::parse("wsd(steps=100, warmup=4, warmup_start=0.2, peak=2)");
  EXPECT_EQ(s.lr(0), 0.2);
  const double slope = (2.0 - 0.2) / 4.0;
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(s.lr(i + 1) - s.lr(i), slope, 1e-15) << i;
  EXPECT_EQ(s.lr(4), 2.0);
}

TEST(Warmup, RisesToTheMainShapesValue) {
  const Schedule s = Schedule::parse("piecewise(steps=100, warmup=10, milestones=[5, 50], factors=[0.5, 0.1])");
  EXPECT_EQ(s.lr(9), 0.5);
  EXPECT_EQ(s.lr(10), 0.5);
}

TEST(Final, RelativeAndAbsolute) {
  EXPECT_EQ(Schedule::parse("wsd(steps=10, peak=2, final=10%)").lr(9), 0.2);
  EXPECT_EQ(Schedule::parse("wsd(steps=10, peak=2, final=0.1)").lr(9), 0.1);
  EXPECT_EQ(Schedule::parse("wsd(steps=10, peak=2, final=0.1)").with_peak(4).lr(9), 0.1);
  EXPECT_EQ(Schedule::parse("wsd(steps=10, peak=2, final=10%)").with_peak(4).lr(9), 0.4);
  EXPECT_TRUE(Schedule::parse("wsd(steps=10, peak=2, final=10%)").proportional_to_peak());
  EXPECT_TRUE(Schedule::parse("wsd(steps=10, peak=2, final=0)").proportional_to_peak());
  EXPECT_FALSE(Schedule::parse("wsd(steps=10, peak=2, final=0.1)").proportional_to_peak());
  EXPECT_FALSE(Schedule::parse("constant(warmup=3, peak=2, warmup_start=0.1)").proportional_to_peak());
  EXPECT_EQ(Schedule::parse("wsd(steps=10, peak=2, final=0.1)").smallest_peak(), 0.1);
}

TEST(Horizon, NoneIsLegalAndThePastOfAFiniteOneNeverRises) {
  const Schedule trunk = Schedule::parse("rsqrt(warmup=1000, peak=1e-3)");
  EXPECT_FALSE(trunk.steps());
  EXPECT_EQ(trunk.lr(999), 1e-3);
  EXPECT_EQ(trunk.lr(1000), 1e-3);
  EXPECT_EQ(trunk.lr(4000), 5e-4);  // sqrt(warmup/step)
  EXPECT_EQ(trunk.lr(100000000), 1e-3 * std::sqrt(1e3 / 1e8));
  const Schedule cut = Schedule::parse("rsqrt(warmup=1000, peak=1e-3, steps=4001)");
  EXPECT_EQ(cut.lr(4000), 5e-4);
  EXPECT_EQ(cut.lr(5000), 5e-4);
}

TEST(Cooldown, StartsFromTheMainShapesLastValue) {
  const Schedule s = Schedule::parse("rsqrt(warmup=100, peak=1, steps=1000, cooldown=100)");
  const double before = s.lr(899);
  EXPECT_EQ(before, std::sqrt(100.0 / 899.0));
  EXPECT_EQ(s.lr(900), before * (99.0 / 100.0));
  EXPECT_EQ(s.lr(999), 0.0);
}

}  // namespace
}  // namespace scheduled
