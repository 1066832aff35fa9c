// Fits of the figures: they find what the points were made with, and refuse points that cannot tell.
#include "figures/fits.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "figures/norm_fit.hpp"
#include "figures/shared.hpp"
#include "support/throws.hpp"

namespace scheduled::figures {
namespace {

bool refuses(const auto& call, const std::string& why) { return error_of(call).find(why) != std::string::npos; }

std::vector<double> values(const std::vector<double>& x, auto function) {
  std::vector<double> y;
  for (const double value : x) y.push_back(function(value));
  return y;
}

TEST(LeastSquares, SolvesASquareSystem) {
  const std::vector<double> x = least_squares({{2.0, 1.0}, {1.0, 3.0}}, {4.0, 7.0});
  EXPECT_NEAR(x[0], 1.0, 1e-14);
  EXPECT_NEAR(x[1], 2.0, 1e-14);
}

TEST(LeastSquares, ResidualIsOrthogonalToEveryColumn) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> basis;
  std::vector<double> y;
  for (int i = 0; i < 20; ++i) {
    basis.push_back({normal(random), normal(random), normal(random)});
    y.push_back(normal(random));
  }
  const std::vector<double> x = least_squares(basis, y);
  for (std::size_t j = 0; j < 3; ++j) {
    double dot = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      dot += basis[i][j] * (y[i] - basis[i][0] * x[0] - basis[i][1] * x[1] - basis[i][2] * x[2]);
    }
    EXPECT_NEAR(dot, 0.0, 1e-13);
  }
}

TEST(LeastSquares, RefusesWhatIsNotDetermined) {
  EXPECT_TRUE(refuses([&] { return least_squares({{1.0, 2.0}}, {1.0}); }, "fewer than there are coefficients"));
  EXPECT_TRUE(refuses([&] { return least_squares({}, {}); }, "fewer than there are coefficients"));
  EXPECT_TRUE(refuses(
      [&] {
        return least_squares({{1.0, 2.0}, {2.0, 4.0}, {3.0, 6.0}}, {1.0, 2.0, 4.0});
      },
      "do not tell"));
  EXPECT_TRUE(refuses([&] { return least_squares({{0.0}, {0.0}}, {1.0, 2.0}); }, "do not tell"));
}

TEST(PowerLawFit, FindsFactorAndExponent) {
  const std::vector<double> x = log_spaced(100.0, 1000.0, 7);
  const PowerLaw law = fit_power_law(x, values(x, [](double value) { return 0.9 * std::pow(value, -0.49); }));
  EXPECT_NEAR(law.factor, 0.9, 1e-12);
  EXPECT_NEAR(law.exponent, -0.49, 1e-13);
}

TEST(PowerLawFit, WeighsTheValuesNotTheirLogarithms) {
  // Half of y at the smallest value is a small error of y, and a large one of its logarithm.
  const std::vector<double> x = {1.0, 10.0, 100.0, 1000.0};
  const PowerLaw law = fit_power_law(x, std::vector<double>{1000.0, 100.0, 10.0, 0.5});
  EXPECT_NEAR(law.exponent, -1.0, 1e-3);
  EXPECT_NEAR(law.factor, 1000.0, 0.1);
}

TEST(PowerLawFit, RefusesOnePlace) {
  EXPECT_TRUE(refuses(
      [&] {
        return fit_power_law(std::vector<double>{2.0, 2.0}, std::vector<double>{1.0, 1.5});
      },
      "do not tell"));
}

TEST(LrFit, FindsTheBestLr) {
  const std::vector<double> lr = {1e-4, 5e-4, 1e-3, 2e-3, 3e-3};
  const LrFit fit = fit_lr(lr, values(lr, [](double gamma) { return 2e-5 / gamma + 20.0 * gamma + 2.9; }));
  EXPECT_NEAR(fit.inverse, 2e-5, 1e-17);
  EXPECT_NEAR(fit.linear, 20.0, 1e-9);
  EXPECT_NEAR(fit.constant, 2.9, 1e-12);
  EXPECT_NEAR(fit.best(), 1e-3, 1e-13);
  EXPECT_NEAR(fit(fit.best()), 2.94, 1e-12);
}

