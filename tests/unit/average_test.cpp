// Guarantees of averages of iterates: every number of docs/theory.md, section 8a.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

#include "bound/average.hpp"
#include "scheduled/design.hpp"
#include "scheduled/exact.hpp"
#include "support/averages.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

using averages::by_formula;
using averages::constant;
using averages::random_rates;
using averages::Uniform;

constexpr std::int64_t long_T = 3000;

/// The rates of the runs of section 8a: at the best peak of WSD with 20 % cooldown.
double wsd_peak() {
  const auto wsd = Schedule::parse("wsd(steps=3001, cooldown=20%)");
  return worst_case_best_scale(bound_rates(wsd), 1.0, 1.0).scale;
}

double scaled(double value) { return value * std::sqrt(static_cast<double>(long_T)); }

TEST(Average, UniformOnConstantRates) {
  for (const std::int64_t T : {2, 7, 100, 3000}) {
    for (const std::int64_t b : {std::int64_t{1}, (T + 4) / 5, T}) {
      for (const double g : {0.2, 0.5145, 1.0, 2.0}) {
        const std::vector<double> lr = constant(T, g);
        const AverageBound found = average_bound(lr, uniform_weights(T, b), 1.0, 1.0);
        const Uniform expected = by_formula(T, b, lr[0]);
        EXPECT_EQ(found.rule, AverageRule::decay);
        EXPECT_EQ(found.best_rule, AverageRule::decay);
        EXPECT_EQ(found.fails_at, 0);
        EXPECT_EQ(found.value, found.imitated);
        EXPECT_NEAR(found.best_scale * lr[0] / expected.best_lr, 1.0, 1e-12) << T << " " << b;
        EXPECT_NEAR(found.best_value / expected.best, 1.0, 1e-12) << T << " " << b;
        EXPECT_LE(found.value, expected.value * (1 + 1e-13));  // Y_1 = max(M_1, D/G) is free to be better
        if (lr[0] >= expected.best_lr) {
          EXPECT_NEAR(found.value / expected.value, 1.0, 1e-12) << T << " " << b;
        }
      }
    }
    const AverageBound all = average_bound(constant(T, 1.0), uniform_weights(T, T), 1.0, 1.0);
    EXPECT_NEAR(all.value, minimax_rate(T, 1.0, 1.0), 1e-14);
    EXPECT_NEAR(all.best_scale, 1.0, 1e-12);
  }
}

TEST(Average, LimitForLongRuns) {
  constexpr std::int64_t T = 1000000;
  for (const double beta : {0.05, 0.2, 0.5, 1.0}) {
    for (const double g : {0.5, 1.0, 2.0}) {
      const double limit = 1 / (2 * g * (2 - beta)) + g / 2 * (1 + 0.5 * std::log((2 - beta) / beta));
      const auto b = static_cast<std::int64_t>(beta * T);
      EXPECT_NEAR(by_formula(T, b, g / 1e3).value * 1e3, limit, 1e-4) << beta << " " << g;
    }
  }
}

