// The function that attains the exact worst case: runs of the subgradient method on it, without an SDP.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "scheduled/design.hpp"
#include "scheduled/exact.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

double length2(const std::vector<double>& x) { return std::inner_product(x.begin(), x.end(), x.begin(), 0.0); }

std::vector<double> shape(const std::string& name, std::int64_t T) {
  return bound_rates(Schedule::parse(name + "(steps=" + std::to_string(T + 1) + ")"), T);
}

/// `scale` times the best rates.
std::vector<double> tuned(const std::string& name, std::int64_t T, double scale) {
  std::vector<double> lr = shape(name, T);
  const double best = worst_case_best_scale(lr, 1.0, 1.0).scale;
  for (double& rate : lr) rate *= scale * best;
  return lr;
}

TEST(WorstCaseFunction, OfTwoAndThreeSteps) {
  // T = 2, eta = 1/8: V = D^2/(8 eta) + eta; q_2 = eta, q_1 = 4 eta, a_1 = 1.
  const WorstCaseFunction two = worst_case_function(std::vector{0.5, 1.0}, 1.0, 1.0);
  EXPECT_EQ(two.value, 0.75);
  EXPECT_EQ(two.k, 1);
  EXPECT_EQ(two.slope, 0.5);
  EXPECT_EQ(two.a, std::vector{1.0});
  EXPECT_DOUBLE_EQ(two.b[0], std::sqrt(0.75));
  EXPECT_EQ(two.q, (std::vector{2.0, 0.5}));
  EXPECT_EQ(two.start(), (std::vector{1.0, 0.0}));
  // Too small to reach the minimiser: f = G |x| on a line.
  const WorstCaseFunction small = worst_case_function(std::vector{0.05, 0.05, 0.05}, 2.0, 1.0);
  EXPECT_EQ(small.dimension(), 1);
  EXPECT_DOUBLE_EQ(small(small.iterate(3)), 1.6);
  // Constant 4/15: 3/5.
  const WorstCaseFunction three = worst_case_function(std::vector(3, 4.0 / 15), 1.0, 1.0);
  EXPECT_NEAR(run_worst_case(three).last, 0.6, 1e-15);
}

TEST(WorstCaseFunction, TheMethodAttainsTheWorstCase) {
  for (const char* name : {"constant", "linear", "cosine", "wsd", "1-sqrt"}) {
    for (const std::int64_t T : {2, 3, 10, 100, 1000, 5000}) {
      for (const double scale : {0.05, 0.5, 1.0, 3.0}) {
        const std::vector<double> lr = tuned(name, T, scale);
        const WorstCaseFunction f = worst_case_function(lr, 1.0, 1.0);
        const WorstCaseRun run = run_worst_case(f);
        const double V = worst_case(lr, 1.0, 1.0).value;
        EXPECT_NEAR(run.last / V, 1.0, 1e-12) << name << " " << T << " " << scale;
        EXPECT_NEAR(f(f.iterate(T)) / V, 1.0, 1e-12) << name << " " << T << " " << scale;
        EXPECT_TRUE(f.exact);
        EXPECT_EQ(f.attained, V);
      }
    }
  }
}

TEST(WorstCaseFunction, OfLongRuns) {
  for (const char* name : {"constant", "linear", "cosine", "wsd"}) {
    for (const std::int64_t T : {10000, 100000}) {
      const WorstCaseFunction f = worst_case_function(tuned(name, T, 1.0), 1.0, 1.0);
      EXPECT_NEAR(f(f.iterate(T)) / f.value, 1.0, 1e-12) << name << " " << T;
      std::vector<double> g(static_cast<std::size_t>(f.dimension()));
      for (std::int64_t t = 1; t <= T; t += T / 25) {  // the oracle takes piece t at x_t
        f.subgradient(f.iterate(t), g);
        EXPECT_NEAR(length2(g), 1.0, 1e-11) << name << " " << T << " " << t;
        if (t <= f.k) {
          EXPECT_EQ(g[static_cast<std::size_t>(t)], f.b[static_cast<std::size_t>(t) - 1]) << name << " " << t;
        }
      }
    }
  }
}

TEST(WorstCaseFunction, OfRatesOverSixDecades) {
  std::mt19937_64 random(21);
  std::uniform_real_distribution<double> decades(-6.0, 0.0);
  double worst = 0.0;
  for (int i = 0; i < 400; ++i) {
    const std::size_t T = 2 + static_cast<std::size_t>(i) % 29;
    std::vector<double> lr(T);
    for (double& rate : lr) rate = std::pow(10.0, decades(random));
    const WorstCaseFunction f = worst_case_function(lr, 1.0, 1.0);
    const double reached = f(f.iterate(static_cast<std::int64_t>(T)));
    worst = std::max(worst, std::fabs(reached / f.value - 1.0));
    EXPECT_NEAR(reached / f.value, 1.0, 1e-12) << i;
  }
  RecordProperty("largest_error", std::to_string(worst));
}

