// The laws' curves against plain sums, and their Jacobians against finite differences.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "support/law_cases.hpp"
#include "support/law_direct.hpp"

namespace scheduled {
namespace {

const char* const specs[] = {
    "constant(steps=3000, warmup=100, peak=1e-3)",
    "cosine(steps=4000, warmup=300, peak=3e-4, final=3e-5)",
    "cosine(steps=4000, warmup=300, peak=3e-4)",
    "wsd(steps=5000, warmup=300, cooldown=20%, peak=1e-3)",
    "wsd(steps=5000, warmup=300, cooldown=40%, decay=1-sqrt, peak=2e-3)",
    "wsd(steps=4000, warmup=123, cooldown=1111, decay=exponential, peak=3e-4, final=3e-5)",
    "linear(steps=3000, peak=5e-4)",
    "piecewise(steps=4000, warmup=216, milestones=[801, 2999], factors=[0.3, 0.1], peak=3e-4)",
    "rsqrt(steps=3000, warmup=300, peak=1e-3)",
};

double worst_difference(const Law& law, const std::vector<double>& lr, const std::vector<std::int64_t>& step) {
  const std::vector<double> fast = law_curve(law, lr, step);
  const std::vector<double> direct = law_direct::law_curve_direct(law, lr, step);
  double worst = 0.0;
  for (std::size_t i = 0; i < step.size(); ++i) worst = std::max(worst, std::fabs(fast[i] - direct[i]));
  return worst;
}

TEST(LawAccuracy, AgreesWithPlainSums) {
  for (const LawKind kind : law_kinds()) {
    double worst = 0.0;
    std::string where;
    for (const char* spec : specs) {
      const std::vector<double> lr = law_cases::rates(spec);
      const Law law = law_cases::typical(kind, lr, Schedule::parse(spec).peak());
      const double apart = worst_difference(law, lr, law_cases::every(2, static_cast<std::int64_t>(lr.size()), 37));
      if (apart > worst) where = spec;
      worst = std::max(worst, apart);
    }
    EXPECT_LE(worst, law_cases::tolerance(kind)) << law_name(kind) << ": " << where;
    RecordProperty(std::string(law_name(kind)), std::to_string(worst));
  }
}

TEST(LawAccuracy, AgreesWithPlainSumsForParametersFarFromTypical) {
  const std::vector<double> lr = law_cases::rates("wsd(steps=6000, warmup=300, cooldown=30%, peak=1e-3)");
  const auto step = law_cases::every(10, 6000, 97);
  double worst = 0.0;
  for (const double beta : {0.03, 0.5, 3.0}) {
    for (const double kappa : {0.3, 0.8, 2.5}) {
      for (const double C : {1.0, 1e4}) {
        for (const double decay : {0.001, 0.1, 2.0}) {
          for (const double v0 : {0.02, 1.0, 20.0}) {
            const Law law{
                LawKind::angular, 1e-3, law_cases::sum_of(lr), {2.7, 0.2, 0.5, 0.3, C, beta, kappa, decay, v0}};
            worst = std::max(worst, worst_difference(law, lr, step));
          }
        }
      }
    }
  }
  EXPECT_LE(worst, 1e-8);
}

/// The noise law cuts rates into pieces; norms grow fast where a rate rises.
TEST(LawAccuracy, NoiseAgreesWithPlainSumsOnJumps) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  for (int run = 0; run < 60; ++run) {
    std::vector<double> lr;
    const auto steps = static_cast<std::size_t>(50.0 + 1000.0 * uniform(random));
    while (lr.size() < steps) lr.insert(lr.end(), 1 + steps / 20, 1e-3 * uniform(random));
    Law law = law_cases::typical(LawKind::noise, lr, 1e-3);
    law.parameters[7] = std::min(law.parameters[7], 99.0);
    const auto last = static_cast<std::int64_t>(lr.size());
    EXPECT_LE(worst_difference(law, lr, law_cases::every(1, last, 1 + last / 7)), 5e-4) << run;
  }
}

TEST(LawAccuracy, AgreesWithPlainSumsOnNoisyRates) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0.1, 1.0);
  std::vector<double> lr(1500);
  for (double& rate : lr) rate = 1e-3 * uniform(random);
  for (const LawKind kind : law_kinds()) {
    EXPECT_LE(worst_difference(law_cases::typical(kind, lr, 1e-3), lr, law_cases::every(2, 1500, 41)),
              law_cases::tolerance(kind))
        << law_name(kind);
  }
}

TEST(LawAccuracy, JacobianHoldsWhereTheLastRateIsZero) {
  // The cost turns fast there, more so for a small kappa.
  const std::vector<double> lr = law_cases::rates("cosine(steps=2000, warmup=100, peak=1e-3)");
  Law law{LawKind::angular, 1e-3, law_cases::sum_of(lr), {2.9, 0.5, 0.9, 0.06, 2400.0, 0.45, 0.3, 0.06, 0.0075}};
  const std::int64_t end[] = {2000};
  const LawCurve curve(law.kind, lr, end, law.reference_rate, law.reference_sum);
  double loss[1];
  double jacobian[9];
  curve.evaluate(law.parameters, loss, jacobian);
  for (const std::size_t j : {std::size_t{6}, std::size_t{7}, std::size_t{8}}) {
    const double h = 1e-6 * law.parameters[j];
    double above[1];
    double below[1];
    std::vector<double> moved = law.parameters;
    moved[j] += h;
    curve.evaluate(moved, above);
    moved[j] -= 2.0 * h;
    curve.evaluate(moved, below);
    EXPECT_NEAR(jacobian[j] / ((above[0] - below[0]) / (2.0 * h)), 1.0, 1e-5) << law_parameters(law.kind)[j].name;
  }
}

TEST(LawAccuracy, JacobianIsThatOfFiniteDifferences) {
  for (const LawKind kind : law_kinds()) {
    for (const char* spec : specs) {
      const std::vector<double> lr = law_cases::rates(spec);
      const Law law = law_cases::typical(kind, lr, Schedule::parse(spec).peak());
      const auto step = law_cases::every(20, static_cast<std::int64_t>(lr.size()), 211);
      const LawCurve curve(kind, lr, step, law.reference_rate, law.reference_sum);
      const std::size_t n = step.size();
      const std::size_t P = law.parameters.size();
      std::vector<double> loss(n);
      std::vector<double> jacobian(n * P);
      curve.evaluate(law.parameters, loss, jacobian);
      for (std::size_t j = 0; j < P; ++j) {
        const double h = 1e-5 * std::fabs(law.parameters[j]);
        std::vector<double> up(n);
        std::vector<double> down(n);
        std::vector<double> moved = law.parameters;
        moved[j] += h;
        curve.evaluate(moved, up);
        moved[j] -= 2.0 * h;
        curve.evaluate(moved, down);
        for (std::size_t i = 0; i < n; ++i) {
          const double difference = (up[i] - down[i]) / (2.0 * h);
          const double exact = jacobian[i * P + j];
          ASSERT_NEAR(exact, difference, 1e-6 * std::fabs(exact) + 1e-15 * (1.0 + std::fabs(loss[i])) / h)
              << law_name(kind) << ' ' << law_parameters(kind)[j].name << " at " << step[i] << " of " << spec;
        }
      }
    }
  }
}

}  // namespace
}  // namespace scheduled