TEST(Average, TheValuesOfSection8a) {
  EXPECT_NEAR(wsd_peak() * std::sqrt(3000.0), 0.514, 0.02);
  const std::vector<double> lr(static_cast<std::size_t>(long_T), 0.5145 / std::sqrt(3000.0));
  const auto value = [&](const std::vector<double>& weights) {
    return scaled(average_bound(lr, weights, 1.0, 1.0).value);
  };
  EXPECT_NEAR(scaled(worst_case(lr, 1.0, 1.0).value), 1.959, 6e-4);
  EXPECT_NEAR(value(uniform_weights(long_T, 150)), 1.227, 6e-4);
  EXPECT_NEAR(value(uniform_weights(long_T, 300)), 1.148, 6e-4);
  EXPECT_NEAR(value(uniform_weights(long_T, 600)), 1.080, 6e-4);
  EXPECT_NEAR(value(uniform_weights(long_T, 1500)), 1.047, 7e-4);
  EXPECT_NEAR(value(uniform_weights(long_T, long_T)), 1.229, 6e-4);
  EXPECT_NEAR(value(one_minus_sqrt_weights(long_T, 600)), 1.223, 6e-4);
  EXPECT_NEAR(value(ema_weights(long_T, std::exp2(-1.0 / 150))), 1.127, 6e-4);
  EXPECT_NEAR(value(ema_weights(long_T, std::exp2(-1.0 / 300))), 1.071, 6e-4);
  // On other trunks.
  std::vector<double> rsqrt(lr);
  for (std::size_t t = 0; t < rsqrt.size(); ++t) rsqrt[t] /= std::sqrt(1 + static_cast<double>(t) / 750);
  EXPECT_NEAR(scaled(average_bound(rsqrt, ema_weights(long_T, std::exp2(-1.0 / 300)), 1.0, 1.0).value), 1.182, 6e-4);
  std::vector<double> cooldown(lr);
  for (std::size_t t = 2400; t < 3000; ++t) cooldown[t] *= static_cast<double>(2999 - t) / 600;
  cooldown.back() = cooldown[2998];
  EXPECT_NEAR(scaled(worst_case(cooldown, 1.0, 1.0).value), 1.080, 6e-4);
  std::vector<double> one_minus_sqrt(lr);
  for (std::size_t t = 2400; t < 3000; ++t) one_minus_sqrt[t] *= 1 - std::sqrt(static_cast<double>(t - 2399) / 600);
  EXPECT_NEAR(scaled(worst_case(one_minus_sqrt, 1.0, 1.0).value), 1.065, 6e-4);
  const AverageBound beside = average_bound(cooldown, uniform_weights(long_T, 600), 1.0, 1.0);
  EXPECT_NEAR(scaled(beside.value), 1.084, 6e-4);
}

TEST(Average, SaysWhichProofHolds) {
  const std::vector<double> lr = constant(100, 0.5);
  EXPECT_EQ(average_bound(lr, ema_weights(100, 0.9), 1.0, 1.0).rule, AverageRule::decay);
  const AverageBound falling = average_bound(lr, one_minus_sqrt_weights(100, 20), 1.0, 1.0);
  EXPECT_EQ(falling.rule, AverageRule::mixture);
  EXPECT_GT(falling.fails_at, 80);
  EXPECT_GT(falling.value, falling.imitated);
  const AverageBound sparse = average_bound(lr, uniform_weights(100, 20, 4), 1.0, 1.0);
  EXPECT_EQ(sparse.rule, AverageRule::filled);
}

TEST(Average, StepWeightsHaveTheirOwnBound) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 200; ++i) {
    const std::size_t T = 2 + static_cast<std::size_t>(i) % 30;
    const std::vector<double> lr = random_rates(random, T, 1.0);
    // Over all iterates (1.4) at its best is the smallest value of (8.6), m = 0.
    const AverageBound all = average_bound(lr, step_weights(lr, static_cast<std::int64_t>(T)), 1.0, 1.0);
    EXPECT_LE(all.value, standard_bound(lr, 1.0, 1.0) * (1 + 1e-12)) << i;
    EXPECT_LE(all.best_value,
              2 * std::sqrt(standard_terms(lr, 1.0, 1.0).inverse * standard_terms(lr, 1.0, 1.0).linear) * (1 + 1e-12));
    // A suffix, by (8.6) with the mixture of one segment.
    const auto last = static_cast<std::int64_t>(1 + T / 2);
    const std::vector<double> weights = step_weights(lr, last);
    const average::Run run = average::reduce(lr, weights, 1.0, 1.0);
    double Y = 0, noise = 0;
    for (std::size_t t = T - static_cast<std::size_t>(last); t < T; ++t) Y += lr[t], noise += lr[t] * lr[t];
    noise /= Y;
    for (std::size_t t = T - static_cast<std::size_t>(last); t-- > 0;) {
      noise += lr[t] * lr[t] / Y;
      Y = (Y + lr[t]) * (Y + lr[t]) / Y;
    }
    const auto mixture = average::mixture(run, run.weight);
    ASSERT_TRUE(mixture.has_value());
    EXPECT_NEAR(mixture->value() / (0.5 * (1 / Y + noise)), 1.0, 1e-12) << i;
    EXPECT_LE(average_bound(lr, weights, 1.0, 1.0).value, 0.5 * (1 / Y + noise) * (1 + 1e-12)) << i;
  }
}

