// Oracles of docs/theory.md, sections 1 to 3, to the digits given there.
#include "scheduled/bound.hpp"
#include "scheduled/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "scheduled/design.hpp"
#include "support/reference.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

BestBaseLr best_at(const std::string& spec, std::int64_t T, GradNorm grad_norm = 1.0, double distance = 1.0) {
  return best_base_lr(Schedule::parse(spec), {.grad_norm = grad_norm, .distance = distance, .T = T});
}

struct TableRow {
  const char* spec;
  std::int64_t T;
  double peak;
  double peak_digits;  // half a unit of the last digit given
  double bound;
};
class Section3Table : public testing::TestWithParam<TableRow> {};

TEST_P(Section3Table, IsReproduced) {
  const auto& row = GetParam();
  const BestBaseLr best = best_at(row.spec, row.T);
  EXPECT_NEAR(best.peak, row.peak, row.peak_digits);
  EXPECT_NEAR(best.bound, row.bound, 0.5e-7);
  EXPECT_TRUE(best.closed_form);
}

INSTANTIATE_TEST_SUITE_P(T400, Section3Table,
                         testing::Values(TableRow{"wsd(steps=401)", 400, .0253737, 0.5e-7, .1093230},
                                         TableRow{"linear(steps=401)", 400, .0495631, 0.5e-7, .1006299},
                                         TableRow{"inverse-power(steps=401)", 400, .2120856, 0.5e-7, .1222643},
                                         TableRow{"constant(steps=401)", 400, .0181759, 0.5e-7, .1375448},
                                         TableRow{"cosine(steps=401)", 400, .0482419, 0.5e-7, .1033859},
                                         TableRow{"1-sqrt(steps=401)", 400, .0737971, 0.5e-7, .1012426}));
INSTANTIATE_TEST_SUITE_P(T4000, Section3Table,
                         testing::Values(TableRow{"wsd(steps=4001)", 4000, .00811829, 0.5e-8, .0342115},
                                         TableRow{"cosine(steps=4001)", 4000, .0153402, 0.5e-7, .0325859}));

TEST(ClosedForms, Constant) {
  for (const long T : {1L, 2L, 3L, 10L, 400L, 100000L}) {
    const double h = static_cast<double>(1 + reference::harmonic(T - 1));
    const double G = 2.5;
    const double D = 0.3;
    const BestBaseLr best = best_at("constant", T, G, D);
    EXPECT_NEAR(best.peak * G * std::sqrt(static_cast<double>(T) * h) / D, 1.0, 1e-13) << T;
    EXPECT_NEAR(best.bound / (D * G * std::sqrt(h / static_cast<double>(T))), 1.0, 1e-13) << T;
  }
}

TEST(ClosedForms, LinearDecay) {
  for (const long T : {1L, 2L, 3L, 10L, 400L, 100000L}) {
    const auto n = static_cast<double>(T);
    const double L = 2 * n - 1 + 2 * static_cast<double>(reference::harmonic(T - 1));
    const BestBaseLr best = best_at("linear(steps=" + std::to_string(T + 1) + ")", T);
    EXPECT_NEAR(best.peak / std::sqrt(2 * n / ((n + 1) * L)), 1.0, 1e-13) << T;
    EXPECT_NEAR(best.bound / std::sqrt(2 * L / (n * (n + 1))), 1.0, 1e-13) << T;
  }
}

TEST(ClosedForms, WsdLinear) {
  for (const long T : {10L, 400L, 5000L}) {
    for (const double c : {0.1, 0.2, 0.5, 0.9}) {
      const long cooldown = static_cast<long>(c * static_cast<double>(T + 1));
      const long T0 = T + 1 - cooldown;
      const auto n = static_cast<double>(T + 1 - T0);
      const auto sum = static_cast<double>(T + T0);
      reference::Real tails = 0;
      for (long k = 1; k <= T0; ++k) tails += 1 / (reference::Real(T + T0) / 2 - k);
      const double h = static_cast<double>(n >= 2 ? reference::harmonic(T + 1 - T0 - 2) : 0);
      const double A = 1 / n + static_cast<double>(tails) + 2 / n * (n - 2 + h);
      const BestBaseLr best =
          best_at("wsd(steps=" + std::to_string(T + 1) + ", cooldown=" + std::to_string(cooldown) + ")", T);
      if (n < 2) continue;
      EXPECT_NEAR(best.peak / std::sqrt(2 / (A * sum)), 1.0, 1e-12) << T << " " << c;
      EXPECT_NEAR(best.bound / std::sqrt(2 * A / sum), 1.0, 1e-12) << T << " " << c;
    }
  }
}

