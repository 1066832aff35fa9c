// The objective of the constrained problem, and where the search starts.
#include <algorithm>
#include <cmath>

#include "base/numbers.hpp"
#include "base/sum.hpp"
#include "design/constrained.hpp"
#include "design/free_tail.hpp"

namespace scheduled::constrained {
namespace {

/// The optimum without warmup, cap and given last rate.
std::vector<double> unconstrained(const Problem& problem) {
  const std::size_t n = problem.size();
  std::vector<double> eta(problem.has_final() ? n + 1 : n);
  const auto norm = [&](std::size_t k) { return std::sqrt(k < n ? problem.g2[k] : problem.last_g2); };
  fill_rates(problem.prefix.best_tail(free_tail(norm, eta)), eta);
  eta.resize(n);
  return eta;
}

/// Turns rates into drops > 0 of rates that fall and keep below the cap.
void make_falling(const Problem& problem, std::vector<double>& eta) {
  const std::size_t n = eta.size();
  double behind = problem.final_lr;
  double lifted = 0.0;  // sum of the drops so far
  for (std::size_t i = n; i-- > 0;) {
    const double level = std::max(eta[i], behind);
    const double drop = level - behind + 0.1 * level / static_cast<double>(n - i);
    behind = level;
    eta[i] = drop;
    lifted += drop;
  }
  const double room = 0.5 * (problem.cap - problem.final_lr);
  if (lifted > room) {
    for (double& drop : eta) drop *= room / lifted;
  }
}

}  // namespace

void Point::update(const Problem& problem) {
  eta.resize(x.size());
  v.resize(x.size());
  CompensatedSum behind;
  behind.add(problem.final_lr);
  CompensatedSum drops;
  drops.add(problem.final_lr);
  for (std::size_t i = x.size(); i-- > 0;) {
    v[i] = behind.value();
    drops.add(x[i]);
    const double rate = problem.falling ? drops.value() : x[i];
    eta[i] = rate;
    behind.add(rate);
  }
}

double objective(const Problem& problem, const Point& point) {
  const Warmup& warmup = problem.warmup;
  const double s = point.eta[0];
  const double x = point.v[0] + s;
  CompensatedSum sum;
  sum.add(problem.prefix.at(x + s * warmup.total).value);
  for (std::size_t j = 0; j < warmup.share.size(); ++j) {
    sum.add(warmup.g2[j] * square(s * warmup.share[j]) / (x + s * warmup.behind[j]));
  }
  for (std::size_t i = 0; i < problem.quadratic(); ++i) {
    sum.add(problem.g2[i] * square(point.eta[i]) / point.v[i]);
  }
  sum.add(problem.last_g2 * (problem.has_final() ? problem.final_lr : point.eta.back()));
  return sum.value();
}

Point starting_point(const Problem& problem) {
  Point point;
  point.x = unconstrained(problem);
  if (problem.falling) {
    make_falling(problem, point.x);
  } else {
    for (double& rate : point.x) rate = std::min(rate, 0.5 * problem.cap);
  }
  point.update(problem);
  const bool capped = std::isfinite(problem.cap);
  const std::size_t caps = !capped ? 0 : (problem.falling ? 1 : problem.size());
  const double mu = 10.0 * objective(problem, point) / static_cast<double>(problem.size() + caps);
  for (const double x : point.x) point.z.push_back(mu / x);
  for (std::size_t i = 0; i < caps; ++i) point.y.push_back(mu / (problem.cap - point.eta[i]));
  return point;
}

}  // namespace scheduled::constrained
