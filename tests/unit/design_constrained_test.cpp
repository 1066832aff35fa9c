#include "scheduled/design.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "support/certified.hpp"
#include "support/reference.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

std::vector<double> walk_norms(std::size_t T, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  double level = 0.0;
  std::vector<double> norms(T);
  for (double& g : norms) g = std::exp(level = 0.98 * level + 0.15 * normal(random));
  return norms;
}

struct Case {
  const char* name;
  ScheduleConstraints constraints;
};

/// Every kind of constraint alone and together, for T >= 20 steps of which rates about `peak` are best.
std::vector<Case> cases(std::size_t T, double peak) {
  const std::vector<double> prefix(T / 2, 0.3 * peak);
  const std::vector<double> ramp = linear_warmup(static_cast<std::int64_t>(T / 10));
  return {{"nothing", {}},
          {"cap", {.max_lr = 0.5 * peak}},
          {"low cap", {.max_lr = 0.01 * peak}},
          {"high cap", {.max_lr = 1000.0 * peak}},
          {"falling", {.non_increasing = true}},
          {"falling, cap", {.max_lr = 0.5 * peak, .non_increasing = true}},
          {"final", {.final_lr = 0.1 * peak}},
          {"large final", {.final_lr = 3.0 * peak}},
          {"falling, final", {.non_increasing = true, .final_lr = 0.1 * peak}},
          {"falling, final near the cap", {.max_lr = 0.2 * peak, .non_increasing = true, .final_lr = 0.19 * peak}},
          {"warmup", {.warmup = ramp}},
          {"warmup, cap, falling, final",
           {.warmup = ramp, .max_lr = 0.5 * peak, .non_increasing = true, .final_lr = 0.01 * peak}},
          {"prefix", {.prefix = prefix}},
          {"prefix, falling", {.prefix = prefix, .non_increasing = true}},
          {"prefix, cap", {.prefix = prefix, .max_lr = 0.4 * peak}},
          {"all",
           {.prefix = prefix, .warmup = ramp, .max_lr = 0.4 * peak, .non_increasing = true, .final_lr = 1e-3 * peak}}};
}

TEST(ConstrainedSchedule, CertifiesTheGapOfEveryCase) {
  for (const std::int64_t T : {20, 300, 20000}) {
    const double peak = optimal_schedule(T).lr[0];
    const auto walk = walk_norms(static_cast<std::size_t>(T), 1);
    for (const GradNorm& norms : {GradNorm(1.0), GradNorm(walk)}) {
      for (const Case& c : cases(static_cast<std::size_t>(T), peak)) {
        SCOPED_TRACE(c.name + std::string(", T = ") + std::to_string(T));
        expect_certified(constrained_schedule(T, norms, 1.0, c.constraints), T, norms, 1.0, c.constraints);
      }
    }
  }
}

TEST(ConstrainedSchedule, IsTheFreeOptimumWhereConstraintsDoNotBind) {
  for (const std::int64_t T : {1, 2, 3, 50, 2000}) {
    const auto norms = walk_norms(static_cast<std::size_t>(T), 2);
    const OptimalSchedule best = optimal_schedule(T, norms, 1.3);
    const ScheduleConstraints high{.max_lr = 1e3 * best.lr[0]};
    const auto result = constrained_schedule(T, norms, 1.3, high);
    expect_certified(result, T, norms, 1.3, high);
    EXPECT_NEAR(result.bound / best.bound, 1.0, 1e-10);
    EXPECT_LE(result.lower_bound, best.bound * (1 + 1e-13));
    for (std::size_t t = 0; t < best.lr.size(); ++t) EXPECT_NEAR(result.lr[t] / best.lr[t], 1.0, 1e-3) << T << " " << t;
  }
}

/// The first rates of the optimum as prefix, its last rate as final_lr: the optimum again.
TEST(ConstrainedSchedule, KeepsTheOptimumWhosePartsArePrescribed) {
  const auto norms = walk_norms(400, 3);
  const OptimalSchedule best = optimal_schedule(400, norms);
  const ScheduleConstraints parts{.prefix = {best.lr.begin(), best.lr.begin() + 150}, .final_lr = best.lr[399]};
  const auto result = constrained_schedule(400, norms, 1.0, parts);
  expect_certified(result, 400, norms, 1.0, parts);
  EXPECT_NEAR(result.bound / best.bound, 1.0, 1e-10);
  EXPECT_NEAR(result.lower_bound / best.bound, 1.0, 1e-9);
}

