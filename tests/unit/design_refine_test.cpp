#include "scheduled/design.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "support/throws.hpp"

namespace scheduled {
namespace {

/// By sorting every window of the padded series.
std::vector<double> naive_median(const std::vector<double>& values, std::int64_t width) {
  const auto n = static_cast<std::int64_t>(values.size());
  const std::int64_t h = width / 2;
  std::vector<double> out;
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<double> window;
    for (std::int64_t k = i - h; k <= i + h; ++k) {
      window.push_back(values[static_cast<std::size_t>(k < 0 ? 0 : (k < n ? k : 2 * n - 2 - k))]);
    }
    std::sort(window.begin(), window.end());
    out.push_back(window[static_cast<std::size_t>(h)]);
  }
  return out;
}

TEST(MedianFilter, EqualsSortingEveryWindow) {
  std::mt19937_64 random(1);
  for (const std::size_t n : {1U, 2U, 3U, 10U, 64U, 65U, 200U, 1500U, 4097U}) {
    for (int kind = 0; kind < 3; ++kind) {
      std::vector<double> values(n);
      for (double& v : values) {
        v = kind == 0 ? std::uniform_real_distribution<double>()(random) : static_cast<double>(random() % 5);
      }
      if (kind == 2) std::sort(values.begin(), values.end());
      for (const std::int64_t width : {1, 3, 5, 41, 127, 129, 2999}) {
        if (width > 2 * static_cast<std::int64_t>(n) - 1 || (n > 4000 && width > 5)) continue;
        EXPECT_EQ(median_filter(values, width), naive_median(values, width)) << n << " " << width << " " << kind;
      }
    }
  }
}

TEST(MedianFilter, SaysWhatIsWrong) {
  const std::vector<double> values = {1.0, 2.0, std::nan("")};
  EXPECT_EQ(error_of([&] { median_filter(values, 3); }), "values[2] = nan: must be finite");
  const std::vector<double> fine = {1.0, 2.0, 3.0};
  EXPECT_EQ(error_of([&] { median_filter(fine, 2); }), "width = 2: must be odd, between 1 and 5");
  EXPECT_EQ(error_of([&] { median_filter(fine, 7); }), "width = 7: must be odd, between 1 and 5");
  EXPECT_EQ(error_of([] { median_filter({}, 1); }), "width = 1: must be odd, between 1 and -1");
}

TEST(Refine, ConstantNormsGiveLinearDecay) {
  const RefinedSchedule refined = refine(std::vector<double>(101, 3.0));
  for (std::int64_t t = 0; t <= 100; ++t) {
    EXPECT_NEAR(refined.schedule.lr(t), 1.0 - static_cast<double>(t) / 100.0, 1e-15);
  }
  EXPECT_EQ(refined.schedule.lr(100), 0.0);
  EXPECT_EQ(refined.dropped, 0);
  ASSERT_TRUE(refined.nearest);
  EXPECT_EQ(schedule_name(refined.nearest->schedule), "linear");
  EXPECT_LE(refined.nearest->distance, 1e-9);
}

TEST(Refine, HasThePublishedFormula) {
  const std::vector<double> norms = {2.0, 1.0, 4.0, 0.5};
  const auto expect = [&](NormKind kind, double power) {
    std::vector<double> w;
    for (const double g : norms) w.push_back(std::pow(g, -power));
    std::vector<double> lr = {w[0] * (w[1] + w[2] + w[3]), w[1] * (w[2] + w[3]), w[2] * w[3], 0.0};
    const double largest = *std::max_element(lr.begin(), lr.end());
    const auto refined = refine(norms, {.norm = kind, .width = 0.0});
    for (std::size_t t = 0; t < 4; ++t) {
      EXPECT_NEAR(refined.schedule.lr(static_cast<std::int64_t>(t)), lr[t] / largest, 1e-15);
    }
  };
  expect(NormKind::l2, 2.0);
  expect(NormKind::l1, 1.0);
}

TEST(Refine, DropsWhatIsNotFiniteAndFiltersSpikes) {
  std::vector<double> norms(200, 1.0);
  norms[50] = std::numeric_limits<double>::infinity();
  norms[51] = std::nan("");
  norms[120] = 1000.0;
  norms[199] = 1e-3;
  const RefinedSchedule refined = refine(norms);
  EXPECT_EQ(refined.dropped, 2);
  EXPECT_EQ(refined.grad_norm, std::vector<double>(198, 1.0));
}

TEST(Refine, HasAlmostTheShapeOfTheOptimum) {  // docs/theory.md, section 4: max difference .0016 at T = 2000
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> norms(2000);
  double level = 0.0;
  for (double& g : norms) g = std::exp(level += 0.02 * normal(random));
  const auto refined = refine(norms, {.width = 0.0});
  const OptimalSchedule best = optimal_schedule(2000, norms);
  const double largest = *std::max_element(best.lr.begin(), best.lr.end() - 5);
  double difference = 0.0;
  for (std::size_t t = 0; t + 5 < 2000; ++t) {
    difference =
        std::max(difference, std::fabs(best.lr[t] / largest - refined.schedule.lr(static_cast<std::int64_t>(t))));
  }
  EXPECT_LE(difference, .004);
}

TEST(Refine, ReadsSparseNormsAlongTheRun) {
  const std::vector<double> norms = {1.0, 2.0, 4.0};
  const auto refined = refine(norms, {.width = 0.0, .steps = 5});
  EXPECT_EQ(refined.grad_norm, (std::vector<double>{1.0, 1.5, 2.0, 3.0, 4.0}));
  EXPECT_EQ(refined.schedule.steps(), 5);
  EXPECT_EQ(refine(std::vector<double>{7.0}, {.steps = 3}).grad_norm, std::vector<double>(3, 7.0));
}

TEST(Refine, SaysWhatIsWrong) {
  const std::vector<double> zero = {1.0, 0.0, 2.0};
  const std::vector<double> nan = {std::nan(""), std::nan("")};
  const std::vector<double> one = {1.0};
  EXPECT_EQ(error_of([&] { refine(zero); }), "grad_norm[1] = 0: must be > 0");
  EXPECT_EQ(error_of([] {
              refine(std::vector<double>{1e-300, 1e300, 1.0, 1.0}, {.width = 0.0});
            }),
            "grad_norm = 1e300: must not be so far above the smallest norm, 1e-300, that no double holds the rates");
  EXPECT_EQ(error_of([&] { refine(nan); }), "grad_norm: none of the 2 values is finite; must be at least one");
  EXPECT_EQ(error_of([&] { refine(one); }),
            "grad_norm: 1 finite value; must be at least 2, or say how many steps the result has");
  EXPECT_EQ(error_of([&] { refine(one, {.width = 1.5}); }), "width = 1.5: must be between 0 and 1");
  EXPECT_EQ(error_of([&] { refine(one, {.steps = 1}); }), "steps = 1: must be at least 2");
  EXPECT_EQ(error_of([&] { refine(one, {.close = -1}); }), "close = -1: must be between 0 and 1");
}

TEST(NearestSpec, FindsItselfAgain) {
  for (const char* text :
       {"wsd(steps=1000, warmup=30, cooldown=30%)", "wsd(steps=1000, decay=1-sqrt, cooldown=20%)",
        "wsd(steps=2000, warmup=100, decay=cosine, cooldown=50%)", "cosine(steps=500)", "linear(steps=700, warmup=70)",
        "1-sqrt(steps=300)", "constant(steps=100, warmup=20)", "polynomial(steps=1000, power=2.5)",
        "wsd(steps=100000, warmup=1000, cooldown=15%)", "cosine(steps=5000, warmup=100, final=10%)",
        "linear(steps=700, warmup=70, final=5%)", "wsd(steps=1000, decay=1-sqrt, cooldown=20%, final=1%)"}) {
    const Schedule s = Schedule::parse(text).with_peak(0.3);
    const NearestSpec nearest = nearest_spec(s.values());
    EXPECT_EQ(schedule_name(nearest.schedule), schedule_name(s)) << text << " -> " << print(nearest.schedule);
    EXPECT_EQ(nearest.schedule.spec().cooldown ? nearest.schedule.spec().cooldown->final : Rate{},
              s.spec().cooldown ? s.spec().cooldown->final : Rate{})
        << text << " -> " << print(nearest.schedule);
    EXPECT_LE(nearest.mean_square, 2e-3) << text << " -> " << print(nearest.schedule);
    EXPECT_LE(nearest.distance, 0.05) << text << " -> " << print(nearest.schedule);
  }
}

TEST(NearestSpec, SaysWhatIsWrong) {
  EXPECT_EQ(error_of([] { nearest_spec(std::vector{1.0}); }), "lr: 1 values; must be at least 2");
  EXPECT_EQ(error_of([] { nearest_spec(std::vector{0.0, 0.0}); }), "lr: all 2 values are 0; one must be > 0");
  EXPECT_EQ(error_of([] { nearest_spec(std::vector{1.0, -1.0}); }), "lr[1] = -1: must be finite and >= 0");
}

TEST(RefineRun, TransfersTheScaleOfTheRun) {
  std::vector<double> norms(400);
  for (std::size_t t = 0; t < norms.size(); ++t) norms[t] = 1.0 + 100.0 / static_cast<double>(t + 10);
  const std::vector<double> own = Schedule::parse("wsd(steps=400, peak=0.3)").values();
  const RefinedRun run = refine_run(norms, own);
  ASSERT_TRUE(run.transfer.has_value());
  EXPECT_EQ(run.why_no_transfer, "");
  EXPECT_EQ(run.own->values(), own);
  // With the distance at which the run's scale is the best, so is that of the refined schedule.
  const double distance = matching_distance(std::span(own).first(399), run.refined.grad_norm);
  const BestBaseLr best = best_base_lr(run.refined.schedule, {run.refined.grad_norm, distance});
  EXPECT_NEAR(run.peak() / best.peak, 1.0, 1e-12);
  EXPECT_EQ(run.schedule(), run.refined.schedule.with_peak(run.peak()));
  EXPECT_NEAR(run.transfer->to.bound / run.transfer->from.bound,
              best.bound / omega(std::span(own).first(399), run.refined.grad_norm, distance), 1e-12);
}

TEST(RefineRun, SaysWhyThereIsNothingToTransfer) {
  const std::vector<double> norms(40, 1.0);
  const auto why = [&](std::size_t count, double rate, const RefineSettings& settings = {}) {
    const RefinedRun run = refine_run(norms, std::vector<double>(count, rate), settings);
    EXPECT_FALSE(run.transfer || run.own);
    EXPECT_EQ(run.peak(), 1.0);
    EXPECT_EQ(run.nearest().has_value(), run.refined.nearest.has_value());
    return run.why_no_transfer;
  };
  EXPECT_EQ(why(0, 0.0), "its rates are not known");
  EXPECT_EQ(why(40, 0.1, {.norm = NormKind::l1}), "the bound is for l2 norms");
  EXPECT_EQ(why(40, 0.1, {.steps = 80}), "that has 40 steps");
  EXPECT_EQ(why(40, 0.0), "its rates are all 0");
}

}  // namespace
}  // namespace scheduled
