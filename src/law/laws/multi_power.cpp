// L0 + A S'^-alpha - B sum_k (eta'_{k-1} - eta'_k) [1 - (1 + C eta'_k^-gamma S'_k)^-beta] (2503.12811).
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

struct MultiPower {
  double L0, A, alpha, B, C, beta, gamma;

  static constexpr std::array<Parameter<MultiPower>, 7> fields() {
    return {{{&MultiPower::L0, floor_loss},
             {&MultiPower::A, progress_part},
             {&MultiPower::alpha, progress_exponent},
             {&MultiPower::B, drop_part},
             {&MultiPower::C, drop_speed},
             {&MultiPower::beta, drop_exponent},
             {&MultiPower::gamma,
              {.name = "gamma",
               .meaning = "how much sooner decays to low rates pay",
               .lower = -1.0,
               .upper = 3.0,
               .start = 0.7,
               .spread = 0.4}}}};
  }
};

class Curve {
 public:
  explicit Curve(const Series& series)
      : step_(series.step.begin(), series.step.end()),
        tree_(series.lr.first(step_.back()), series.step, true),
        weight_(tree_.slots()) {
    const std::vector<double> rate = series.relative(step_.back());
    std::vector<double> change(rate.size());
    for (std::size_t k = 0; k < rate.size(); ++k) change[k] = rate[k] - (k == 0 ? 0.0 : rate[k - 1]);
    tree_.gather(change, weight_);
    const std::vector<double> sums = prefix_sums(rate, 1.0 / series.sum_unit());
    for (const std::size_t t : step_) sum_.push_back(sums[t - 1]);
    SeldomPoll poll(256);
    for (const std::size_t k : tree_.position()) {
      poll();
      before_.push_back(k == 0 ? 0.0 : sums[k - 1]);
      rate_.push_back(std::max(rate[k], lowest_rate));
      log_rate_.push_back(natural_log(rate_.back()));
    }
  }

  void evaluate(const MultiPower& p, const Losses<MultiPower>& out) const {
    std::vector<double> factor;
    factor.reserve(rate_.size());
    SeldomPoll poll(256);
    for (const double rate : rate_) {
      poll();
      factor.push_back(p.C * elementary::power(rate, -p.gamma));
    }
    for (std::size_t i = 0; i < step_.size(); ++i) add(i, p, factor, out);
  }

 private:
  void add(std::size_t i, const MultiPower& p, std::span<const double> factor, const Losses<MultiPower>& out) const {
    Gains gains;
    double gained = 0.0;
    double by_x = 0.0;  // C times the derivative in C
    double by_beta = 0.0;
    double by_gamma = 0.0;
    SeldomPoll poll(16);
    for (const Tree::Segment& segment : tree_.segments(i)) {
      poll();
      const double* weight = &weight_[segment.first];
      gains.evaluate(segment.count, p.beta, sum_[i], &factor[segment.first], &before_[segment.first]);
      for (std::size_t s = 0; s < segment.count; ++s) gained += weight[s] * gains.gain[s];
      if (!out.derivatives()) continue;
      for (std::size_t s = 0; s < segment.count; ++s) {
        const double pull = weight[s] * gains.slope[s] * gains.x[s];
        by_x += pull;
        by_beta += weight[s] * gains.log_power[s];
        by_gamma += -pull * log_rate_[segment.first + s];
      }
    }
    const double progress = elementary::power(sum_[i], -p.alpha);
    out.set(i, p.L0 + p.A * progress + p.B * gained);
    if (!out.derivatives()) return;
    out.set_derivatives(i, {.L0 = 1.0,
                            .A = progress,
                            .alpha = -p.A * progress * natural_log(sum_[i]),
                            .B = gained,
                            .C = p.B * by_x / p.C,
                            .beta = p.B * by_beta * ln2,
                            .gamma = p.B * by_gamma});
  }

  std::vector<std::size_t> step_;
  std::vector<double> sum_;  ///< S' at the targets
  Tree tree_;
  // Per slot of the tree:
  std::vector<double> weight_;    ///< stands for the change of the rate from update k-1 to k
  std::vector<double> before_;    ///< S'_{k-1}
  std::vector<double> rate_;      ///< eta'_k
  std::vector<double> log_rate_;  ///< ln eta'_k
};

LawGradient end_gradient(const MultiPower& p, const Rates& rates, Falls falls) {
  const std::vector<double> rate = rates.relative(rates.lr.size());
  std::vector<RateCost> cost;
  cost.reserve(rate.size());
  for (const double eta : rate) cost.push_back({eta, 1.0});
  LawGradient result =
      power_law_end({p.L0, p.A, p.alpha, p.B, p.C, p.beta, p.gamma}, rate, cost, rates.sum_unit(), falls);
  for (double& d : result.rate) d /= rates.reference_rate;
  return result;
}

}  // namespace

Definition multi_power_law() {
  return {.kind = LawKind::multi_power,
          .name = "multi-power",
          .parameters = parameter_table<MultiPower>,
          .prepare = prepare<MultiPower, Curve>,
          .end_gradient = end_gradient_of<MultiPower, end_gradient>};
}

}  // namespace scheduled::law