/// Multipliers from the gradient (1.3) in long double: where the cap binds it is <= 0, else 0.
TEST(ConstrainedSchedule, MeetsTheKktConditionsOfACap) {
  const std::size_t T = 300;
  const auto norms = walk_norms(T, 4);
  const double cap = 0.6 * optimal_schedule(300, norms).lr[0];
  const auto result = constrained_schedule(300, norms, 1.0, {.max_lr = cap}, {.tolerance = 1e-12});
  const auto gradient = reference::omega_gradient(result.lr, norms, 1.0);
  const long double scale =
      1 / (reference::tail_sums<long double>(result.lr)[0] * reference::tail_sums<long double>(result.lr)[0]);
  std::size_t bound_steps = 0;
  for (std::size_t t = 0; t < T; ++t) {
    const auto residual = static_cast<double>(gradient[t] / scale);
    if (result.lr[t] > cap * (1 - 1e-6)) {
      ++bound_steps;
      EXPECT_LE(residual, 1e-5) << t;
    } else {
      EXPECT_NEAR(residual, 0.0, 1e-4) << t;
    }
  }
  EXPECT_GT(bound_steps, 10U);
  EXPECT_LT(bound_steps, T);
}

/// With drops d_i >= 0, eta_t = sum of d_i over i >= t: prefix sums of the gradient are >= 0, and 0 where d_i > 0.
TEST(ConstrainedSchedule, MeetsTheKktConditionsOfFallingRates) {
  const std::size_t T = 300;
  const auto norms = walk_norms(T, 5);
  const auto result = constrained_schedule(300, norms, 1.0, {.non_increasing = true}, {.tolerance = 1e-12});
  const auto gradient = reference::omega_gradient(result.lr, norms, 1.0);
  long double sum = 0;
  long double size = 0;
  std::size_t pooled = 0;
  for (std::size_t t = 0; t < T; ++t) {
    sum += gradient[t];
    size += std::fabs(static_cast<double>(gradient[t]));
    const double drop = result.lr[t] - (t + 1 < T ? result.lr[t + 1] : 0.0);
    EXPECT_GE(static_cast<double>(sum / size), -1e-4) << t;
    EXPECT_LE(drop / result.lr[0] * static_cast<double>(sum), 1e-9) << t;
    if (drop < 1e-7 * result.lr[t]) ++pooled;
  }
  EXPECT_GT(pooled, 10U);
}

/// Projects rates onto the constraints of `all rates falling, at most cap` (pool adjacent violators, then clipping).
void project(std::vector<double>& lr, double cap, bool falling, double least) {
  if (falling) {
    std::vector<std::pair<double, int>> pools;
    for (const double rate : lr) {
      pools.emplace_back(rate, 1);
      while (pools.size() > 1 && pools[pools.size() - 2].first < pools.back().first) {
        const auto [value, count] = pools.back();
        pools.pop_back();
        auto& [mean, size] = pools.back();
        mean = (mean * size + value * count) / (size + count);
        size += count;
      }
    }
    auto place = lr.begin();
    for (const auto& [value, count] : pools) place = std::fill_n(place, count, value);
  }
  for (double& rate : lr) rate = std::clamp(rate, least, cap);
}

/// Accelerated projected gradient with backtracking and restarts: slow, and independent of the solver.
double projected_gradient(const std::vector<double>& norms, double cap, bool falling) {
  const std::size_t T = norms.size();
  std::vector<double> x(T, 0.5 * cap);
  std::vector<double> y = x;
  std::vector<double> gradient(T);
  double step = 1e-3;
  double momentum = 1.0;
  double value = omega(x, norms, 1.0);
  for (int i = 0; i < 40000; ++i) {
    const double at_y = omega(y, norms, 1.0);
    omega_gradient(y, norms, 1.0, gradient);
    std::vector<double> next;
    for (step *= 1.2;; step *= 0.5) {
      next = y;
      for (std::size_t t = 0; t < T; ++t) next[t] -= step * gradient[t];
      project(next, cap, falling, 1e-9);
      double model = at_y;
      for (std::size_t t = 0; t < T; ++t) {
        const double move = next[t] - y[t];
        model += gradient[t] * move + 0.5 / step * move * move;
      }
      if (omega(next, norms, 1.0) <= model * (1 + 1e-15) || step < 1e-14) break;
    }
    const double next_value = omega(next, norms, 1.0);
    if (next_value > value) {
      momentum = 1.0;
      y = x;
      continue;
    }
    const double m = 0.5 * (1.0 + std::sqrt(1.0 + 4.0 * momentum * momentum));
    for (std::size_t t = 0; t < T; ++t) y[t] = next[t] + (momentum - 1.0) / m * (next[t] - x[t]);
    project(y, cap, falling, 1e-9);
    momentum = m;
    x = next;
    value = next_value;
  }
  return value;
}

