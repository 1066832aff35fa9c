// The fast curve against the direct sum: at every t up to T = 20,000, at sampled t for T = 1e6; tolerance and threads.
#include <gtest/gtest.h>

#include <cmath>

#include "scheduled/bound.hpp"
#include "support/families.hpp"

namespace scheduled {
namespace {

std::vector<double> curve(const families::Series& rates, GradNorm norms, const CurveOptions& options = {}) {
  std::vector<double> out(rates.values.size());
  omega_curve(rates.values, norms, 0.8, out, options);
  return out;
}

struct Worst {
  double error = 0.0;
  std::string where;
};

/// Largest relative error at the given t.
void compare(const families::Series& rates, const families::Series& norms, std::span<const double> got,
             std::span<const std::int64_t> at, Worst& worst) {
  const auto exact = omega_at(rates.values, norms.values, 0.8, at);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double value = got[static_cast<std::size_t>(at[i] - 1)];
    if (std::isinf(exact[i]) && value == exact[i]) continue;
    const double error = std::fabs(value - exact[i]) / exact[i];
    if (!(error <= worst.error)) {
      worst.error = error;
      worst.where = rates.name + ", G = " + norms.name + ", T = " + std::to_string(rates.values.size()) +
                    ", t = " + std::to_string(at[i]);
    }
  }
}

std::vector<std::int64_t> every(std::size_t T) {
  std::vector<std::int64_t> at(T);
  for (std::size_t t = 0; t < T; ++t) at[t] = static_cast<std::int64_t>(t + 1);
  return at;
}

TEST(OmegaCurve, IsWithin1e12AtEveryStepOfShortRuns) {
  Worst worst;
  for (const std::size_t T : {1U, 2U, 3U, 7U, 8U, 9U, 63U, 64U, 65U, 127U, 128U, 129U, 255U, 257U, 1000U, 2049U}) {
    for (const auto& rates : families::rates(T)) {
      for (const auto& norms : families::grad_norms(T)) {
        compare(rates, norms, curve(rates, norms.values), every(T), worst);
      }
    }
  }
  EXPECT_LE(worst.error, 1e-12) << worst.where;
  std::cout << "worst relative error " << worst.error << ": " << worst.where << "\n";
}

TEST(OmegaCurve, IsWithin1e12AtEveryStepOf20000) {
  Worst worst;
  const std::size_t T = 20000;
  const auto norms = families::grad_norms(T);
  std::size_t k = 0;
  for (const auto& rates : families::rates(T)) {
    const auto& norm = norms[k++ % norms.size()];
    compare(rates, norm, curve(rates, norm.values), every(T), worst);
  }
  EXPECT_LE(worst.error, 1e-12) << worst.where;
  std::cout << "worst relative error " << worst.error << ": " << worst.where << "\n";
}

TEST(OmegaCurve, IsWithin1e12OfAMillionStepsAtSampledOnes) {
  Worst worst;
  const std::size_t T = 1000000;
  const auto norms = families::grad_norms(T);
  std::mt19937_64 random(5);
  std::size_t k = 0;
  for (const auto& rates : families::rates(T)) {
    const auto& norm = norms[k % norms.size()];
    std::vector<std::int64_t> at = {1, 2, static_cast<std::int64_t>(T) - 1, static_cast<std::int64_t>(T)};
    while (at.size() < 2000) at.push_back(static_cast<std::int64_t>(random() % T) + 1);
    compare(rates, norm, curve(rates, norm.values), at, worst);
    ++k;
  }
  EXPECT_LE(worst.error, 1e-12) << worst.where;
  std::cout << "worst relative error " << worst.error << ": " << worst.where << "\n";
}

TEST(OmegaCurve, KeepsTheToleranceAskedFor) {
  const std::size_t T = 5000;
  for (const double tolerance : {1e-1, 1e-3, 1e-6, 1e-9, 1e-11, 1e-14}) {
    Worst worst;
    for (const auto& rates : families::rates(T)) {
      const auto norms = families::grad_norms(T)[2];
      compare(rates, norms, curve(rates, norms.values, {.tolerance = tolerance}), every(T), worst);
    }
    // At the tightest, rounding adds to it.
    EXPECT_LE(worst.error, std::max(tolerance, 5e-14)) << tolerance << ": " << worst.where;
    std::cout << tolerance << ": " << worst.error << "\n";
  }
}

TEST(OmegaCurve, HasTheSameBitsForEveryNumberOfThreads) {
  const std::size_t T = 30000;
  for (const auto& rates : families::rates(T)) {
    const auto one = curve(rates, 1.0);
    EXPECT_EQ(curve(rates, 1.0, {.threads = 2}), one) << rates.name;
    EXPECT_EQ(curve(rates, 1.0, {.threads = 5}), one) << rates.name;
  }
}

TEST(OmegaCurve, CopesWithExtremeScales) {
  Worst worst;
  for (const double scale : {1e-150, 1e-30, 1e30, 1e100}) {
    families::Series rates{"scaled by " + std::to_string(scale), {}};
    families::Series norms{"over it", {}};
    for (int t = 0; t < 500; ++t) {
      rates.values.push_back(scale * (1.0 + t % 7));
      norms.values.push_back((1.0 + t % 3) / std::sqrt(scale));
    }
    compare(rates, norms, curve(rates, norms.values), every(500), worst);
  }
  families::Series wide{"over 1e140", {}};
  for (int t = 0; t < 300; ++t) wide.values.push_back(t % 2 == 0 ? 1e-140 : 1.0);
  const families::Series ones{"1", std::vector<double>(300, 1.0)};
  compare(wide, ones, curve(wide, 1.0), every(300), worst);
  EXPECT_LE(worst.error, 1e-12) << worst.where;
}

}  // namespace
}  // namespace scheduled
