// L0 + A R^-alpha - B sum_k (h_{k-1}^kappa - h_k^kappa) [1 - (1 + C R_k)^-beta], where h_k = eta'_k/sqrt(v_k) is the
// angle by which update k turns weights of squared norm v_k, which decays with the weight decay lambda (law.hpp).
#include <algorithm>
#include <cmath>

#include "base/elementary.hpp"
#include "base/interrupt.hpp"
#include "law/arithmetic.hpp"
#include "law/definition.hpp"
#include "law/laws/shared_parameters.hpp"
#include "law/sums/gains.hpp"

namespace scheduled::law {
namespace {

struct Angular {
  double L0, A, alpha, B, C, beta, kappa, lambda, v0;

  static constexpr std::array<Parameter<Angular>, 9> fields() {
    return {{{&Angular::L0, floor_loss},
             {&Angular::A, progress_part},
             {&Angular::alpha, progress_exponent},
             {&Angular::B, drop_part},
             {&Angular::C, drop_speed},
             {&Angular::beta, drop_exponent},
             {&Angular::kappa,
              {.name = "kappa",
               .meaning = "exponent of what holding a rate costs",
               .lower = 0.2,
               .upper = 5.0,
               .log_scale = true,
               .start = 0.8,
               .spread = 0.1}},
             {&Angular::lambda, weight_decay},
             {&Angular::v0,
              {.name = "v0",
               .meaning = "squared norm of the weights at the start, in units of its equilibrium at the reference rate",
               .lower = 1e-4,
               .upper = 1e4,
               .log_scale = true,
               .start = 0.2,
               .spread = 0.7}}}};
  }
};

/// v_k, and what its step to v_{k+1} takes of it: at most all.
struct Norms {
  double pull;  ///< 2 lambda reference_rate

  double share(double rate) const noexcept { return std::min(pull * rate, 1.0); }
  double slope(double rate) const noexcept { return share(rate) < 1.0 ? pull : 0.0; }

  std::vector<double> squares(double v0, std::span<const double> rate) const {
    std::vector<double> v;
    v.reserve(rate.size());
    double now = v0;
    SeldomPoll poll(4096);
    for (const double eta : rate) {
      poll();
      v.push_back(now);
      now += share(eta) * (eta - now);
    }
    return v;
  }
};

/// What turning by h costs, h^kappa (straight below lowest_rate), and its derivatives.
struct Cost {
  double value;
  double by_rate;
  double by_kappa;
};

Cost cost_of(double h, double kappa) noexcept {
  const double at = std::max(h, lowest_rate);
  const elementary::DoubleDouble l = elementary::log2_parts(at);
  const double slope = elementary::exp2({(kappa - 1.0) * l.hi, (kappa - 1.0) * l.lo});
  const double value = h * slope;
  return {value, h > lowest_rate ? kappa * slope : slope, value * ln2 * (l.hi + l.lo)};
}

/// A value and its derivatives in lambda and v0, the parameters that h depends on.
struct Turned {
  std::vector<double> value;
  std::vector<double> by_lambda;
  std::vector<double> by_v0;
};

class Curve {
 public:
  explicit Curve(const Series& series)
      : reference_rate_(series.reference_rate),
        sum_unit_(series.sum_unit()),
        step_(series.step.begin(), series.step.end()),
        rate_(series.relative(step_.back())),
        tree_(series.lr.first(step_.back()), series.step, false) {}

  void evaluate(const Angular& p, const Losses<Angular>& out) const {
    const bool derivatives = out.derivatives();
    const Turned angle = angles(p, derivatives);
    const Turned sum = sums(angle, derivatives);
    const Slots slots = make_slots(angle, sum, p, derivatives);
    for (std::size_t i = 0; i < step_.size(); ++i) add(i, p, sum, slots, out);
  }

 private:
  struct Slots {
    Turned weight;  ///< stands for the change of the cost from update k-1 to k
    std::vector<double> weight_by_kappa;
    Turned before;  ///< R_{k-1}
  };