TEST(Average, HasTheWorstCaseOfItsDecayWhereItsWeightsOverTheRatesNeverFall) {  // (8.12)
  std::mt19937_64 random(12);
  for (int i = 0; i < 1000; ++i) {
    const std::size_t T = 2 + static_cast<std::size_t>(i) % 60;
    std::vector<double> lr = random_rates(random, T, 1.0);
    if (i % 2 == 0) std::sort(lr.begin(), lr.end(), std::greater<>());
    // Uniform on rates that fall, or weights of any kind with the two conditions, from the end backwards.
    std::vector<double> weights(T, 1.0);
    double tail = 1.0;
    for (std::size_t t = T - 1; i % 2 == 1 && t-- > 0; tail += weights[t]) {
      const double most = t + 2 == T ? tail : std::min(tail, weights[t + 1] / lr[t + 1] * lr[t]);
      weights[t] = most * std::uniform_real_distribution<double>(0.5, 1.0)(random);
    }
    if (i % 3 == 0) std::fill_n(weights.begin(), T / 2, 0.0);
    const AverageBound found = average_bound(lr, weights, 1.0, i % 5 == 0 ? 30.0 : 1.0);
    EXPECT_EQ(found.rule, AverageRule::decay) << i;
    EXPECT_EQ(found.best_rule, AverageRule::decay) << i;
    EXPECT_EQ(found.value, found.imitated) << i;
  }
}

TEST(Average, NeverBelowTheRunThatItImitates) {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> uniform;
  int decay = 0;
  for (int i = 0; i < 500; ++i) {
    const std::size_t T = 2 + static_cast<std::size_t>(i) % 40;
    const std::vector<double> lr = random_rates(random, T, i % 3 * 0.4);
    std::vector<double> weights(T), norms(T, 1.0);
    for (double& one : weights) one = uniform(random);
    if (i % 2 == 0) std::sort(weights.begin(), weights.end());
    if (i % 4 > 1) {
      for (double& G : norms) G = 0.5 + uniform(random);
    }
    const AverageBound found = average_bound(lr, weights, norms, 1.3);
    EXPECT_GE(found.value, found.imitated * (1 - 1e-9)) << i;
    EXPECT_EQ(found.rule == AverageRule::decay, found.value <= found.imitated * (1 + 1e-11)) << i;
    // The best scale is a minimum, as far as the rule is the same.
    std::vector<double> best(lr);
    for (double& rate : best) rate *= found.best_scale;
    EXPECT_LE(average_bound(best, weights, norms, 1.3).value, found.best_value * (1 + 1e-7)) << i;
    EXPECT_LE(found.best_value, found.value * (1 + 1e-7)) << i;
    if (found.rule == AverageRule::decay) ++decay;
  }
  EXPECT_GT(decay, 50);
}

TEST(Average, TheLastIterateAlone) {
  std::mt19937_64 random(10);
  for (int i = 0; i < 100; ++i) {
    const std::size_t T = 2 + static_cast<std::size_t>(i) % 20;
    const std::vector<double> lr = random_rates(random, T, 1.0);
    const AverageBound found = average_bound(lr, uniform_weights(static_cast<std::int64_t>(T), 1), 1.0, 1.0);
    EXPECT_EQ(found.rule, AverageRule::decay);
    EXPECT_EQ(found.value, worst_case(lr, 1.0, 1.0).value) << i;
  }
}

TEST(Average, EveryKthIterate) {
  // The most that f at the last of k iterates can lie above their mean, in units of eta G^2: L_2 = 1/2 exactly.
  const auto excess = [](std::int64_t k) {
    const std::vector<double> lr(40, 0.1);
    const average::Run run = average::reduce(lr, uniform_weights(40, 3 * k, k), 1.0, 1.0);
    return average::fill(run)->excess / 0.1;
  };
  EXPECT_NEAR(excess(2), 0.5, 1e-14);
  EXPECT_NEAR(excess(3), 11.0 / 16, 1e-14);  // exactly, too: TheLastOfThreeIterates
  EXPECT_NEAR(excess(4), 0.8325, 1e-4);
  EXPECT_NEAR(excess(10), 0.25 * std::log(10.0) + 0.536, 0.05);
  for (const std::int64_t k : {2, 4, 5}) {
    const std::vector<double> lr = constant(200, 0.7);
    const AverageBound whole = average_bound(lr, uniform_weights(200, 40), 1.0, 1.0);
    const AverageBound sparse = average_bound(lr, uniform_weights(200, 40, k), 1.0, 1.0);
    EXPECT_NEAR(sparse.value, whole.value + lr[0] * excess(k), 1e-12) << k;
  }
}

