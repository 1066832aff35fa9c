// A run that goes on.
#include "scheduled/watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "support/throws.hpp"

namespace scheduled {
namespace {

/// 40 rows: a loss that falls as 1/step, plus a little noise, at a constant rate.
RunLog trunk() {
  RunLog log;
  log.name = "run";
  for (std::int64_t k = 1; k <= 40; ++k) {
    log.step.push_back(50 * k);
    log.column["lr"].push_back(1e-3);
    log.column["val_loss"].push_back(3.0 + 1.0 / std::sqrt(static_cast<double>(k)) + (k % 2 == 0 ? 1e-4 : -1e-4));
  }
  return log;
}

FittedLaw some_law() {
  std::vector<FitRun> runs;
  const Law truth{LawKind::momentum, 1e-3, 2.0, {2.5, 0.5, 0.5, 0.3, 50.0}};
  for (const char* const spec : {"constant(steps=2000, peak=1e-3)", "cosine(steps=2000, peak=1e-3)"}) {
    FitRun run{spec, Schedule::parse(spec).values(2000), {}, {}};
    for (std::int64_t t = 100; t <= 1950; t += 50) run.step.push_back(t);
    run.loss = law_curve(truth, run.lr, run.step);
    runs.push_back(std::move(run));
  }
  return fit_law(LawKind::momentum, runs, {.prior = 0.0}).fitted;
}

TEST(LawWarnings, ARunThatDivergesIsNamed) {
  const char* const spec = "cosine(steps=2000, peak=1e-3)";
  FitRun lost{"lost", Schedule::parse(spec).values(2000), {}, {}};
  for (std::int64_t t = 100; t <= 1950; t += 50) lost.step.push_back(t);
  lost.loss = law_curve({LawKind::momentum, 1e-3, 2.0, {2.5, 0.5, 0.5, 0.3, 50.0}}, lost.lr, lost.step);
  const auto named = [&] {
    const LawFit fit = fit_law(LawKind::momentum, {lost}, {.max_iterations = 20});
    return std::any_of(fit.warnings.begin(), fit.warnings.end(),
                       [](const std::string& text) { return text.starts_with("'lost' diverges: its loss is 12.5"); });
  };
  EXPECT_FALSE(named());
  for (std::size_t k = lost.loss.size() - 9; k < lost.loss.size(); ++k) lost.loss[k] += 1.0;
  lost.loss.back() = 12.5;
  EXPECT_TRUE(named());
  // A rate that rises again lifts the loss, too.
  for (std::size_t t = static_cast<std::size_t>(lost.step[lost.step.size() - 10]); t < 2000; ++t) lost.lr[t] = 3e-3;
  EXPECT_FALSE(named());
}

TEST(Watch, SaysWhereTheRunStands) {
  const WatchedRun run = watch_run(trunk());
  EXPECT_EQ(run.step, 2000);
  EXPECT_EQ(run.lr, 1e-3);
  EXPECT_EQ(run.loss_column, "val_loss");
  ASSERT_TRUE(run.bound && run.gain && run.loss);
  // The line through the losses of steps 1500 to 2000: 1,000 steps win about 1/sqrt(30) - 1/sqrt(40), twice.
  EXPECT_NEAR(run.gain->loss, 2.0 * (1.0 / std::sqrt(30.0) - 1.0 / std::sqrt(40.0)), 2e-3);
  EXPECT_LT(run.gain->lower, run.gain->loss);
  EXPECT_EQ(run.notice, RunNotice::none);
  EXPECT_FALSE(run.now);
  EXPECT_EQ(run.no_prediction, "no law to predict with");
}

TEST(Watch, NamesWhatNoFittedRunHas) {
  const FittedLaw law = some_law();  // of runs of 2,000 steps, one of them a cosine
  std::vector<double> lr = with_cooldown(std::vector<double>(2000, 1e-3), 200, LinearDecay{});
  const WatchedRun run = watch_run(trunk(), {.cooldown = steps(200), .law = law});
  EXPECT_EQ(run.warnings, extrapolations(law, lr));
  ASSERT_FALSE(run.warnings.empty());
  EXPECT_EQ(run.warnings[0], "2200 steps are more than the longest run had (1950)");
  FittedLaw seen = law;
  seen.seen = {describe_run(lr)};  // of the cooldown started now; one that starts later ends beyond it
  seen.time = 2200.0;
  const WatchedRun known = watch_run(trunk(), {.cooldown = steps(200), .law = seen});
  ASSERT_FALSE(known.warnings.empty());
  EXPECT_TRUE(known.warnings[0].starts_with("started in 1000 steps: ")) << known.warnings[0];
  EXPECT_TRUE(watch_run(trunk()).warnings.empty());
}

TEST(Watch, ACooldownNeedsARateAndALossThatALawDescribes) {
  RunLog finished = trunk();
  finished.column["lr"].back() = 0.0;
  EXPECT_EQ(
      watch_run(finished, {.law = some_law()}).no_prediction,
      "the rate is 0 at step 2000: a cooldown starts from a rate above 0; of the verb cooldown, --at STEP asks about "
      "an earlier step");
  RunLog lost = trunk();
  for (std::size_t k = 30; k < 40; ++k) lost.column["val_loss"][k] = 3.0 + 0.3 * static_cast<double>(k - 29);
  const WatchedRun run = watch_run(lost, {.law = some_law()});
  EXPECT_EQ(run.notice, RunNotice::diverging);
  EXPECT_FALSE(run.now);
  EXPECT_EQ(run.no_prediction, "the loss is above its lowest by more than its noise, which no law describes");
  EXPECT_FALSE(holds(parse_watch_condition("loss<9 predicted"), run));
}

TEST(Watch, PredictsACooldownNowAndLater) {
  WatchSettings settings{.cooldown = steps(200), .law = some_law()};
  const WatchedRun run = watch_run(trunk(), settings);
  ASSERT_TRUE(run.now && run.later) << run.no_prediction;
  EXPECT_EQ(run.cooldown, 200);
  const std::vector<double> rates(2000, 1e-3);
  EXPECT_EQ(*run.now, virtual_cooldown(*settings.law, rates, {.lengths = {200}}).answers[0].loss);
  EXPECT_LT(run.later->loss, run.now->loss);
  EXPECT_LE(run.now->lower, run.now->loss);
  EXPECT_TRUE(holds(parse_watch_condition("loss < 10 predicted"), run));
  EXPECT_FALSE(holds(parse_watch_condition("loss<0.1 predicted"), run));
}

TEST(Watch, NineOfTenIntervalsHoldTheGain) {
  std::mt19937_64 random(7);
  const auto noise = [&] {  // the sum of twelve uniform numbers is nearly normal
    double sum = -6.0;
    for (int k = 0; k < 12; ++k) sum += static_cast<double>(random() >> 11U) * 0x1p-53;
    return sum;
  };
  for (const int rows : {8, 60}) {  // 6 degrees of freedom; 14
    int held = 0;
    constexpr int runs = 2000;
    for (int run = 0; run < runs; ++run) {
      RunLog log;
      log.name = "run";
      for (int k = 1; k <= rows; ++k) {
        log.step.push_back(10 * k);
        log.column["val_loss"].push_back(3.0 - 2e-4 * (10 * k) + 0.01 * noise());
      }
      const WatchedRun watched = watch_run(log);
      held += watched.gain->lower <= 0.2 && watched.gain->upper >= 0.2 ? 1 : 0;
    }
    EXPECT_NEAR(held, 0.9 * runs, 3.0 * std::sqrt(0.09 * runs)) << rows;  // with the normal quantile 85 % of 8 rows
  }
}

TEST(Watch, NoticesPlateausAndDivergence) {
  RunLog flat = trunk();
  for (std::size_t k = 20; k < 40; ++k) flat.column["val_loss"][k] = 3.2 + (k % 2 == 0 ? 1e-3 : -1e-3);
  EXPECT_EQ(watch_run(flat).notice, RunNotice::plateau);
  RunLog lost = trunk();
  for (std::size_t k = 36; k < 40; ++k) lost.column["val_loss"][k] = 4.0 + static_cast<double>(k - 36);
  EXPECT_EQ(watch_run(lost).notice, RunNotice::diverging);
  EXPECT_TRUE(holds(parse_watch_condition("notice=diverging"), watch_run(lost)));
  // A rate that rises again lifts the loss; what diverges at that rate is seen all the same.
  RunLog again = trunk();
  for (std::size_t k = 0; k < 40; ++k) {
    again.column["lr"][k] = k >= 20 && k < 28 ? 1e-4 : 1e-3;
    again.column["val_loss"][k] -= k >= 20 && k < 28 ? 0.4 : 0.0;
  }
  EXPECT_NE(watch_run(again).notice, RunNotice::diverging);
  EXPECT_TRUE(watch_run(again, {.law = some_law()}).now);
  for (std::size_t k = 36; k < 40; ++k) again.column["val_loss"][k] += 0.2 * static_cast<double>(k - 35);
  EXPECT_EQ(watch_run(again).notice, RunNotice::diverging);
}

TEST(Watch, TheBoundNeedsNoLoss) {
  const RunLog log = trunk();
  RunLog rates = log;
  rates.column.erase("val_loss");
  EXPECT_EQ(watch_run(rates).bound, watch_run(log).bound);
  RunLog lost = log;  // no loss yet, but a column for it
  lost.column["val_loss"].assign(log.rows(), std::nan(""));
  EXPECT_EQ(watch_run(lost).bound, watch_run(log).bound);
  RunLog later = log;  // the only loss stands at step 0
  later.step.insert(later.step.begin(), 0);
  later.column["lr"].insert(later.column["lr"].begin(), std::nan(""));
  later.column["val_loss"].assign(later.rows(), std::nan(""));
  later.column["val_loss"][0] = 11.0;
  EXPECT_EQ(watch_run(later).bound, watch_run(log).bound) << watch_run(later).no_bound;
}

TEST(Watch, SettingsAreCheckedWhateverTheLog) {
  RunLog log = trunk();
  for (const bool rates : {true, false}) {
    if (!rates) log.column.erase("lr");
    EXPECT_EQ(error_of([&] { watch_run(log, {.further = 0}); }), "further = 0: must be >= 1");
    EXPECT_EQ(error_of([&] { watch_run(log, {.cooldown = percent(100)}); }),
              "cooldown = 100%: must be below 100% of the run that it ends");
    FittedLaw wrong = some_law();
    wrong.noise = -1.0;
    EXPECT_EQ(error_of([&] { watch_run(log, {.law = wrong}); }), "noise = -1: must be finite and >= 0");
  }
}

TEST(Watch, SaysWhyNothingIsPredicted) {
  FittedLaw law = some_law();
  RunLog young;
  young.name = "run";
  young.step = {1, 2};
  young.column["lr"] = {1e-3, 1e-3};
  const WatchedRun run = watch_run(young, {.cooldown = percent(10), .law = law});
  EXPECT_NE(run.no_prediction.find("cooldown"), std::string::npos) << run.no_prediction;
  law.decays = 0;  // as predict: an interval, and why it is wide
  const WatchedRun alone = watch_run(trunk(), {.law = law});
  EXPECT_TRUE(alone.now) << alone.no_prediction;
  EXPECT_EQ(std::count(alone.warnings.begin(), alone.warnings.end(),
                       "its rate falls, and no run that the law was fitted to shows what that gains"),
            1);
  law.seen.resize(2);
  for (SeenRun& seen : law.seen) seen.steps = 1000;
  law.seen[0].peak = 1e-3;
  law.seen[1].peak = 2e-3;
  const WatchedRun two = watch_run(trunk(), {.law = law});
  EXPECT_FALSE(two.now);
  EXPECT_TRUE(two.no_prediction.starts_with("what a decay gains is not identified: the law was")) << two.no_prediction;
}

TEST(Watch, SaysTheStepOfTheLossAndTheBoundOfTheLastStep) {
  RunLog seldom = trunk();
  const std::optional<double> bound = watch_run(seldom).bound;
  for (std::size_t k = 36; k < 40; ++k) seldom.column["val_loss"][k] = std::nan("");
  const WatchedRun run = watch_run(seldom);
  EXPECT_EQ(run.step, 2000);
  EXPECT_EQ(run.loss_step, 1800);
  EXPECT_EQ(run.bound, bound);
  EXPECT_EQ(run.notice, RunNotice::none);
  EXPECT_TRUE(holds(parse_watch_condition("loss<3.5"), run));
}

TEST(Watch, LossesThatAreNotFiniteAnyMoreHoldNothing) {
  std::string text = "step,lr,loss\n";
  for (int step = 10; step <= 200; step += 10) {
    text += std::to_string(step) + ",1e-3," + (step > 100 ? "nan" : std::to_string(4.0 - 1e-3 * step)) + "\n";
  }
  const WatchedRun run = watch_run(parse_log("run", text), {.law = some_law()});
  EXPECT_EQ(run.loss_step, 100);
  EXPECT_EQ(run.not_finite_since, 110);
  EXPECT_EQ(run.notice, RunNotice::diverging);
  EXPECT_EQ(run.no_prediction, "the losses are not finite since step 110");
  for (const char* const none : {"loss<4", "loss>1", "loss<9 predicted", "gain>0"}) {
    EXPECT_FALSE(holds(parse_watch_condition(none), run)) << none;
  }
  EXPECT_TRUE(holds(parse_watch_condition("step>=200"), run));
  // Where nan stands for "not logged" between losses, it does after the last one; a loss that is there again ends it.
  const std::string seldom = "step,lr,loss\n10,1,nan\n20,1,3\n30,1,nan\n40,1,2\n50,1,nan\n";
  EXPECT_EQ(watch_run(parse_log("run", seldom)).not_finite_since, std::nullopt);
  EXPECT_EQ(watch_run(parse_log("run", seldom + "60,1,nan\n")).not_finite_since, 50);
  EXPECT_EQ(watch_run(parse_log("run", text + "210,1e-3,3.9\n")).not_finite_since, std::nullopt);
}

TEST(Watch, ConditionsAreReadOrRefused) {
  const WatchedRun run = watch_run(trunk());
  EXPECT_TRUE(holds(parse_watch_condition("step>=2000"), run));
  EXPECT_FALSE(holds(parse_watch_condition(" step > 2000 "), run));
  EXPECT_TRUE(holds(parse_watch_condition("loss<3.2"), run));
  EXPECT_TRUE(holds(parse_watch_condition("step=2000"), run));
  EXPECT_TRUE(holds(parse_watch_condition("bound<1e9"), run));
  EXPECT_FALSE(holds(parse_watch_condition("loss<9 predicted"), run));  // nothing is predicted
  EXPECT_NE(error_of([] { parse_watch_condition("lost<3"); }).find("did you mean 'loss'?"), std::string::npos);
  for (const char* const text : {"", "loss", "loss<", "loss<x", "loss<>3", "notice<plateau", "step>=5 predicted"}) {
    EXPECT_NE(error_of([&] { parse_watch_condition(text); }).find("until"), std::string::npos) << text;
  }
  EXPECT_EQ(error_of([] { watch_run(RunLog{"none", {}, {}, {}}); }), "none: has no rows");
}

}  // namespace
}  // namespace scheduled