  /// h
  Turned angles(const Angular& p, bool derivatives) const;
  /// R, in units of the reference sum.
  Turned sums(const Turned& angle, bool derivatives) const {
    const double unit = 1.0 / sum_unit_;
    if (!derivatives) return {prefix_sums(angle.value, unit), {}, {}};
    return {prefix_sums(angle.value, unit), prefix_sums(angle.by_lambda, unit), prefix_sums(angle.by_v0, unit)};
  }
  Slots make_slots(const Turned& angle, const Turned& sum, const Angular& p, bool derivatives) const;
  /// Slots' weights for the changes of a value from update to update.
  std::vector<double> weights_of(std::span<const double> value) const {
    std::vector<double> change(value.size());
    for (std::size_t k = 0; k < value.size(); ++k) change[k] = value[k] - (k == 0 ? 0.0 : value[k - 1]);
    std::vector<double> weight(tree_.slots());
    tree_.gather(change, weight);
    return weight;
  }
  void add(std::size_t i, const Angular& p, const Turned& sum, const Slots& slots, const Losses<Angular>& out) const;

  double reference_rate_;
  double sum_unit_;  ///< reference_rate/reference_sum
  std::vector<std::size_t> step_;
  std::vector<double> rate_;  ///< eta'
  Tree tree_;
};

Turned Curve::angles(const Angular& p, bool derivatives) const {
  const std::size_t n = rate_.size();
  const Norms norms{2.0 * p.lambda * reference_rate_};
  const std::vector<double> v = norms.squares(p.v0, rate_);
  Turned h;
  h.value.resize(n);
  for (std::size_t k = 0; k < n; ++k) h.value[k] = rate_[k] / std::sqrt(v[k]);
  if (!derivatives) return h;
  h.by_lambda.resize(n);
  h.by_v0.resize(n);
  double v_by_lambda = 0.0;
  double v_by_v0 = 1.0;
  SeldomPoll poll(1024);
  for (std::size_t k = 0; k < n; ++k, poll()) {
    h.by_lambda[k] = -0.5 * h.value[k] * v_by_lambda / v[k];
    h.by_v0[k] = -0.5 * h.value[k] * v_by_v0 / v[k];
    const double share = norms.share(rate_[k]);
    const double share_by_lambda = share < 1.0 ? 2.0 * reference_rate_ * rate_[k] : 0.0;
    v_by_lambda += share_by_lambda * (rate_[k] - v[k]) - share * v_by_lambda;
    v_by_v0 -= share * v_by_v0;
  }
  return h;
}

Curve::Slots Curve::make_slots(const Turned& angle, const Turned& sum, const Angular& p, bool derivatives) const {
  const std::size_t n = rate_.size();
  Turned cost;
  cost.value.resize(n);
  std::vector<double> by_kappa(n);
  std::vector<double> by_rate(n);
  SeldomPoll poll(256);
  for (std::size_t k = 0; k < n; ++k, poll()) {
    const Cost c = cost_of(angle.value[k], p.kappa);
    cost.value[k] = c.value;
    by_kappa[k] = c.by_kappa;
    by_rate[k] = c.by_rate;
  }
  Slots slots;
  slots.weight.value = weights_of(cost.value);
  const auto before = [&](const std::vector<double>& sums) {
    std::vector<double> at;
    at.reserve(tree_.slots());
    for (const std::size_t k : tree_.position()) at.push_back(k == 0 ? 0.0 : sums[k - 1]);
    return at;
  };
  slots.before.value = before(sum.value);
  if (!derivatives) return slots;
  slots.weight_by_kappa = weights_of(by_kappa);
  const auto by_inner = [&](const std::vector<double>& angle_by) {
    std::vector<double> by(n);
    for (std::size_t k = 0; k < n; ++k) by[k] = by_rate[k] * angle_by[k];
    return weights_of(by);
  };
  slots.weight.by_lambda = by_inner(angle.by_lambda);
  slots.weight.by_v0 = by_inner(angle.by_v0);
  slots.before.by_lambda = before(sum.by_lambda);
  slots.before.by_v0 = before(sum.by_v0);
  return slots;
}

void Curve::add(std::size_t i, const Angular& p, const Turned& sum, const Slots& slots,
                const Losses<Angular>& out) const {
  const std::size_t end = step_[i] - 1;
  const bool derivatives = out.derivatives();
  const double R = sum.value[end];
  const double R_by_lambda = derivatives ? sum.by_lambda[end] : 0.0;
  const double R_by_v0 = derivatives ? sum.by_v0[end] : 0.0;
  std::array<double, Gains::longest> factor;
  factor.fill(p.C);
  Gains gains;
  double gained = 0.0;
  double by_x = 0.0;  // C times the derivative in C
  double by_beta = 0.0;
  double by_kappa = 0.0;
  double by_lambda = 0.0;
  double by_v0 = 0.0;
  SeldomPoll poll(16);
  for (const Tree::Segment& segment : tree_.segments(i)) {
    poll();
    const std::size_t first = segment.first;
    const double* weight = &slots.weight.value[first];
    gains.evaluate(segment.count, p.beta, R, factor.data(), &slots.before.value[first]);
    for (std::size_t s = 0; s < segment.count; ++s) gained += weight[s] * gains.gain[s];
    if (!derivatives) continue;
    for (std::size_t s = 0; s < segment.count; ++s) {
      by_x += weight[s] * gains.slope[s] * gains.x[s];
      by_beta += weight[s] * gains.log_power[s];
      by_kappa += slots.weight_by_kappa[first + s] * gains.gain[s];
    }
    for (std::size_t s = 0; s < segment.count; ++s) {
      const double pull = weight[s] * gains.slope[s] * p.C;
      by_lambda +=
          slots.weight.by_lambda[first + s] * gains.gain[s] + pull * (R_by_lambda - slots.before.by_lambda[first + s]);
    }
    for (std::size_t s = 0; s < segment.count; ++s) {
      const double pull = weight[s] * gains.slope[s] * p.C;
      by_v0 += slots.weight.by_v0[first + s] * gains.gain[s] + pull * (R_by_v0 - slots.before.by_v0[first + s]);
    }
  }
  const double progress = elementary::power(R, -p.alpha);
  out.set(i, p.L0 + p.A * progress + p.B * gained);
  if (!derivatives) return;
  const double by_R = -p.alpha * p.A * progress / R;
  out.set_derivatives(i, {.L0 = 1.0,
                          .A = progress,
                          .alpha = -p.A * progress * natural_log(R),
                          .B = gained,
                          .C = p.B * by_x / p.C,
                          .beta = p.B * by_beta * ln2,
                          .kappa = p.B * by_kappa,
                          .lambda = by_R * R_by_lambda + p.B * by_lambda,
                          .v0 = by_R * R_by_v0 + p.B * by_v0});
}

/// On h, and back through the recurrence of v.
LawGradient end_gradient(const Angular& p, const Rates& rates, Falls) {
  const std::size_t T = rates.lr.size();
  const std::vector<double> rate = rates.relative(T);
  const Norms norms{2.0 * p.lambda * rates.reference_rate};
  const std::vector<double> v = norms.squares(p.v0, rate);
  std::vector<double> h(T);
  std::vector<RateCost> cost(T);
  SeldomPoll poll(256);
  for (std::size_t k = 0; k < T; ++k, poll()) {
    h[k] = rate[k] / std::sqrt(v[k]);
    const Cost c = cost_of(h[k], p.kappa);
    cost[k] = {c.value, c.by_rate};
  }
  LawGradient result =
      power_law_end({p.L0, p.A, p.alpha, p.B, p.C, p.beta}, h, cost, rates.sum_unit(), Falls::as_the_law);
  double by_v = 0.0;  // of the v after update k
  for (std::size_t k = T; k-- > 0; poll()) {
    const double by_h = result.rate[k];
    const double share = norms.share(rate[k]);
    result.rate[k] =
        (by_h / std::sqrt(v[k]) + by_v * (share + norms.slope(rate[k]) * (rate[k] - v[k]))) / rates.reference_rate;
    by_v = by_v * (1.0 - share) - 0.5 * by_h * h[k] / v[k];
  }
  return result;
}

}  // namespace

Definition angular_law() {
  return {.kind = LawKind::angular,
          .name = "angular",
          .parameters = parameter_table<Angular>,
          .prepare = prepare<Angular, Curve>,
          .end_gradient = end_gradient_of<Angular, end_gradient>};
}

}  // namespace scheduled::law
