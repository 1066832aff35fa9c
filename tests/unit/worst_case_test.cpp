// The exact worst case: known values, where the minimum lies, errors.
#include "scheduled/bound.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/numbers.hpp"
#include "support/certified.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The worst case, whose certificate is checked.
WorstCase certified(const std::vector<double>& lr, const GradNorm& grad_norm, double distance) {
  const WorstCase found = worst_case(lr, grad_norm, distance);
  expect_certified(found, lr, grad_norm, distance);
  return found;
}

std::vector<double> rates(const std::string& spec) { return bound_rates(Schedule::parse(spec)); }

/// D/(G sqrt(T)) (1 - t/T), t = 1 ... T: the last one is 0 and has no part in x_T.
std::vector<double> minimax_steps(std::size_t T, double grad_norm, double distance) {
  std::vector<double> lr;
  const auto length = static_cast<double>(T);
  for (std::size_t t = 1; t <= T; ++t) {
    lr.push_back(distance / grad_norm / std::sqrt(length) * static_cast<double>(T - t) / length);
  }
  return lr;
}

TEST(WorstCase, OfMinimaxStepsIsTheMinimaxRate) {
  for (const std::size_t T : {2U, 3U, 4U, 10U, 60U, 1000U, 100000U}) {
    const WorstCase worst = certified(minimax_steps(T, 2.5, 0.3), 2.5, 0.3);
    const double rate = minimax_rate(static_cast<std::int64_t>(T), 2.5, 0.3);
    EXPECT_NEAR(worst.value / rate, 1.0, 1e-14) << T;
    EXPECT_TRUE(worst.at_boundary()) << T;
    EXPECT_NEAR(worst.W / (0.3 / 2.5 * std::sqrt(static_cast<double>(T))), 1.0, 1e-14) << T;
    const WorstCaseScale best = worst_case_best_scale(minimax_steps(T, 2.5, 0.3), 2.5, 0.3);
    EXPECT_NEAR(best.scale, 1.0, 1e-14) << T;
  }
}

TEST(WorstCase, OfTheTunedConstantStep) {
  const auto best = [](std::size_t T) { return worst_case_best_scale(std::vector<double>(T, 1.0), 1.0, 1.0); };
  EXPECT_NEAR(best(3).scale, 4.0 / 15.0, 1e-15);
  EXPECT_NEAR(best(3).worst_case.value, 0.6, 1e-15);
  EXPECT_NEAR(best(5).worst_case.value, .490089, 5e-7);
  EXPECT_NEAR(best(10).worst_case.value, .371604, 5e-7);
}

TEST(WorstCase, OfOneStepAndOfNone) {
  // T = 1: f(x_1) - f* <= D G. T = 2: W_min = 4 eta; D G - G^2 eta up to there, then D^2/(8 eta) + G^2 eta.
  EXPECT_DOUBLE_EQ(worst_case(std::vector<double>{0.7}, 2.0, 3.0).value, 6.0);
  EXPECT_EQ(worst_case(std::vector<double>{0.7}, 2.0, 3.0).end, WorstCaseEnd::interior);
  const auto two = [](double eta) { return certified({eta, 1.0}, 1.0, 1.0); };
  EXPECT_DOUBLE_EQ(two(0.1).value, 0.9);
  EXPECT_EQ(two(0.1).end, WorstCaseEnd::interior);
  EXPECT_DOUBLE_EQ(two(0.1).W, 1.0);
  EXPECT_DOUBLE_EQ(two(0.1).W_min, 0.4);
  EXPECT_DOUBLE_EQ(two(2.0).value, 1.0 / 16.0 + 2.0);
  EXPECT_TRUE(two(2.0).at_boundary());
  EXPECT_DOUBLE_EQ(two(2.0).W, 8.0);
}

// Optimal values of the semidefinite problem of section 6, solved by Clarabel to about 1e-8.
struct SdpRow {
  std::vector<double> lr;  // without the last rate
  std::vector<double> grad_norm;
  double value;
  WorstCaseEnd end;
};

