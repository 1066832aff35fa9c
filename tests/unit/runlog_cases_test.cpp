// The smallest inputs of faults found with public logs, and the right answers (by NumPy) to the digits of their page.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "scheduled/along.hpp"
#include "scheduled/design.hpp"
#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Steps = std::vector<std::int64_t>;
using Values = std::vector<double>;
using Columns = std::map<std::string, std::string>;

class LogCase : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(folder_)) GTEST_SKIP() << "needs the cases in " << folder_;
  }
  RunLog read(const std::string& name, const ReadOptions& options = {}) const {
    return read_log(folder_ / name, options);
  }
  std::filesystem::path folder_ = std::filesystem::path(SCHEDULED_DATA_DIR).parent_path() / "cases";
};

/// The logged values of a column.
void expect_series(const RunLog& log, const std::string& column, const Steps& step, const Values& value) {
  const Series found = series(log, column);
  EXPECT_EQ(found.step, step) << column;
  EXPECT_EQ(found.value, value) << column;
}

/// The bound at given steps, to half a unit of the eighth decimal.
void expect_bound(const RunLog& log, double distance, const Steps& step, const Values& bound,
                  const AlongOptions& options = {}) {
  const RunBound run = bound_along(log, options);
  EXPECT_NEAR(run.distance, distance, 0.5e-8);
  const std::vector<double> norms =
      run.norm_source == NormSource::one ? Values(run.grad_norm.size(), 1.0) : run.grad_norm;
  const std::vector<double> found = bound_at(run.rates, {norms, run.distance}, step);
  for (std::size_t k = 0; k < step.size(); ++k) EXPECT_NEAR(found[k], bound[k], 0.51e-8) << "at step " << step[k];
}

void expect_k1b(const RunLog& log) {
  expect_bound(log, 0.01057427, {10, 20, 30}, {0.00750525, 0.00506925, 0.00410331});
}

void expect_note(const RunLog& log, const std::string& part) {
  for (const std::string& note : log.notes) {
    if (note.find(part) != std::string::npos) return;
  }
  ADD_FAILURE() << "no note of '" << part << "'";
}

TEST_F(LogCase, K1aLightning) {
  for (const Columns& columns : {Columns{{"lr-AdamW", "lr"}}, Columns{}}) {
    const RunLog log = read("K1a_lightning.csv", {.columns = columns});
    expect_bound(log, 0.01033015, {19, 29}, {0.00505576, 0.00406522});
    expect_series(log, "val_loss", {19, 29}, {3.10, 3.00});
    expect_series(log, "lr", {9, 19, 29}, {0.001, 0.001, 0.0005});
  }
}

TEST_F(LogCase, K1bTimestamp) {
  const RunLog log = read("K1b_timestamp.csv");
  expect_k1b(log);
  expect_series(log, "val_loss", {10, 20, 30}, {3.3, 3.1, 3.0});
}

TEST_F(LogCase, K2aTrainerState) {
  const RunLog log = read("K2a_trainer_state.json");
  EXPECT_EQ(log.format, "hf");
  EXPECT_EQ(bound_along(log).norm_source, NormSource::logged);
  expect_bound(log, 0.01290971, {10, 20, 30}, {0.01264062, 0.00807624, 0.00611599});
  expect_series(log, "train_loss", {10, 20, 30}, {3.2, 3.0, 2.9});
}

TEST_F(LogCase, K3aSummary) {
  for (const Columns& columns : {Columns{}, Columns{{"loss", "train_loss"}}}) {
    const RunLog log = read("K3a_summary.jsonl", {.columns = columns});
    expect_series(log, "train_loss", {10, 20, 30}, {3.2, 3.0, 2.9});
    expect_note(log, "summary of the run");
    EXPECT_EQ(log.number("train_loss"), 3.033);
  }
}

TEST_F(LogCase, K4aRestart) {
  const RunLog log = read("K4a_restart.csv");
  expect_series(log, "train_loss", {10, 20, 30, 40}, {3.2, 4.0, 3.6, 3.4});
  const RunBound run = bound_along(log);
  const Values right = {0.01014839, 0.00639082, 0.00522546, 0.00442089};
  for (std::size_t k = 0; k < right.size(); ++k) EXPECT_NEAR(run.bound[k], right[k], 0.51e-8);
  expect_note(log, "of the steps logged twice the last rows count, 2 are left out");
  const RunLog first = read("K4a_restart.csv", {.restarts = Restarts::keep_first});
  expect_series(first, "train_loss", {10, 20, 30, 40}, {3.2, 3.0, 2.9, 3.4});
  EXPECT_THROW(read("K4a_restart.csv", {.restarts = Restarts::error}), ArgumentError);
}

TEST_F(LogCase, K4bFinalEvaluation) {
  const RunLog log = read("K4b_final_eval.csv");
  expect_series(log, "val_loss", {10, 20, 30}, {3.3, 3.1, 3.0});
  expect_k1b(log);
  expect_note(log, "val_loss is logged twice at 1 step, 30: the last value counts");
}

