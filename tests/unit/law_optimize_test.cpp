// The schedule of the smallest predicted loss: gradients, brute force, random search, closed forms.
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "scheduled/design.hpp"
#include "support/law_cases.hpp"
#include "support/law_direct.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

using law_cases::rates;
using law_cases::typical;

constexpr LawKind smooth[] = {LawKind::omega,   LawKind::momentum, LawKind::multi_power,
                              LawKind::angular, LawKind::noise,    LawKind::functional};

double end_loss(const Law& law, const std::vector<double>& lr) {
  const std::int64_t end[] = {static_cast<std::int64_t>(lr.size())};
  return law_direct::law_curve_direct(law, lr, end)[0];
}

TEST(LawOptimize, GradientIsTheDerivative) {
  const std::vector<double> lr = rates("wsd(steps=60, warmup=7, cooldown=40%, decay=1-sqrt, peak=1e-3, final=5%)");
  for (const LawKind kind : smooth) {
    Law law = typical(kind, lr, 1.3e-3);
    if (kind == LawKind::angular || kind == LawKind::noise) law.parameters[7] = 20.0;
    if (kind == LawKind::noise) law.parameters[9] = 0.0;  // else there is a kink where a rate becomes the highest
    EXPECT_NEAR(law_end_gradient(law, lr).loss, end_loss(law, lr), 1e-12 * end_loss(law, lr)) << law_name(kind);
    for (const Falls falls : {Falls::as_the_law, Falls::slope}) {
      const LawGradient gradient = law_end_gradient(law, lr, falls);
      double largest = 0.0;
      for (const double d : gradient.rate) largest = std::max(largest, std::fabs(d));
      for (std::size_t k = 12; k < lr.size(); ++k) {
        const double h = 1e-5 * lr[k];  // on a plateau, `slope` has another derivative upwards and downwards
        if (lr[k] == lr[k - 1] && falls == Falls::slope) continue;
        std::vector<double> other = lr;
        other[k] += h;
        const double above = law_end_gradient(law, other, falls).loss;
        other[k] -= 2.0 * h;
        const double below = law_end_gradient(law, other, falls).loss;
        EXPECT_NEAR(gradient.rate[k], (above - below) / (2.0 * h), 1e-6 * largest) << law_name(kind) << " in " << k;
      }
    }
  }
}

TEST(LawOptimize, BuGradient) {
  const std::vector<double> lr{0.2, 0.5, 0.5, 0.1};
  const Law law{LawKind::bu, 2.0, 100.0, {2.5, 0.3, 0.2}};
  const std::vector<double> gradient = law_end_gradient(law, lr).rate;
  EXPECT_NEAR(gradient[1], 0.2 / 2.0 - 0.3 * 100.0 / (4.0 * 0.25), 1e-12);
  EXPECT_EQ(gradient[0] + gradient[2] + gradient[3], 0.0);
}

TEST(LawOptimize, SlopeIsTheLawWhereSchedulesAreSmooth) {
  const auto apart = [](const char* spec) {
    const std::vector<double> lr = rates(spec);
    const Law law = typical(LawKind::multi_power, lr, 1.0);
    return std::fabs(law_end_gradient(law, lr).loss - law_end_gradient(law, lr, Falls::slope).loss);
  };
  const double short_run = apart("cosine(steps=1k, warmup=50)");
  EXPECT_GT(short_run, 0.0);
  EXPECT_LT(apart("cosine(steps=10k, warmup=500)"), 0.2 * short_run);
}

TEST(LawOptimize, BruteForceFindsNothingBetter) {
  // Every rate one of 13 heights, in all non-increasing ways: 1820 to 6188 schedules.
  constexpr int levels = 13;
  for (const LawKind kind : smooth) {
    for (const std::size_t T : {std::size_t{4}, std::size_t{5}}) {
      Law law = typical(kind, std::vector<double>(50, 1.0), 1.0);
      law.reference_sum = 3.0;
      if (kind == LawKind::momentum) law.parameters[4] = 2.0;
      // Losses near the minimum are equal to the last bit from a gap of about sqrt(1e-16) on.
      constexpr double gap = 1e-8;
      const LawOptimum best =
          optimize_law(law, static_cast<std::int64_t>(T),
                       {.warmup = 1, .cap = 1.2, .falls = Falls::as_the_law, .tolerance = gap, .max_iterations = 2000});
      EXPECT_TRUE(best.converged) << law_name(kind);
      EXPECT_NEAR(best.loss, end_loss(law, best.lr), 1e-12 * best.loss);
      double lowest = 1e300;
      std::vector<int> level(T - 1, levels);
      while (true) {
        std::vector<double> lr{1.2 * level[0] / levels};
        for (const int l : level) lr.push_back(1.2 * l / levels);
        lowest = std::min(lowest, end_loss(law, lr));
        std::size_t i = level.size();
        while (i-- > 0 && level[i] == (kind == LawKind::omega ? 1 : 0)) {
        }
        if (i >= level.size() || (i == 0 && level[0] == 1)) break;
        --level[i];
        for (std::size_t k = i + 1; k < level.size(); ++k) level[k] = level[i];
      }
      EXPECT_LE(best.loss, lowest + gap) << law_name(kind);
      EXPECT_GE(best.loss, lowest - 0.1 * std::fabs(lowest - law.parameters[0])) << law_name(kind);
    }
  }
}

