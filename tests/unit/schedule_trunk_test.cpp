#include "scheduled/trunk.hpp"

#include <gtest/gtest.h>

#include "support/throws.hpp"

namespace scheduled {
namespace {

TEST(CooldownSteps, AShareIsOfTheRunThatItEnds) {
  EXPECT_EQ(cooldown_steps(percent(20), 1000), 250);
  EXPECT_EQ(cooldown_steps(percent(50), 1000), 1000);
  EXPECT_EQ(cooldown_steps(percent(20), 83), 20);  // 20.75
  for (std::int64_t start = 1; start < 3000; start += 7) {
    for (const double share : {0.1, 1.0, 7.3, 20.0, 100.0 / 3.0, 50.0, 80.0, 99.0}) {
      const std::int64_t length = steps_for_share(start, share);
      EXPECT_EQ(resolve_steps("cooldown", percent(share), start + length, {}), length) << start << " " << share;
    }
  }
}

TEST(CooldownSteps, OtherLengthsAreWhatTheyAre) {
  EXPECT_EQ(cooldown_steps(steps(500), 1000), 500);
  EXPECT_EQ(cooldown_steps(tokens(70), 80, {.tokens = 10}), 7);
  EXPECT_EQ(cooldown_steps(examples(70), 80, {.examples = 10}), 7);
}

TEST(CooldownSteps, LessThanOneStepIsAnError) {
  EXPECT_EQ(error_of([] { cooldown_steps(percent(1), 20); }), "cooldown = 1%: must be at least 1 step");
  EXPECT_EQ(error_of([] { cooldown_steps(steps(0), 20); }), "cooldown = 0: must be at least 1 step");
  EXPECT_EQ(error_of([] { cooldown_steps(percent(100), 20); }),
            "cooldown = 100%: must be below 100% of the run that it ends");
  EXPECT_EQ(error_of([] { cooldown_steps(tokens(1e9), 20); }), "cooldown = 1000000000tok: needs tokens_per_step=...");
  EXPECT_EQ(error_of([] { cooldown_steps(rest(), 20); }),
            "cooldown = rest: only a cooldown can take the rest of the run");
}

TEST(TrunkOfASchedule, BranchesKeepItsBits) {
  for (const char* spec : {"rsqrt(warmup=100, peak=1e-3)", "constant(warmup=10, peak=0.3)",
                           "infinite(warmup=10, descent=100, plateau=25%, peak=2)"}) {
    const Schedule schedule = Schedule::parse(spec);
    const Trunk trunk(schedule, 500);
    EXPECT_EQ(trunk.schedule(), schedule);
    const Schedule branch = trunk.branch(800, 200, {percent(7), OneMinusSqrtDecay{}, percent_of_peak(1)});
    EXPECT_EQ(branch.layout(), (Layout{1000, schedule.layout().warmup_steps, 200}));
    for (std::int64_t i = 0; i < 800; ++i) ASSERT_EQ(branch.lr(i), schedule.lr(i)) << i;
    EXPECT_EQ(branch.lr(999), 0.01 * schedule.peak());
    EXPECT_EQ(trunk.values(800), schedule.values(800));
  }
}

TEST(TrunkOfASchedule, AFlatOneGoesOnBeyondItsEnd) {
  const Trunk trunk(Schedule::parse("wsd(steps=400, warmup=5%, peak=3, cooldown=20%)"), 300);
  EXPECT_EQ(print(trunk.schedule()), "constant(peak=3, warmup=20)");
  EXPECT_EQ(trunk.branch(900, 100, {}).lr(899), 3.0);
}

TEST(TrunkOfASchedule, BadArguments) {
  const Trunk trunk(Schedule::parse("constant(warmup=10)"), 50);
  EXPECT_EQ(error_of([&] { trunk.branch(49, 1, {}); }), "start = 49: must be at least the 50 steps done");
  EXPECT_EQ(error_of([&] { trunk.branch(50, 0, {}); }), "cooldown = 0: must be at least 1 step");
  EXPECT_EQ(error_of([] { Trunk(Schedule::parse("constant(warmup=10)"), 0).branch(10, 5, {}); }),
            "start = 10: must be after the warmup of 10 steps and one more");
  EXPECT_EQ(error_of([] { Trunk(Schedule::parse("cosine(steps=9)"), 3); }),
            "step = 3: must be 1; cosine(steps=9, peak=1) decays from there on");
  EXPECT_EQ(
      error_of([] { Trunk(Schedule::parse("rsqrt(steps=9, warmup=1)"), 3); }),
      "trunk = rsqrt(steps=9, peak=1, warmup=1): must be constant but for warmup and cooldown; give the rates made "
      "so far");
  EXPECT_EQ(error_of([] { Trunk(Schedule::parse("constant"), -1); }), "step = -1: must be >= 0");
}

TEST(TrunkOfRates, GoesOnAtTheLastOne) {
  const Trunk trunk({0.1, 0.4, 0.2});
  EXPECT_EQ(trunk.step(), 3);
  EXPECT_EQ(trunk.values(5), (std::vector<double>{0.1, 0.4, 0.2, 0.2, 0.2}));
  EXPECT_EQ(trunk.values(2), (std::vector<double>{0.1, 0.4}));
  EXPECT_EQ(print(trunk.schedule()), "constant(peak=0.2)");
  const Cooldown cooldown{percent(7), LinearDecay{}, percent_of_peak(50)};
  EXPECT_EQ(trunk.branch(4, 2, cooldown).values(),
            (std::vector<double>{0.1, 0.4, 0.2, 0.2, 0.1 + (0.2 - 0.1) * 0.5, 0.1}));
}

TEST(TrunkOfRates, RecognisesAWarmup) {
  EXPECT_EQ(print(Trunk({0.25, 0.5, 0.75, 1.0, 1.0, 1.0}).schedule()), "constant(peak=1, warmup=4)");
  EXPECT_EQ(print(Trunk({0.0, 0.25, 0.5, 0.75, 1.0, 1.0}).schedule()), "constant(peak=1, warmup=4, warmup_start=0%)");
}

TEST(TrunkOfRates, BadRates) {
  EXPECT_EQ(error_of([] { Trunk(std::vector<double>{}); }), "done = []: must hold at least one step");
  EXPECT_EQ(error_of([] { Trunk({1.0, -1.0}); }), "done[1] = -1: must be finite and >= 0");
  EXPECT_EQ(error_of([] {
              Trunk({1.0, 0.0});
            }),
            "done[1] = 0: must be > 0: it is the LR that goes on; the last above 0 is that of update 1");
}

}  // namespace
}  // namespace scheduled
