// The loss at the end of a run and its derivative in every rate: one pass forwards, one backwards.
#include <algorithm>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "law/curves.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/law.hpp"

namespace scheduled {
namespace {

using Parameters = std::span<const double>;
using Rates = std::span<const double>;

/// tail[k] = unit (rate[k] + ... + rate[T-1]): from the end, so that small rates at the end keep their digits.
std::vector<double> tail_sums(Rates rate, double unit) {
  std::vector<double> tail(rate.size() + 1, 0.0);
  for (std::size_t k = rate.size(); k-- > 0;) tail[k] = tail[k + 1] + unit * rate[k];
  return tail;
}

/// In units of the reference rate, by them. gamma: multi_power; kappa: angular; the other one is 0 or 1.
LawGradient power_law(Parameters p, double gamma, double kappa, Rates rate, double sum_unit, Falls falls) {
  const std::size_t T = rate.size();
  const std::vector<double> tail = tail_sums(rate, sum_unit);
  LawGradient result{0.0, std::vector<double>(T)};
  std::vector<double> gain(T + 1, 0.0);
  std::vector<double> own(T);      // derivative of the gains in a rate by their speed
  std::vector<double> pull(T);     // and in its sum
  std::vector<double> by_cost(T);  // of its cost in a rate
  double total = 0.0;
  double cost_before = 0.0;
  for (std::size_t k = 0; k < T; ++k) {
    const double before = k == 0 ? 0.0 : rate[k - 1];
    const bool mean = falls == Falls::slope && before > rate[k];
    const double at = mean ? 0.5 * (before + rate[k]) : rate[k];
    const double floored = std::max(at, law::lowest_rate);
    const double factor = p[4] * elementary::power(floored, -gamma);
    const double x = factor * tail[k];
    const double power = elementary::power(1.0 + x, -p[5]);
    const double slope = p[5] * power / (1.0 + x);
    const law::Cost cost = law::cost_of(rate[k], kappa);
    const double change = cost.value - cost_before;
    cost_before = cost.value;
    by_cost[k] = cost.by_rate;
    gain[k] = 1.0 - power;
    total += change * gain[k];
    const double by_speed = at > law::lowest_rate ? -change * slope * gamma * x / at : 0.0;
    own[k] += mean ? 0.5 * by_speed : by_speed;
    if (mean) own[k - 1] += 0.5 * by_speed;
    pull[k] = change * slope * factor;
  }
  const double progress = elementary::power(tail[0], -p[2]);
  result.loss = p[0] + p[1] * progress + p[3] * total;
  double pulled = 0.0;  // by all changes up to k
  for (std::size_t k = 0; k < T; ++k) {
    pulled += pull[k];
    result.rate[k] = -p[1] * p[2] * progress / tail[0] * sum_unit +
                     p[3] * (by_cost[k] * (gain[k] - gain[k + 1]) + own[k] + sum_unit * pulled);
  }
  return result;
}

/// On h = rate/sqrt(v), and back through the recurrence of v.
LawGradient angular_law(Parameters p, Rates rate, double reference_rate, double sum_unit) {
  const std::size_t T = rate.size();
  const double strength = 2.0 * p[7] * reference_rate;
  std::vector<double> v(T);
  std::vector<double> h(T);
  double now = p[8];
  for (std::size_t k = 0; k < T; ++k) {
    v[k] = now;
    h[k] = rate[k] / std::sqrt(now);
    now += std::min(strength * rate[k], 1.0) * (rate[k] - now);
  }
  LawGradient result = power_law(p, 0.0, p[6], h, sum_unit, Falls::as_the_law);
  double by_v = 0.0;  // of the v after update k
  for (std::size_t k = T; k-- > 0;) {
    const double by_h = result.rate[k];
    const double share = std::min(strength * rate[k], 1.0);
    const double share_slope = share < 1.0 ? strength : 0.0;
    result.rate[k] = by_h / std::sqrt(v[k]) + by_v * (share + share_slope * (rate[k] - v[k]));
    by_v = by_v * (1.0 - share) - 0.5 * by_h * h[k] / v[k];
  }
  return result;
}

LawGradient momentum_law(Parameters p, Rates rate, double sum_unit) {
  const std::size_t T = rate.size();
  const double forget = 1.0 / p[4];
  const double sum = tail_sums(rate, sum_unit)[0];
  const double progress = elementary::power(sum, -p[2]);
  LawGradient result{0.0, std::vector<double>(T)};
  double won = 0.0;
  double kept = 1.0;  // lambda^(T - k): a change d in update k has gained d (1 - lambda kept)
  for (std::size_t k = T; k-- > 0;) {
    const double change = (k == 0 ? 0.0 : rate[k - 1]) - rate[k];
    won += change * (1.0 - (1.0 - forget) * kept);
    result.rate[k] = -p[1] * p[2] * progress / sum * sum_unit + p[3] * forget * kept;
    kept *= 1.0 - forget;
  }
  result.loss = p[0] + p[1] * progress - p[3] * won;
  return result;
}

LawGradient omega_law(Parameters p, Rates lr, double reference_sum) {
  const auto T = static_cast<std::size_t>(last_positive_step(lr));
  std::vector<double> rates;
  std::vector<double> norms;
  for (std::size_t k = 0; k < T; ++k) {
    const auto t = static_cast<double>(k + 1);
    rates.push_back(lr[k] / reference_sum);
    norms.push_back(p[2] * law::exponential(p[3] * t) + p[4] * elementary::power(t, p[5]) + p[6]);
  }
  LawGradient result{p[0] + p[1] * omega(rates, norms, 1.0), std::vector<double>(lr.size(), 0.0)};
  omega_gradient(rates, norms, 1.0, std::span(result.rate).first(T));
  for (double& d : result.rate) d *= p[1] / reference_sum;
  return result;
}

LawGradient bu_law(Parameters p, Rates rate, double sum_unit) {
  const auto highest = std::max_element(rate.begin(), rate.end());
  const double progress = p[1] / (static_cast<double>(rate.size()) * *highest * sum_unit);
  LawGradient result{p[0] + progress + p[2] * *highest, std::vector<double>(rate.size(), 0.0)};
  result.rate[static_cast<std::size_t>(highest - rate.begin())] = p[2] - progress / *highest;
  return result;
}

LawGradient in_units(const Law& law, Rates rate, Falls falls) {
  const double sum_unit = law.reference_rate / law.reference_sum;
  switch (law.kind) {
    case LawKind::momentum:
      return momentum_law(law.parameters, rate, sum_unit);
    case LawKind::multi_power:
      return power_law(law.parameters, law.parameters[6], 1.0, rate, sum_unit, falls);
    case LawKind::angular:
      return angular_law(law.parameters, rate, law.reference_rate, sum_unit);
    case LawKind::bu:
      return bu_law(law.parameters, rate, sum_unit);
    case LawKind::omega:
    case LawKind::worst_case:
      break;
  }
  fail({"law = ", law_name(law.kind), ": has kinks, so no derivative in the rates"});
}

}  // namespace

LawGradient law_end_gradient(const Law& law, std::span<const double> lr, Falls falls) {
  check_law(law);
  if (lr.empty()) fail({"lr: must hold at least one rate"});
  require_non_negative("lr", lr);
  if (last_positive_step(lr) == 0) fail({"lr: must hold a positive rate"});
  if (law.kind == LawKind::omega) return omega_law(law.parameters, lr, law.reference_sum);
  std::vector<double> rate(lr.begin(), lr.end());
  for (double& eta : rate) eta /= law.reference_rate;
  LawGradient result = in_units(law, rate, falls);
  for (double& d : result.rate) d /= law.reference_rate;
  return result;
}

}  // namespace scheduled
