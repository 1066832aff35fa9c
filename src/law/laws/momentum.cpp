// L0 + A S'^-alpha - B S_2, where S_2 remembers changes of the rate for `memory` steps (2408.11029).
#include "base/elementary.hpp"
#include "base/interrupt.hpp"
#include "law/arithmetic.hpp"
#include "law/definition.hpp"
#include "law/laws/shared_parameters.hpp"

namespace scheduled::law {
namespace {

struct Momentum {
  double L0, A, alpha, B, memory;

  static constexpr std::array<Parameter<Momentum>, 5> fields() {
    return {{{&Momentum::L0, floor_loss},
             {&Momentum::A, progress_part},
             {&Momentum::alpha, progress_exponent},
             {&Momentum::B, drop_part},
             {&Momentum::memory,
              {.name = "memory",
               .meaning = "steps over which a change of rate takes effect, 1/(1 - lambda)",
               .lower = 1.0,
               .upper = 1e9,
               .log_scale = true,
               .start = 1000.0,
               .spread = 1.0}}}};
  }
};

class Curve {
 public:
  explicit Curve(const Series& series) : step_(series.step.begin(), series.step.end()) {
    const std::vector<double> sums = prefix_sums(series.lr.first(step_.back()), series.reference_sum);
    double before = 0.0;
    SeldomPoll poll(4096);
    for (std::size_t k = 0; k < step_.back(); ++k, poll()) {
      change_.push_back((before - series.lr[k]) / series.reference_rate);
      before = series.lr[k];
    }
    for (const std::size_t t : step_) sum_.push_back(sums[t - 1]);
  }

  void evaluate(const Momentum& p, const Losses<Momentum>& out) const {
    const double forget = 1.0 / p.memory;  // 1 - lambda
    const double lambda = 1.0 - forget;
    double m = 0.0;
    double m_by_lambda = 0.0;
    double total = 0.0;
    double total_by_lambda = 0.0;
    std::size_t k = 0;
    SeldomPoll poll(4096);
    for (std::size_t i = 0; i < step_.size(); ++i) {
      for (; k < step_[i]; ++k, poll()) {
        m_by_lambda = m + lambda * m_by_lambda;
        m = lambda * m + change_[k];
        total += m;
        total_by_lambda += m_by_lambda;
      }
      const double progress = elementary::power(sum_[i], -p.alpha);
      out.set(i, p.L0 + p.A * progress - p.B * forget * total);
      if (!out.derivatives()) continue;
      out.set_derivatives(i, {.L0 = 1.0,
                              .A = progress,
                              .alpha = -p.A * progress * natural_log(sum_[i]),
                              .B = -forget * total,
                              .memory = -p.B * forget * forget * (forget * total_by_lambda - total)});
    }
  }

 private:
  std::vector<double> change_;  ///< eta'_{i-1} - eta'_i
  std::vector<std::size_t> step_;
  std::vector<double> sum_;  ///< S' at the targets
};

LawGradient end_gradient(const Momentum& p, const Rates& rates, Falls) {
  const std::size_t T = rates.lr.size();
  const std::vector<double> rate = rates.relative(T);
  const double forget = 1.0 / p.memory;
  const double sum = tail_sums(rate, rates.sum_unit())[0];
  const double progress = elementary::power(sum, -p.alpha);
  LawGradient result{0.0, std::vector<double>(T)};
  double won = 0.0;
  double kept = 1.0;  // lambda^(T - k): a change d in update k has gained d (1 - lambda kept)
  SeldomPoll poll(4096);
  for (std::size_t k = T; k-- > 0; poll()) {
    const double change = (k == 0 ? 0.0 : rate[k - 1]) - rate[k];
    won += change * (1.0 - (1.0 - forget) * kept);
    const double by_rate = -p.A * p.alpha * progress / sum * rates.sum_unit() + p.B * forget * kept;
    result.rate[k] = by_rate / rates.reference_rate;
    kept *= 1.0 - forget;
  }
  result.loss = p.L0 + p.A * progress - p.B * won;
  return result;
}

}  // namespace

Definition momentum_law() {
  return {.kind = LawKind::momentum,
          .name = "momentum",
          .parameters = parameter_table<Momentum>,
          .prepare = prepare<Momentum, Curve>,
          .end_gradient = end_gradient_of<Momentum, end_gradient>};
}

}  // namespace scheduled::law
