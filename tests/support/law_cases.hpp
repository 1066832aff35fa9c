// Laws with typical parameters, for tests and benchmarks.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "scheduled/law.hpp"
#include "scheduled/schedule.hpp"

namespace law_cases {

inline double sum_of(const std::vector<double>& lr) { return std::accumulate(lr.begin(), lr.end(), 0.0); }

/// Parameters near those of real fits, in units of the peak rate and the sum of `lr`.
inline scheduled::Law typical(scheduled::LawKind kind, const std::vector<double>& lr, double reference_rate) {
  const auto T = static_cast<double>(lr.size());
  scheduled::Law law{kind, reference_rate, sum_of(lr), {}};
  using scheduled::LawKind;
  switch (kind) {
    case LawKind::omega:
      law.parameters = {2.5, 0.3, 0.3 * std::sqrt(T), std::max(-1.0, -20.0 / T), 0.8 * std::sqrt(T), -0.3, 0.4};
      break;
    case LawKind::worst_case:
      law.parameters = {2.5, 0.3, 0.7 * std::sqrt(T)};
      break;
    case LawKind::momentum:
      law.parameters = {2.7, 0.2, 0.5, 0.25, 700.0};
      break;
    case LawKind::multi_power:
      law.parameters = {2.7, 0.2, 0.5, 0.25, 0.02 * T, 0.5, 0.6};
      break;
    case LawKind::angular:
      law.parameters = {2.7, 0.15, 0.53, 0.25, 0.02 * T, 0.45, 0.8, 5.0 / law.reference_sum, 0.2};
      break;
    case LawKind::bu:
      law.parameters = {2.7, 0.2, 0.1};
      break;
    case LawKind::noise:
      law.parameters = {2.7, 0.13, 0.55, 0.3, 1500.0, 0.45, 0.75, 5.0 / law.reference_sum, 0.1 * reference_rate, -0.1};
      break;
    case LawKind::functional:
      law.parameters = {2.7, 0.2, 0.5, 0.25, 0.02 * T, 2.2};
      break;
  }
  return law;
}

/// How far a law's curve may be from plain sums.
inline double tolerance(scheduled::LawKind kind) { return kind == scheduled::LawKind::noise ? 1e-4 : 1e-8; }

inline std::vector<double> rates(const char* spec) { return scheduled::Schedule::parse(spec).values(); }

/// Every `stride`-th step and the last.
inline std::vector<std::int64_t> every(std::int64_t first, std::int64_t last, std::int64_t stride) {
  std::vector<std::int64_t> step;
  for (std::int64_t t = first; t < last; t += stride) step.push_back(t);
  step.push_back(last);
  return step;
}

}  // namespace law_cases