TEST(Average, TheLastOfThreeIterates) {
  // The three pieces of docs/theory.md, (8.10): a convex function for which f(x_3) exceeds the mean by 11/16 eta G^2.
  const std::array<std::array<double, 3>, 3> gram{
      {{1, -1. / 8, -1. / 8}, {-1. / 8, 1, -31. / 32}, {-1. / 8, -31. / 32, 1}}};
  const std::array<double, 3> f{0, 1. / 8, 1. / 8 + 31. / 32};
  const auto step = [&](std::size_t g, std::size_t from, std::size_t to) {  // <g, x_to - x_from>, eta = 1
    double sum = 0;
    for (std::size_t s = std::min(from, to); s < std::max(from, to); ++s) sum -= gram[g][s];
    return from < to ? sum : -sum;
  };
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) EXPECT_GE(f[i], f[j] + step(j, j, i) - 1e-15) << i << j;
  }
  // g_1 = -4 (g_2 + g_3): the matrix is one of scalar products.
  EXPECT_NEAR(16 * (2 + 2 * gram[1][2]), 1, 1e-15);
  EXPECT_NEAR(-4 * (1 + gram[1][2]), gram[0][1], 1e-15);
  EXPECT_NEAR(f[2] - (f[0] + f[1] + f[2]) / 3, 11.0 / 16, 1e-15);
}

TEST(Average, StepsOfZeroAreLeftOut) {
  const AverageBound found = average_bound(std::vector{0.3, 0.0, 0.2, 0.1}, std::vector{1.0, 1.0, 1.0, 2.0}, 1.0, 1.0);
  const AverageBound without = average_bound(std::vector{0.3, 0.2, 0.1}, std::vector{1.0, 2.0, 2.0}, 1.0, 1.0);
  EXPECT_EQ(found.value, without.value);
  EXPECT_EQ(found.imitated, without.imitated);
}

TEST(Average, Omega) {  // (8.5)
  std::mt19937_64 random(11);
  for (int i = 0; i < 300; ++i) {
    const std::vector<double> lr = random_rates(random, 2 + static_cast<std::size_t>(i) % 50, 1.0);
    EXPECT_LE(worst_case(lr, 1.0, 1.0).value, 0.5 * omega(lr, 1.0, 1.0) + 0.75 * lr.back()) << i;
  }
}

TEST(Average, TheBestScaleOfVaryingNormsIsNoWorseThanAnother) {
  std::mt19937_64 random(3);
  int decay = 0;
  for (int i = 0; i < 100; ++i) {
    const std::size_t T = 2 + static_cast<std::size_t>(i) % 8;
    const std::vector<double> lr = random_rates(random, T, 1.0);
    const std::vector<double> norms = random_rates(random, T, 0.5);
    std::vector<double> weights = random_rates(random, T, 1.0);
    std::sort(weights.begin(), weights.end());
    const auto at = [&](double scale) {
      std::vector<double> scaled(lr);
      for (double& rate : scaled) rate *= scale;
      return average_bound(scaled, weights, norms, 1.0);
    };
    const AverageBound found = at(1.0);
    EXPECT_LE(found.best_value, found.value * (1 + 1e-12)) << i;
    EXPECT_NEAR(at(found.best_scale).value / found.best_value, 1.0, 1e-6) << i;
    decay += found.best_rule == AverageRule::decay ? 1 : 0;
  }
  EXPECT_GT(decay, 5);
}

// At another scale another proof may hold: (8.11) at t = 1 reads q_1, which is D/G where the rates are small.
TEST(Average, SaysWhichProofHoldsAtTheBestScale) {
  const auto at_best = [](std::vector<double> lr, const std::vector<double>& weights) {
    const AverageBound found = average_bound(lr, weights, 1.0, 1.0);
    for (double& rate : lr) rate *= found.best_scale;
    const AverageBound there = average_bound(lr, weights, 1.0, 1.0);
    EXPECT_NEAR(there.value, found.best_value, 1e-12 * found.best_value);
    EXPECT_EQ(there.rule, found.best_rule);
    return found;
  };
  const AverageBound found = at_best({0.5, 1.0}, std::vector{0.75, 0.25});
  EXPECT_EQ(found.rule, AverageRule::decay);
  EXPECT_NE(found.best_rule, AverageRule::decay);
  at_best({0.3, 0.3}, one_minus_sqrt_weights(2, 2));
  EXPECT_EQ(at_best(constant(100, 1.0), uniform_weights(100, 20)).best_rule, AverageRule::decay);
}

