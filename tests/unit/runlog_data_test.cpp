// Facts of the published logs, known independently of this library.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

namespace fs = std::filesystem;

class RunLogData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(folder)) GTEST_SKIP() << "no data in " << folder;
  }

  /// The one log in `part` whose name starts and goes on as told.
  RunLog find(const std::string& part, const std::string& start, const std::vector<std::string>& pieces) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder / part)) {
      const std::string name = entry.path().filename().string();
      const auto contained = [&](const std::string& piece) { return name.find(piece) != std::string::npos; };
      if (name.starts_with(start) && std::all_of(pieces.begin(), pieces.end(), contained))
        found.push_back(entry.path());
    }
    EXPECT_EQ(found.size(), 1U) << part << " " << start;
    return read_log(found.at(0));
  }

  double value_at(const RunLog& log, const std::string& column, std::int64_t step) const {
    const auto row = std::lower_bound(log.step.begin(), log.step.end(), step) - log.step.begin();
    EXPECT_EQ(log.step.at(static_cast<std::size_t>(row)), step);
    return log.at(column).at(static_cast<std::size_t>(row));
  }

  const fs::path folder = SCHEDULED_DATA_DIR;
};

TEST_F(RunLogData, ReadsEveryPaperLog) {
  std::size_t logs = 0;
  std::size_t rows = 0;
  std::size_t with_acc = 0;
  std::size_t with_grad_norm = 0;
  std::size_t learning_rates = 0;
  double least_val_loss = 100.0;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "paper-logs")) {
    if (entry.path().extension() != ".json") continue;
    const RunLog log = read_log(entry.path());
    ++logs;
    rows += log.rows();
    with_acc += log.has("val_acc") ? 1U : 0U;
    with_grad_norm += log.has("grad_norm") ? 1U : 0U;
    learning_rates += series(log, "lr").step.size();
    EXPECT_EQ(series(log, "lr").step, series(log, "train_loss").step) << log.name;
    EXPECT_TRUE(log.number("iterations") && log.number("final_val_loss") && log.number("parameters")) << log.name;
    for (const double loss : series(log, "val_loss").value) least_val_loss = std::min(least_val_loss, loss);
  }
  EXPECT_EQ(logs, 228U);
  EXPECT_EQ(rows, 132152U);
  EXPECT_EQ(with_acc, 188U);  // 40 restarted runs have fewer accuracies than steps
  EXPECT_EQ(with_grad_norm, 42U);
  EXPECT_EQ(learning_rates, 131922U);
  EXPECT_EQ(least_val_loss, 2.676647186279297);
}

TEST_F(RunLogData, ReadsEveryCurveOfTheMultiPowerLaw) {
  std::size_t logs = 0;
  std::size_t rows = 0;
  for (const std::string size : {"25", "100"}) {
    for (const auto& entry : fs::directory_iterator(folder / "mpl" / ("csv_" + size))) {
      const RunLog log = read_log(entry.path());
      EXPECT_EQ(names(log), (std::vector<std::string>{"lr", "train_loss"})) << log.name;
      ++logs;
      rows += log.rows();
    }
  }
  EXPECT_EQ(logs, 18U);
  EXPECT_EQ(rows, 4162U);
  const RunLog wsd = read_log(folder / "mpl" / "csv_100" / "wsd_20000_24000.csv");
  EXPECT_EQ(value_at(wsd, "lr", 23904), 3.170452527640976e-05);
  EXPECT_EQ(value_at(wsd, "train_loss", 2176), 3.7666);
  const std::vector<double> lr = densify(wsd, "lr", 24000, {.warmup = 2160, .max_gap = 0});
  EXPECT_DOUBLE_EQ(lr[1079], 1.5e-4);
  EXPECT_EQ(lr[2159], 3e-4);
  EXPECT_EQ(lr[10000], 3e-4);
  EXPECT_NE(error_of([&] { densify(wsd, "lr", 24000); }).find("not logged from step 0 to step 2176"),
            std::string::npos);
}

TEST_F(RunLogData, CosineRun) {
  const RunLog log = find("paper-logs", "cos-210m", {"lr0.001_", "iter22222_"});
  EXPECT_EQ(log.rows(), 2223U);
  EXPECT_EQ(log.step.front(), 0);
  EXPECT_EQ(log.step.back(), 22220);
  EXPECT_EQ(value_at(log, "val_loss", 0), 10.92935562133789);
  EXPECT_TRUE(std::isnan(value_at(log, "lr", 0)));
  EXPECT_EQ(value_at(log, "lr", 10), 1.2729813612505445e-05);
  EXPECT_EQ(value_at(log, "train_loss", 22220), 2.992784023284912);
  EXPECT_EQ(value_at(log, "val_loss", 22200), 2.930206298828125);
  EXPECT_TRUE(std::isnan(value_at(log, "val_loss", 22210)));
  EXPECT_EQ(log.number("iterations"), 22222.0);
  EXPECT_EQ(log.number("wandb"), 1.0);
  EXPECT_EQ(log.number("final_val_loss"), 2.9660489559173584);  // only the summary has it
  EXPECT_EQ(log.meta.at("scheduler"), MetaValue("cos"));
  EXPECT_FALSE(log.meta.contains("resume_from"));
}

