#include "scheduled/sweep.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "support/throws.hpp"

namespace scheduled {
namespace {

SweepAxes small_axes() {
  return {.schedules = {Schedule::parse("wsd(steps=100)"), Schedule::parse("wsd(steps=100, decay=1-sqrt)")},
          .horizons = {50, 100, 201},
          .cooldowns = {0.1, 0.2, 0.5, 1.0},
          .grad_norms = {{.name = "1"}, {.name = "t^-0.5", .alpha = -0.5}, {.series = std::vector<double>(201, 2.0)}}};
}

TEST(Sweep, EveryCombinationIsBestBaseLrOfItsSchedule) {
  const SweepAxes axes = small_axes();
  ASSERT_EQ(axes.size(), 72);
  const auto results = sweep(axes, {.distance = 3.0});
  ASSERT_EQ(results.size(), 72U);
  const std::vector<double> norms[] = {std::vector<double>(201, 1.0), power_grad_norm(-0.5, 201),
                                       axes.grad_norms[2].series};
  std::size_t i = 0;
  for (const char* decay : {"linear", "1-sqrt"}) {
    for (const int horizon : {50, 100, 201}) {
      for (const int cooldown : {10, 20, 50, 100}) {
        for (const auto& norm : norms) {
          const Schedule s = Schedule::parse("wsd(steps=" + std::to_string(horizon) +
                                             ", cooldown=" + std::to_string(cooldown) + "%, decay=" + decay + ")");
          const BestBaseLr best = best_base_lr(s, {.grad_norm = norm, .distance = 3.0});
          EXPECT_EQ(results[i].combination, static_cast<std::int64_t>(i));
          EXPECT_EQ(results[i].error, "");
          EXPECT_NEAR(results[i].best->peak / best.peak, 1.0, 1e-14);
          EXPECT_NEAR(results[i].best->bound / best.bound, 1.0, 1e-14);
          EXPECT_EQ(sweep_schedule(axes, results[i].combination), s);
          ++i;
        }
      }
    }
  }
  EXPECT_EQ(sweep_place(axes, 71), (SweepPlace{1, 2, 3, 2}));
}

TEST(Sweep, EmptyAxesTakeTheSchedulesOwn) {
  const SweepAxes axes{.schedules = {Schedule::parse("cosine(steps=300)"), Schedule::parse("constant(steps=40)")}};
  const auto results = sweep(axes);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].best->bound, best_base_lr(axes.schedules[0]).bound);
  EXPECT_EQ(results[1].best->bound, best_base_lr(axes.schedules[1]).bound);
}

TEST(Sweep, ResultsDoNotDependOnThreads) {
  const SweepAxes axes = small_axes();
  const auto one = sweep(axes);
  for (const int threads : {2, 5, 64}) {
    const auto many = sweep(axes, {.threads = threads});
    ASSERT_EQ(many.size(), one.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(many[i].combination, one[i].combination);
      EXPECT_EQ(many[i].best->peak, one[i].best->peak);
      EXPECT_EQ(many[i].best->bound, one[i].best->bound);
    }
  }
}

TEST(Sweep, StopsAndResumes) {
  const SweepAxes axes = small_axes();
  const auto whole = sweep(axes);
  std::stop_source stop;
  const auto first =
      sweep(axes, {.threads = 2, .stop = stop.get_token(), .on_result = [&](const auto&, auto done, auto) {
                     if (done == 20) stop.request_stop();
                   }});
  EXPECT_GE(first.size(), 20U);
  EXPECT_LE(first.size(), 21U);  // the other thread finishes what it has begun
  std::set<std::int64_t> done;
  for (const SweepResult& result : first) done.insert(result.combination);
  std::int64_t left = 0;
  const auto rest = sweep(axes, {.skip = [&](std::int64_t i) { return done.contains(i); },
                                 .on_result = [&](const auto&, auto, auto to_do) { left = to_do; }});
  EXPECT_EQ(left, static_cast<std::int64_t>(72 - first.size()));
  std::vector<double> bounds(72);
  for (const auto& part : {first, rest}) {
    for (const SweepResult& result : part) bounds[static_cast<std::size_t>(result.combination)] = result.best->bound;
  }
  for (std::size_t i = 0; i < 72; ++i) EXPECT_EQ(bounds[i], whole[i].best->bound);
}

TEST(Sweep, ReportsCombinationsThatDoNotFit) {
  const SweepAxes axes{.schedules = {Schedule::parse("wsd(steps=100, warmup=40)")}, .horizons = {30, 100}};
  const auto results = sweep(axes);
  EXPECT_NE(results[0].error, "");
  EXPECT_EQ(results[1].error, "");
}

TEST(Sweep, PassesOnWhatTheCallbackThrows) {
  for (const int threads : {1, 3}) {
    EXPECT_THROW(
        sweep(small_axes(), {.threads = threads,
                             .on_result = [](const auto&, auto, auto) { throw std::runtime_error("disk full"); }}),
        std::runtime_error);
  }
}

TEST(Sweep, SaysWhatIsWrong) {
  const auto error = [](const SweepAxes& axes, const SweepOptions& options = {}) {
    return error_of([&] { sweep(axes, options); });
  };
  const Schedule wsd = Schedule::parse("wsd(steps=10)");
  EXPECT_EQ(error({}), "schedules: none to sweep over");
  EXPECT_EQ(error({.schedules = {wsd, Schedule::parse("constant")}}),
            "schedules[1] = constant(peak=1): must have a horizon, or horizons must be given");
  EXPECT_EQ(error({.schedules = {Schedule::parse("constant(steps=5)")}, .cooldowns = {0.2}}),
            "schedules[0] = constant(steps=5, peak=1): must have a cooldown where cooldowns are given");
  EXPECT_EQ(error({.schedules = {wsd}, .horizons = {5, 0}}), "horizons[1] = 0: must be at least 1");
  EXPECT_EQ(error({.schedules = {wsd}, .cooldowns = {0.0}}),
            "cooldowns[0] = 0: must be a share of the run, > 0 and at most 1");
  EXPECT_EQ(error({.schedules = {wsd}, .grad_norms = {{.series = {1.0, 1.0}}}}),
            "grad_norms[0].series: there are 2 values for 10 steps; must be at least one per step");
  EXPECT_EQ(error({.schedules = {wsd}, .grad_norms = {{.alpha = std::nan("")}}}),
            "grad_norms[0].alpha = nan: must be finite");
  EXPECT_EQ(error({.schedules = {wsd}}, {.distance = 0.0}), "distance = 0: must be finite and > 0");
  EXPECT_EQ(error({.schedules = {wsd}}, {.threads = 0}), "threads = 0: must be at least 1");
  EXPECT_EQ(error_of([&] { sweep_schedule({.schedules = {wsd}}, 1); }), "combination = 1: must be between 0 and 0");
}

}  // namespace
}  // namespace scheduled
