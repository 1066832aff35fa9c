// Fits of real runs: the published figures of the multi-power law, and cooldowns that were run.
#include <gtest/gtest.h>

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

/// RMSE is the mean over the test runs, as published. 85 to 95 % of the 90 % intervals hold their losses; by the noise
/// law, which is closer, up to 98 %.
void expect_better(const std::filesystem::path& folder, const std::string& size, double rmse, double largest,
                   const std::vector<FitRun>& train, LawKind kind = LawKind::angular) {
  FitOptions options;
  options.threads = 2;
  const LawFit fit = fit_law(kind, train, options);
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
  EXPECT_LE(coverage, kind == LawKind::noise ? 98.0 : 95.0);
}

TEST_F(LawData, TheAngularLawBeatsThePublishedFitAt25M) {
  expect_better(folder, "25", 0.00465, 0.0071, law_data::mpl_runs(folder, "25", law_data::mpl_train));
}

TEST_F(LawData, TheAngularLawBeatsThePublishedFitAt100M) {
  expect_better(folder, "100", 0.00592, 0.0103, law_data::mpl_runs(folder, "100", law_data::mpl_train));
}

TEST_F(LawData, TheNoiseLawIsBetterThanTheAngularOne) {
  for (const char* const size : {"25", "100"}) {
    expect_better(folder, size, 0.0021, 0.0071, law_data::mpl_runs(folder, size, law_data::mpl_train), LawKind::noise);
  }
}

/// Cooldowns by 1-sqrt of a trunk at 124M, from linear ones: .004 too low by the angular law.
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
    expect_better(folder, size, 0.0023, 0.0071, train);
  }
}

TEST_F(LawData, VirtualCooldownsOfTheTrunkAt210M) {
  const law_data::Family family = law_data::families().back();
  const law_data::Logs logs = law_data::read_family(folder, family);
  ASSERT_EQ(logs.branches.size(), 3U) << family.name;
  const LawFit fit = fit_law(LawKind::angular, {logs.trunk, logs.branches[0]}, {.candidates = 8, .starts = 1});
  for (std::size_t i = 1; i < 3; ++i) {
    const FitRun& branch = logs.branches[i];
    const std::int64_t last[] = {branch.step.back()};
    EXPECT_NEAR(predict_losses(fit.fitted, branch.lr, last)[0].loss, branch.loss.back(), 0.01) << branch.name;
  }
}

}  // namespace
}  // namespace scheduled