TEST(ClosedForms, WsdTheoremIsAnUpperBound) {
  const auto theorem = [](long T, long T0) {
    const auto t = static_cast<double>(T);
    const auto t0 = static_cast<double>(T0);
    const auto h = [](long n) { return static_cast<double>(reference::harmonic(n)); };
    return std::sqrt(4 / (t + t0) *
                     (2.0 / 3 + (t + 2 * t0) / (3 * (t + t0)) + h(T + T0 - 2) - h(T - T0 + 1) -
                      (t - t0) * (t0 - 1) / (3 * (t - t0 + 2) * (t + t0)) + 1 / ((t - t0) * (t - t0)) +
                      h(T - T0 - 1) / (t - t0 + 1)));
  };
  for (long T = 100; T <= 5000; T += 100) {
    for (const double c : {0.1, 0.2, 0.5, 0.8}) {
      const long cooldown = static_cast<long>(c * static_cast<double>(T + 1));
      const BestBaseLr best =
          best_at("wsd(steps=" + std::to_string(T + 1) + ", cooldown=" + std::to_string(cooldown) + ")", T);
      EXPECT_LE(best.bound, theorem(T, T + 1 - cooldown)) << T << " " << c;
    }
  }
  // c = .2: the theorem's constant 2.666 against 2.160.
  EXPECT_NEAR(theorem(1000000, 800001) * 1e3, 2.666, 5e-4);
  EXPECT_NEAR(best_at("wsd(steps=1000001)", 1000000).bound * 1e3, 2.160, 5e-4);
}

TEST(Asymptotics, ConstantsAreApproached) {
  const double T = 1e6;
  const auto scaled = [&](const std::string& spec) {
    const BestBaseLr best = best_at(spec, 1000000);
    return std::pair(best.bound * std::sqrt(T), best.peak * std::sqrt(T));
  };
  const auto expect = [](std::pair<double, double> got, double bound, double peak, double tolerance) {
    EXPECT_NEAR(got.first, bound, tolerance);
    EXPECT_NEAR(got.second, peak, tolerance);
  };
  expect(scaled("wsd(steps=1000001)"), 2.15953, .514515, 5e-5);
  expect(scaled("linear(steps=1000001)"), 2.0, 1.0, 2e-5);
  expect(scaled("cosine(steps=1000001)"), 2.0602, .9708, 5e-5);
  // The p < 1 ends converge slower: the error falls like a log over sqrt(T).
  expect(scaled("1-sqrt(steps=1000001)"), 2.01401, 1.48956, 1e-4);
  for (const double p : {1.5, 2.0, 3.0}) {
    expect(scaled("polynomial(steps=1000001, power=" + format_number(p) + ")"), (p + 1) / std::sqrt(p), std::sqrt(p),
           1e-4);
  }
  for (const double beta : {0.9, 0.5, 0.2}) {
    const double a = 2 + std::log((1 + beta) / (1 - beta));
    const auto cooldown = format_number(std::round((1 - beta) * 1e6));
    expect(scaled("wsd(steps=1000001, cooldown=" + cooldown + ")"), std::sqrt(2 * a / (1 + beta)),
           std::sqrt(2 / ((1 + beta) * a)), 1e-4);
  }
}

TEST(Asymptotics, TransferFromCooldownToLinear) {
  const double from = best_at("wsd(steps=1000001)", 1000000).peak;
  const double to = best_at("linear(steps=1000001)", 1000000).peak;
  EXPECT_NEAR(std::log(to / from), .6645, 1e-4);
}

TEST(PowerLaws, FitOfTheBestPeakOverHorizons) {
  // Least squares of A T^B on the best peaks themselves (not on their logarithms), by Gauss-Newton.
  const auto fit = [](const std::string& name) {
    double A = 1.0;
    double B = -0.5;
    for (int iteration = 0; iteration < 50; ++iteration) {
      double aa = 0, ab = 0, bb = 0, ra = 0, rb = 0;
      for (const int T : {200, 300, 400, 500, 600}) {
        const double model = A * std::pow(T, B);
        const double by_a = model / A;
        const double by_b = model * std::log(T);
        const double rest = best_at(name + "(steps=" + std::to_string(T + 1) + ")", T).peak - model;
        aa += by_a * by_a, ab += by_a * by_b, bb += by_b * by_b, ra += by_a * rest, rb += by_b * rest;
      }
      const double determinant = aa * bb - ab * ab;
      A += (bb * ra - ab * rb) / determinant;
      B += (aa * rb - ab * ra) / determinant;
    }
    return std::pair(A, B);
  };
  const auto [cosine_factor, cosine_power] = fit("cosine");
  EXPECT_NEAR(cosine_factor, .91988, 0.5e-5);
  EXPECT_NEAR(cosine_power, -.49210, 0.5e-5);
  const auto [wsd_factor, wsd_power] = fit("wsd");
  EXPECT_NEAR(wsd_factor, .47076, 0.5e-5);
  EXPECT_NEAR(wsd_power, -.48754, 0.5e-5);
}

