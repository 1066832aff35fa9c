// C + M (exact worst case): for one grad norm it depends on the rates through two numbers (bound.hpp).
#include <algorithm>

#include "law/arithmetic.hpp"
#include "law/definition.hpp"
#include "law/laws/shared_parameters.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::law {
namespace {

struct WorstCaseLaw {
  double C, M, G;

  static constexpr std::array<Parameter<WorstCaseLaw>, 3> fields() {
    return {{{&WorstCaseLaw::C, bound_floor},
             {&WorstCaseLaw::M, bound_unit},
             {&WorstCaseLaw::G,
              {.name = "G",
               .meaning = "grad norm",
               .lower = tiny,
               .log_scale = true,
               .start = 1.0,
               .spread = 1.0,
               .unit = LawUnit::root_steps}}}};
  }
};

class Curve {
 public:
  explicit Curve(const Series& series) {
    std::vector<double> rates(series.lr.begin(), series.lr.end());
    for (double& rate : rates) rate /= series.reference_sum;
    const std::vector<double> sums = prefix_sums(rates, 1.0);
    for (const std::int64_t step : series.step) {
      const auto t = static_cast<std::size_t>(step);
      least_weight_.push_back(worst_case(std::span(rates).first(t), 1.0, 1.0).W_min);
      sum_before_.push_back(t < 2 ? 0.0 : sums[t - 2]);
    }
  }

  void evaluate(const WorstCaseLaw& p, const Losses<WorstCaseLaw>& out) const {
    for (std::size_t i = 0; i < least_weight_.size(); ++i) {
      const double W = std::max(least_weight_[i], 1.0 / p.G);
      const double value = 0.5 * (1.0 / W + p.G * p.G * W) - p.G * p.G * sum_before_[i];
      out.set(i, p.C + p.M * value);
      if (!out.derivatives()) continue;
      // dW/dG has no effect: W minimises.
      out.set_derivatives(i, {.C = 1.0, .M = value, .G = p.M * p.G * (W - 2.0 * sum_before_[i])});
    }
  }

 private:
  std::vector<double> least_weight_;  ///< W_min of the first t rates
  std::vector<double> sum_before_;    ///< S_{t-1}
};

}  // namespace

Definition worst_case_law() {
  return {.kind = LawKind::worst_case,
          .name = "worst-case",
          .parameters = parameter_table<WorstCaseLaw>,
          .prepare = prepare<WorstCaseLaw, Curve>,
          .end_gradient = nullptr,
          .no_optimum =
              "has kinks where rates are best; worst_case_optimal_schedule (the command's optimize "
              "--criterion worst-case) has its optimum"};
}

}  // namespace scheduled::law