TEST_F(RunLogData, FinalLossesOfTheHorizonTransfer) {
  const auto final_loss = [&](const std::string& layers, const std::string& schedule) {
    return find("paper-logs/horizon_transfer", "extend-50k", {layers, schedule, "iter100000_"})
        .number("final_val_loss");
  };
  EXPECT_NEAR(final_loss("nlayers12_", "_wsd_warmup300_decay_linear_0.2_").value(), 2.90369, 5e-6);
  EXPECT_NEAR(final_loss("nlayers12_", "_wsd_twostage_").value(), 2.89754, 5e-6);
  EXPECT_NEAR(final_loss("nlayers12_", "_wsd_warmup300_decay_linear_0.6_").value(), 2.88781, 5e-6);
  EXPECT_NEAR(final_loss("nlayers24_", "_wsd_warmup300_decay_linear_0.2_").value(), 2.79352, 5e-6);
  EXPECT_NEAR(final_loss("nlayers24_", "_wsd_twostage_").value(), 2.78434, 5e-6);
  EXPECT_NEAR(final_loss("nlayers24_", "_wsd_warmup300_decay_linear_0.6_").value(), 2.77181, 5e-6);
}

TEST_F(RunLogData, RestartedRunIsAveraged) {
  const RunLog log = find("paper-logs", "ann124-0.6", {"lr0.002_", "iter15000_"});
  EXPECT_EQ(log.rows(), 301U);
  EXPECT_DOUBLE_EQ(value_at(log, "train_loss", 50), (6.866067886352539 + 6.867626667022705) / 2.0);
  EXPECT_DOUBLE_EQ(value_at(log, "train_loss", 950), (3.81953763961792 + 3.8376269340515137) / 2.0);
}

TEST_F(RunLogData, CooldownBranchCompletesItsTrunk) {
  const RunLog trunk = find("paper-logs", "stable-210m", {"lr0.0005_"});
  const RunLog branch = find("paper-logs", "ann210-0.2", {"lr0.0005_", "iter22222_"});
  EXPECT_EQ(branch.step.front(), 15000);
  EXPECT_TRUE(std::isnan(value_at(branch, "lr", 15000)));
  const RunLog run = merge_branch(trunk, branch);
  EXPECT_EQ(value_at(run, "lr", 15000), 0.0005);
  EXPECT_EQ(value_at(run, "val_loss", 15000), 3.1061058044433594);
  EXPECT_EQ(run.number("iterations"), 22222.0);

  constexpr double peak = 5e-4;
  constexpr double start = 17778.0;  // the last 20%, 4444 steps
  const auto schedule = [](double t) {
    if (t < 300.0) return 5e-6 + (peak - 5e-6) * t / 300.0;
    return t < start ? peak : peak * (1.0 - (t - start) / 4444.0);
  };
  const std::vector<double> lr = densify(run, "lr", 22222);
  const Series logged = series(run, "lr");
  for (std::size_t i = 0; i < logged.step.size(); ++i) {
    EXPECT_NEAR(logged.value[i], schedule(static_cast<double>(logged.step[i])), 1e-15) << logged.step[i];
  }
  for (std::int64_t t = 10; t <= 22220; ++t) {
    // Lines are exact but where the cooldown starts, between the logged steps 17770 and 17780.
    const double tolerance = t > 17770 && t < 17780 ? peak / 4444.0 * 2.0 : 1e-15;
    ASSERT_NEAR(lr[static_cast<std::size_t>(t - 1)], schedule(static_cast<double>(t)), tolerance) << t;
  }
  EXPECT_NE(error_of([&] { densify(branch, "lr", 22222); }).find("not logged from step 0 to step 15010"),
            std::string::npos);
}

TEST_F(RunLogData, AStretchOfTheTrunkCanBeInAnotherBranch) {
  const std::string part = "paper-logs/horizon_transfer";
  const RunLog run_50k = find(part, "slimpajama", {"nlayers24_", "iter50000_"});
  const RunLog run_100k = find(part, "extend-50k", {"nlayers24_", "_wsd_warmup300_decay_linear_0.2_", "iter100000_"});
  const RunLog run_200k = find(part, "extend-50k", {"nlayers24_", "_wsd_warmup300_decay_linear_0.2_", "iter200000_"});
  EXPECT_NE(error_of([&] { merge_branch(run_50k, run_200k); }).find("starts at step 80000"), std::string::npos);
  const RunLog whole = merge_branch(merge_branch(run_50k, run_100k), run_200k);
  const std::vector<double> lr = densify(whole, "lr", 200000);
  for (std::size_t update = 300; update < 160000; ++update) ASSERT_NEAR(lr[update], 1e-3, 1e-18) << update;
  EXPECT_DOUBLE_EQ(lr[179999], 5e-4);
  EXPECT_EQ(lr.back(), 0.0);
}

}  // namespace
}  // namespace scheduled::testing