TEST(ConstrainedSchedule, AgreesWithProjectedGradient) {
  for (const bool falling : {false, true}) {
    const auto norms = walk_norms(12, 6);
    const double cap = 0.7 * optimal_schedule(12, norms).lr[0];
    const ScheduleConstraints constraints{.max_lr = cap, .non_increasing = falling};
    const auto result = constrained_schedule(12, norms, 1.0, constraints);
    expect_certified(result, 12, norms, 1.0, constraints);
    const double slow = projected_gradient(norms, cap, falling);
    EXPECT_GE(slow, result.lower_bound * (1 - 1e-12));
    EXPECT_NEAR(slow / result.bound, 1.0, 1e-7) << falling;
  }
}

TEST(ConstrainedSchedule, BeatsARandomSearch) {
  std::mt19937_64 random(8);
  std::normal_distribution<double> normal;
  const auto norms = walk_norms(15, 7);
  const double peak = optimal_schedule(15, norms).lr[0];
  const ScheduleConstraints constraints{.warmup = linear_warmup(3), .max_lr = 0.8 * peak, .non_increasing = true};
  const auto result = constrained_schedule(15, norms, 1.0, constraints);
  expect_certified(result, 15, norms, 1.0, constraints);
  double closest = 1e300;
  for (int i = 0; i < 100000; ++i) {
    std::vector<double> free(result.lr.begin() + 3, result.lr.end());
    const double spread = std::pow(10.0, -(i % 5));
    for (double& rate : free) rate *= std::exp(spread * normal(random));
    project(free, *constraints.max_lr, true, 1e-9);
    std::vector<double> lr;
    for (const double share : constraints.warmup) lr.push_back(share * free[0]);
    lr.insert(lr.end(), free.begin(), free.end());
    closest = std::min(closest, omega(lr, norms, 1.0));
  }
  EXPECT_GE(closest, result.lower_bound * (1 - 1e-13));
  EXPECT_LE(closest, result.bound * (1 + 1e-4));
}

TEST(ConstrainedSchedule, WithOneFreeStep) {
  const auto result = constrained_schedule(2, 1.0, 1.0, {.prefix = {0.5}});
  expect_certified(result, 2, 1.0, 1.0, {.prefix = {0.5}});
  double lowest = 1e300;
  for (int i = 1; i < 100000; ++i) lowest = std::min(lowest, omega(std::vector{0.5, 2e-5 * i}, 1.0, 1.0));
  EXPECT_NEAR(result.bound, lowest, 1e-9);
  const auto ramp = constrained_schedule(3, 1.0, 1.0, {.warmup = {0.25, 0.5}});
  expect_certified(ramp, 3, 1.0, 1.0, {.warmup = {0.25, 0.5}});
  lowest = 1e300;
  for (int i = 1; i < 100000; ++i) {
    const double s = 2e-5 * i;
    lowest = std::min(lowest, omega(std::vector{0.25 * s, 0.5 * s, s}, 1.0, 1.0));
  }
  EXPECT_NEAR(ramp.bound, lowest, 1e-9);
  const auto one = constrained_schedule(1, 1.0, 1.0, {.max_lr = 0.5});
  expect_certified(one, 1, 1.0, 1.0, {.max_lr = 0.5});
  EXPECT_NEAR(one.lr[0], 0.5, 1e-8);
}

TEST(ConstrainedSchedule, AWarmupFromZeroMayHaveZeroShares) {
  const auto result = constrained_schedule(40, 1.0, 1.0, {.warmup = {0.0, 0.0, 0.5}});
  expect_certified(result, 40, 1.0, 1.0, {.warmup = {0.0, 0.0, 0.5}});
  EXPECT_EQ(result.lr[0], 0.0);
}

