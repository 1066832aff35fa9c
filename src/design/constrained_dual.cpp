// The dual function: a lower bound of the constrained problem from multipliers alone.
//
// For any r_j, G_j^2 eta_j^2/u_j >= G_j^2 (2 r_j eta_j - r_j^2 u_j). Summed over all steps after the prefix the right
// sides are sum_j c_j eta_j with c_j = 2 G_j^2 r_j - A_j, A_j = sum_{k<j} G_k^2 r_k^2, and c_T = G_T^2 - A_T. So the
// objective is at least phi(S) + sum_j c_j eta_j, S the sum of the rates. The r_j are chosen such that the multipliers
// (lambda for S, z for x >= 0, y for the cap) cancel every rate exactly; what then remains is
//   min_S [phi(S) + lambda S] - cap sum y_i (+ terms of a given last rate).
// The differences c_j - c_{j+1}, known from the multipliers, determine the r_j from the end, as in (4.1) and as
// contractively: no small c_j is ever computed as a difference of large numbers.
#include <algorithm>
#include <cmath>

#include "base/numbers.hpp"
#include "base/sum.hpp"
#include "design/constrained.hpp"

namespace scheduled::constrained {
namespace {

/// The root r of a r^2 + 2 g r = rest that is small with it; not a number where there is none.
double small_root(double a, double g, double rest) noexcept { return rest / (g + std::sqrt(g * g + a * rest)); }

/// What the multipliers say of step i: (its coefficient) - lambda (its part in S).
double target(const Problem& problem, const Point& point, std::size_t i) noexcept {
  const double y = i < point.y.size() ? point.y[i] : 0.0;
  if (!problem.falling) return point.z[i] - y;
  return i == 0 ? point.z[0] - y : point.z[i] - point.z[i - 1];
}

/// The warmup at the r of the primal point: A behind it, and K = sum h_j c_j.
struct WarmupSums {
  double A = 0.0;
  double K = 0.0;
};

WarmupSums warmup_sums(const Problem& problem, const Point& point) {
  const Warmup& warmup = problem.warmup;
  const double s = point.eta[0];
  const double x = point.v[0] + s;
  WarmupSums sums;
  for (std::size_t j = 0; j < warmup.share.size(); ++j) {
    const double h = warmup.share[j];
    const double r = s * h / (x + s * warmup.behind[j]);
    sums.K += h * (2.0 * warmup.g2[j] * r - sums.A);
    sums.A += warmup.g2[j] * square(r);
  }
  return sums;
}

/// phi(S) + lambda S at its minimum, where phi'(S) = -lambda.
double conjugate(const Problem& problem, double lambda, double S) { return problem.prefix.at(S).value + lambda * S; }

/// From multipliers: see above.
double bound_from_multipliers(const Problem& problem, const Point& point) {
  const std::size_t n = problem.size();
  const WarmupSums warmup = warmup_sums(problem, point);
  const double weight = 1.0 + problem.warmup.total;  // of eta_0 in S
  // `level` is c_i + A_i: 2 g2 r, or last_g2.
  const double last_r = problem.has_final() ? point.eta[n - 1] / problem.final_lr : 0.0;
  double level = problem.has_final() ? 2.0 * problem.g2[n - 1] * last_r : problem.last_g2;
  CompensatedSum A;  // all of it
  if (problem.has_final()) A.add(problem.g2[n - 1] * square(last_r));
  double behind = target(problem, point, n - 1);
  for (std::size_t i = n - 1; i-- > 0;) {
    const double g2 = problem.g2[i];
    const double here = target(problem, point, i);
    const double r =
        i > 0 ? small_root(g2, g2, level + (here - behind))
              : small_root(weight * g2, g2, weight * (level - warmup.A - behind) + here + warmup.A - warmup.K);
    level = 2.0 * g2 * r;
    A.add(g2 * square(r));
    behind = here;
  }
  const double lambda = (level - warmup.A + warmup.K - behind) / weight;
  if (!(lambda > 0.0)) return -infinite;  // or not a number
  double bound = conjugate(problem, lambda, problem.prefix.best_tail(lambda));
  CompensatedSum y;
  for (const double value : point.y) y.add(value);
  if (!point.y.empty()) bound -= problem.cap * y.value();
  if (problem.has_final()) {
    bound += (problem.last_g2 - (A.value() + warmup.A) - lambda) * problem.final_lr;
    if (problem.falling) bound += point.z[n - 1] * problem.final_lr;  // every rate is final_lr plus drops
  }
  return bound;
}

/// The coefficients of the free rates in the linear function, and of a given last rate, at the r of the rates.
struct Coefficients {
  std::vector<double> c;
  double last = 0.0;
};

Coefficients coefficients(const Problem& problem, const Point& point) {
  const WarmupSums warmup = warmup_sums(problem, point);
  Coefficients result;
  result.c.reserve(problem.size());
  CompensatedSum A;
  A.add(warmup.A);
  for (std::size_t i = 0; i < problem.size(); ++i) {
    const bool quadratic = i < problem.quadratic();
    const double r = quadratic ? point.eta[i] / point.v[i] : 0.0;
    const double own = quadratic ? 2.0 * problem.g2[i] * r : problem.last_g2;
    result.c.push_back(own - A.value() + (i == 0 ? warmup.K : 0.0));
    A.add(problem.g2[i] * square(r));
  }
  result.last = problem.last_g2 - A.value();
  return result;
}

/// From the rates: r = eta/u, and the best multipliers for it. Less exact where the c_j cancel, but immune to rounding
/// in the multipliers where they dwarf the c_j, as they do far below the free optimum.
double bound_from_rates(const Problem& problem, const Point& point) {
  const Coefficients linear = coefficients(problem, point);
  const double first_weight = 1.0 + problem.warmup.total;
  double S = point.v[0] + point.eta[0] * first_weight;
  double lambda = -problem.prefix.at(S).slope;
  if (point.y.empty()) {  // without a cap every coefficient must be >= 0, or every sum from the start where rates fall
    lambda = infinite;
    double sum = 0.0;
    double weight = 0.0;
    for (std::size_t i = 0; i < linear.c.size(); ++i) {
      const double own = i == 0 ? first_weight : 1.0;
      sum = problem.falling ? sum + linear.c[i] : linear.c[i];
      weight = problem.falling ? weight + own : own;
      lambda = std::min(lambda, sum / weight);
    }
    if (!(lambda > 0.0)) return -infinite;
    S = problem.prefix.best_tail(lambda);
  }
  CompensatedSum sum;  // of coefficients minus lambda
  double y = 0.0;
  for (std::size_t i = 0; i < linear.c.size(); ++i) {
    const double rest = linear.c[i] - lambda * (i == 0 ? first_weight : 1.0);
    sum.add(rest);
    y = problem.falling ? std::max(y, -sum.value()) : y + std::max(0.0, -rest);
  }
  double bound = conjugate(problem, lambda, S);
  if (!point.y.empty()) bound -= problem.cap * y;
  if (problem.has_final()) {
    bound += (linear.last - lambda) * problem.final_lr;
    if (problem.falling) bound += (sum.value() + y) * problem.final_lr;
  }
  return bound;
}

}  // namespace

double lower_bound(const Problem& problem, const Point& point) {
  return std::fmax(bound_from_multipliers(problem, point), bound_from_rates(problem, point));  // leaves NaN out
}

}  // namespace scheduled::constrained