TEST(LrFit, NoMinimumIsNoNumber) {
  const std::vector<double> lr = {1e-3, 2e-3, 3e-3, 4e-3};
  EXPECT_TRUE(std::isnan(fit_lr(lr, values(lr, [](double gamma) { return 3.0 - 10.0 * gamma; })).best()));
  EXPECT_TRUE(refuses([&] { return fit_lr(std::vector<double>{1e-3, 2e-3}, std::vector<double>{3.0, 2.9}); }, "fewer"));
  EXPECT_TRUE(refuses(
      [&] {
        return fit_lr(std::vector<double>{1e-3, 1e-3, 1e-3}, std::vector<double>{3.0, 2.9, 3.0});
      },
      "do not tell"));
}

TEST(Polynomial, OfTheDegreeIsExact) {
  const std::vector<double> x = spaced(0.0, 1.0, 9);
  const std::vector<double> y = values(x, [](double value) { return 1.0 - 2.0 * value + 3.0 * value * value * value; });
  const std::vector<double> fit = fit_polynomial(x, y, 3);
  EXPECT_NEAR(fit[0], 1.0, 1e-12);
  EXPECT_NEAR(fit[1], -2.0, 1e-11);
  EXPECT_NEAR(fit[2], 0.0, 1e-11);
  EXPECT_NEAR(fit[3], 3.0, 1e-11);
  EXPECT_NEAR(polynomial(fit, 2.0), 21.0, 1e-10);
  EXPECT_TRUE(refuses([&] { return fit_polynomial(x, y, 9); }, "fewer"));
}

TEST(Correlation, OfLinesIsOneAndOfAConstantNone) {
  const std::vector<double> x = {1.0, 2.0, 4.0};
  EXPECT_NEAR(correlation(x, std::vector<double>{3.0, 5.0, 9.0}), 1.0, 1e-15);
  EXPECT_NEAR(correlation(x, std::vector<double>{-1.0, -2.0, -4.0}), -1.0, 1e-15);
  EXPECT_TRUE(std::isnan(correlation(x, std::vector<double>{1.0, 1.0, 1.0})));
}

TEST(NormFit, FollowsItsOwnFunction) {
  const NormFit truth{.start = 1.5, .rate = 12.0, .power = 0.7, .end = 0.15, .growth = 3.0, .floor = 0.2};
  const std::vector<double> share = spaced(0.001, 1.0, 300);
  const NormFit fit = fit_norm(share, values(share, truth));
  EXPECT_LT(std::sqrt(fit.squares / 300.0), 1e-3);
  for (const double s : share) EXPECT_NEAR(fit(s), truth(s), 5e-3);
}

TEST(NormFit, CoefficientsAreNeverNegative) {
  const std::vector<double> share = spaced(0.01, 1.0, 50);
  const NormFit falling = fit_norm(share, values(share, [](double s) { return 2.0 - s; }));
  EXPECT_GE(falling.end, 0.0);
  EXPECT_GE(falling.start, 0.0);
  EXPECT_GE(falling.floor, 0.0);
  const NormFit constant = fit_norm(share, values(share, [](double) { return 0.3; }));
  for (const double s : share) EXPECT_NEAR(constant(s), 0.3, 1e-9);
}

TEST(NormFit, RefusesTooFewPoints) {
  EXPECT_TRUE(refuses([&] { return fit_norm(std::vector<double>{0.5, 1.0}, std::vector<double>{1.0, 2.0}); }, "fewer"));
  EXPECT_TRUE(refuses(
      [&] {
        return fit_norm(std::vector<double>{0.5, 1.0}, std::vector<double>{1.0});
      },
      "not as long"));
}

}  // namespace
}  // namespace scheduled::figures
