// Averages as text, and designs with them: windows, drops, ways to end constant rates (docs/theory.md, (8.7) to (8.9)).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "scheduled/design.hpp"
#include "scheduled/exact.hpp"
#include "support/averages.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

using averages::by_formula;

double scaled(double value) { return value * std::sqrt(3000.0); }

TEST(Average, WaysToEndConstantRates) {
  const double lr = 0.5145 / std::sqrt(3000.0);
  const std::vector<ConstantEnding> ways = constant_endings(3000, lr, 600);
  ASSERT_EQ(ways.size(), 4U);
  EXPECT_NEAR(scaled(ways[0].bound), 1.080, 1e-3);
  EXPECT_NEAR(scaled(ways[1].bound), 1.062, 1e-3);
  EXPECT_NEAR(scaled(ways[2].bound), 1.043, 1e-3);
  EXPECT_NEAR(scaled(ways[3].bound), 1.062, 1e-3);
  EXPECT_EQ(ways[2].last, best_window(3000, lr, 1.0, 1.0));
  EXPECT_NEAR(ways[1].phi / ways[3].phi, 1.0, 0.01);
  for (const ConstantEnding& way : ways) {
    const AveragedSchedule again = parse_averaged(way.spec);
    EXPECT_EQ(again.average ? average_bound(again).value
                            : bound(again.schedule, {1.0, 1.0, std::nullopt, Criterion::worst_case}),
              way.bound)
        << way.way;
  }
  // At D/(G sqrt(T)) the average of all iterates is as good as any method.
  EXPECT_NEAR(constant_endings(500, 4.0 / (3.0 * std::sqrt(500.0)), 1, 3.0, 4.0)[2].bound, minimax_rate(500, 3.0, 4.0),
              1e-12);
  for (const std::int64_t T : {2, 3, 5}) EXPECT_EQ(constant_endings(T, 1e-3, 1).size(), 4U);
  EXPECT_EQ(error_of([] { constant_endings(10, 0.1, 10); }), "last = 10: must be less than T = 10");
}

TEST(Average, BestWindowAndDrop) {
  constexpr std::int64_t T = 2000;
  for (const double g : {0.3, 0.51, 0.8}) {
    const double lr = g / std::sqrt(static_cast<double>(T));
    const std::int64_t window = best_window(T, lr, 1.0, 1.0);
    const double at_best = by_formula(T, window, lr).value;
    for (const double other : {0.8, 1.25}) {
      EXPECT_GT(by_formula(T, static_cast<std::int64_t>(other * static_cast<double>(window)), lr).value, at_best) << g;
    }
  }
  EXPECT_EQ(best_window(T, 1.0, 1.0, 1.0), T);
  const DropAndAverage some = drop_and_average(3000, 600, 0.51 / std::sqrt(3000.0), 1.0, 1.0);
  EXPECT_NEAR(some.phi, 0.62, 0.01);
  EXPECT_NEAR(some.at_full / some.value, 1.02, 0.005);
  EXPECT_NEAR(drop_and_average(3000, 600, 1 / std::sqrt(3000.0), 1.0, 1.0).at_full /
                  drop_and_average(3000, 600, 1 / std::sqrt(3000.0), 1.0, 1.0).value,
              1.06, 0.005);
  // The same value as the linear cooldown from phi eta, and as the average by (8.4).
  std::vector<double> lr(3000, 0.51 / std::sqrt(3000.0)), decay = lr;
  for (std::size_t t = 2400; t < 3000; ++t) {
    lr[t] *= some.phi;
    decay[t] *= some.phi * static_cast<double>(2999 - t) / 600;
  }
  EXPECT_NEAR(average_bound(lr, uniform_weights(3000, 600), 1.0, 1.0).value / some.value, 1.0, 1e-9);
  EXPECT_NEAR(worst_case(decay, 1.0, 1.0).value / some.value, 1.0, 1e-9);
}

// (8.8): at the function that is the worst for the window, no iterate of the run is below the window's bound by more
// than what rounding the window to whole steps costs, and so no average is.
TEST(Average, NoWeightsAreBetterThanTheBestWindow) {
  for (const std::int64_t T : {100, 1000, 3000}) {
    for (const double g : {0.3, 0.51, 0.8, 0.95}) {
      const double lr = g / std::sqrt(static_cast<double>(T));
      const std::int64_t b = best_window(T, lr, 1.0, 1.0);
      std::vector<double> h(static_cast<std::size_t>(T), lr);
      for (std::int64_t t = T - b + 1; t <= T; ++t) {
        h[static_cast<std::size_t>(t - 1)] *= static_cast<double>(T - t) / static_cast<double>(b);
      }
      h.back() = lr;  // has no part in x_T
      const WorstCaseFunction f = worst_case_function(h, 1.0, 1.0);
      double m = f.slope * f.slope;
      double here = f.slope;  // f(x_t) = <g_T, x_t> of the run with the rates lr
      double least = here;
      for (std::size_t t = 0; t + 1 < h.size(); ++t) {
        const double mu = f.b[t] * f.b[t];
        here -= lr * (m - f.a[t] * mu);
        m += f.a[t] * f.a[t] * mu;
        least = std::min(least, here);
      }
      EXPECT_LE(least, f.value * (1 + 1e-12)) << T << " " << g;
      EXPECT_GE(least, f.value * (1 - 0.5 / static_cast<double>(T))) << T << " " << g;
    }
  }
}