TEST(LawOptimize, NoRandomOrNamedScheduleIsBetter) {
  constexpr std::int64_t T = 400;
  constexpr std::int64_t warmup = 20;
  const std::vector<double> reference = rates("linear(steps=400, warmup=20)");
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  for (const LawKind kind : smooth) {
    Law law = typical(kind, reference, 1.0);
    if (kind == LawKind::momentum) law.parameters[4] = 30.0;
    const LawOptimum best = optimize_law(law, T, {.warmup = warmup, .cap = 0.9});
    EXPECT_TRUE(best.converged) << law_name(kind) << " " << best.gap;
    ASSERT_EQ(best.lr.size(), 400U);
    EXPECT_LE(*std::max_element(best.lr.begin(), best.lr.end()), 0.9);
    EXPECT_TRUE(std::is_sorted(best.lr.begin() + warmup, best.lr.end(), std::greater<>()));
    for (std::size_t i = 0; i < warmup; ++i) {
      EXPECT_DOUBLE_EQ(best.lr[i], best.lr[20] * static_cast<double>(i + 1) / 20.0);
    }
    const auto loss = [&](const std::vector<double>& lr) { return law_end_gradient(law, lr, Falls::slope).loss; };
    const double best_loss = loss(best.lr);
    EXPECT_NEAR(best.loss, end_loss(law, best.lr), 1e-12 * best.loss);
    for (int trial = 0; trial < 500; ++trial) {
      // The optimum with its rates stretched, bent and mixed with another falling line.
      const double power = std::exp(uniform(random) - 0.5);
      const double mix = uniform(random) * uniform(random);
      const double start = 0.9 * uniform(random);
      std::vector<double> lr = best.lr;
      for (std::size_t k = warmup; k < lr.size(); ++k) {
        const double x = static_cast<double>(k - warmup) / 380.0;
        lr[k] = (1.0 - mix) * 0.9 * std::pow(best.lr[k] / 0.9, power) + mix * start * std::pow(1.0 - x, 3.0 * power);
      }
      for (std::size_t i = 0; i < warmup; ++i) lr[i] = lr[20] * static_cast<double>(i + 1) / 20.0;
      EXPECT_LE(best_loss, loss(lr) + best.gap + 1e-9) << law_name(kind) << " trial " << trial;
    }
    for (const char* spec : {"linear", "cosine", "wsd(cooldown=20%)", "wsd(cooldown=40%, decay=1-sqrt)", "constant"}) {
      const Schedule schedule = Schedule::parse(spec, steps(T));
      ScheduleSpec with_warmup = schedule.spec();
      with_warmup.warmup.length = steps(warmup);
      const Schedule named(with_warmup);
      const double peak = best_law_peak(law, named, 0.9).peak;
      EXPECT_LE(best_loss, loss(named.with_peak(peak).values()) + best.gap + 1e-9) << law_name(kind) << " " << spec;
    }
  }
}

TEST(LawOptimize, MomentumOptimumIsADrop) {
  // The loss is convex, and linear but for the sum: rates are at the cap, then 0, with one between.
  Law law = typical(LawKind::momentum, std::vector<double>(1000, 1.0), 1.0);
  law.parameters[4] = 50.0;
  const LawOptimum best = optimize_law(law, 1000, {.tolerance = 1e-7});
  EXPECT_TRUE(best.converged);
  double lowest = 1e300;
  for (std::size_t last = 1; last <= 1000; ++last) {
    std::vector<double> lr(1000, 0.0);
    std::fill_n(lr.begin(), last, 1.0);
    lowest = std::min(lowest, end_loss(law, lr));
  }
  EXPECT_NEAR(best.loss, lowest, 1e-5);
  EXPECT_LE(best.loss, lowest + 1e-7);
}

