// Merging: the weights, and what they are worth.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "scheduled/merge.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

std::vector<double> weights_of(const MergePlan& plan) {
  std::vector<double> out;
  for (const MergeWeight& weight : plan.weights) out.push_back(weight.weight);
  return out;
}

MergeRequest request_of(std::vector<std::int64_t> steps, std::int64_t T = 3000) {
  return {.lr = std::vector<double>(static_cast<std::size_t>(T), 0.01), .steps = std::move(steps)};
}

TEST(Merge, WeightsAreTheDifferencesOfTheDecay) {  // c_k = w_k - w_{k+1}
  const MergeRequest linear = request_of({2250, 2500, 2750, 3000});
  EXPECT_EQ(plan_merge(linear).begin, 2000);
  for (const double weight : weights_of(plan_merge(linear))) EXPECT_DOUBLE_EQ(weight, 0.25);
  MergeRequest sqrt = linear;
  sqrt.decay = OneMinusSqrtDecay{};
  const std::vector<double> falling = weights_of(plan_merge(sqrt));
  for (std::size_t k = 0; k < 4; ++k) {
    const auto x = static_cast<double>(k);
    EXPECT_NEAR(falling[k], std::sqrt((x + 1.0) / 4) - std::sqrt(x / 4), 1e-14);
  }
  EXPECT_TRUE(plan_merge(sqrt).falling);
  EXPECT_FALSE(plan_merge(linear).falling);
  MergeRequest uneven = request_of({2100, 2200, 3000});
  uneven.begin = 2000;
  const std::vector<double> wide = weights_of(plan_merge(uneven));
  EXPECT_NEAR(wide[0], 0.1, 1e-14);
  EXPECT_NEAR(wide[2], 0.8, 1e-14);
  EXPECT_FALSE(plan_merge(uneven).falling) << "each stands for the iterates since the one before";
}

TEST(Merge, UniformAndExponential) {
  MergeRequest request = request_of({100, 200, 400}, 400);
  request.rule = MergeRule::uniform;
  for (const double weight : weights_of(plan_merge(request))) EXPECT_DOUBLE_EQ(weight, 1.0 / 3);
  request.rule = MergeRule::ema;
  request.half_life = 100.0;
  const std::vector<double> weights = weights_of(plan_merge(request));
  EXPECT_DOUBLE_EQ(weights[1] / weights[0], 2.0);
  EXPECT_DOUBLE_EQ(weights[2] / weights[1], 4.0);
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-15);
}

TEST(Merge, OfEveryIterateIsWorthTheDecayThatItImitates) {  // docs/theory.md, 8a: 1.080 sqrt(T)/(D G) at T = 3000
  std::vector<std::int64_t> every(600);
  std::iota(every.begin(), every.end(), 2400);
  const MergePlan plan = plan_merge(request_of(every, 2999));
  EXPECT_EQ(plan.merged.rule, AverageRule::decay);
  EXPECT_NEAR(plan.merged.best_value / plan.cooldown, 1.0, 1e-9);
  EXPECT_NEAR(plan.merged.best_value * std::sqrt(3000.0), 1.080, 2e-3);
  EXPECT_GT(plan.last, 1.5 * plan.cooldown);
}

TEST(Merge, SparseCheckpointsCarryNoSuchGuarantee) {  // (8.10)
  const MergePlan plan = plan_merge(request_of({2500, 2600, 2700, 2800, 2900, 3000}));
  EXPECT_EQ(plan.merged.rule, AverageRule::filled);
  EXPECT_GT(plan.merged.best_value, 1.2 * plan.every.best_value);
  EXPECT_NEAR(plan.every.best_value / plan.cooldown, 1.0, 1e-9) << "a running average has it";
}