TEST(WorstCase, EqualsTheSdp) {
  using enum WorstCaseEnd;
  const SdpRow rows[] = {
      {{1, .25, .0625}, {1, 1, 1, 1}, .812500, boundary},  // all three roots are 0 at W_min
      {{.3, .8, .1, .5, .2}, {1, 1, 1, 1, 1, 1}, .611288232, boundary},
      {{2, .01, .01}, {1, 1, 1, 1}, 2.0425, boundary},
      {{.1, .1}, {1, 1, 1}, .8, interior},
      {{.5, .5}, {1, .6, .3}, .271080669, interior},
      {{.5}, {.5, 2}, .651017486, lower_branch},  // (6.2) gives 1.3125395
      {{.4, .3, .2, .1}, {.5, 1, .5, 1, .5}, .310806549, interior},
  };
  for (const SdpRow& row : rows) {
    std::vector<double> lr = row.lr;
    lr.push_back(0.1);
    const WorstCase worst = certified(lr, row.grad_norm, 1.0);
    EXPECT_NEAR(worst.value, row.value, 2e-8);
    EXPECT_EQ(worst.end, row.end) << row.value;
  }
}

TEST(WorstCase, IsExactWhere6_2IsNot) {
  const std::vector<double> lr{.4, .05, .2, .1, 1.0};
  const std::vector<double> grad_norm{.2, 1, .5, .3, 1.5};
  const WorstCase worst = certified(lr, grad_norm, 1.0);
  EXPECT_NEAR(worst.value, .2086965, 1e-7);  // the SDP; (6.2) has .3888802, and .2389296 with smaller roots, too
  EXPECT_EQ(worst.end, WorstCaseEnd::slack);
}

// docs/theory.md, section 6, by hand, for G = 1 and any.
TEST(WorstCase, ByHand) {
  for (const double D : {0.1, 0.9, 1.0, 3.0}) {
    for (const double G : {1.0, 0.3}) {
      const auto value = [&](const std::vector<double>& steps) {
        std::vector<double> lr = steps;
        for (double& eta : lr) eta *= D / G;  // f = G D f'(x/D)
        lr.push_back(0.0);
        return certified(lr, G, D).value / (D * G);
      };
      for (const double eta : {0.01, 0.2, 0.25, 0.3, 2.0}) {
        EXPECT_NEAR(value({eta}), 1.0 < 4 * eta ? 1 / (8 * eta) + eta : 1.0 - eta, 1e-14) << eta;
      }
      const auto three = [](double a, double b) {
        const double W = a >= 4 * b ? 4 * a : square(a + 4 * b) / (4 * b);
        if (1.0 >= W) return 1.0 - a - b;
        if (a >= 4 * b) return 1 / (8 * a) + a - b;
        return 2 * b / square(a + 4 * b) + square(a + 4 * b) / (8 * b) - a - b;
      };
      for (const double a : {0.05, 0.3, 1.0, 4.0}) {
        for (const double b : {0.01, 0.075, 0.25, 1.0, 5.0}) {
          EXPECT_NEAR(value({a, b}) / three(a, b), 1.0, 1e-14) << a << ' ' << b;
        }
      }
    }
  }
}

TEST(WorstCase, OfStepsAfterAMinimiser) {
  // G_1 = 0: the run starts at a minimiser and can only leave it by the kinks of later steps: T = 2, D = 0 has V = eta.
  const WorstCase worst = certified({7.0, 0.3, 1.0}, std::vector<double>{0.0, 1.0, 1.0}, 2.0);
  EXPECT_NEAR(worst.value, 0.3, 1e-12);
  EXPECT_EQ(worst.end, WorstCaseEnd::limit);
}

TEST(WorstCase, IsAboutHalfOfOmegaForDecayingShapes) {
  for (const char* spec : {"linear(steps=401)", "cosine(steps=401)", "1-sqrt(steps=401)", "wsd(steps=401)"}) {
    std::vector<double> lr = rates(spec);
    const double exact = worst_case_best_scale(lr, 1.0, 1.0).worst_case.value;
    const BoundTerms terms = omega_terms(lr, 1.0, 1.0);
    const double bound = 2.0 * std::sqrt(terms.inverse * terms.linear);
    EXPECT_GT(bound / exact, 1.5) << spec;
    EXPECT_LT(bound / exact, 2.02) << spec;
  }
}

TEST(WorstCase, DoesNotReadTheLastRate) {
  std::vector<double> lr{0.3, 0.2, 0.0};
  const double value = worst_case(lr, 1.0, 1.0).value;
  lr.back() = 1e300;
  EXPECT_EQ(worst_case(lr, 1.0, 1.0).value, value);
}