TEST_F(LogCase, K5aNormsThatAreNotFinite) {
  const RunLog log = read("K5a_nan_norm.csv");
  EXPECT_EQ(series(log, "grad_norm").step.size(), 10U);
  EXPECT_EQ(bound_along(log, {.grad_norm = GradNorm(1.0)}).norm_source, NormSource::given);
  expect_note(log, "grad_norm is inf or the like in 2 rows, first at step 10: taken as not logged");
}

TEST_F(LogCase, K5cNanElsewhere) { expect_k1b(read("K5c_nan_unrelated.jsonl")); }

TEST_F(LogCase, K6aZeroBased) {
  const RunLog log = read("K6a_zero_based.csv", {.lr_of = RateOf::next});
  expect_series(log, "lr", {1, 2, 3, 4, 5}, {0.1, 0.1, 0.1, 0.1, 0.05});
  const RunBound run = bound_along(log, {.distance = 1.0});
  EXPECT_EQ(run.step, (Steps{5}));
  EXPECT_NEAR(run.bound[0], 1.3862540, 0.51e-7);
}

TEST_F(LogCase, K7aTail) {
  const RunLog log = read("K7a_tail.csv");
  expect_note(log, "no lr is logged after step 800, but rows go on to step 1000");
  EXPECT_NEAR(bound_along(log).bound.back(), 0.00267581, 0.51e-8);
  Values linear(1000);
  for (std::size_t t = 0; t < linear.size(); ++t) linear[t] = 1e-3 * (1.0 - static_cast<double>(t) / 1000.0);
  const RunBound truth = bound_along(with_rates(log, linear));
  EXPECT_NEAR(truth.distance, 0.0317489, 0.51e-7);
  EXPECT_NEAR(truth.bound.back(), 0.00201397, 0.51e-8);
  // Gone on to its end, with the first logged rate, 0.000801, before step 200; by NumPy.
  EXPECT_NEAR(bound_along(read("K7a_tail.csv", {.continue_lr = true})).bound.back(), 0.00193863, 0.51e-8);
}

TEST_F(LogCase, K8aLlmC) {
  const RunLog log = read("K8a_llmc.log");
  EXPECT_EQ(log.format, "llm.c");
  expect_bound(log, 0.00404265, {4}, {0.02723833});
  expect_series(log, "train_loss", {0, 1, 2, 3}, {11.0, 10.8, 10.5, 10.2});
  expect_series(log, "val_loss", {0, 4}, {11.0, 10.1});
}

TEST_F(LogCase, K9aNamesWithEquals) {
  expect_k1b(read("K9a_equals.csv"));
  const std::string columns = "Step=step,peak=1e-3 - train/lr=lr,peak=1e-3 - train/loss=train_loss";
  expect_k1b(read("K9a_equals.csv", {.columns = parse_columns(columns)}));
}

TEST_F(LogCase, K9cLongNames) {
  expect_series(read("K9c_longnames.csv"), "lr", {10, 20}, {0.001, 0.0005});
  const std::string error = error_of([&] {
    read("K9c_longnames.csv", {.columns = {{"lr", "lr"}, {"x", "step"}}, .format = "csv"});
  });
  EXPECT_NE(error.find("sweep - lr__MIN"), std::string::npos) << error;
  EXPECT_NE(error.find("sweep - lr__MAX"), std::string::npos) << error;
}

TEST_F(LogCase, K10aScheduleForALogWithoutRates) {
  const Schedule schedule = Schedule::parse("cosine(steps=401, peak=1e-3)");
  const RunLog log = with_rates(read("K10a_no_lr.csv"), schedule.values(400));
  EXPECT_EQ(densify(log, "lr", 400), schedule.values(400));
  EXPECT_EQ(bound_along(log).loss, (Values{6.0, 5.0, 4.5, 4.2}));
}

TEST_F(LogCase, K14OtherCapitals) {
  expect_series(read("K14_caps.csv"), "train_loss", {10, 20, 30}, {3.2, 3.0, 2.9});
  for (const std::string target : {"loss", "trainloss"}) {
    EXPECT_THROW(parse_columns("Step=step,LR=lr,Loss=" + target), ArgumentError);
  }
}

TEST_F(LogCase, K15aZeros) {
  const RunLog log = read("K15a_groupby.csv");
  expect_note(log, "lr is 0 at step 30, and positive before and after");
  expect_note(log, "val_loss is 0 at 4 steps, first 10");
  expect_note(log, "train_loss is 0 at 2 steps, first 30");
}

TEST_F(LogCase, K16aKerasNan) { expect_series(read("K16a_keras_nan.csv"), "val_loss", {20}, {3.1}); }

TEST_F(LogCase, K19TwoFilesOfOneRun) {
  const RunLog log = read_log(folder_ / ("K19_tb_lr.csv+" + (folder_ / "K19_tb_loss.csv").string()));
  expect_k1b(log);
  expect_series(log, "train_loss", {10, 20, 30}, {3.2, 3.0, 2.9});
}

}  // namespace
}  // namespace scheduled::testing
