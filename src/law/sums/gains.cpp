#include "law/sums/gains.hpp"

#include <algorithm>

#include "base/elementary.hpp"
#include "base/interrupt.hpp"
#include "law/arithmetic.hpp"

namespace scheduled::law {

void Gains::evaluate(std::size_t count, double beta, double sum, const double* factor, const double* before) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = factor[i] * (sum - before[i]);
    const elementary::DoubleDouble l = elementary::log2_parts(1.0 + x[i]);
    const double power = elementary::exp2({-beta * l.hi, -beta * l.lo});
    gain[i] = 1.0 - power;
    slope[i] = beta * power / (1.0 + x[i]);
    log_power[i] = power * (l.hi + l.lo);
  }
}

LawGradient power_law_end(const PowerTerms& p, std::span<const double> rate, std::span<const RateCost> cost,
                          double sum_unit, Falls falls) {
  const std::size_t T = rate.size();
  const std::vector<double> tail = tail_sums(rate, sum_unit);
  LawGradient result{0.0, std::vector<double>(T)};
  std::vector<double> gain(T + 1, 0.0);
  std::vector<double> own(T);   // derivative of the gains in a rate by their speed
  std::vector<double> pull(T);  // and in its sum
  double total = 0.0;
  SeldomPoll poll(256);
  for (std::size_t k = 0; k < T; ++k, poll()) {
    const double before = k == 0 ? 0.0 : rate[k - 1];
    const bool mean = falls == Falls::slope && before > rate[k];
    const double at = mean ? 0.5 * (before + rate[k]) : rate[k];
    const double floored = std::max(at, lowest_rate);
    const double factor = p.C * elementary::power(floored, -p.gamma);
    const double x = factor * tail[k];
    const double power = elementary::power(1.0 + x, -p.beta);
    const double slope = p.beta * power / (1.0 + x);
    const double change = cost[k].value - (k == 0 ? 0.0 : cost[k - 1].value);
    gain[k] = 1.0 - power;
    total += change * gain[k];
    const double by_speed = at > lowest_rate ? -change * slope * p.gamma * x / at : 0.0;
    own[k] += mean ? 0.5 * by_speed : by_speed;
    if (mean) own[k - 1] += 0.5 * by_speed;
    pull[k] = change * slope * factor;
  }
  const double progress = elementary::power(tail[0], -p.alpha);
  result.loss = p.L0 + p.A * progress + p.B * total;
  double pulled = 0.0;  // by all changes up to k
  for (std::size_t k = 0; k < T; ++k) {
    pulled += pull[k];
    result.rate[k] = -p.A * p.alpha * progress / tail[0] * sum_unit +
                     p.B * (cost[k].by_rate * (gain[k] - gain[k + 1]) + own[k] + sum_unit * pulled);
  }
  return result;
}

}  // namespace scheduled::law