TEST(PowerLaws, WsdBoundOverTheRootOfTheHorizon) {
  double by_bound = 0;
  double by_model = 0;
  for (const int T : {500, 1000, 2000, 4000, 8000}) {
    by_bound += best_at("wsd(steps=" + std::to_string(T + 1) + ")", T).bound / std::sqrt(T);
    by_model += 1.0 / T;
  }
  EXPECT_NEAR(by_bound / by_model, 2.17597, 0.5e-5);
}

TEST(CosineCycles, LongerThanTheHorizonCost) {
  const auto cycle = [](double length) {
    const auto steps = static_cast<long>(length * 401);
    return best_at("cosine(final=10%, steps=" + std::to_string(steps) + ")", 400).bound;
  };
  EXPECT_NEAR(cycle(1), .104053, 0.5e-6);
  EXPECT_NEAR(cycle(1.5), .114616, 0.5e-6);
  EXPECT_NEAR(cycle(2), .123784, 0.5e-6);
  EXPECT_NEAR(cycle(4), .133988, 1e-6);
  EXPECT_NEAR(cycle(5), .135264, 0.5e-6);
}

TEST(GradNormShapes, PowersOfT) {
  const auto at = [](const char* spec, double alpha) { return best_at(spec, 400, power_grad_norm(alpha, 400)).bound; };
  EXPECT_NEAR(at("cosine(steps=401)", 0), .103386, 0.5e-6);
  EXPECT_NEAR(at("cosine(steps=401)", -.5), .0134364, 0.5e-7);
  EXPECT_NEAR(at("cosine(steps=401)", -1), .0064450, 0.5e-7);
  EXPECT_NEAR(at("wsd(steps=401)", 0), .109323, 0.5e-6);
  EXPECT_NEAR(at("wsd(steps=401)", -.5), .0090559, 0.5e-7);
  EXPECT_NEAR(at("wsd(steps=401)", -1), .0035862, 0.5e-7);
}

TEST(GradNormShapes, BestOfThePapersGrid) {
  const auto best_of_grid = [](const char* spec, double alpha) {
    const auto norms = power_grad_norm(alpha, 400);
    double best = std::numeric_limits<double>::infinity();
    for (int k = 0; k < 20; ++k) {
      const double peak = std::exp2(-8.0 + 9.0 * k / 19.0);
      best = std::min(best, bound(Schedule::parse(spec).with_peak(peak), {.grad_norm = norms, .T = 400}));
    }
    return best;
  };
  EXPECT_NEAR(best_of_grid("cosine(steps=401)", 0), .1040468, 0.5e-7);
  EXPECT_NEAR(best_of_grid("cosine(steps=401)", -.5), .0134486, 0.5e-7);
  EXPECT_NEAR(best_of_grid("cosine(steps=401)", -1), .0064490, 0.5e-7);
  EXPECT_NEAR(best_of_grid("wsd(steps=401)", 0), .1098577, 0.5e-7);
  EXPECT_NEAR(best_of_grid("wsd(steps=401)", -.5), .0090956, 0.5e-7);
  EXPECT_NEAR(best_of_grid("wsd(steps=401)", -1), .0035884, 0.5e-7);
}

TEST(Standard, BestBaseLrIsTheClosedForm) {
  const Schedule s = Schedule::parse("cosine(steps=401)");
  double sum = 0;
  double squares = 0;
  for (const double rate : s.values(400)) sum += rate, squares += rate * rate;
  const BestBaseLr best = best_base_lr(s, {.grad_norm = 3.0, .distance = 2.0, .criterion = Criterion::standard});
  EXPECT_NEAR(best.peak, 2.0 / (3.0 * std::sqrt(squares)), 1e-14);
  EXPECT_NEAR(best.bound, 2.0 * 3.0 * std::sqrt(squares) / sum, 1e-14);
}

TEST(Horizon, TrailingZerosAreTheStepAfterT) {
  const Schedule s = Schedule::parse("wsd(steps=401)");
  EXPECT_EQ(bound(s), bound(s, {.T = 400}));
  EXPECT_EQ(bound_rates(s).size(), 400U);
  EXPECT_EQ(best_base_lr(s).T, 400);
  EXPECT_EQ(last_positive_step(std::vector<double>{0.0, 1.0, 0.0}), 2);
  EXPECT_EQ(last_positive_step(std::vector<double>{0.0}), 0);
}

