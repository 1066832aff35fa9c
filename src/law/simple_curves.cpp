// The laws without sums over pairs of steps: exact worst case, momentum, Bu; and arithmetic that all laws share.
#include <algorithm>
#include <cmath>

#include "base/elementary.hpp"
#include "base/sum.hpp"
#include "law/curves.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/error.hpp"

namespace scheduled::law {

double natural_log(double x) noexcept {
  const elementary::DoubleDouble l = elementary::log2(x);
  return l.hi * ln2 + l.lo * ln2;
}

double exponential(double x) noexcept {
  constexpr double log2_e = 1.44269504088896341;
  return elementary::exp2({x * log2_e, 0.0});
}

std::vector<double> prefix_sums(std::span<const double> lr, double unit) {
  std::vector<double> sums;
  sums.reserve(lr.size());
  CompensatedSum sum;
  for (const double rate : lr) {
    sum.add(rate);
    sums.push_back(sum.value() / unit);
  }
  return sums;
}

WorstCaseCurve::WorstCaseCurve(const Series& series) {
  std::vector<double> rates(series.lr.begin(), series.lr.end());
  for (double& rate : rates) rate /= series.reference_sum;
  const std::vector<double> sums = prefix_sums(rates, 1.0);
  for (const std::int64_t step : series.step) {
    const auto t = static_cast<std::size_t>(step);
    least_weight_.push_back(scheduled::worst_case(std::span(rates).first(t), 1.0, 1.0).W_min);
    sum_before_.push_back(t < 2 ? 0.0 : sums[t - 2]);
  }
}

void WorstCaseCurve::evaluate(std::span<const double> p, const Output& out) const {
  const double M = p[1];
  const double G = p[2];
  for (std::size_t i = 0; i < least_weight_.size(); ++i) {
    const double W = std::max(least_weight_[i], 1.0 / G);
    const double value = 0.5 * (1.0 / W + G * G * W) - G * G * sum_before_[i];
    out.loss[i] = p[0] + M * value;
    if (!out.jacobian) continue;
    double* row = out.jacobian + 3 * i;
    row[0] = 1.0;
    row[1] = value;
    row[2] = M * G * (W - 2.0 * sum_before_[i]);  // dW/dG has no effect: W minimises
  }
}

MomentumCurve::MomentumCurve(const Series& series) : step_(series.step.begin(), series.step.end()) {
  const std::vector<double> sums = prefix_sums(series.lr.first(step_.back()), series.reference_sum);
  double before = 0.0;
  for (std::size_t k = 0; k < step_.back(); ++k) {
    change_.push_back((before - series.lr[k]) / series.reference_rate);
    before = series.lr[k];
  }
  for (const std::size_t t : step_) sum_.push_back(sums[t - 1]);
}

void MomentumCurve::evaluate(std::span<const double> p, const Output& out) const {
  const double forget = 1.0 / p[4];  // 1 - lambda
  const double lambda = 1.0 - forget;
  double m = 0.0;
  double m_d = 0.0;  // by lambda
  double total = 0.0;
  double total_d = 0.0;
  std::size_t k = 0;
  for (std::size_t i = 0; i < step_.size(); ++i) {
    for (; k < step_[i]; ++k) {
      m_d = m + lambda * m_d;
      m = lambda * m + change_[k];
      total += m;
      total_d += m_d;
    }
    const double progress = elementary::power(sum_[i], -p[2]);
    out.loss[i] = p[0] + p[1] * progress - p[3] * forget * total;
    if (!out.jacobian) continue;
    double* row = out.jacobian + 5 * i;
    row[0] = 1.0;
    row[1] = progress;
    row[2] = -p[1] * progress * natural_log(sum_[i]);
    row[3] = -forget * total;
    row[4] = -p[3] * forget * forget * (forget * total_d - total);
  }
}

BuCurve::BuCurve(const Series& series) {
  double highest = 0.0;
  std::size_t k = 0;
  for (const std::int64_t step : series.step) {
    for (; k < static_cast<std::size_t>(step); ++k) highest = std::max(highest, series.lr[k]);
    highest_.push_back(highest / series.reference_rate);
    progress_.push_back(series.reference_sum / (static_cast<double>(step) * highest));
  }
}

void BuCurve::evaluate(std::span<const double> p, const Output& out) const {
  for (std::size_t i = 0; i < highest_.size(); ++i) {
    out.loss[i] = p[0] + p[1] * progress_[i] + p[2] * highest_[i];
    if (!out.jacobian) continue;
    double* row = out.jacobian + 3 * i;
    row[0] = 1.0;
    row[1] = progress_[i];
    row[2] = highest_[i];
  }
}

}  // namespace scheduled::law