TEST(WorstCase, LeavesStepsOfZeroOut) {
  const std::vector<double> with{0.0, 0.3, 0.0, 0.0, 0.2, 0.4, 0.0, 1.0};
  const std::vector<double> without{0.3, 0.2, 0.4, 1.0};
  EXPECT_EQ(worst_case(with, 1.0, 1.0).value, worst_case(without, 1.0, 1.0).value);
  const std::vector<double> norms{9.0, 1.0, 0.0, 7.0, 2.0, 3.0, 5.0, 0.5};
  const std::vector<double> fewer{1.0, 2.0, 3.0, 0.5};
  EXPECT_NEAR(worst_case(with, norms, 1.0).value / worst_case(without, fewer, 1.0).value, 1.0, 1e-15);
  EXPECT_EQ(worst_case_best_scale(with, 1.0, 1.0).scale, worst_case_best_scale(without, 1.0, 1.0).scale);
  // Nothing but zeros: x_T = x_1.
  EXPECT_DOUBLE_EQ(worst_case(std::vector<double>{0.0, 0.0, 1.0}, std::vector<double>{5.0, 4.0, 3.0}, 2.0).value, 6.0);
  EXPECT_EQ(worst_case(std::vector<double>{0.0, 0.0, 1.0}, 1.0, 2.0).W_min, 0.0);
}

TEST(WorstCase, TheBestScaleOfRatesWhoseSquaresLeaveTheRange) {
  const std::vector<double> lr{1.0, 1.0, 0.75, 0.5, 0.25};
  std::vector<double> norms{1.0, 2.0, 1.0, 3.0, 1.0};
  for (const GradNorm& G : {GradNorm(2.0), GradNorm(norms)}) {
    const WorstCaseScale usual = worst_case_best_scale(lr, G, 1.0);
    for (const int exponent : {-900, -600, 600, 900}) {
      std::vector<double> far = lr;
      for (double& rate : far) rate = std::ldexp(rate, exponent);
      const WorstCaseScale found = worst_case_best_scale(far, G, 1.0);
      EXPECT_EQ(found.scale, std::ldexp(usual.scale, -exponent));
      EXPECT_EQ(found.worst_case.value, usual.worst_case.value);
    }
  }
}

TEST(WorstCase, OfANormWhoseSquareIsTooLarge) {
  for (const double G : {1e160, 1e-170, 1e250}) {
    for (const double lr : {0.1, 0.9}) {  // interior and boundary
      const double usual = worst_case(std::vector(3, lr), 1.0, 1.0).value;
      EXPECT_NEAR(worst_case(std::vector(3, lr / G), G, 1.0).value / G / usual, 1.0, 1e-14) << G;
      const std::vector<double> norms{2.0 * G, G, 3.0 * G};
      const double varying = worst_case(std::vector(3, lr), std::vector{2.0, 1.0, 3.0}, 1.0).value;
      EXPECT_NEAR(worst_case(std::vector(3, lr / G), norms, 1.0).value / G / varying, 1.0, 1e-12) << G;
    }
  }
}

TEST(WorstCase, IsZeroWhereAnEndHasNoGradient) {
  const std::vector<double> lr{0.3, 0.2, 0.0, 1.0};
  for (const auto& norms : {std::vector<double>{1, 1, 1, 0}, std::vector<double>{1, 0, 1, 1}}) {
    const WorstCase worst = certified(lr, norms, 1.0);
    EXPECT_EQ(worst.value, 0.0);
    EXPECT_EQ(worst.W, infinity);
    EXPECT_EQ(worst.end, WorstCaseEnd::limit);
    EXPECT_NEAR(worst.W_min, worst_case(lr, 1.0, 1.0).W_min, 0.0);
  }
  EXPECT_EQ(worst_case(lr, 0.0, 1.0).end, WorstCaseEnd::limit);
  // A zero elsewhere is no such case.
  EXPECT_GT(worst_case(lr, std::vector<double>{0, 1, 1, 1}, 1.0).value, 0.1);
}

TEST(WorstCase, NeedsOnePassForOneGradNorm) {
  const std::vector<double> lr = rates("cosine(steps=1001)");
  EXPECT_EQ(worst_case(lr, 1.0, 1.0).passes, 1);
  EXPECT_EQ(worst_case(lr, std::vector<double>(lr.size(), 1.0), 1.0).passes, 1);
  const WorstCase varying = certified(lr, power_grad_norm(-0.5, 1000), 1.0);
  EXPECT_GT(varying.passes, 1);
  EXPECT_LE(varying.passes, 40);
}

