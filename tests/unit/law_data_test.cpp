// Fits of real runs: the published figures of the multi-power law, and cooldowns that were run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "scheduled/law.hpp"
#include "support/law_data.hpp"

namespace scheduled {
namespace {

class LawData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(folder / "mpl")) GTEST_SKIP() << "no data in " << folder;
  }
  const std::filesystem::path folder = SCHEDULED_DATA_DIR;
};

/// RMSE is the mean over the test runs, as published. 85 to 95 % of the 90 % intervals hold their losses.
void expect_better(const std::filesystem::path& folder, const std::string& size, double rmse, double largest,
                   const std::vector<FitRun>& train) {
  const LawFit fit = fit_law(default_law, train, {.threads = 2});
  EXPECT_TRUE(fit.converged);
  const std::vector<FitRun> test = law_data::mpl_runs(folder, size, law_data::mpl_test);
  double mean = 0.0;
  for (const RunResiduals& run : law_residuals(fit.fitted.law, test)) {
    mean += run.rms / static_cast<double>(test.size());
    EXPECT_LT(run.largest_relative, largest) << run.name;
  }
  EXPECT_LT(mean, rmse);
  std::size_t points = 0;
  std::size_t held = 0;
  for (const FitRun& run : test) {
    const std::vector<Predicted> predicted = predict_losses(fit.fitted, run.lr, run.step);
    points += predicted.size();
    for (std::size_t i = 0; i < predicted.size(); ++i) {
      if (run.loss[i] >= predicted[i].lower && run.loss[i] <= predicted[i].upper) ++held;
    }
  }
  const double coverage = 100.0 * static_cast<double>(held) / static_cast<double>(points);
  EXPECT_GE(coverage, 85.0);
  EXPECT_LE(coverage, 95.0);
}

/// The published fits of the multi-power law have .00465 and .0071, .00592 and .0103.
TEST_F(LawData, TheDefaultBeatsThePublishedFits) {
  for (const char* const size : {"25", "100"}) {
    expect_better(folder, size, 0.0020, 0.0071, law_data::mpl_runs(folder, size, law_data::mpl_train));
  }
}

/// From one run of 50k steps to those that left it at 40k and went on to 100k and 200k.
TEST_F(LawData, HorizonsFromOneRun) {
  for (const auto& [layers, most] : {std::pair{"nlayers12", 0.005}, std::pair{"nlayers24", 0.013}}) {
    std::vector<RunLog> logs;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "paper-logs" / "horizon_transfer")) {
      if (entry.path().string().find(layers) != std::string::npos) logs.push_back(read_log(entry.path()));
    }
    const auto named = [&](std::string_view text) {
      return std::find_if(logs.begin(), logs.end(),
                          [&](const RunLog& log) { return log.name.find(text) != std::string::npos; });
    };
    const auto base = named("iter50000");
    const auto longer = named("sched_wsd_warmup300_decay_linear_0.2_iter100000");
    ASSERT_TRUE(base != logs.end() && longer != logs.end());
    const RunLog whole = merge_branch(*base, *longer);
    const FittedLaw fitted = fit_law(default_law, {fit_run(*base, {.first_step = 2500})}, {.threads = 2}).fitted;
    double sum = 0.0;
    int count = 0;
    for (auto log = logs.begin(); log != logs.end(); ++log) {
      if (log == base) continue;
      const FitRun run = fit_branch(log->step.front() > 50'000 ? whole : *base, *log);
      const std::int64_t end[] = {run.step.back()};
      sum += std::fabs(predict_losses(fitted, run.lr, end)[0].loss - run.loss.back());
      ++count;
    }
    EXPECT_EQ(count, 5);
    EXPECT_LT(sum / count, most) << layers;
  }
}

/// What priors say of the cooldowns of a trunk alone: 85 % and more of the intervals hold, and none is off by .06.
TEST_F(LawData, TrunksAlone) {
  int held = 0;
  int asked = 0;
  for (const law_data::Family& family : law_data::families()) {
    const law_data::Logs logs = law_data::read_family(folder, family);
    const FittedLaw fitted = fit_law(default_law, law_data::described({logs.trunk}), {.threads = 2}).fitted;
    for (const FitRun& branch : logs.branches) {
      const std::int64_t end[] = {branch.step.back()};
      const Predicted predicted = predict_losses(fitted, branch.lr, end)[0];
      EXPECT_NEAR(predicted.loss, branch.loss.back(), 0.06) << family.name << ", " << branch.name;
      EXPECT_LT(predicted.upper - predicted.lower, 0.16) << family.name << ", " << branch.name;
      ++asked;
      if (branch.loss.back() >= predicted.lower && branch.loss.back() <= predicted.upper) ++held;
    }
  }
  EXPECT_EQ(asked, 101);
  EXPECT_GE(held, 86);
}

/// Cooldowns by 1-sqrt of a trunk at 124M, from linear ones.
TEST_F(LawData, TheNoiseLawKnowsCooldownsOfAnotherShape) {
  const law_data::Logs logs = law_data::read_family(folder, law_data::families()[2]);
  std::vector<FitRun> linear{logs.trunk};
  std::vector<FitRun> other;
  for (const FitRun& branch : logs.branches) {
    (branch.name.find("1-sqrt") == std::string::npos ? linear : other).push_back(branch);
  }
  ASSERT_EQ(other.size(), 2U);
  const LawFit fit = fit_law(LawKind::noise, linear, {.candidates = 4, .starts = 1});
  for (const FitRun& run : other) {
    const std::int64_t last[] = {run.step.back()};
    EXPECT_NEAR(predict_losses(fit.fitted, run.lr, last)[0].loss, run.loss.back(), 0.0025) << run.name;
  }
}

/// Rates from the files, every 64 or 128 steps and in wsdcon_9 with a sudden drop, do as well as exact ones.
TEST_F(LawData, RatesAsLoggedAreEnough) {
  for (const char* const size : {"25", "100"}) {
    std::vector<FitRun> train;
    for (const std::string& name : law_data::mpl_train) {
      const RunLog log = read_log(folder / "mpl" / (std::string("csv_") + size) / (name + ".csv"));
      train.push_back(fit_run(log, {.column = "train_loss", .rates = {.warmup = 2160}}));
    }
    expect_better(folder, size, 0.0021, 0.0071, train);
  }
}

TEST_F(LawData, VirtualCooldownsOfTheTrunkAt210M) {
  const law_data::Family family = law_data::families().back();
  const law_data::Logs logs = law_data::read_family(folder, family);
  ASSERT_EQ(logs.branches.size(), 3U) << family.name;
  const LawFit fit = fit_law(default_law, {logs.trunk, logs.branches[0]}, {.candidates = 8, .starts = 1});
  for (std::size_t i = 1; i < 3; ++i) {
    const FitRun& branch = logs.branches[i];
    const std::int64_t last[] = {branch.step.back()};
    EXPECT_NEAR(predict_losses(fit.fitted, branch.lr, last)[0].loss, branch.loss.back(), 0.01) << branch.name;
  }
}

}  // namespace
}  // namespace scheduled
