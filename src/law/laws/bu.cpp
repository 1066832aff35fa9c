// L_inf + a/(progress at the highest rate) + b (highest rate): for the ends of runs (2602.07145).
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "law/definition.hpp"

namespace scheduled::law {
namespace {

struct Bu {
  double L_inf, a, b;

  static constexpr std::array<Parameter<Bu>, 3> fields() {
    return {
        {{&Bu::L_inf, {.name = "L_inf", .meaning = "loss of endless training", .linear = true}},
         {&Bu::a,
          {.name = "a",
           .meaning = "loss that progress can still win at the reference sum",
           .lower = 0.0,
           .linear = true,
           .start = 0.2}},
         {&Bu::b,
          {.name = "b", .meaning = "loss that the reference rate costs", .lower = 0.0, .linear = true, .start = 0.2}}}};
  }
};

class Curve {
 public:
  explicit Curve(const Series& series) {
    double highest = 0.0;
    std::size_t k = 0;
    for (const std::int64_t step : series.step) {
      for (; k < static_cast<std::size_t>(step); ++k) highest = std::max(highest, series.lr[k]);
      highest_.push_back(highest / series.reference_rate);
      progress_.push_back(series.reference_sum / (static_cast<double>(step) * highest));
    }
  }

  void evaluate(const Bu& p, const Losses<Bu>& out) const {
    for (std::size_t i = 0; i < highest_.size(); ++i) {
      out.set(i, p.L_inf + p.a * progress_[i] + p.b * highest_[i]);
      if (out.derivatives()) out.set_derivatives(i, {.L_inf = 1.0, .a = progress_[i], .b = highest_[i]});
    }
  }

 private:
  std::vector<double> highest_;   ///< eta'_max up to the target
  std::vector<double> progress_;  ///< 1/(t eta'_max reference_rate/reference_sum)
};

LawGradient end_gradient(const Bu& p, const Rates& rates, Falls) {
  const std::vector<double> rate = rates.relative(rates.lr.size());
  const auto highest = std::max_element(rate.begin(), rate.end());
  const double progress = p.a / (static_cast<double>(rate.size()) * *highest * rates.sum_unit());
  LawGradient result{p.L_inf + progress + p.b * *highest, std::vector<double>(rate.size(), 0.0)};
  result.rate[static_cast<std::size_t>(highest - rate.begin())] = (p.b - progress / *highest) / rates.reference_rate;
  return result;
}

double best_highest_rate(std::span<const double> parameters, const Rates& references, double steps) {
  const Bu p = named<Bu>(parameters);
  const double a = p.a * references.reference_sum / steps;
  const double b = p.b / references.reference_rate;
  if (!(a > 0.0)) fail_value("a", p.a, "this law says that training gains nothing, so no rate is best");
  return b > 0.0 ? std::sqrt(a / b) : std::numeric_limits<double>::infinity();
}

}  // namespace

Definition bu_law() {
  return {.kind = LawKind::bu,
          .name = "bu",
          .parameters = parameter_table<Bu>,
          .prepare = prepare<Bu, Curve>,
          .end_gradient = end_gradient_of<Bu, end_gradient>,
          .best_highest_rate = best_highest_rate};
}

}  // namespace scheduled::law