TEST(WorstCaseAt, IsTheValueOfThePrefix) {
  const std::vector<double> lr = rates("wsd(steps=51)");
  const std::vector<double> norms = power_grad_norm(-0.3, 50);
  const std::vector<std::int64_t> t{50, 1, 2, 40, 2};
  const std::vector<double> values = worst_case_at(lr, norms, 1.5, t);
  ASSERT_EQ(values.size(), t.size());
  for (std::size_t i = 0; i < t.size(); ++i) {
    EXPECT_EQ(values[i], worst_case(std::span(lr).first(static_cast<std::size_t>(t[i])), norms, 1.5).value);
  }
}

TEST(WorstCaseErrors, NameArgumentIndexValueAndRequirement) {
  const std::vector<double> ok{0.3, 0.2};
  const std::vector<double> none;
  const std::vector<double> short_norms{1.0};
  const std::vector<double> bad{0.3, nan, 0.2};
  const std::vector<std::int64_t> beyond{1, 3};
  const std::vector<std::int64_t> zeroth{0};
  EXPECT_EQ(error_of([&] { worst_case(none, 1.0, 1.0); }), "lr = []: must hold at least one step");
  EXPECT_EQ(error_of([&] { worst_case(bad, 1.0, 1.0); }), "lr[1] = nan: must be finite and >= 0");
  EXPECT_EQ(error_of([&] {
              worst_case(std::vector<double>{1.0, -1.0}, 1.0, 1.0);
            }),
            "lr[1] = -1: must be finite and >= 0");
  EXPECT_EQ(error_of([&] { worst_case(ok, -1.0, 1.0); }), "grad_norm = -1: must be finite and >= 0");
  EXPECT_EQ(error_of([&] { worst_case(ok, short_norms, 1.0); }),
            "grad_norm: there are 1 values for 2 steps; must be at least one per step");
  EXPECT_EQ(error_of([&] {
              worst_case(ok, std::vector<double>{1.0, infinity}, 1.0);
            }),
            "grad_norm[1] = inf: must be finite and >= 0");
  EXPECT_EQ(error_of([&] { worst_case(ok, 1.0, 0.0); }), "distance = 0: must be finite and > 0");
  EXPECT_EQ(error_of([&] { worst_case_at(ok, 1.0, 1.0, beyond); }), "t[1] = 3: must be between 1 and 2");
  EXPECT_EQ(error_of([&] { worst_case_at(ok, 1.0, 1.0, zeroth); }), "t[0] = 0: must be between 1 and 2");
  EXPECT_EQ(error_of([&] { worst_case_at(bad, 1.0, 1.0, zeroth); }), "lr[1] = nan: must be finite and >= 0");
  EXPECT_EQ(error_of([&] {
              worst_case_best_scale(std::vector<double>{0.0, 0.0, 1.0}, 1.0, 1.0);
            }),
            "lr: none of the first 2 of 3 rates is > 0; x_T depends on no other");
  EXPECT_EQ(
      error_of([&] { worst_case_best_scale(ok, 0.0, 1.0); }),
      "grad_norm[1] = 0: must be > 0 at T and at the last positive step before it; the value is 0 at every scale");
  EXPECT_EQ(
      error_of([&] {
        worst_case_best_scale(ok, std::vector<double>{0.0, 1.0}, 1.0);
      }),
      "grad_norm[0] = 0: must be > 0 at T and at the last positive step before it; the value is 0 at every scale");
  EXPECT_EQ(error_of([&] {
              worst_case_best_scale(std::vector<double>{0.1, 0.1, 0.1}, std::vector<double>{0.0, 1.0, 2.0}, 1.0);
            }),
            "grad_norm[0] = 0: must be > 0 where the rate is; the value is smaller the smaller the scale");
  EXPECT_EQ(error_of([&] { worst_case_best_scale(ok, 1.0, nan); }), "distance = nan: must be finite and > 0");
  EXPECT_EQ(error_of([] { minimax_rate(0, 1.0, 1.0); }), "T = 0: must be at least 1");
  EXPECT_EQ(error_of([] { minimax_rate(1, nan, 1.0); }), "grad_norm = nan: must be finite and >= 0");
  EXPECT_EQ(error_of([] { minimax_rate(1, 1.0, 0.0); }), "distance = 0: must be finite and > 0");
}

}  // namespace
}  // namespace scheduled
