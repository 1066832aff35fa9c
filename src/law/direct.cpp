// The laws as docs/theory.md, section 8 writes them: plain sums with the C library's functions.
#include <algorithm>
#include <cmath>

#include "law/curves.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/law.hpp"

namespace scheduled {
namespace {

using Parameters = std::span<const double>;
using Rates = std::span<const double>;  // of updates 1 ... t

/// gamma: multi_power; kappa: angular; the other one is 0 or 1.
double power_law(Parameters p, double gamma, double kappa, Rates rate, double sum_unit, std::size_t t) {
  const auto cost = [&](double h) { return h * std::pow(std::max(h, law::lowest_rate), kappa - 1.0); };
  std::vector<double> sums(t + 1, 0.0);
  for (std::size_t k = 0; k < t; ++k) sums[k + 1] = sums[k] + rate[k] * sum_unit;
  double gain = 0.0;
  for (std::size_t k = 0; k < t; ++k) {
    const double change = (k == 0 ? 0.0 : cost(rate[k - 1])) - cost(rate[k]);
    const double factor = p[4] * std::pow(std::max(rate[k], law::lowest_rate), -gamma);
    gain += change * (1.0 - std::pow(1.0 + factor * (sums[t] - sums[k]), -p[5]));
  }
  return p[0] + p[1] * std::pow(sums[t], -p[2]) - p[3] * gain;
}

std::vector<double> effective(Parameters p, Rates rate, double reference_rate) {
  std::vector<double> h;
  double v = p[8];
  for (const double eta : rate) {
    h.push_back(eta / std::sqrt(v));
    const double pull = std::min(2.0 * p[7] * reference_rate * eta, 1.0);
    v = (1.0 - pull) * v + pull * eta;
  }
  return h;
}

double momentum_law(Parameters p, Rates rate, double sum_unit, std::size_t t) {
  const double lambda = 1.0 - 1.0 / p[4];
  double m = 0.0;
  double total = 0.0;
  double sum = 0.0;
  for (std::size_t k = 0; k < t; ++k) {
    m = lambda * m + (k == 0 ? 0.0 : rate[k - 1]) - rate[k];
    total += m;
    sum += rate[k] * sum_unit;
  }
  return p[0] + p[1] * std::pow(sum, -p[2]) - p[3] * (1.0 - lambda) * total;
}

double omega_law(Parameters p, Rates lr, double reference_sum, std::size_t t) {
  std::vector<double> rates;
  std::vector<double> norms;
  for (std::size_t k = 0; k < t; ++k) {
    const auto time = static_cast<double>(k + 1);
    rates.push_back(lr[k] / reference_sum);
    norms.push_back(p[2] * std::exp(p[3] * time) + p[4] * std::pow(time, p[5]) + p[6]);
  }
  rates.resize(static_cast<std::size_t>(last_positive_step(rates)));
  norms.resize(rates.size());
  return p[0] + p[1] * omega(rates, norms, 1.0);
}

}  // namespace

std::vector<double> law_curve_direct(const Law& law, std::span<const double> lr, std::span<const std::int64_t> step) {
  check_law(law);
  const Parameters p = law.parameters;
  const double sum_unit = law.reference_rate / law.reference_sum;
  std::vector<double> rate(lr.begin(), lr.end());
  for (double& eta : rate) eta /= law.reference_rate;
  if (law.kind == LawKind::angular) rate = effective(p, rate, law.reference_rate);
  std::vector<double> loss;
  for (const std::int64_t s : step) {
    const auto t = static_cast<std::size_t>(s);
    switch (law.kind) {
      case LawKind::omega:
        loss.push_back(omega_law(p, lr, law.reference_sum, t));
        break;
      case LawKind::worst_case: {
        std::vector<double> scaled(lr.begin(), lr.begin() + s);
        for (double& eta : scaled) eta /= law.reference_sum;
        loss.push_back(p[0] + p[1] * worst_case(scaled, p[2], 1.0).value);
        break;
      }
      case LawKind::momentum:
        loss.push_back(momentum_law(p, rate, sum_unit, t));
        break;
      case LawKind::multi_power:
        loss.push_back(power_law(p, p[6], 1.0, rate, sum_unit, t));
        break;
      case LawKind::angular:
        loss.push_back(power_law(p, 0.0, p[6], rate, sum_unit, t));
        break;
      case LawKind::bu: {
        const double highest = *std::max_element(rate.begin(), rate.begin() + s);
        loss.push_back(p[0] + p[1] / (static_cast<double>(t) * highest * sum_unit) + p[2] * highest);
        break;
      }
    }
  }
  return loss;
}

}  // namespace scheduled
