#include <algorithm>
#include <cmath>
#include <random>

#include "unit/runlog_support.hpp"

namespace scheduled::testing {
namespace {

using Steps = std::vector<std::int64_t>;
using Values = std::vector<double>;

RunLog lr_log(Steps step, Values lr) {
  return {.name = "run", .step = std::move(step), .column = {{"lr", std::move(lr)}}, .meta = {}};
}

std::string dense_error(const RunLog& log, std::int64_t last_step, const DenseOptions& options = {}) {
  return error_of([&] { densify(log, "lr", last_step, options); });
}

TEST(Densify, IsTheFirstValueThenLinesThenTheLast) {
  const RunLog log = lr_log({2, 3, 4, 6, 8}, {1.0, gap, 2.0, 2.0, 1.0});
  EXPECT_EQ(densify(log, "lr", 9, {.warmup = 0}), (Values{1.0, 1.0, 1.5, 2.0, 2.0, 2.0, 1.5, 1.0, 1.0}));
  EXPECT_EQ(densify(log, "lr", 3, {.warmup = 0}), (Values{1.0, 1.0, 1.5}));
  EXPECT_EQ(densify(log, "lr", 1, {.warmup = 0}), (Values{1.0}));
  EXPECT_EQ(densify(log, "lr", 3), (Values{0.5, 1.0, 1.5}));  // its first rows are on a line from 0
}

TEST(Densify, StepZeroIsTheStateBeforeTheFirstUpdate) {
  EXPECT_EQ(densify(lr_log({0, 4}, {0.0, 2.0}), "lr", 5), (Values{0.5, 1.0, 1.5, 2.0, 2.0}));
  EXPECT_EQ(densify(lr_log({0}, {3.0}), "lr", 2), (Values{3.0, 3.0}));
}

TEST(Densify, AddsTheUnloggedWarmup) {
  const RunLog log = lr_log({6, 8}, {2.0, 1.0});
  EXPECT_EQ(densify(log, "lr", 8, {.warmup = 4, .max_gap = 0}), (Values{0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 1.5, 1.0}));
  EXPECT_EQ(densify(log, "lr", 2, {.warmup = 4, .max_gap = 0}), (Values{0.5, 1.0}));
  EXPECT_EQ(densify(log, "lr", 6, {.warmup = 6, .max_gap = 0}).back(), 2.0);
}

TEST(Densify, AGapStaysAGap) {
  const RunLog log = lr_log({10, 20, 30, 131, 141, 151}, {1.0, 1.0, 1.0, 0.5, 0.5, 0.5});
  EXPECT_EQ(dense_error(log, 151),
            "run: lr: not logged from step 30 to step 131, 101 steps; the longest gap to bridge is 100");
  EXPECT_EQ(dense_error(log, 30), "no error");
  EXPECT_EQ(dense_error(log, 151, {.warmup = 0, .max_gap = 101}), "no error");
  EXPECT_EQ(
      dense_error(log, 30, {.warmup = 0, .max_gap = 9}),
      "run: lr: not logged from step 0 to step 10, 10 steps; the longest gap to bridge is 9 "
      "(a cooldown branch needs its base run; an unlogged warmup its length, --log-warmup N; --max-gap 10 bridges "
      "it all the same)");
  EXPECT_EQ(dense_error(log, 162, {.warmup = 10, .max_gap = 101}), "no error");
  EXPECT_EQ(dense_error(log, 253, {.warmup = 10, .max_gap = 101}),
            "run: lr: not logged from step 151 to step 253, 102 steps; the longest gap to bridge is 101");
  EXPECT_EQ(dense_error(lr_log({7000}, {1.0}), 20000), "no error");
  EXPECT_EQ(dense_error(lr_log({7000, 7010}, {1.0, 1.0}), 20000),
            "run: lr: not logged from step 0 to step 7000, 7000 steps; the longest gap to bridge is 100 "
            "(a cooldown branch needs its base run; an unlogged warmup its length, --log-warmup N; --max-gap 7000 "
            "bridges it all the same)");
}

TEST(Densify, NamesArgumentsOutOfRange) {
  const RunLog log = lr_log({10, 20}, {1.0, 1.0});
  EXPECT_EQ(dense_error(log, 0), "last_step = 0: must be >= 1 and <= 1000000000");
  EXPECT_EQ(dense_error(log, std::numeric_limits<std::int64_t>::max()),
            "last_step = 9223372036854775807: must be >= 1 and <= 1000000000");
  EXPECT_EQ(dense_error(log, 20, {.warmup = -1, .max_gap = 0}), "warmup = -1: must be >= 0 and <= 9007199254740992");
  EXPECT_EQ(dense_error(log, 20, {.warmup = 0, .max_gap = -1}), "max_gap = -1: must be >= 0 and <= 9007199254740992");
  EXPECT_EQ(
      dense_error(log, 20, {.warmup = 11, .max_gap = 0}),
      "warmup = 11: must not be longer than the unlogged start; run: column lr starts at step 10; --log-warmup 10 "
      "takes the line from 0 to that row");
  EXPECT_EQ(dense_error(lr_log({10, 20}, {gap, gap}), 20), "run: lr: nothing was logged");
  EXPECT_EQ(error_of([&] { densify(log, "loss", 20); }), "run: no column \"loss\"; there are lr");
}

TEST(Densify, KeepsHugeValuesFinite) {
  const Values dense = densify(lr_log({1, 3, 5}, {1.7e308, -1.7e308, 1.7e308}), "lr", 5);
  EXPECT_EQ(dense, (Values{1.7e308, 0.0, -1.7e308, 0.0, 1.7e308}));
}

/// The definition of DenseOptions, one update at a time.
double value_at(const Series& logged, std::int64_t warmup, std::int64_t t) {
  if (t <= warmup) return logged.value[0] * static_cast<double>(t) / static_cast<double>(warmup);
  const auto next = std::lower_bound(logged.step.begin(), logged.step.end(), t) - logged.step.begin();
  const auto b = static_cast<std::size_t>(next);
  if (b == 0) return logged.value.front();
  if (b == logged.step.size()) return logged.value.back();
  const double share =
      static_cast<double>(t - logged.step[b - 1]) / static_cast<double>(logged.step[b] - logged.step[b - 1]);
  return (1.0 - share) * logged.value[b - 1] + share * logged.value[b];
}

TEST(Densify, AgreesWithItsDefinition) {
  std::mt19937_64 random(20250118);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  for (int round = 0; round < 500; ++round) {
    RunLog log = lr_log({}, {});
    std::int64_t step = static_cast<std::int64_t>(uniform(random) * 30.0);
    const DenseOptions options = {.warmup = static_cast<std::int64_t>(uniform(random) * static_cast<double>(step)),
                                  .max_gap = 1000};
    for (int row = 0; row < 40; ++row) {
      log.step.push_back(step);
      log.column["lr"].push_back(row > 0 && uniform(random) < 0.3 ? gap : uniform(random));
      step += 1 + static_cast<std::int64_t>(uniform(random) * 12.0);
    }
    const Series logged = series(log, "lr");
    const std::int64_t last_step = 1 + static_cast<std::int64_t>(uniform(random) * 400.0);
    const Values dense = densify(log, "lr", last_step, options);
    ASSERT_EQ(dense.size(), static_cast<std::size_t>(last_step));
    for (std::int64_t t = 1; t <= last_step; ++t) {
      ASSERT_NEAR(dense[static_cast<std::size_t>(t - 1)], value_at(logged, options.warmup.value_or(0), t), 4e-16)
          << "round " << round << ", update " << t;
    }
    for (std::size_t i = 0; i < logged.step.size() && logged.step[i] <= last_step; ++i) {
      if (logged.step[i] == 0) continue;
      ASSERT_EQ(dense[static_cast<std::size_t>(logged.step[i] - 1)], logged.value[i]) << "round " << round;
    }
  }
}

TEST(Densify, APlateauIsExact) {
  const Values dense = densify(lr_log({7, 10, 17}, {0.1, 0.1, 0.1}), "lr", 20);
  for (const double value : dense) EXPECT_EQ(value, 0.1);
}

TEST(Densify, AJumpBetweenConstantStretchesStaysAJump) {
  const DenseOptions jumps{.jumps = true};
  const RunLog log = lr_log({3, 6, 9, 12}, {2.0, 2.0, 1.0, 1.0});
  EXPECT_EQ(densify(log, "lr", 12, jumps), (Values{2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1}));
  EXPECT_EQ(densify(log, "lr", 12)[7], std::lerp(2.0, 1.0, 2.0 / 3.0));
  EXPECT_EQ(densify(log, "lr", 8, jumps), Values(8, 2.0));
  EXPECT_EQ(densify_logged(log, "lr", jumps).values, densify(log, "lr", 12, jumps));
  EXPECT_EQ(densify(lr_log({1, 2, 3, 4}, {2.0, 2.0, 1.0, 1.0}), "lr", 4, jumps), (Values{2, 2, 1, 1}));
  // Slopes begin or end beside the change: a cooldown, a warmup, the log's ends.
  for (const Values& lr : {Values{2, 2, 1, 0.5}, Values{1, 2, 3, 3}, Values{0, 2, 2, 1}, Values{2, 1, 1, 1}}) {
    const RunLog slope = lr_log({3, 6, 9, 12}, lr);
    EXPECT_EQ(densify(slope, "lr", 12, jumps), densify(slope, "lr", 12));
  }
}

TEST(Densify, WithoutARampTheFirstValueStandsFromTheStart) {
  const RunLog log = lr_log({6, 8}, {2.0, 1.0});
  EXPECT_EQ(densify(log, "lr", 8, {.warmup = 4, .ramp = false}), (Values{2, 2, 2, 2, 2, 2, 1.5, 1}));
  // What was logged within the warmup counts, and the warmup is no gap.
  EXPECT_EQ(densify(log, "lr", 8, {.warmup = 7, .max_gap = 2, .ramp = false}), (Values{2, 2, 2, 2, 2, 2, 1.5, 1}));
  EXPECT_THROW(densify(log, "lr", 8, {.warmup = 3, .max_gap = 2, .ramp = false}), LogGap);
  EXPECT_THROW(densify(log, "lr", 11, {.max_gap = 2, .ramp = false}), LogGap);
}

TEST(DensifyLogged, StartsWithTheRunWhereTheGapBeforeItIsShort) {
  const RunLog log = lr_log({4, 6, 10}, {1.0, 3.0, 5.0});
  const DenseStretch whole = densify_logged(log, "lr");
  EXPECT_EQ(whole.first, 1);
  EXPECT_EQ(whole.values, (Values{1, 1, 1, 1, 2, 3, 3.5, 4, 4.5, 5}));
  EXPECT_EQ(whole.values, densify(log, "lr", 10));
  EXPECT_EQ(densify_logged(log, "lr", {.warmup = 3}).values, whole.values);  // no ramp
  EXPECT_EQ(densify_logged(lr_log({0, 2}, {1.0, 2.0}), "lr").values, (Values{1.5, 2.0}));
}

TEST(DensifyLogged, StartsWithTheFirstRowWhereTheGapIsLong) {
  const RunLog log = lr_log({1000, 1002, 1003}, {1.0, 3.0, 5.0});
  const DenseStretch stretch = densify_logged(log, "lr");
  EXPECT_EQ(stretch.first, 1000);
  EXPECT_EQ(stretch.values, (Values{1, 2, 3, 5}));
  EXPECT_EQ(densify_logged(log, "lr", {.warmup = 979}).first, 1000);  // 21 steps are left; ten times the spacing are 20
  EXPECT_EQ(densify_logged(log, "lr", {.warmup = 980}).first, 1);
  EXPECT_EQ(densify_logged(log, "lr", {.max_gap = 1000}).first, 1);
  EXPECT_EQ(densify_logged(log, "lr", {.max_gap = 999}).first, 1000);
  EXPECT_EQ(densify_logged(lr_log({7}, {2.0}), "lr").values, Values(7, 2.0));  // no spacing, no limit
}

TEST(DensifyLogged, NamesRealSteps) {
  const RunLog log = lr_log({1000, 1010, 1020, 1200}, {1.0, 1.0, 1.0, 1.0});
  const auto error = [](const RunLog& of, const DenseOptions& options = {}) {
    return error_of([&] { densify_logged(of, "lr", options); });
  };
  EXPECT_EQ(error(log, {.max_gap = 100}),
            "run: lr: not logged from step 1020 to step 1200, 180 steps; the longest gap to bridge is 100");
  EXPECT_THROW(densify_logged(log, "lr", {.max_gap = 100}), LogGap);
  EXPECT_EQ(error(lr_log({10}, {gap})), "run: lr: nothing was logged");
  EXPECT_EQ(error(lr_log({0}, {1.0})), "run: lr: nothing was logged after step 0");
  EXPECT_EQ(error(log, {.max_gap = -1}), "max_gap = -1: must be >= 0 and <= 9007199254740992");
  EXPECT_EQ(error(lr_log({1, std::int64_t{1} << 53}, {1.0, 1.0}), {.max_gap = std::int64_t{1} << 53}),
            "run: lr: spans the steps 1 to 9007199254740992; at most 1000000000 can be held");
}

}  // namespace
}  // namespace scheduled::testing
