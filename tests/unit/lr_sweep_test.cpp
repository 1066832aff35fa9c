#include "scheduled/lr_sweep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "support/throws.hpp"

namespace scheduled {
namespace {

/// Runs of the model itself: best peak .001 at 10k steps, ~ steps^exponent; noise by a fixed pattern of this size.
std::vector<LrSweepRun> sweep_of(double exponent, double noise,
                                 const std::vector<std::int64_t>& horizons = {5'000, 10'000, 20'000, 40'000}) {
  std::vector<LrSweepRun> runs;
  int k = 0;
  for (const std::int64_t steps : horizons) {
    const double longer = static_cast<double>(steps) / 1e4;
    const double best = 1e-3 * std::pow(longer, exponent);
    for (const double peak : {2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3}) {
      ++k;
      LrSweepRun run;
      run.peak = peak;
      run.steps = steps;
      run.loss = 3.0 - 0.1 * std::log(longer) + 0.02 * std::pow(std::log(peak / best), 2) +
                 noise * std::sin(1.7 * static_cast<double>(k * k));
      runs.push_back(run);
    }
  }
  return runs;
}

TEST(LrSweep, FindsTheModelThatMadeTheRuns) {
  LrSweepOptions options;
  options.questions = {{"", 80'000, {}, {}}};
  const LrSweepFit fit = fit_lr_sweep(sweep_of(-0.3, 0.0), options);
  ASSERT_EQ(fit.exponents.size(), 1U);
  EXPECT_NEAR(fit.exponents[0].exponent.value, -0.3, 1e-6);
  EXPECT_NEAR(fit.curvature.value, 0.02, 1e-6);
  ASSERT_TRUE(fit.answers[0].peak);
  EXPECT_NEAR(fit.answers[0].peak->value, 1e-3 * std::pow(8.0, -0.3), 1e-8);
  EXPECT_EQ(fit.answers[0].beyond, 2.0);
  EXPECT_FALSE(fit.rules[0].within);
  const double wrong = std::log(std::pow(2.0, -0.2));  // theory's -1/2 from 40k on
  EXPECT_NEAR(*fit.answers[0].rules[0].cost, 0.02 * wrong * wrong, 1e-6);
  EXPECT_NEAR(*fit.loss_at(fit.budgets[1], 1e-3), 3.0, 1e-6);
}

TEST(LrSweep, IntervalsHoldWhatMadeTheRuns) {
  for (const double exponent : {-0.5, -0.3, 0.0}) {
    const LrSweepFit fit = fit_lr_sweep(sweep_of(exponent, 1e-3));
    const LrEstimate found = fit.exponents.at(0).exponent;
    EXPECT_LT(found.lower, exponent);
    EXPECT_GT(found.upper, exponent);
    EXPECT_LT(found.upper - found.lower, 0.3);
  }
}

TEST(LrSweep, IntervalsHoldWhereNoPeakIsAtTheBestOne) {
  // What the power of the curvature leaves open is part of them: all peaks on one side, the model exactly true.
  std::mt19937_64 random(5);
  for (const double off : {1.0, 0.5, 0.25}) {
    int held = 0;
    constexpr int trials = 40;
    for (int trial = 0; trial < trials; ++trial) {
      std::vector<LrSweepRun> runs = sweep_of(-0.3, 0.0, {5'000, 10'000, 20'000});
      std::erase_if(runs, [](const LrSweepRun& run) { return run.peak < 4e-4 || run.peak > 3e-3; });
      for (LrSweepRun& run : runs) {
        const double best = 1e-3 * std::pow(static_cast<double>(run.steps) / 1e4, -0.3);
        run.loss -= 0.02 * std::pow(std::log(run.peak / best), 2);
        run.peak *= off;
        double noise = -6.0;  // a sum of twelve, as normal as that
        for (int k = 0; k < 12; ++k) noise += static_cast<double>(random() >> 11) * 0x1p-53;
        run.loss += 0.02 * std::pow(std::log(run.peak / best), 2) + 1e-3 * noise;
      }
      const LrSweepFit fit = fit_lr_sweep(runs);
      if (fit.exponents.empty()) {
        ++held;  // nothing is said
        continue;
      }
      const LrEstimate found = fit.exponents[0].exponent;
      held += found.lower <= -0.3 && -0.3 <= found.upper ? 1 : 0;
    }
    EXPECT_GE(held, 32) << off;
  }
}

TEST(LrSweep, NeitherOrderNorRepetitionMatters) {
  std::vector<LrSweepRun> runs = sweep_of(-0.4, 1e-3);
  const LrSweepFit fit = fit_lr_sweep(runs);
  std::rotate(runs.begin(), runs.begin() + 7, runs.end());
  std::reverse(runs.begin(), runs.begin() + 9);
  EXPECT_EQ(fit_lr_sweep(runs).exponents[0].exponent, fit.exponents[0].exponent);
  runs.push_back(runs[3]);
  EXPECT_EQ(fit_lr_sweep(runs).exponents[0].exponent, fit.exponents[0].exponent);
  EXPECT_EQ(fit_lr_sweep(runs).repeated, 1);
}

TEST(LrSweep, OneBadRunMovesLittle) {
  std::vector<LrSweepRun> runs = sweep_of(-0.3, 1e-3);
  const double before = fit_lr_sweep(runs).exponents[0].exponent.value;
  runs[7].loss += 0.1;
  EXPECT_NEAR(fit_lr_sweep(runs).exponents[0].exponent.value, before, 0.05);
}

TEST(LrSweep, DivergedRunsBoundTheSweep) {
  std::vector<LrSweepRun> runs = sweep_of(0.0, 0.0, {10'000, 20'000});
  std::erase_if(runs, [](const LrSweepRun& run) { return run.peak > 1e-3; });
  LrSweepFit fit = fit_lr_sweep(runs);
  EXPECT_EQ(fit.budgets[0].edge, LrEdge::highest);
  EXPECT_NE(fit.verdicts.at(0).find("extend the sweep upwards"), std::string::npos) << fit.verdicts[0];
  for (const std::int64_t steps : {10'000, 20'000}) {
    runs.push_back({.schedule = "", .peak = 2e-3, .steps = steps, .batch = {}, .size = {}, .loss = NAN});
    runs.push_back(
        {.schedule = "", .peak = 4e-3, .steps = steps, .batch = {}, .size = {}, .loss = 7.6});  // finite, but lost
  }
  fit = fit_lr_sweep(runs);
  EXPECT_EQ(fit.diverged, 4);
  EXPECT_EQ(fit.budgets[0].edge, LrEdge::inside);
}

TEST(LrSweep, SaysWhatIsNotIdentified) {
  const std::vector<LrSweepRun> one = sweep_of(-0.3, 1e-3, {10'000});
  LrSweepOptions options;
  options.questions = {{"", 100'000, {}, {}}};
  LrSweepFit fit = fit_lr_sweep(one, options);
  EXPECT_TRUE(fit.exponents.empty());
  EXPECT_FALSE(fit.answers[0].peak);
  EXPECT_NEAR(fit.answers[0].rules[0].peak, 1e-3 / std::sqrt(10.0), 2e-5);
  EXPECT_FALSE(fit.answers[0].rules[0].cost);
  options.exponent = -0.3;
  fit = fit_lr_sweep(one, options);
  EXPECT_NEAR(fit.answers[0].peak->value, 1e-3 * std::pow(10.0, -0.3), 4e-5);

  std::vector<LrSweepRun> falling = one;
  for (LrSweepRun& run : falling) run.loss = 3.0 - 0.1 * std::log(run.peak);
  fit = fit_lr_sweep(falling);
  EXPECT_FALSE(fit.curved);
  EXPECT_FALSE(fit.budgets[0].peak);
  std::vector<LrSweepRun> two(one.begin() + 1, one.begin() + 3);
  fit = fit_lr_sweep(two);
  EXPECT_FALSE(fit.curved);
  EXPECT_NE(fit.verdicts.back().find("no budget has three peaks"), std::string::npos) << fit.verdicts.back();
}

TEST(LrSweep, LossesOnALineOrAllAlikeHaveNoBestPeak) {
  for (const double slope : {0.0, 0.1}) {
    std::vector<LrSweepRun> runs = sweep_of(0.0, 0.0, {1'000});
    runs.resize(3);
    for (std::size_t k = 0; k < runs.size(); ++k) runs[k].loss = 2.0 - slope * static_cast<double>(k);
    const LrSweepFit fit = fit_lr_sweep(runs);  // rounding is no curvature
    EXPECT_FALSE(fit.curved) << fit.curvature.value;
    EXPECT_FALSE(fit.budgets[0].peak);
    EXPECT_NE(fit.verdicts.back().find("losses do not rise on both sides"), std::string::npos) << fit.verdicts.back();
  }
}

TEST(LrSweep, AxesThatGrowTogetherAreNotToldApart) {
  std::vector<LrSweepRun> runs = sweep_of(-0.5, 0.0);
  for (LrSweepRun& run : runs) run.size = 1e3 * static_cast<double>(run.steps);
  LrSweepOptions options;
  options.questions = {{"", 20'000, {}, 2e7}, {"", 80'000, {}, 8e7}};
  LrSweepFit fit = fit_lr_sweep(runs, options);
  EXPECT_TRUE(fit.exponents.empty());
  EXPECT_TRUE(fit.rules.empty());
  for (const char* const axis : {"steps", "size"}) {
    const auto says = [&](const std::string& verdict) {
      return verdict.starts_with("the exponent of " + std::string(axis) + " is not identified");
    };
    EXPECT_TRUE(std::any_of(fit.verdicts.begin(), fit.verdicts.end(), says)) << axis;
  }
  ASSERT_TRUE(fit.answers[0].peak);  // a budget of the runs needs no exponent
  EXPECT_NEAR(fit.answers[0].peak->value, 1e-3 / std::sqrt(2.0), 1e-8);
  EXPECT_FALSE(fit.answers[1].peak);
  for (LrSweepRun run : sweep_of(-0.5, 0.0, {20'000})) {
    run.size = 1e7;
    runs.push_back(run);
  }
  fit = fit_lr_sweep(runs, options);
  ASSERT_EQ(fit.exponents.size(), 2U);
  EXPECT_NEAR(fit.exponents[0].exponent.value, -0.5, 1e-6);
  EXPECT_NEAR(fit.exponents[1].exponent.value, 0.0, 1e-6);
}

TEST(LrSweep, BatchesAndSizesHavePowersOfTheirOwn) {
  std::vector<LrSweepRun> runs;
  for (const double batch : {64.0, 128.0, 256.0}) {
    for (const double size : {1e7, 4e7}) {
      for (LrSweepRun run : sweep_of(-0.3, 0.0, {5'000, 20'000})) {
        const double moved = std::pow(batch / 64.0, 0.5) * std::pow(size / 1e7, -0.2);
        run.peak *= moved;
        run.batch = batch;
        run.size = size;
        runs.push_back(run);
      }
    }
  }
  LrSweepFit fit = fit_lr_sweep(runs);
  ASSERT_EQ(fit.exponents.size(), 3U);
  EXPECT_NEAR(fit.exponents[0].exponent.value, -0.3, 1e-6);
  EXPECT_NEAR(fit.exponents[1].exponent.value, 0.5, 1e-6);
  EXPECT_NEAR(fit.exponents[2].exponent.value, -0.2, 1e-6);
  LrSweepOptions options;
  options.batch_rule = BatchRule::square_root;
  options.questions = {{"", 20'000, 1024.0, 4e7}};
  fit = fit_lr_sweep(runs, options);
  EXPECT_NEAR(fit.answers[0].peak->value, 1e-3 * std::pow(2.0, -0.3) * 4.0 * std::pow(4.0, -0.2), 1e-7);
}

TEST(BatchRules, AreThoseOfTheirSources) {
  EXPECT_EQ(batch_factor(BatchRule::square_root, 64, 256), 2.0);
  EXPECT_EQ(batch_factor(BatchRule::linear, 64, 256), 4.0);
  EXPECT_NEAR(batch_factor(BatchRule::critical, 1e-9, 2e-9, 100.0), 2.0, 1e-9);  // small batches: linear
  EXPECT_NEAR(batch_factor(BatchRule::critical, 100.0, 1e12, 100.0), 2.0, 1e-9);
  EXPECT_NEAR(batch_factor(BatchRule::surge, 1e-9, 4e-9, 100.0), 2.0, 1e-9);  // square root, then falls beyond
  EXPECT_NEAR(batch_factor(BatchRule::surge, 25.0, 400.0, 100.0), 1.0, 1e-15);
  EXPECT_EQ(error_of([] { batch_factor(BatchRule::surge, 1, 2); }),
            "critical_batch: must be given for the batch rule surge");
  EXPECT_EQ(error_of([] { batch_factor(BatchRule::linear, 1, 2, 3.0); }),
            "critical_batch = 3: the batch rule linear has none");
}

TEST(TransferRules, ReplaceTheExponentAndAddTheBatch) {
  const Schedule a = Schedule::parse("wsd(steps=10001, peak=1e-3)");
  const Schedule b = Schedule::parse("wsd(steps=100001)");
  EXPECT_NEAR(transfer_base_lr(a, b, {}, {.exponent = -0.3}).factor, std::pow(10.0, -0.3), 2e-3);
  const double factor = transfer_base_lr(a, b, {}).factor;
  EXPECT_EQ(transfer_base_lr(a, b, {}, {}).factor, factor);
  const TransferRules rules{.exponent = {}, .batch_rule = BatchRule::linear, .batch_from = 2.0, .batch_to = 3.0};
  EXPECT_NEAR(transfer_base_lr(a, b, {}, rules).peak, 1.5e-3 * factor, 1e-12);
  const std::vector<double> norms(100'001, 1.0);
  EXPECT_EQ(error_of([&] { transfer_base_lr(a, b, {.grad_norm = norms}, {.exponent = -0.3}); }),
            "exponent = -0.3: must not be given where grad norms change: these say another one");
  EXPECT_EQ(error_of([&] { transfer_base_lr(a, b, {}, {.critical_batch = 512.0}); }),
            "critical_batch = 512: needs a batch rule that has one, critical or surge");
  EXPECT_EQ(error_of([&] { transfer_base_lr(a, b, {}, {.batch_from = 2.0, .batch_to = 3.0}); }),
            "batch_to = 3: needs a batch rule where it is another than batch_from");
}

TEST(LrSweepTables, AreReadByUsualNames) {
  const LrSweepTable table = parse_lr_sweep(
      "runs.csv",
      "\xEF\xBB\xBF# a comment\r\nName;config.max-lr;Iterations;seed;eval_loss\r\na;1e-3;1000;1;3.5\r\n\r\n"
      "b;2e-3;1000;2;nan\r\nc;4e-3;1000;3;\r\n");
  ASSERT_EQ(table.runs.size(), 2U);
  EXPECT_EQ(table.runs[0].peak, 1e-3);
  EXPECT_EQ(table.runs[0].steps, 1000);
  EXPECT_TRUE(std::isnan(table.runs[1].loss));
  EXPECT_EQ(table.notes, (std::vector<std::string>{"1 without a loss do not count",
                                                   "not used, although runs differ in it: Name, seed"}));
  EXPECT_TRUE(is_lr_sweep("lr,steps,loss\n"));
  EXPECT_FALSE(is_lr_sweep("step,lr,loss\n"));
  EXPECT_FALSE(is_lr_sweep("global_step,lr,val_loss\n"));
  EXPECT_TRUE(is_lr_sweep(",lr,steps,loss\n"));  // pandas
  EXPECT_TRUE(is_lr_sweep("Unnamed: 0,lr,steps,loss\n"));
  EXPECT_TRUE(is_lr_sweep(",max_rate,steps,loss\n"));
  EXPECT_TRUE(is_lr_sweep("Name,_step,lr,steps,loss\n"));  // W&B
  EXPECT_FALSE(is_lr_sweep("{\"step\": 1}\n"));
}

TEST(LrSweepTables, LossesAreThoseOfValidationWhereThereAreTwo) {
  EXPECT_EQ(parse_lr_sweep("f", "lr,steps,loss,val_loss\n1,1,2,3.\n").runs.at(0).loss, 3.0);
  EXPECT_EQ(parse_lr_sweep("f", "lr,steps,train/loss,loss\n1,1,2,3\n").runs.at(0).loss, 3.0);
  constexpr std::string_view two = "lr,steps,train/loss,val/loss\n1,1,2,3\n";
  EXPECT_EQ(error_of([&] { parse_lr_sweep("f", two); }),
            "f, line 1: loss: may be any of train/loss, val/loss. --columns NAME=loss says which one it is");
  EXPECT_EQ(parse_lr_sweep("f", two, {{"val/loss", "loss"}}).runs.at(0).loss, 3.0);
  EXPECT_EQ(parse_lr_sweep("f", "lr,steps,loss\n1,1,3\n2,1,N/A\n").runs.size(), 1U);
}

TEST(LrSweepTables, SayWhatIsWrong) {
  const auto error = [](std::string_view text, const std::map<std::string, std::string>& columns = {}) {
    return error_of([&] { parse_lr_sweep("f", text, columns); });
  };
  EXPECT_EQ(error(""), "f: is empty");
  EXPECT_EQ(error("a,b\n1,2\n").substr(0, 48), "f, line 1: peak: no column is called so, or peak");
  EXPECT_EQ(error("lr,steps,loss\n1e-3,10\n"), "f, line 2: has 2 cells, the header has 3");
  EXPECT_EQ(error("lr,steps,loss\n-1,10,3\n"), "f, line 2: lr = -1: must be a finite number > 0");
  EXPECT_EQ(error("lr,steps,loss\n1,1.5,3\n"), "f, line 2: steps = 1.5: must be a whole number, at most 2^53");
  EXPECT_EQ(error("lr,steps,loss\n1,1,x\n"),
            "f, line 2: loss = x: must be a number; nan, inf or diverged for a run that diverged");
  EXPECT_EQ(error("lr,steps,loss\n1,1,\n"), "f: has no run with a loss");
  EXPECT_EQ(error("lr,steps,loss\n1,1,1\n", {{"stepz", "steps"}}),
            "f, line 1: columns = stepz: is no column: must be lr, steps or loss; did you mean 'steps'?");
  EXPECT_EQ(parse_lr_sweep_columns("a=peak,b=loss").at("b"), "loss");
  EXPECT_NE(error_of([] { parse_lr_sweep_columns("a=lss"); }).find("did you mean 'loss'?"), std::string::npos);
  EXPECT_EQ(error_of([] { fit_lr_sweep({}); }), "runs: there are none to fit");
}

}  // namespace
}  // namespace scheduled
