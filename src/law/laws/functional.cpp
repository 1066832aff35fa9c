// L0 + A S'^-s + B C b (sum of the squared rates, each times (1 + C S'_k)^-(2 - 1/beta)), b = 1 - 1/beta: the
// functional scaling law (2509.19189, 2602.06797) with noise that does not depend on the loss. By parts, the changes of
// the rate in place of the rates, it is multi_power with gamma = 0 and the exponent b.
#include <array>
#include <vector>

#include "law/definition.hpp"
#include "law/laws/shared_parameters.hpp"

namespace scheduled::law {

Definition multi_power_law();

namespace {

struct Functional {
  double L0, A, s, B, C, beta;

  static constexpr std::array<Parameter<Functional>, 6> fields() {
    return {{{&Functional::L0, floor_loss},
             {&Functional::A, progress_part},
             {&Functional::s,
              {.name = "s",
               .meaning = "source exponent: how fast progress wins, a higher one for an easier task",
               .lower = 0.01,
               .upper = 5.0,
               .log_scale = true,
               .start = 0.55,
               .spread = 0.2}},
             {&Functional::B, drop_part},
             {&Functional::C, drop_speed},
             {&Functional::beta,
              {.name = "beta",
               .meaning = "capacity exponent: how fast noise is forgotten, as (progress)^(1/beta - 2)",
               .lower = 1.01,
               .upper = 100.0,
               .log_scale = true,
               .start = 2.0,
               .spread = 0.4}}}};
  }
};

constexpr std::size_t power_parameters = 7;  ///< of multi_power: L0, A, alpha, B, C, beta, gamma

std::array<double, power_parameters> as_multi_power(const Functional& p) {
  return {p.L0, p.A, p.s, p.B, p.C, 1.0 - 1.0 / p.beta, 0.0};
}

class Curve {
 public:
  explicit Curve(const Series& series) : losses_(series.step.size()), power_(multi_power_law().prepare(series)) {}

  void evaluate(const Functional& p, const Losses<Functional>& out) const {
    std::vector<double> loss(losses_);
    std::vector<double> jacobian(out.derivatives() ? losses_ * power_parameters : 0);
    power_(as_multi_power(p), {loss, out.derivatives() ? jacobian.data() : nullptr});
    for (std::size_t i = 0; i < losses_; ++i) {
      out.set(i, loss[i]);
      if (!out.derivatives()) continue;
      const double* const row = &jacobian[i * power_parameters];
      out.set_derivatives(
          i, {.L0 = row[0], .A = row[1], .s = row[2], .B = row[3], .C = row[4], .beta = row[5] / (p.beta * p.beta)});
    }
  }

 private:
  std::size_t losses_;
  Evaluate power_;
};

LawGradient end_gradient(const Functional& p, const Rates& rates, Falls falls) {
  return multi_power_law().end_gradient(as_multi_power(p), rates, falls);
}

}  // namespace

Definition functional_law() {
  return {.kind = LawKind::functional,
          .name = "functional",
          .parameters = parameter_table<Functional>,
          .prepare = prepare<Functional, Curve>,
          .end_gradient = end_gradient_of<Functional, end_gradient>};
}

}  // namespace scheduled::law
