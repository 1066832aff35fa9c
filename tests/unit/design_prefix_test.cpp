// What the constrained optimum and the extension of a run build on.
#include <gtest/gtest.h>

#include <cmath>

#include "design/constrained.hpp"
#include "design/prefix_cost.hpp"

namespace scheduled {
namespace {

const std::vector<double> rates = {0.3, 0.0, 0.2, 0.5, 0.1};
const std::vector<double> norms = {1.0, 2.0, 0.0, 3.0, 0.5};

TEST(PrefixCost, IsTheShareOfOmegaThatDependsOnThePrefix) {
  std::vector<double> lr = rates;
  std::vector<double> g = norms;
  lr.push_back(0.7);
  g.push_back(1.5);
  const PrefixCost phi(rates, norms, 1.3);
  EXPECT_NEAR(phi.at(0.7).value + 0.7 * 1.5 * 1.5, 2.0 * omega(lr, g, 1.3), 1e-14);
}

TEST(PrefixCost, DerivativesAreFiniteDifferences) {
  const PrefixCost phi(rates, norms, 1.3);
  for (const double u : {0.01, 0.3, 5.0}) {
    const double h = 1e-5 * u;
    EXPECT_NEAR((phi.at(u + h).value - phi.at(u - h).value) / (2 * h) / phi.at(u).slope, 1.0, 1e-8);
    EXPECT_NEAR((phi.at(u + h).slope - phi.at(u - h).slope) / (2 * h) / phi.at(u).curvature, 1.0, 1e-8);
  }
}

TEST(PrefixCost, BestTailIsWhereTheSlopeIs) {
  const PrefixCost phi(rates, norms, 1.3);
  for (const double slope : {1e-9, 0.1, 1.0, 30.0, 1e9}) {
    EXPECT_NEAR(-phi.at(phi.best_tail(slope)).slope / slope, 1.0, 1e-13);
  }
  EXPECT_EQ(PrefixCost({}, 1.0, 3.0).best_tail(4.0), 1.5);
  // Behind a last step without gradient the slope at 0 is finite: above it, nothing more is to be done.
  const std::vector<double> two = {1.0, 1.0};
  const std::vector<double> vanishing = {1.0, 0.0};
  EXPECT_EQ(PrefixCost(two, vanishing, 1.0).best_tail(100.0), 0.0);
}

/// The Riccati recursion against the gradient: at mu -> 0 multipliers aside, the direction descends, and its slope is
/// the finite difference of objective and barriers along it.
TEST(ConstrainedNewton, SlopeIsTheFiniteDifference) {
  for (const bool falling : {false, true}) {
    constrained::Problem problem{PrefixCost(rates, norms, 1.3), {}, {}};
    problem.warmup = {{0.2, 0.6}, {1.0, 0.4}, {0.6, 0.0}, 0.8};
    problem.g2 = {1.0, 0.3, 0.7, 0.9};
    problem.last_g2 = 0.5;
    problem.final_lr = 0.01;
    problem.cap = 0.4;
    problem.falling = falling;
    const constrained::Point point = constrained::starting_point(problem);
    const double mu = 1e-3;
    std::vector<constrained::Stage> work;
    constrained::Direction direction;
    constrained::newton_direction(problem, point, mu, work, direction);
    const auto value = [&](double step) {
      constrained::Point moved = point;
      for (std::size_t i = 0; i < moved.x.size(); ++i) moved.x[i] += step * direction.x[i];
      moved.update(problem);
      double sum = constrained::objective(problem, moved);
      for (const double x : moved.x) sum -= mu * std::log(x);
      for (std::size_t i = 0; i < moved.y.size(); ++i) sum -= mu * std::log(problem.cap - moved.eta[i]);
      return sum;
    };
    const double h = 1e-5;
    EXPECT_NEAR((value(h) - value(-h)) / (2 * h) / direction.slope, 1.0, 1e-7) << falling;
    EXPECT_LT(direction.slope, 0.0);
  }
}

/// With multipliers mu/x of the barrier itself, a Newton step is that of the barrier function: near its minimum the
/// error falls quadratically.
TEST(ConstrainedNewton, ConvergesQuadratically) {
  for (const bool falling : {false, true}) {
    constrained::Problem problem{PrefixCost(rates, norms, 1.3), {}, {}};
    problem.warmup = {{0.2, 0.6}, {1.0, 0.4}, {0.6, 0.0}, 0.8};
    problem.g2 = {1.0, 0.3, 0.7, 0.9, 1.0};
    problem.last_g2 = 1.0;
    problem.cap = 0.4;
    problem.falling = falling;
    constrained::Point point = constrained::starting_point(problem);
    const double mu = 1e-2;
    std::vector<constrained::Stage> work;
    constrained::Direction direction;
    std::vector<double> sizes;
    for (int i = 0; i < 60; ++i) {
      for (std::size_t k = 0; k < point.z.size(); ++k) point.z[k] = mu / point.x[k];
      for (std::size_t k = 0; k < point.y.size(); ++k) point.y[k] = mu / (problem.cap - point.eta[k]);
      constrained::newton_direction(problem, point, mu, work, direction);
      double size = 0.0;
      for (std::size_t k = 0; k < point.x.size(); ++k) size = std::max(size, std::fabs(direction.x[k]) / point.x[k]);
      for (std::size_t k = 0; k < point.y.size(); ++k) {
        size = std::max(size, std::fabs(direction.eta[k]) / (problem.cap - point.eta[k]));
      }
      const double step = size > 0.5 ? 0.5 / size : 1.0;
      for (std::size_t k = 0; k < point.x.size(); ++k) point.x[k] += step * direction.x[k];
      point.update(problem);
      sizes.push_back(size);
    }
    std::size_t first = 0;
    while (first < sizes.size() && sizes[first] > 0.05) ++first;
    ASSERT_LT(first + 3, sizes.size());
    EXPECT_LT(sizes[first + 1], 20.0 * sizes[first] * sizes[first]) << falling;
    EXPECT_LT(sizes[first + 3], 1e-12) << falling;
  }
}

}  // namespace
}  // namespace scheduled