TEST(ConstrainedSchedule, SaysWhatIsInfeasible) {
  const auto reason = [](const ScheduleConstraints& c) {
    const auto result = constrained_schedule(10, 1.0, 1.0, c);
    EXPECT_EQ(result.status, SolveStatus::infeasible);
    EXPECT_TRUE(result.lr.empty());
    return result.reason;
  };
  EXPECT_EQ(reason({.max_lr = 0.1, .final_lr = 0.2}), "final_lr = 0.2 is above max_lr = 0.1");
  EXPECT_EQ(reason({.prefix = {0.3, 0.1}, .max_lr = 0.5, .non_increasing = true, .final_lr = 0.2}),
            "final_lr = 0.2 is above the last rate of the prefix, 0.1");
  EXPECT_EQ(reason({.prefix = {0.3, 0.0}, .non_increasing = true}),
            "the rates must not rise above the last of the prefix, which is 0");
}

TEST(ConstrainedSchedule, OfOneFeasiblePoint) {
  const ScheduleConstraints point{.max_lr = 0.1, .non_increasing = true, .final_lr = 0.1};
  const auto result = constrained_schedule(5, 1.0, 1.0, point);
  expect_certified(result, 5, 1.0, 1.0, point);
  EXPECT_EQ(result.lr, std::vector<double>(5, 0.1));
  EXPECT_EQ(result.lower_bound, result.bound);
}

TEST(ConstrainedSchedule, ReportsWhatItDidNotReach) {
  const auto result = constrained_schedule(1000, walk_norms(1000, 9), 1.0, {.max_lr = 0.01, .non_increasing = true},
                                           {.max_iterations = 3});
  EXPECT_EQ(result.status, SolveStatus::not_converged);
  EXPECT_GT(result.gap, 1e-9);
  EXPECT_EQ(result.iterations, 3);
  expect_obeys(result.lr, {.max_lr = 0.01, .non_increasing = true});
}

TEST(ConstrainedSchedule, CertifiesOverManyDecades) {
  std::vector<double> norms(2000);
  for (std::size_t t = 0; t < norms.size(); ++t)
    norms[t] = std::pow(10.0, 2.0 * std::sin(0.01 * static_cast<double>(t)));
  const double peak = optimal_schedule(2000, norms).lr[0];
  for (const Case& c : cases(2000, peak)) {
    SCOPED_TRACE(c.name);
    expect_certified(constrained_schedule(2000, norms, 1.0, c.constraints), 2000, norms, 1.0, c.constraints);
  }
}

/// Where the noise is below the rounding of the distance term, multipliers alone do not certify.
TEST(ConstrainedSchedule, CertifiesFarBelowTheFreeOptimum) {
  const auto norms = power_grad_norm(-1.5, 1456);
  for (const double cap : {1e-5, 1e-8, 1e-12}) {
    for (const bool falling : {false, true}) {
      for (const std::size_t m : {0U, 500U}) {
        const ScheduleConstraints low{.prefix = std::vector<double>(m, cap), .max_lr = cap, .non_increasing = falling};
        expect_certified(constrained_schedule(1456, norms, 1.0, low), 1456, norms, 1.0, low);
      }
    }
  }
}

TEST(ConstrainedSchedule, SaysWhatIsWrong) {
  const auto error = [](std::int64_t T, const ScheduleConstraints& c, const SolverOptions& options = {}) {
    return error_of([&] { constrained_schedule(T, 1.0, 1.0, c, options); });
  };
  EXPECT_EQ(error(0, {}), "T = 0: must be at least 1");
  EXPECT_EQ(error(5, {.prefix = {0.1, -1.0}}), "prefix[1] = -1: must be finite and >= 0");
  EXPECT_EQ(error(5, {.prefix = {0.1, 0.5}, .max_lr = 0.3}), "prefix[1] = 0.5: must be at most max_lr = 0.3");
  EXPECT_EQ(error(5, {.warmup = {0.5, 1.5}}), "warmup[1] = 1.5: must be a share of the rate after it, 0 to 1");
  EXPECT_EQ(error(5, {.max_lr = std::nan("")}), "max_lr = nan: must be finite and > 0");
  EXPECT_EQ(error(5, {.final_lr = 0.0}), "final_lr = 0: must be finite and > 0");
  EXPECT_EQ(error(3, {.prefix = {0.1, 0.1}, .warmup = {0.5}, .final_lr = 0.1}),
            "T = 3: must be at least 5: 2 steps of the prefix, 1 of the warmup, one free step and the last");
  EXPECT_EQ(error(2, {.prefix = {0.1, 0.1}}),
            "T = 2: must be at least 3: 2 steps of the prefix, 0 of the warmup, one free step");
  EXPECT_EQ(error(5, {}, {.tolerance = 0.0}), "tolerance = 0: must be between 1e-12 and 0.1");
  EXPECT_EQ(error(5, {}, {.max_iterations = 0}), "max_iterations = 0: must be at least 1");
  EXPECT_EQ(error_of([] { linear_warmup(-1); }), "steps = -1: must be at least 0");
  const std::vector<double> norms = {0.0, 1.0, 0.0};
  EXPECT_EQ(error_of([&] { constrained_schedule(3, norms, 1.0, {.prefix = {0.1}}); }),
            "grad_norm[2] = 0: must be > 0; where the gradient vanishes, no LR is too large and there is no optimum");
}