TEST(WorstCaseFunction, ForVaryingNorms) {
  std::mt19937_64 random(22);
  std::normal_distribution<double> normal;
  int slack = 0;
  for (int i = 0; i < 600; ++i) {
    const std::size_t T = 2 + static_cast<std::size_t>(i) % 40;
    const double deviation = std::array{0.05, 0.5, 2.0}[static_cast<std::size_t>(i) % 3];
    std::vector<double> lr(T), norms(T);
    for (double& rate : lr) rate = std::exp(0.5 * normal(random)) / std::sqrt(static_cast<double>(T));
    for (double& G : norms) G = std::exp(deviation * normal(random));
    if (T > 4) lr[1] = 0.0;  // has no piece
    const WorstCaseFunction f = worst_case_function(lr, norms, 1.5);
    const auto n = static_cast<std::int64_t>(f.lr.size());
    EXPECT_EQ(f.step.back(), static_cast<std::int64_t>(T));
    EXPECT_NEAR(f(f.iterate(n)) / f.value, 1.0, 2e-10) << i;
    EXPECT_NEAR(run_worst_case(f).last / f.value, 1.0, 2e-10) << i;
    std::vector<double> g(static_cast<std::size_t>(f.dimension()));
    for (std::int64_t t = 1; t <= n; ++t) {
      f.subgradient(f.iterate(t), g, t);
      const double G = norms[static_cast<std::size_t>(f.step[static_cast<std::size_t>(t) - 1] - 1)];
      EXPECT_LE(std::sqrt(length2(g)), G * (1 + 1e-9)) << i << " " << t;
    }
    if (worst_case(lr, norms, 1.5).end == WorstCaseEnd::slack) ++slack;
  }
  EXPECT_GT(slack, 20);
}

TEST(WorstCaseFunction, TiesAreNoArtefact) {
  for (const char* name : {"constant", "linear", "wsd"}) {
    for (const std::int64_t T : {3, 20, 200}) {
      const WorstCaseFunction f = worst_case_function(tuned(name, T, 1.0), 1.0, 1.0);
      for (const double share : {1.0, 0.1}) {
        const WorstCaseFunction g = f.without_ties(share * f.largest_epsilon());
        const WorstCaseRun run = run_worst_case(g);
        EXPECT_NEAR(run.last / g.attained, 1.0, 1e-12) << name << " " << T;
        EXPECT_LT(g.attained, f.value);
        EXPECT_GE(g.attained, f.value - g.epsilon * static_cast<double>(T));
      }
    }
  }
  const WorstCaseFunction line = worst_case_function(std::vector{0.1, 0.1}, 1.0, 1.0);
  EXPECT_THROW(line.without_ties(), ArgumentError);
}

TEST(WorstCaseFunction, IsConvexWithItsSubgradientsAndMinimum) {
  std::mt19937_64 random(23);
  std::normal_distribution<double> normal;
  const WorstCaseFunction f = worst_case_function(tuned("wsd", 12, 1.3), 1.0, 1.0);
  const auto point = [&] {
    std::vector<double> x(static_cast<std::size_t>(f.dimension()));
    for (double& one : x) one = normal(random);
    return x;
  };
  std::vector<double> g(static_cast<std::size_t>(f.dimension()));
  for (int i = 0; i < 300; ++i) {
    const std::vector<double> x = point(), y = point();
    f.subgradient(x, g);
    double below = f(x);
    for (std::size_t j = 0; j < g.size(); ++j) below += g[j] * (y[j] - x[j]);
    EXPECT_GE(f(y), below - 1e-11);
    EXPECT_GE(f(y), 0.0);
  }
  EXPECT_EQ(f(std::vector<double>(g.size(), 0.0)), 0.0);
}

TEST(WorstCaseFunction, OfRatesAndNormsWhoseSquaresAreTooLarge) {
  for (const auto& [rate, norm] : {std::pair{1e160, 1.0}, std::pair{1e-140, 1e140}}) {
    const WorstCaseFunction f = worst_case_function(std::vector(5, rate), norm, 1.0);
    EXPECT_NEAR(run_worst_case(f).last / worst_case(std::vector(5, rate), norm, 1.0).value, 1.0, 1e-12);
  }
}

TEST(WorstCaseFunction, NamesWhatIsWrong) {
  const WorstCaseFunction f = worst_case_function(std::vector{0.5, 0.5}, 1.0, 1.0);
  std::vector<double> out(2);
  EXPECT_EQ(error_of([&] { f(std::vector{1.0}); }), "x: must have 2 values, not 1");
  EXPECT_EQ(error_of([&] { f(std::vector{1.0, std::nan("")}); }), "x[1] = nan: must be finite");
  EXPECT_EQ(error_of([&] { f.iterate(3); }), "t = 3: must be between 1 and 2");
  EXPECT_EQ(error_of([&] { f.subgradient(out, out, 0); }), "from_piece = 0: must be between 1 and 2");
  EXPECT_EQ(error_of([&] { f.without_ties(10.0); }),
            "epsilon = 10: must be > 0 and at most " + format_number(f.largest_epsilon()));
  EXPECT_EQ(error_of([&] {
              worst_case_function(std::vector{0.5, 0.5}, std::vector{0.0, 1.0}, 1.0);
            }),
            "grad_norm[0] = 0: must be > 0: else only a run that starts at a minimiser is the worst");
}

}  // namespace
}  // namespace scheduled