TEST(Average, InAnyUnits) {
  const std::vector<double> weights = one_minus_sqrt_weights(10, 6);
  for (const double norm : {1.0, 0x1p-20}) {
    std::vector<double> G(10, 1.0);
    G[3] = 0.5;
    for (const bool common : {true, false}) {
      const auto bound = [&](double rate, double unit) {
        std::vector<double> norms(G);
        for (double& one : norms) one *= unit;
        return average_bound(std::vector(10, 0.3 * rate), weights, common ? GradNorm(unit) : GradNorm(norms),
                             rate * unit);
      };
      const AverageBound here = bound(1.0, norm);
      for (const double rate : {0x1p-600, 0x1p500}) {  // the squares are beyond the range of numbers
        const AverageBound there = bound(rate, norm);
        EXPECT_NEAR(there.value / (rate * here.value), 1.0, 1e-9);
        EXPECT_NEAR(there.imitated / (rate * here.imitated), 1.0, 1e-9);
        EXPECT_NEAR(there.best_value / (rate * here.best_value), 1.0, 1e-9);
        EXPECT_NEAR(there.best_scale / here.best_scale, 1.0, 1e-6);
      }
    }
  }
  // Small rates beside the distance: the bound is the distance, the best factor is found all the same.
  const AverageBound small = average_bound(std::vector(10, 1e-100), weights, 1.0, 1.0);
  const AverageBound usual = average_bound(std::vector(10, 1.0), weights, 1.0, 1.0);
  EXPECT_NEAR(small.value, 1.0, 1e-12);
  EXPECT_NEAR(small.best_value / usual.best_value, 1.0, 1e-12);
  EXPECT_NEAR(small.best_scale / usual.best_scale * 1e-100, 1.0, 1e-12);
  EXPECT_EQ(average_bound(std::vector(2, 0.5), std::vector(2, 1e308), 1.0, 1.0).value,
            average_bound(std::vector(2, 0.5), std::vector(2, 0.5), 1.0, 1.0).value);
  EXPECT_EQ(step_weights(std::vector(4, 1e308), 2), uniform_weights(4, 2));
}

TEST(Average, NamesWhatIsWrong) {
  const std::vector<double> lr{0.1, 0.1};
  EXPECT_EQ(error_of([&] { average_bound(lr, std::vector{1.0}, 1.0, 1.0); }),
            "weights: must have as many values as lr, 2, not 1");
  EXPECT_EQ(error_of([&] {
              average_bound(lr, std::vector{-1.0, 1.0}, 1.0, 1.0);
            }),
            "weights[0] = -1: must be finite and >= 0");
  EXPECT_EQ(error_of([&] {
              average_bound(lr, std::vector{1.0, 0.0}, 1.0, 1.0);
            }),
            "weights[1] = 0: must be > 0: end the run with the last iterate that counts");
  EXPECT_EQ(error_of([&] {
              average_bound(std::vector{0.0, 0.1}, std::vector{1.0, 1.0}, 1.0, 1.0);
            }),
            "lr: no rate before the last one is > 0, so that all iterates are one point");
  EXPECT_EQ(error_of([] { uniform_weights(10, 11); }), "last = 11: must be between 1 and 10");
  EXPECT_EQ(error_of([] { uniform_weights(10, 4, 5); }), "every = 5: must be between 1 and 4");
  EXPECT_EQ(error_of([] { ema_weights(10, 1.0); }), "beta = 1: must be above 0 and below 1");
  EXPECT_EQ(error_of([] { drop_and_average(10, 10, 1.0, 1.0, 1.0); }), "last = 10: must be less than T = 10");
  EXPECT_EQ(error_of([&] {
              average_bound(lr, std::vector{1.0, 1.0}, 1e200, 1.0);
            }),
            "lr, grad_norm, distance: the largest rate must be between 1e-120 and 1e120 times distance/grad_norm");
  EXPECT_EQ(error_of([] {
              average_bound(std::vector{1e150, 1e150}, std::vector{1.0, 1.0}, 1e100, 1e250);
            }),
            "lr, grad_norm, distance: the bound is above 1.8e308, the largest double; use other units");
}

}  // namespace
}  // namespace scheduled
