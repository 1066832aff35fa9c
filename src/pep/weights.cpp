#include "pep/weights.hpp"

#include <cmath>

#include "pep/scaled.hpp"

namespace scheduled::pep {
namespace {

/// p_1 ... p_T at 1 ... T, and p_{T+1} = 0.
std::vector<double> tails(const Scaled& p, double last) {
  std::vector<double> tail(p.T + 2, 0.0);
  tail[p.T] = last;
  for (std::size_t t = p.T - 1; t >= 1; --t) tail[t] = tail[t + 1] + p.rate(t) / tail[t + 1];
  return tail;
}

/// (6.2) in scaled units: 1/2 (1/p_1^2 + sum of (p_t - p_{t+1})^2 G_t^2).
double bound_at(const Scaled& p, double last) {
  const std::vector<double> tail = tails(p, last);
  double sum = 1.0 / (tail[1] * tail[1]);
  for (std::size_t t = 1; t <= p.T; ++t) {
    const double move = t < p.T ? p.move[t] / tail[t + 1] : last * p.norm[t];
    sum += move * move;
  }
  return 0.5 * sum;
}

double best_tail(const Scaled& p) {
  const auto f = [&](double logarithm) { return bound_at(p, std::exp(logarithm)); };
  // Beyond these ends one term alone exceeds the bound found at `some`.
  const double some = p.T > 1 ? std::sqrt(p.rate(p.T - 1)) : 1.0;
  const double root = std::sqrt(2.0 * bound_at(p, some));
  const double low = std::log((p.T > 1 ? p.move[p.T - 1] : 1.0) / root);
  const double width = (std::log(root / p.norm[p.T]) - low) / 400.0;
  double best = std::log(some);
  for (int i = 0; i <= 400; ++i) {
    const double here = low + width * i;
    if (f(here) < f(best)) best = here;
  }
  double left = best - width;
  double right = best + width;
  for (int i = 0; i < 60; ++i) {
    const double a = left + 0.382 * (right - left);
    const double b = right - 0.382 * (right - left);
    (f(a) <= f(b) ? right : left) = f(a) <= f(b) ? b : a;
  }
  const double middle = 0.5 * (left + right);
  return std::exp(f(middle) < f(best) ? middle : best);
}

}  // namespace

PepDual weights_dual(const PepProblem& problem) {
  const Scaled p(problem);
  const std::size_t T = p.T;
  const std::vector<double> tail = tails(p, best_tail(p));
  PepDual dual;
  dual.pair.assign((T + 1) * (T + 1), 0.0);
  dual.distance = 0.5 / (tail[1] * tail[1]) / p.rate_unit;
  for (std::size_t j = 1; j <= T; ++j) {
    const double move = j < T ? p.rate(j) / tail[j + 1] : tail[T];  // w_j/p_1
    dual.pair[pair_index(T, 0, j)] = move / tail[1];
    for (std::size_t i = 1; i < j; ++i) {
      dual.pair[pair_index(T, i, j)] = move * p.rate(i) / tail[i + 1] / (tail[i + 1] * tail[i]);
    }
    dual.grad_norm.push_back(0.5 * move * move * p.rate_unit);
  }
  return dual;
}

}  // namespace scheduled::pep