TEST(Average, AsText) {
  for (const char* text : {"average(last=20%)", "average(last=2000, every=100)", "average(last=20%, weights=step)",
                           "average(last=100%, weights=1-sqrt)", "average(half_life=5%)"}) {
    EXPECT_EQ(print(parse_average(text)), text);
  }
  EXPECT_EQ(print(parse_average(" average( last = 2k ) ")), "average(last=2000)");
  EXPECT_EQ(parse_average("average()"), Average{});
  const AveragedSchedule averaged = parse_averaged("constant(steps=400, peak=0.02)|average(last=20%)");
  EXPECT_EQ(print(averaged), "constant(steps=400, peak=0.02) | average(last=20%)");
  EXPECT_EQ(average_bound(averaged).value,
            average_bound(std::vector(400, 0.02), uniform_weights(400, 80), 1.0, 1.0).value);
  EXPECT_FALSE(parse_averaged("constant(steps=400)").average.has_value());
  const std::vector<double> lr(10, 0.1);
  EXPECT_EQ(weights_of(parse_average("average(half_life=20%)"), lr), ema_weights(10, std::exp2(-0.5)));
  EXPECT_EQ(weights_of(parse_average("average(last=50%, every=2)"), lr), uniform_weights(10, 5, 2));
  EXPECT_EQ(error_of([&] { weights_of(parse_average("average(last=11)"), lr); }),
            "last = 11: is 11 iterates; must be 1 to 10, all of the run");
  EXPECT_EQ(weights_of(parse_average("average(half_life=2.5)"), lr), ema_weights(10, std::exp2(-1 / 2.5)));
  EXPECT_EQ(error_of([&] { weights_of(parse_average("average(half_life=0.001%)"), lr); }),
            "half_life = 0.001%: is 0.0001 iterates; must be between 0.001 and 1e16");
  EXPECT_EQ(error_of([&] { weights_of(parse_average("average(last=2)"), {}); }),
            "lr = []: must hold at least one step");
  EXPECT_TRUE(error_of([] { parse_average("average(last=20%) | average(last=10%)"); }).starts_with("average = "));
  EXPECT_TRUE(error_of([] { parse_average("average(last=20%,)"); }).starts_with("average = "));
  EXPECT_EQ(error_of([] { parse_average("average(last=2, every=3, weights=step)"); }),
            "average = average(last=2, every=3, weights=step): every needs uniform weights");
}

TEST(Average, WindowsOfTokensEndWithTheRun) {
  const auto bound = [](const std::string& average) {
    return average_bound(parse_averaged("constant(steps=40, batch=[0:2, 20:4], seq_length=10) | " + average)).value;
  };
  EXPECT_EQ(bound("average(last=400tok)"), bound("average(last=10)"));
  EXPECT_EQ(bound("average(last=90ex)"), bound("average(last=25)"));
}

TEST(Average, TheDropIsThatOfTheDecayWhateverTheRate) {
  for (const std::int64_t T : {2, 3, 10, 100}) {
    for (const std::int64_t last : {std::int64_t{1}, T / 2}) {
      for (const double lr : {1e-3, 0.1, 1.0, 10.0}) {
        const DropAndAverage drop = drop_and_average(T, last, lr, 1.0, 1.0);
        const auto average = [&](double phi) {
          std::vector<double> rates(static_cast<std::size_t>(T), lr);
          std::fill(rates.end() - last, rates.end(), phi * lr);
          return average_bound(rates, uniform_weights(T, last), 1.0, 1.0).imitated;
        };
        EXPECT_NEAR(drop.at_full / average(1.0), 1.0, 1e-12) << T << " " << last << " " << lr;
        EXPECT_NEAR(drop.value / average(drop.phi), 1.0, 1e-12) << T << " " << last << " " << lr;
        EXPECT_LE(drop.value, drop.at_full);
      }
    }
  }
  EXPECT_EQ(drop_and_average(2, 1, 0.1, 1.0, 1.0).phi, 1.0);  // x_2 does not feel it
}

TEST(Average, TheBestDropOfSmallRatesIsARise) {
  const DropAndAverage usual = drop_and_average(100, 20, 0.1, 1.0, 1.0);
  EXPECT_NEAR(drop_and_average(100, 20, 1e199, 1e-100, 1e100).value / usual.value, 1.0, 1e-12);
  const DropAndAverage small = drop_and_average(100, 20, 1e-9, 1.0, 1.0);
  // As nothing happens before the window: 20 steps of the best rate for them, 1/sqrt(20).
  EXPECT_NEAR(small.phi * 1e-9 * std::sqrt(20.0), 1.0, 1e-4);
  EXPECT_NEAR(small.value, 1 / std::sqrt(20.0), 1e-6);
}

}  // namespace
}  // namespace scheduled
