// The stream against the direct sum and against the offline curve.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "scheduled/bound.hpp"
#include "support/families.hpp"

namespace scheduled {
namespace {

std::vector<double> stream(std::span<const double> lr, std::span<const double> norms, double distance) {
  OmegaStream omega(distance);
  std::vector<double> values;
  for (std::size_t t = 0; t < lr.size(); ++t) values.push_back(omega.push(lr[t], norms[t]));
  return values;
}

TEST(OmegaStream, EqualsDirectSumAndCurve) {
  double worst = 0.0;
  std::string where;
  for (const std::size_t T : {1U, 2U, 3U, 10U, 129U, 2000U}) {
    for (const auto& rates : families::rates(T)) {
      for (const auto& norms : families::grad_norms(T)) {
        std::vector<std::int64_t> at(T);
        for (std::size_t t = 0; t < T; ++t) at[t] = static_cast<std::int64_t>(t + 1);
        const auto exact = omega_at(rates.values, norms.values, 0.8, at);
        const auto got = stream(rates.values, norms.values, 0.8);
        std::vector<double> curve(T);
        omega_curve(rates.values, norms.values, 0.8, curve);
        for (std::size_t t = 0; t < T; ++t) {
          if (std::isinf(exact[t])) {
            EXPECT_EQ(got[t], exact[t]);
            continue;
          }
          const double error = std::max(std::fabs(got[t] / exact[t] - 1.0), std::fabs(got[t] / curve[t] - 1.0));
          if (!(error <= worst))
            worst = error, where = rates.name + ", G = " + norms.name + ", t = " + std::to_string(t + 1);
        }
      }
    }
  }
  EXPECT_LE(worst, 1e-10) << where;
  std::cout << "worst relative error " << worst << ": " << where << "\n";
}

TEST(OmegaStream, HoldsOverTwoMillionStepsOfEveryFamily) {
  const std::size_t T = 2000000;
  double worst = 0.0;
  std::string where;
  const auto norms = families::grad_norms(T);
  std::size_t k = 0;
  for (const auto& rates : families::rates(T)) {
    const auto& norm = norms[k++ % norms.size()];
    const double got = stream(rates.values, norm.values, 0.8).back();
    const double error = std::fabs(got / omega(rates.values, norm.values, 0.8) - 1.0);
    if (!(error <= worst)) worst = error, where = rates.name + ", G = " + norm.name;
  }
  EXPECT_LE(worst, 1e-10) << where;
  std::cout << "worst relative error " << worst << ": " << where << "\n";
}

TEST(OmegaStream, CopesWithRangesNobodyForetold) {
  // Rates that shrink by 1e110, then jump back, then vanish in the middle of everything.
  std::vector<double> lr;
  for (int t = 0; t < 440; ++t) lr.push_back(std::pow(10.0, 55.0 - t / 4.0));
  for (int t = 0; t < 50; ++t) lr.push_back(1e60);
  for (int t = 0; t < 50; ++t) lr.push_back(t % 2 == 0 ? 0.0 : 1e-60);
  std::vector<double> norms(lr.size(), 1.0);
  const auto got = stream(lr, norms, 1.0);
  std::vector<std::int64_t> at;
  for (std::size_t t = 1; t <= lr.size(); ++t) at.push_back(static_cast<std::int64_t>(t));
  const auto exact = omega_at(lr, norms, 1.0, at);
  for (std::size_t t = 0; t < lr.size(); ++t) EXPECT_NEAR(got[t] / exact[t], 1.0, 1e-10) << t;
}

}  // namespace
}  // namespace scheduled