TEST(LawOptimize, OmegaOptimumIsTheClosedForm) {
  // docs/theory.md, (4.1) for G = 2 and D = 1: the optimum without limits never rises but for its last step.
  Law law{LawKind::omega, 1.0, 1.0, {1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 2.0}};
  const OptimalSchedule closed = optimal_schedule(300, 2.0, 1.0);
  const LawOptimum best = optimize_law(law, 300, {.cap = 1.0, .tolerance = 1e-6, .max_iterations = 2000});
  EXPECT_TRUE(best.converged);
  EXPECT_GE(best.loss, 1.0 + 3.0 * closed.bound - 1e-12);
  EXPECT_NEAR(best.loss, 1.0 + 3.0 * closed.bound, 2e-3 * 3.0 * closed.bound);  // without the last step's uptick
}

TEST(LawOptimize, BuIsConstant) {
  const Law law{LawKind::bu, 2.0, 100.0, {2.5, 0.3, 0.2}};
  // a reference_sum/(T eta) + b eta/reference_rate
  const double best = std::sqrt(0.3 * 100.0 / 50.0 / (0.2 / 2.0));
  const LawOptimum free = optimize_law(law, 50, {.cap = 10.0});
  EXPECT_NEAR(free.lr[49], best, 1e-14 * best);
  EXPECT_EQ(free.lr[0], free.lr[49]);
  EXPECT_NEAR(free.loss, 2.5 + 2.0 * std::sqrt(0.3 * 100.0 / 50.0 * 0.1), 1e-12);
  EXPECT_EQ(optimize_law(law, 50, {.warmup = 10, .cap = 1.0}).lr[9], 1.0);
  EXPECT_EQ(error_of([] {
              optimize_law({LawKind::bu, 1.0, 1.0, {2.5, 0.0, 0.2}}, 50);
            }),
            "a = 0: this law says that training gains nothing, so no rate is best");
}

TEST(LawOptimize, SameBitsAgainAndStatus) {
  const Law law = typical(LawKind::angular, rates("wsd(steps=500, warmup=20)"), 1.0);
  const LawOptimum once = optimize_law(law, 500, {.warmup = 20});
  const LawOptimum again = optimize_law(law, 500, {.warmup = 20});
  EXPECT_EQ(once.lr, again.lr);
  EXPECT_EQ(once.loss, again.loss);
  EXPECT_EQ(*std::max_element(once.lr.begin(), once.lr.end()), 1.0);  // the default cap
  EXPECT_FALSE(optimize_law(law, 500, {.warmup = 20, .tolerance = 1e-13, .max_iterations = 1}).converged);
  EXPECT_EQ(optimize_law(law, 1).lr.size(), 1U);
}

TEST(LawOptimize, BestPeak) {
  const Law law{LawKind::bu, 2.0, 100.0, {2.5, 0.3, 0.2}};
  const double best = std::sqrt(0.3 * 100.0 / 50.0 / (0.2 / 2.0));
  const LawPeak found = best_law_peak(law, Schedule::parse("constant(steps=50)"), 10.0);
  EXPECT_NEAR(found.peak, best, 1e-3 * best);
  EXPECT_FALSE(found.at_cap);
  EXPECT_TRUE(best_law_peak(law, Schedule::parse("constant(steps=50)"), 1.0).at_cap);
  EXPECT_EQ(error_of([&] { best_law_peak(law, Schedule::parse("constant"), 1.0); }), "schedule: must have a horizon");
}

TEST(LawOptimize, BadArguments) {
  const Law law = typical(LawKind::angular, rates("wsd(steps=500, warmup=20)"), 1.0);
  const auto message = [&](std::int64_t T, LawOptimizeOptions options) {
    return error_of([&] { optimize_law(law, T, options); });
  };
  EXPECT_EQ(message(0, {}), "steps = 0: must be >= 1");
  EXPECT_EQ(message(10, {.warmup = 10}), "warmup = 10: must be within 0 ... 9, below the number of steps");
  EXPECT_EQ(message(10, {.cap = 0.0}), "cap = 0: must be finite and > 0");
  EXPECT_EQ(message(10, {.tolerance = 0.0}), "tolerance = 0: must be finite and > 0");
  EXPECT_EQ(message(10, {.max_iterations = 0}), "max_iterations = 0: must be >= 1");
  EXPECT_EQ(error_of([&] { optimize_law(typical(LawKind::worst_case, std::vector<double>(9, 1.0), 1.0), 9); }),
            "law = worst-case: has kinks where rates are best; worst_case_optimal_schedule (the command's optimize "
            "--criterion "
            "worst-case) has its optimum");
  EXPECT_EQ(error_of([&] { law_end_gradient(law, std::vector<double>{0.0, 0.0}); }), "lr: must hold a positive rate");
}

}  // namespace
}  // namespace scheduled