TEST(Merge, BadInputIsNamed) {
  const auto says = [](MergeRequest request, const char* text) {
    EXPECT_TRUE(has(error_of([&] { plan_merge(request); }), text));
  };
  says(request_of({3000}), "steps = 1: must be at least 2 checkpoints");
  says(request_of({2000, 2000}), "steps[1] = 2000: must be at least 2001");
  says(request_of({2000, 3001}), "lr = 3000: must be the rates of all 3001 updates");
  MergeRequest request = request_of({2000, 3000});
  request.half_life = 5.0;
  says(request, "half_life: is of ema alone");
  request.rule = MergeRule::ema;
  request.half_life = -1.0;
  says(request, "half_life = -1: must be finite and at least 1 update; shorter is the last checkpoint alone");
  request.half_life = 0.5;
  says(request, "half_life = 0.5: must be finite and at least 1 update");
  request = request_of({2000, 3000});
  request.begin = 2000;
  says(request, "begin = 2000: must be at least 0 and before the first checkpoint");
  request = request_of({2000, 3000});
  request.decay = ExponentialDecay{};
  says(request, "final");
}

TEST(Merge, CheckpointsAndRatesComeFromTheRecord) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", Schedule::parse("rsqrt(warmup=10, peak=1e-3)"));
  for (const std::int64_t step : {20, 40, 60}) commit_weights(store, step);
  store.branch({.name = "cd", .step = 40, .cooldown = {steps(30), LinearDecay{}, {}}});
  commit_weights(store, 50, "cd");
  const RunRecord record = store.record();
  EXPECT_EQ(merge_points(record, "trunk", 0), (std::vector<std::int64_t>{20, 40, 60}));
  EXPECT_EQ(merge_points(record, "trunk", 20, 50), (std::vector<std::int64_t>{40}));
  EXPECT_EQ(merge_points(record, "cd", 0), (std::vector<std::int64_t>{20, 40, 50}));
  const std::vector<double> rates = recorded_rates(record, "cd", 50);
  for (const std::int64_t step : {0, 39, 40, 49}) {
    EXPECT_EQ(rates[static_cast<std::size_t>(step)], store.lr("cd", step)) << step;
  }
}

TEST(KeepPlan, SaysWhatBranchesAndMergesNeed) {
  const KeepPlan plan = plan_checkpoints({.branches = {800, 1600},
                                          .ends = {1000, 2000},
                                          .merges = {1000, 2000},
                                          .window = percent(20),
                                          .count = 4,
                                          .bytes = 10});
  std::vector<std::int64_t> found;
  for (const KeptCheckpoint& kept : plan.checkpoints) found.push_back(kept.step);
  EXPECT_EQ(found, (std::vector<std::int64_t>{800, 850, 900, 950, 1000, 1600, 1700, 1800, 1900, 2000}));
  EXPECT_EQ(plan.checkpoints[0], (KeptCheckpoint{800, {1000}, {}, 1000}));
  EXPECT_EQ(plan.checkpoints[1], (KeptCheckpoint{850, {}, {1000}, 1000}));
  EXPECT_EQ(plan.most, 11) << "two to resume, four results, and five of the window of 2000";
  EXPECT_EQ(plan.at, 2000);
  EXPECT_EQ(plan.bytes, 110);
  const MergePlan merge = plan_merge(request_of({850, 900, 950, 1000}, 1000));
  for (const MergeWeight& weight : merge.weights) EXPECT_DOUBLE_EQ(weight.weight, 0.25) << "evenly spaced: all alike";
  EXPECT_EQ(plan_checkpoints({.merges = {10}, .window = steps(10), .count = 10}).checkpoints.size(), 10U);
  const auto says = [](const KeepRequest& request, const char* text) {
    EXPECT_TRUE(has(error_of([&] { plan_checkpoints(request); }), text));
  };
  says({.branches = {5}}, "ends = 0: must be one for each of the 1 branches");
  says({.branches = {5}, .ends = {5}}, "ends[0] = 5: must be above 5, where it leaves");
  says({.merges = {1}}, "merges[0] = 1: must be at least 2");
  says({.merges = {10}}, "window = 20%: must be between 8 steps, one for each checkpoint, and the 10 of the merge");
  says({.merges = {1000}, .count = 1}, "count = 1: must be between 2 and 1e6");
  says({.merges = {1000}, .bytes = -1}, "bytes = -1: must be >= 0");
}

}  // namespace
}  // namespace scheduled