TEST(Curve, CarriesOverZeroStepsAndStartsInfinite) {
  const std::vector<double> lr = {0.0, 0.5, 0.0, 0.25};
  std::vector<double> curve(4);
  omega_curve(lr, 1.0, 1.0, curve);
  EXPECT_EQ(curve[0], std::numeric_limits<double>::infinity());
  EXPECT_EQ(curve[1], omega(std::vector<double>{0.5}, 1.0, 1.0));
  EXPECT_EQ(curve[2], curve[1]);
  EXPECT_NEAR(curve[3], omega(lr, 1.0, 1.0), 1e-15);
  const std::vector<std::int64_t> at = {4, 1, 3};
  EXPECT_EQ(omega_at(lr, 1.0, 1.0, at), (std::vector<double>{omega(lr, 1.0, 1.0), curve[0], curve[2]}));
}

TEST(BoundErrors, NameTheArgument) {
  const std::vector<double> lr = {1.0, std::nan(""), 1.0};
  const std::vector<double> good = {1.0, 0.5, 0.25};
  EXPECT_EQ(error_of([&] { omega(lr, 1.0, 1.0); }), "lr[1] = nan: must be finite and >= 0");
  EXPECT_EQ(error_of([&] { omega(std::vector<double>{1.0, -1.0}, 1.0, 1.0); }), "lr[1] = -1: must be finite and >= 0");
  EXPECT_EQ(error_of([&] {
              omega(std::vector<double>{1.0, 0.0}, 1.0, 1.0);
            }),
            "lr[1] = 0: the last step must be > 0; leave trailing zeros out");
  EXPECT_EQ(error_of([&] { omega({}, 1.0, 1.0); }), "lr = []: must hold at least one step");
  EXPECT_EQ(error_of([&] { omega(good, 1.0, 0.0); }), "distance = 0: must be finite and > 0");
  EXPECT_EQ(error_of([&] { omega(good, -1.0, 1.0); }), "grad_norm = -1: must be finite and >= 0");
  EXPECT_EQ(error_of([&] {
              omega(good, std::vector<double>{1.0, 1.0}, 1.0);
            }),
            "grad_norm: there are 2 values for 3 steps; must be at least one per step");
  EXPECT_EQ(error_of([&] {
              omega(good, std::vector<double>{1.0, 1.0, INFINITY}, 1.0);
            }),
            "grad_norm[2] = inf: must be finite and >= 0");
  EXPECT_EQ(error_of([&] {
              standard_bound(std::vector<double>{0.0, 0.0}, 1.0, 1.0);
            }),
            "lr: all 2 values are 0; one must be > 0");
  std::vector<double> out(2);
  EXPECT_EQ(error_of([&] { omega_gradient(good, 1.0, 1.0, out); }), "out: has 2 places for 3 steps");
  EXPECT_EQ(error_of([&] { omega_curve(good, 1.0, 1.0, out); }), "out: has 2 places for 3 steps");
  EXPECT_EQ(error_of([&] {
              omega_at(good, 1.0, 1.0, std::vector<std::int64_t>{1, 4});
            }),
            "t[1] = 4: must be between 1 and 3");
  const Schedule s = Schedule::parse("wsd(steps=500)");
  EXPECT_EQ(error_of([&] { bound(s, {.T = 600}); }), "T = 600: must be at most the horizon, steps = 500");
  EXPECT_EQ(error_of([&] { bound(s, {.T = 0}); }), "T = 0: must be at least 1");
  EXPECT_EQ(error_of([] { bound(Schedule::parse("constant")); }),
            "T: constant has no horizon; say at which step (T, or steps=...)");
  EXPECT_EQ(error_of([] {
              bound(Schedule::table({0.0, 0.0}));
            }),
            "lr: all of the first 2 rates are 0; one must be > 0");
}

TEST(Bound, OfTheExactWorstCase) {
  const BoundSettings settings{.grad_norm = 2.0, .distance = 3.0, .criterion = Criterion::worst_case};
  const Schedule schedule = Schedule::parse("wsd(steps=101, peak=0.1)");
  const std::vector<double> rates = bound_rates(schedule);
  EXPECT_EQ(bound(schedule, settings), worst_case(rates, 2.0, 3.0).value);
  EXPECT_LT(bound(schedule, settings), bound(schedule, {.grad_norm = 2.0, .distance = 3.0}));
  const std::vector<double> lr = {0.0, 0.1, 0.2, 0.0, 0.0};
  const auto values = bound_at(lr, settings, std::vector<std::int64_t>{1, 2, 3, 5});
  EXPECT_TRUE(std::isinf(values[0]));
  EXPECT_EQ(values[1], worst_case(std::span(lr).first(2), 2.0, 3.0).value);
  EXPECT_EQ(values[2], worst_case(std::span(lr).first(3), 2.0, 3.0).value);
  EXPECT_EQ(values[3], values[2]);
}

}  // namespace
}  // namespace scheduled