/// How far rates are from the conditions of Karush, Kuhn and Tucker, from the gradient (1.3) in long double and nothing
/// of the solver: the largest natural residual |min(multiplier, slack)|, multipliers in units of (D/u_0)^2, slacks as
/// shares. The prefix and the last rate are no variables; the first rate after a warmup moves all of it.
double kkt_residual(const std::vector<double>& lr, const std::vector<double>& norms, const ScheduleConstraints& c) {
  const std::size_t m = c.prefix.size();
  const std::size_t first = m + c.warmup.size();
  const std::size_t end = c.final_lr ? lr.size() - 1 : lr.size();
  auto gradient = reference::omega_gradient(lr, norms, 1.0);
  const long double u = reference::tail_sums<long double>(lr)[0];
  for (std::size_t j = 0; j < c.warmup.size(); ++j) gradient[first] += c.warmup[j] * gradient[m + j];
  const double infinite = std::numeric_limits<double>::infinity();
  double limit = c.max_lr.value_or(infinite);
  const auto slack = [&](double rate) { return std::isfinite(limit) ? (limit - rate) / limit : infinite; };
  double residual = 0.0;
  const auto note = [&](double multiplier, double room) {
    residual = std::max(residual, std::fabs(std::min(multiplier, room)));
  };
  if (!c.non_increasing) {
    for (std::size_t t = first; t < end; ++t) note(static_cast<double>(-gradient[t] * u * u), slack(lr[t]));
    return residual;
  }
  // eta_t = eta_T + the drops from t on: the multiplier of drop i is the sum of the gradient up to i, and of the limit.
  if (c.warmup.empty() && m > 0) limit = std::min(limit, lr[m - 1]);
  std::vector<double> sums;
  long double sum = 0;
  for (std::size_t t = first; t < end; ++t) sums.push_back(static_cast<double>((sum += gradient[t]) * u * u));
  const double of_limit = std::isfinite(limit) ? std::max(0.0, -*std::min_element(sums.begin(), sums.end())) : 0.0;
  note(of_limit, slack(lr[first]));
  for (std::size_t t = first; t < end; ++t) {
    const double drop = lr[t] - (t + 1 < lr.size() ? lr[t + 1] : 0.0);
    note(sums[t - first] + of_limit, drop / lr[first]);
  }
  return residual;
}

TEST(ConstrainedSchedule, MeetsTheKktConditionsOfEveryCase) {
  const std::size_t T = 300;
  const auto norms = walk_norms(T, 10);
  const double peak = optimal_schedule(300, norms).lr[0];
  for (const Case& c : cases(T, peak)) {
    const auto result = constrained_schedule(300, norms, 1.0, c.constraints, {.tolerance = 1e-12});
    const double residual = kkt_residual(result.lr, norms, c.constraints);
    EXPECT_LE(residual, 1e-4) << c.name;
    // The measure tells: a last step of one percent less, or the first free rates a little lower, is seen.
    std::vector<double> other = result.lr;
    const std::size_t first = c.constraints.prefix.size() + c.constraints.warmup.size();
    for (std::size_t t = c.constraints.prefix.size(); t < T - 1; ++t) {
      other[t] *= t < first ? 0.98 : 0.98 - 0.01 * static_cast<double>(t - first) / static_cast<double>(T);
    }
    EXPECT_GE(kkt_residual(other, norms, c.constraints), 3e-3) << c.name;
  }
}

}  // namespace
}  // namespace scheduled
