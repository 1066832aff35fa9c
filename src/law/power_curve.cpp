// The multi-power and the angular law: a power law in the sum of the rates, and what each change of rate gains.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "law/curves.hpp"

namespace scheduled::law {

namespace {
constexpr std::size_t inner = 2;     ///< parameters that change the effective rates: weight decay, v0
constexpr std::size_t longest = 32;  ///< slots in a segment
constexpr std::size_t outer = 7;     ///< L0, A, alpha, B, C, beta and gamma or kappa
}  // namespace

Cost cost_of(double h, double power) noexcept {
  const double at = std::max(h, lowest_rate);
  const elementary::DoubleDouble l = elementary::log2_parts(at);
  const double slope = elementary::exp2({(power - 1.0) * l.hi, (power - 1.0) * l.lo});
  const double value = h * slope;
  return {value, h > lowest_rate ? power * slope : slope, value * ln2 * (l.hi + l.lo)};
}

/// h', its prefix sums in units of the reference sum, and their derivatives in the two inner parameters.
struct PowerCurve::Effective {
  std::vector<double> rate;
  std::vector<double> sum;
  std::array<std::vector<double>, inner> rate_d;
  std::array<std::vector<double>, inner> sum_d;
};

struct PowerCurve::Slots {
  std::vector<double> weight;           ///< stands for the change of the cost from update k-1 to k
  std::vector<double> before;           ///< S'_{k-1}
  std::vector<double> factor;           ///< C, of multi_power C eta'^-gamma
  std::vector<double> log_rate;         ///< multi_power: ln eta'_k
  std::vector<double> weight_by_power;  ///< angular: derivative of the weight in kappa
  std::array<std::vector<double>, inner> weight_d;
  std::array<std::vector<double>, inner> before_d;
};

PowerCurve::PowerCurve(const Series& series, bool angular)
    : angular_(angular),
      reference_rate_(series.reference_rate),
      sum_unit_(series.reference_rate / series.reference_sum),
      step_(series.step.begin(), series.step.end()),
      tree_(series.lr.first(step_.back()), series.step, !angular) {
  for (std::size_t k = 0; k < step_.back(); ++k) rate_.push_back(series.lr[k] / series.reference_rate);
}

PowerCurve::Effective PowerCurve::effective_rates(double decay, double start, bool derivatives) const {
  Effective e;
  const std::size_t n = rate_.size();
  const double pull = 2.0 * decay * reference_rate_;
  std::vector<double> v(angular_ ? n : 0);
  std::array<std::vector<double>, inner> v_d;
  if (angular_) {
    double now = start;
    for (std::size_t k = 0; k < n; ++k) {
      v[k] = now;
      now += std::min(pull * rate_[k], 1.0) * (rate_[k] - now);
    }
  }
  if (angular_ && derivatives) {
    for (auto& d : v_d) d.resize(n);
    double by_decay = 0.0;
    double by_start = 1.0;
    for (std::size_t k = 0; k < n; ++k) {
      v_d[0][k] = by_decay;
      v_d[1][k] = by_start;
      const double share = std::min(pull * rate_[k], 1.0);
      const double slope = share < 1.0 ? 2.0 * reference_rate_ * rate_[k] : 0.0;
      by_decay += slope * (rate_[k] - v[k]) - share * by_decay;
      by_start -= share * by_start;
    }
  }
  e.rate = rate_;
  if (angular_) {
    for (std::size_t k = 0; k < n; ++k) e.rate[k] = rate_[k] / std::sqrt(v[k]);
  }
  e.sum = prefix_sums(e.rate, 1.0 / sum_unit_);
  for (std::size_t i = 0; i < inner && angular_ && derivatives; ++i) {
    e.rate_d[i].resize(n);
    for (std::size_t k = 0; k < n; ++k) e.rate_d[i][k] = -0.5 * e.rate[k] * v_d[i][k] / v[k];
    e.sum_d[i] = prefix_sums(e.rate_d[i], 1.0 / sum_unit_);
  }
  return e;
}

PowerCurve::Slots PowerCurve::make_slots(const Effective& e, std::span<const double> p, bool derivatives) const {
  Slots s;
  const std::size_t n = rate_.size();
  std::vector<double> cost = e.rate;
  std::vector<double> by_power(angular_ ? n : 0);
  std::vector<double> by_rate(angular_ ? n : 0);
  for (std::size_t k = 0; k < n && angular_; ++k) {
    const Cost c = cost_of(e.rate[k], p[6]);
    cost[k] = c.value;
    by_power[k] = c.by_power;
    by_rate[k] = c.by_rate;
  }
  const auto gather_changes = [&](const std::vector<double>& value, std::vector<double>& weight) {
    std::vector<double> change(n);
    for (std::size_t k = 0; k < n; ++k) change[k] = value[k] - (k == 0 ? 0.0 : value[k - 1]);
    weight.resize(tree_.slots());
    tree_.gather(change, weight);
  };
  gather_changes(cost, s.weight);
  for (const std::size_t k : tree_.position()) {
    s.before.push_back(k == 0 ? 0.0 : e.sum[k - 1]);
    const double rate = std::max(e.rate[k], lowest_rate);
    s.factor.push_back(angular_ ? p[4] : p[4] * elementary::power(rate, -p[6]));
    if (derivatives && !angular_) s.log_rate.push_back(natural_log(rate));
  }
  if (!derivatives || !angular_) return s;
  gather_changes(by_power, s.weight_by_power);
  for (std::size_t i = 0; i < inner; ++i) {
    std::vector<double> by_inner(n);
    for (std::size_t k = 0; k < n; ++k) by_inner[k] = by_rate[k] * e.rate_d[i][k];
    gather_changes(by_inner, s.weight_d[i]);
    for (const std::size_t k : tree_.position()) s.before_d[i].push_back(k == 0 ? 0.0 : e.sum_d[i][k - 1]);
  }
  return s;
}

/// What the changes gained, sum of weight [1 - (1+x)^-beta] with x = factor (S_t - before), and derivatives.
void PowerCurve::add_row(const Slots& slots, const Effective& e, std::span<const double> p, std::size_t target,
                         std::span<double> scratch, const Output& out) const {
  const double beta = p[5];
  const double sum = e.sum[step_[target] - 1];
  const bool derivatives = out.jacobian != nullptr;
  double* gain = scratch.data();
  double* slope = gain + longest;
  double* log_power = slope + longest;
  double* x = log_power + longest;
  double value = 0.0;
  double by_x = 0.0;  // sum of weight slope x: C times the derivative in C
  double by_beta = 0.0;
  double by_power = 0.0;  // in gamma or kappa
  std::array<double, inner> by_inner{};
  std::array<double, inner> sum_d{};
  for (std::size_t d = 0; d < inner && angular_ && derivatives; ++d) sum_d[d] = e.sum_d[d][step_[target] - 1];
  for (const Tree::Segment& segment : tree_.segments(target)) {
    const double* weight = &slots.weight[segment.first];
    const double* factor = &slots.factor[segment.first];
    const double* before = &slots.before[segment.first];
    for (std::size_t i = 0; i < segment.count; ++i) {
      x[i] = factor[i] * (sum - before[i]);
      const elementary::DoubleDouble l = elementary::log2_parts(1.0 + x[i]);
      const double power = elementary::exp2({-beta * l.hi, -beta * l.lo});
      gain[i] = 1.0 - power;
      slope[i] = beta * power / (1.0 + x[i]);
      log_power[i] = power * (l.hi + l.lo);
    }
    for (std::size_t i = 0; i < segment.count; ++i) value += weight[i] * gain[i];
    if (!derivatives) continue;
    for (std::size_t i = 0; i < segment.count; ++i) {
      const double pull = weight[i] * slope[i] * x[i];
      by_x += pull;
      by_beta += weight[i] * log_power[i];
      by_power +=
          angular_ ? slots.weight_by_power[segment.first + i] * gain[i] : -pull * slots.log_rate[segment.first + i];
    }
    for (std::size_t d = 0; d < inner && angular_; ++d) {
      const double* weight_d = &slots.weight_d[d][segment.first];
      const double* before_d = &slots.before_d[d][segment.first];
      for (std::size_t i = 0; i < segment.count; ++i) {
        by_inner[d] += weight_d[i] * gain[i] + weight[i] * slope[i] * factor[i] * (sum_d[d] - before_d[i]);
      }
    }
  }
  const double progress = elementary::power(sum, -p[2]);
  out.loss[target] = p[0] + p[1] * progress + p[3] * value;
  if (!derivatives) return;
  double* row = out.jacobian + target * (angular_ ? outer + inner : outer);
  row[0] = 1.0;
  row[1] = progress;
  row[2] = -p[1] * progress * natural_log(sum);
  row[3] = value;
  row[4] = p[3] * by_x / p[4];
  row[5] = p[3] * by_beta * ln2;
  row[6] = p[3] * by_power;
  for (std::size_t d = 0; d < inner && angular_; ++d) {
    row[outer + d] = -p[2] * p[1] * progress / sum * sum_d[d] + p[3] * by_inner[d];
  }
}

void PowerCurve::evaluate(std::span<const double> p, const Output& out) const {
  const bool derivatives = out.jacobian != nullptr;
  const Effective e = effective_rates(angular_ ? p[outer] : 0.0, angular_ ? p[outer + 1] : 1.0, derivatives);
  const Slots slots = make_slots(e, p, derivatives);
  std::array<double, 4 * longest> scratch;
  for (std::size_t target = 0; target < step_.size(); ++target) add_row(slots, e, p, target, scratch, out);
}

}  // namespace scheduled::law
