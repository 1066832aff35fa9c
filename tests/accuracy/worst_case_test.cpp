// The exact worst case against (6.1) and (6.2) as they stand, in long double, against dense scans, and against MPFR.
#include <gtest/gtest.h>
#include <mpfr.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <optional>

#include "bound/weights.hpp"
#include "scheduled/bound.hpp"
#include "support/certified.hpp"
#include "support/families.hpp"
#include "support/reference.hpp"

namespace scheduled {
namespace {

using reference::Real;
using reference::square;

/// (6.1) forwards and the value of (6.2) at W; nothing where a root is not real.
std::optional<Real> forward(std::span<const double> lr, std::span<const double> grad_norm, Real distance, Real W) {
  Real R = 1;
  Real sum = square(distance);
  for (std::size_t t = 0; t + 1 < lr.size(); ++t) {
    const Real argument = R * R - 4 * lr[t] / W;
    if (argument < 0) return std::nullopt;
    const Real next = (R + std::sqrt(argument)) / 2;
    sum += square(W * (R - next) * grad_norm[t]);
    R = next;
  }
  sum += square(W * R * grad_norm[lr.size() - 1]);
  return sum / (2 * W);
}

/// The smallest W for which `forward` has a value, by bisection to the last bit. `high` must be feasible.
Real smallest_W(std::span<const double> lr, Real high) {
  const std::vector<double> ones(lr.size(), 1.0);
  Real low = high / 2;
  while (forward(lr, ones, 1, low)) low /= 2;
  for (;;) {
    const Real middle = (low + high) / 2;
    if (middle <= low || middle >= high) return high;
    (forward(lr, ones, 1, middle) ? high : low) = middle;
  }
}

struct BackwardSums {
  Real first, noise;
};

/// p_1 and B from p_T = p.
BackwardSums backward(std::span<const double> lr, std::span<const double> grad_norm, Real p) {
  Real noise = square(p * grad_norm[lr.size() - 1]);
  for (std::size_t t = lr.size() - 1; t-- > 0;) {
    const Real move = lr[t] / p;
    noise += square(move * grad_norm[t]);
    p += move;
  }
  return {p, noise};
}

Real value_at(const BackwardSums& sums, Real distance) { return (square(distance / sums.first) + sums.noise) / 2; }

/// Minimum of f on [low, high] by a scan in ln p and golden section around its lowest points.
template <class Function>
Real scan_minimum(const Function& f, Real low, Real high, int count) {
  const Real ratio = std::pow(high / low, Real(1) / count);
  std::vector<Real> p;
  std::vector<Real> values;
  for (int i = -1; i <= count + 1; ++i) {
    p.push_back(low * std::pow(ratio, Real(i)));
    values.push_back(f(p.back()));
  }
  Real best = std::numeric_limits<Real>::infinity();
  for (std::size_t i = 1; i + 1 < p.size(); ++i) {
    if (values[i] > values[i - 1] || values[i] > values[i + 1]) continue;
    constexpr Real golden = 0.61803398874989484820L;
    Real left = p[i - 1];
    Real right = p[i + 1];
    for (int k = 0; k < 60; ++k) {
      const Real a = right - golden * (right - left);
      const Real b = left + golden * (right - left);
      (f(a) < f(b) ? right : left) = f(a) < f(b) ? b : a;
    }
    best = std::min(best, f((left + right) / 2));
  }
  return best;
}

struct Worst {
  Real error = 0;
  std::string where;
  void update(Real value, const std::string& place) {
    if (value > error) error = value, where = place;
  }
  void expect_at_most(Real allowed, const char* what) const {
    EXPECT_LE(error, allowed) << where;
    std::cout << "worst error of " << what << ": " << static_cast<double>(error) << " at " << where << "\n";
  }
};

std::string place(std::size_t T, const std::string& rates, const std::string& norms = "1") {
  return "T = " + std::to_string(T) + ", " + rates + ", G = " + norms;
}

TEST(WorstCaseReference, BackwardPassAgreesWithMpfr) {
  mpfr_t p;
  mpfr_t move;
  mpfr_t noise;
  mpfr_inits2(400, p, move, noise, nullptr);
  Worst worst;
  for (const std::size_t T : {2U, 10U, 1000U}) {
    for (const auto& rates : families::rates(T)) {
      const double start = std::sqrt(rates.values[T - 1]);
      mpfr_set_d(p, start, MPFR_RNDN);
      mpfr_sqr(noise, p, MPFR_RNDN);
      for (std::size_t t = T - 1; t-- > 0;) {
        mpfr_d_div(move, rates.values[t], p, MPFR_RNDN);
        mpfr_add(p, p, move, MPFR_RNDN);
        mpfr_sqr(move, move, MPFR_RNDN);
        mpfr_add(noise, noise, move, MPFR_RNDN);
      }
      const BackwardSums sums = backward(rates.values, std::vector<double>(T, 1.0), start);
      worst.update(std::fabs(sums.first / mpfr_get_ld(p, MPFR_RNDN) - 1), place(T, rates.name));
      worst.update(std::fabs(sums.noise / mpfr_get_ld(noise, MPFR_RNDN) - 1), place(T, rates.name));
    }
  }
  worst.expect_at_most(1e-17L, "the long double pass");
  mpfr_clears(p, move, noise, nullptr);
}

/// The families with distances that put the minimum at the boundary and beyond it.
template <class Visit>
void for_rates_and_distances(std::initializer_list<std::size_t> lengths, Visit visit) {
  for (const std::size_t T : lengths) {
    for (const auto& rates : families::rates(T)) {
      for (const double distance : {1e-3, 0.8, 30.0, 1e7}) visit(T, rates, distance);
    }
  }
}

TEST(WorstCase, WithOneGradNormIsTheMinimumOf6_2) {
  Worst boundary;
  Worst value;
  for_rates_and_distances({2, 3, 7, 8, 9, 127, 128, 129, 1000}, [&](std::size_t T, const auto& rates, double distance) {
    const std::span<const double> steps = std::span(rates.values).first(T - 1);
    if (last_positive_step(steps) == 0) return;
    const double G = 1.7;
    SCOPED_TRACE(place(T, rates.name));
    const WorstCase got = worst_case(rates.values, G, distance);
    expect_certified(got, rates.values, G, distance);
    const Real W_min = smallest_W(rates.values, got.W_min * (1 + 1e-12L));
    boundary.update(std::fabs(got.W_min / W_min - 1), place(T, rates.name));
    // The value from W alone, by the telescoped sum: with W_min from the bisection it shares nothing with the library.
    Real total = 0;
    for (const double eta : steps) total += eta;
    const Real W = std::max<Real>(W_min, distance / Real(G));
    const Real exact = (square(distance) / W + square(G) * W) / 2 - square(G) * total;
    // Cancellation in this formula, not in ours.
    const Real lost = 4e-19L * static_cast<Real>(T) * (square(distance) / W + square(G) * W) / exact;
    value.update(std::max<Real>(0, std::fabs(got.value / exact - 1) - lost), place(T, rates.name));
    // And (6.2) itself, where the weights show: at the minimum, and nowhere less.
    const std::vector<double> norms(T, G);
    for (const Real above : {1e-15L, 1e-9L, 1e-3L, 0.1L, 3.0L}) {
      const auto there = forward(rates.values, norms, distance, W * (1 + above));
      ASSERT_TRUE(there.has_value()) << place(T, rates.name) << " " << above;
      EXPECT_GE(*there, got.value * (1 - 1e-14L)) << place(T, rates.name) << " " << above;
      EXPECT_TRUE(above > 1e-14L || *there <= got.value * (1 + 1e-11L)) << place(T, rates.name);
    }
  });
  boundary.expect_at_most(2e-15L, "W_min");
  value.expect_at_most(2e-14L, "the value for one grad norm");
}

TEST(WorstCase, WithOneGradNormIsRightForLongRuns) {
  Worst worst;
  for_rates_and_distances({20000, 1000000}, [&](std::size_t T, const auto& rates, double distance) {
    const std::string where = place(T, rates.name);
    const WorstCase got = worst_case(rates.values, 1.0, distance);
    const std::vector<double> ones(T, 1.0);
    // The boundary is where (6.1) says, as far as long double can tell: T roundings of R.
    if (distance < 1.0) {
      EXPECT_TRUE(forward(rates.values, ones, 1, got.W_min * (1 + 1e-13L))) << where;
      EXPECT_FALSE(forward(rates.values, ones, 1, got.W_min * (1 - 1e-13L))) << where;
    }
    if (got.end == WorstCaseEnd::boundary) {
      // The condition that becomes an equality is that of the step after which the pass in long double starts.
      Real p = 0;
      Real noise = 0;
      Real total = 0;
      for (std::size_t t = T - 1; t-- > 0;) {
        const Real eta = rates.values[t];
        if (p * p < eta) {
          p = std::sqrt(eta);
          noise = eta - 2 * total;
        }
        if (p == 0) continue;
        noise += square(eta / p);
        p += eta / p;
        total += eta;
      }
      worst.update(std::fabs(got.value / value_at({p, noise}, distance) - 1), where);
      worst.update(std::fabs(got.W_min / square(p) - 1), where);
    } else {
      Real total = 0;
      for (std::size_t t = 0; t + 1 < T; ++t) total += rates.values[t];
      worst.update(std::fabs(got.value / (distance - total) - 1), where);
    }
  });
  worst.expect_at_most(2e-14L, "the value for one grad norm and long runs");
}

TEST(WorstCase, WithVaryingGradNormsIsTheLowestOfADenseScanOrLess) {
  Worst worst;
  Worst scale;
  double gain = 1.0;
  for (const std::size_t T : {2U, 3U, 8U, 50U, 1000U}) {
    const int points = T < 1000 ? 1000 : 100;
    for (const auto& rates : families::rates(T)) {
      const std::span<const double> steps = std::span(rates.values).first(T - 1);
      const auto last = static_cast<std::size_t>(last_positive_step(steps));
      for (const auto& norms : families::grad_norms(T)) {
        if (last == 0 || norms.values[T - 1] == 0.0 || norms.values[last - 1] == 0.0) continue;
        const double distance = 0.8;
        const auto f = [&](Real p) { return value_at(backward(rates.values, norms.values, p), distance); };
        const WorstCase got = worst_case(rates.values, norms.values, distance);
        const Real low = rates.values[last - 1] * norms.values[last - 1] / std::sqrt(2 * got.value);
        const Real high = std::sqrt(2 * got.value) / norms.values[T - 1];
        const std::string where = place(T, rates.name, norms.name);
        const Real family = scan_minimum(f, low, high, points);
        SCOPED_TRACE(where);
        expect_certified(got, rates.values, norms.values, distance);
        if (got.end == WorstCaseEnd::slack) {
          EXPECT_LE(got.value, family * (1 + 1e-12L)) << where;
        } else {
          worst.update(std::fabs(got.value / family - 1), where);
        }
        if (const auto at_boundary = forward(rates.values, norms.values, distance, got.W_min * (1 + 1e-15L))) {
          gain = std::max(gain, static_cast<double>(*at_boundary) / got.value);
        }
        const auto h = [&](Real p) {
          const BackwardSums sums = backward(rates.values, norms.values, p);
          return distance * std::sqrt(sums.noise) / sums.first;
        };
        const WorstCaseScale best = worst_case_best_scale(rates.values, norms.values, distance);
        const Real best_of_family = scan_minimum(h, low * 1e-4L, high * 1e4L, 2 * points);
        EXPECT_TRUE(best.worst_case.exact) << where;
        EXPECT_LE(best.worst_case.value, best_of_family * (1 + 1e-12L)) << where;
        if (best.worst_case.end == WorstCaseEnd::slack) {
          for (const double factor : {0.99, 0.9999, 1.0001, 1.01}) {
            std::vector<double> other = rates.values;
            for (double& lr : other) lr *= best.scale > 0.0 ? factor * best.scale : 1e-9 * factor;
            EXPECT_GE(worst_case(other, norms.values, distance).value, best.worst_case.value * (1 - 1e-10)) << where;
          }
        } else {
          scale.update(std::fabs(best.worst_case.value / best_of_family - 1), where);
        }
      }
    }
  }
  worst.expect_at_most(1e-12L, "the value for varying grad norms");
  scale.expect_at_most(1e-12L, "the value at the best scale");
  EXPECT_GT(gain, 1.5);  // the other roots of (6.1) matter
}

TEST(WorstCaseWeights, TailsAreAccurate) {
  Worst worst;
  for (const std::size_t T : {2U, 9U, 129U, 20000U, 1000000U}) {
    for (const auto& rates : families::rates(T)) {
      const auto norms = families::grad_norms(T)[2];
      const double root = std::sqrt(rates.values[T - 1]);
      std::array<double, weights::Lanes::count> starts{};
      for (std::size_t i = 0; i < starts.size(); ++i) starts[i] = root * std::pow(3.0, static_cast<double>(i) - 3.0);
      const auto grad_norm = [&](std::size_t t) { return norms.values[t]; };
      const auto got = weights::tails(std::span(rates.values).first(T - 1), grad_norm, starts);
      for (std::size_t i = 0; i < starts.size(); ++i) {
        const BackwardSums exact = backward(rates.values, norms.values, starts[i]);
        worst.update(std::fabs(got[i].first / exact.first - 1), place(T, rates.name));
        worst.update(std::fabs(got[i].noise / exact.noise - 1), place(T, rates.name));
      }
    }
  }
  worst.expect_at_most(2e-14L, "p_1 and B");  // B is a plain sum within blocks of 128
}

TEST(WorstCaseWeights, DerivativesAreThoseOfThePass) {
  for (const std::size_t T : {2U, 9U, 129U}) {
    for (const auto& rates : families::rates(T)) {
      const auto norms = families::grad_norms(T)[2];
      const std::span<const double> steps = std::span(rates.values).first(T - 1);
      const double p = 0.7 * std::sqrt(rates.values[T - 1]);
      const weights::TailJets got = weights::tail_jets(
          steps, [&](std::size_t t) { return norms.values[t]; }, p);
      const Real h = 1e-4L;
      const BackwardSums above = backward(rates.values, norms.values, p * std::exp(h));
      const BackwardSums here = backward(rates.values, norms.values, p);
      const BackwardSums below = backward(rates.values, norms.values, p * std::exp(-h));
      const auto near = [&](const weights::Jet& jet, Real a, Real b, Real c) {
        EXPECT_NEAR(jet.value / static_cast<double>(b), 1.0, 1e-12) << place(T, rates.name);
        EXPECT_NEAR(jet.slope / static_cast<double>(b), static_cast<double>((a - c) / (2 * h * b)), 1e-6);
        EXPECT_NEAR(jet.curvature / static_cast<double>(b), static_cast<double>((a - 2 * b + c) / (h * h * b)), 1e-5);
      };
      near(got.first, above.first, here.first, below.first);
      near(got.noise, above.noise, here.noise, below.noise);
    }
  }
}

}  // namespace
}  // namespace scheduled
