// The oracle of the laws: as docs/theory.md, section 8 writes them, by plain sums with the C library's functions. O(T
// n).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "scheduled/bound.hpp"
#include "scheduled/law.hpp"

namespace law_direct {

using Rates = std::vector<double>;  // of updates 1 ... t

/// The sums of both power laws. gamma: multi_power; kappa: angular; the other one is 0 or 1.
inline double power_law(const scheduled::Law& law, double gamma, double kappa, const Rates& rate, std::size_t t) {
  constexpr double lowest_rate = 1e-9;
  const double sum_unit = law.reference_rate / law.reference_sum;
  const double C = law.at("C");
  const double beta = law.at("beta");
  const auto cost = [&](double h) { return h * std::pow(std::max(h, lowest_rate), kappa - 1.0); };
  std::vector<double> sums(t + 1, 0.0);
  for (std::size_t k = 0; k < t; ++k) sums[k + 1] = sums[k] + rate[k] * sum_unit;
  double gain = 0.0;
  for (std::size_t k = 0; k < t; ++k) {
    const double change = (k == 0 ? 0.0 : cost(rate[k - 1])) - cost(rate[k]);
    const double factor = C * std::pow(std::max(rate[k], lowest_rate), -gamma);
    gain += change * (1.0 - std::pow(1.0 + factor * (sums[t] - sums[k]), -beta));
  }
  return law.at("L0") + law.at("A") * std::pow(sums[t], -law.at("alpha")) - law.at("B") * gain;
}

/// The angles by which updates turn the weights.
inline Rates angles(const scheduled::Law& law, const Rates& rate) {
  Rates h;
  double v = law.at("v0");
  const double pull_unit = 2.0 * law.at("lambda") * law.reference_rate;
  for (const double eta : rate) {
    h.push_back(eta / std::sqrt(v));
    const double pull = std::min(pull_unit * eta, 1.0);
    v = (1.0 - pull) * v + pull * eta;
  }
  return h;
}

inline double momentum(const scheduled::Law& law, const Rates& rate, std::size_t t) {
  const double lambda = 1.0 - 1.0 / law.at("memory");
  double m = 0.0;
  double total = 0.0;
  double sum = 0.0;
  for (std::size_t k = 0; k < t; ++k) {
    m = lambda * m + (k == 0 ? 0.0 : rate[k - 1]) - rate[k];
    total += m;
    sum += rate[k] * law.reference_rate / law.reference_sum;
  }
  return law.at("L0") + law.at("A") * std::pow(sum, -law.at("alpha")) - law.at("B") * (1.0 - lambda) * total;
}

inline double omega(const scheduled::Law& law, const Rates& rate, std::size_t t) {
  Rates rates;
  std::vector<double> norms;
  const double G_1 = law.at("G_1");
  const double A_1 = law.at("A_1");
  const double G_2 = law.at("G_2");
  const double A_2 = law.at("A_2");
  for (std::size_t k = 0; k < t; ++k) {
    const auto time = static_cast<double>(k + 1);
    rates.push_back(rate[k] * law.reference_rate / law.reference_sum);
    norms.push_back(G_1 * std::exp(A_1 * time) + G_2 * std::pow(time, A_2) + law.at("B"));
  }
  rates.resize(static_cast<std::size_t>(scheduled::last_positive_step(rates)));
  norms.resize(rates.size());
  return law.at("C") + law.at("M") * scheduled::omega(rates, norms, 1.0);
}

inline double worst_case(const scheduled::Law& law, const Rates& rate, std::size_t t) {
  Rates rates;
  for (std::size_t k = 0; k < t; ++k) rates.push_back(rate[k] * law.reference_rate / law.reference_sum);
  return law.at("C") + law.at("M") * scheduled::worst_case(rates, law.at("G"), 1.0).value;
}

inline double noise(const scheduled::Law& law, const Rates& rate, std::size_t t) {
  constexpr int memories = 27;
  double v = law.at("eta0") / law.reference_rate;
  double progress = 0.0;
  double highest = 0.0;
  double held[memories] = {};
  for (std::size_t k = 0; k < t; ++k) {
    const double x = 2.0 * law.at("lambda") * law.reference_rate * rate[k];
    const double mean = rate[k] + (v - rate[k]) * (x > 0.0 ? -std::expm1(-x) / x : 1.0);
    const double h = rate[k] / std::sqrt(mean);
    v = rate[k] + (v - rate[k]) * std::exp(-x);
    const double moved = h * law.reference_rate / law.reference_sum;
    progress += moved;
    highest = std::max(highest, rate[k]);
    for (int m = 0; m < memories; ++m) {
      held[m] = h + (held[m] - h) * std::exp(-law.at("C") * std::exp(m * std::log(2.0) - 14.5) * moved);
    }
  }
  double sum = 0.0;
  double left = 0.0;
  for (int m = 0; m < memories; ++m) {
    const double s = m * std::log(2.0) - 14.5;
    const double weight = std::exp(law.at("beta") * s - std::exp(s));
    sum += weight;
    left += weight * held[m];
  }
  return law.at("L0") + law.at("A") * std::pow(progress * std::pow(highest, law.at("delta")), -law.at("alpha")) +
         law.at("B") * std::pow(left / sum, law.at("kappa"));
}

/// The integral of the squared rates, as the law is written in 2509.19189: each update forgets at its middle.
inline double functional(const scheduled::Law& law, const Rates& rate, std::size_t t) {
  const double unit = law.reference_rate / law.reference_sum;
  const double C = law.at("C");
  const double b = 1.0 - 1.0 / law.at("beta");
  double sum = 0.0;
  double noise = 0.0;
  for (std::size_t k = t; k-- > 0;) {
    // B C b times the integral of (1 + C u)^-(1 + b) over this update's progress
    const double before = sum;
    sum += rate[k] * unit;
    noise += rate[k] * (std::pow(1.0 + C * before, -b) - std::pow(1.0 + C * sum, -b));
  }
  return law.at("L0") + law.at("A") * std::pow(sum, -law.at("s")) + law.at("B") * noise;
}

inline double bu(const scheduled::Law& law, const Rates& rate, std::size_t t) {
  const double highest = *std::max_element(rate.begin(), rate.begin() + static_cast<std::ptrdiff_t>(t));
  const double progress = static_cast<double>(t) * highest * law.reference_rate / law.reference_sum;
  return law.at("L_inf") + law.at("a") / progress + law.at("b") * highest;
}

/// Losses after the given updates. A law without a case here does not compile.
inline std::vector<double> law_curve_direct(const scheduled::Law& law, std::span<const double> lr,
                                            std::span<const std::int64_t> step) {
  using scheduled::LawKind;
  Rates rate(lr.begin(), lr.end());
  for (double& eta : rate) eta /= law.reference_rate;
  if (law.kind == LawKind::angular) rate = angles(law, rate);
  const auto loss_at = [&](std::size_t t) {
    switch (law.kind) {
      case LawKind::omega:
        return omega(law, rate, t);
      case LawKind::worst_case:
        return worst_case(law, rate, t);
      case LawKind::momentum:
        return momentum(law, rate, t);
      case LawKind::multi_power:
        return power_law(law, law.at("gamma"), 1.0, rate, t);
      case LawKind::angular:
        return power_law(law, 0.0, law.at("kappa"), rate, t);
      case LawKind::bu:
        return bu(law, rate, t);
      case LawKind::noise:
        return noise(law, rate, t);
      case LawKind::functional:
        return functional(law, rate, t);
    }
    return std::numeric_limits<double>::quiet_NaN();
  };
  std::vector<double> loss;
  for (const std::int64_t t : step) loss.push_back(loss_at(static_cast<std::size_t>(t)));
  return loss;
}

}  // namespace law_direct
