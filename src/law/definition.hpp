// What a law is to fits, predictions and optima. A file of laws/ defines each of them; registry.cpp lists them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled::law {

/// Checked rates of updates 1 ... T, and what they are measured by.
struct Rates {
  std::span<const double> lr;
  double reference_rate;
  double reference_sum;

  double sum_unit() const noexcept { return reference_rate / reference_sum; }
  /// eta' = eta/reference_rate of the first `count` updates.
  std::vector<double> relative(std::size_t count) const {
    std::vector<double> rate(lr.begin(), lr.begin() + static_cast<std::ptrdiff_t>(count));
    for (double& eta : rate) eta /= reference_rate;
    return rate;
  }
};

/// And the updates after which losses are wanted.
struct Series : Rates {
  std::span<const std::int64_t> step;
};

/// Losses out, and rows of the Jacobian unless it is null.
struct Output {
  std::span<double> loss;
  double* jacobian;
};

using Evaluate = std::function<void(std::span<const double> parameters, const Output& out)>;

/// Where no fitted run lowers its rate, priors alone say what a decay gains. That of `parameter`, the size of such a
/// gain, is then: centre of_loss (reference rate / at_rate)^by_rate times the lowest fitted loss.
struct UnseenGain {
  std::string_view parameter = {};  ///< empty: no prior of its own
  double of_loss = 0.0;
  double at_rate = 1.0;
  double by_rate = 0.0;
  double spread = 0.0;
  double share = 1.0;  ///< standard deviation of what decays gain, as a share of what all priors' spreads give it
};

struct Definition {
  LawKind kind;
  std::string_view name;
  std::span<const LawParameter> parameters;
  /// Prepares what does not depend on the parameters.
  Evaluate (*prepare)(const Series& series);
  /// The loss after all updates and its derivative in every rate; null for laws that have kinks.
  LawGradient (*end_gradient)(std::span<const double> parameters, const Rates& rates, Falls falls);

  // What optimize_law has to know.
  std::string_view no_optimum = {};  ///< why it does not search, where there is no gradient
  bool zero_rates = true;            ///< false: the loss is infinite where a rate is far above those after it
  /// For a law of the highest rate alone: the best one for so many steps, infinity where higher is always better.
  double (*best_highest_rate)(std::span<const double> parameters, const Rates& references, double steps) = nullptr;

  UnseenGain unseen_gain = {};
};

/// In the order of LawKind (registry.cpp).
std::span<const Definition> definitions() noexcept;
const Definition& definition_of(LawKind kind) noexcept;
std::span<const std::string_view> names() noexcept;

std::vector<std::string_view> names_of(std::span<const LawParameter> table);
/// Throws ArgumentError that names the parameter, those there are, and the one that may be meant.
std::size_t parameter_index(LawKind kind, std::string_view name);

// ---- How a law names its parameters: a struct P of doubles, and P::fields(), which says what each of them is.

template <class P>
struct Parameter {
  double P::*member;
  LawParameter about;
};

template <class P>
inline constexpr std::size_t parameter_count = P::fields().size();

/// As law_parameters gives them.
template <class P>
inline constexpr auto parameter_table = [] {
  constexpr auto fields = P::fields();
  std::array<LawParameter, fields.size()> table;
  for (std::size_t j = 0; j < fields.size(); ++j) table[j] = fields[j].about;
  return table;
}();

namespace detail {
template <class P, class Call>
void for_each_member(const Call& call) {
  static_assert(sizeof(P) == parameter_count<P> * sizeof(double), "every member stands in fields()");
  [&]<std::size_t... j>(std::index_sequence<j...>) { (call(j, P::fields()[j].member), ...); }
  (std::make_index_sequence<parameter_count<P>>());
}
}  // namespace detail

template <class P>
P named(std::span<const double> values) {
  P p{};
  detail::for_each_member<P>([&](std::size_t j, double P::*member) { p.*member = values[j]; });
  return p;
}

/// Where a law's curve puts its values, and their derivatives by the parameters' names.
template <class P>
class Losses {
 public:
  explicit Losses(const Output& out) : out_(out) {}
  bool derivatives() const noexcept { return out_.jacobian != nullptr; }
  void set(std::size_t i, double loss) const { out_.loss[i] = loss; }
  void set_derivatives(std::size_t i, const P& by) const {
    double* const row = out_.jacobian + i * parameter_count<P>;
    detail::for_each_member<P>([&](std::size_t j, double P::*member) { row[j] = by.*member; });
  }

 private:
  Output out_;
};

/// Definition::prepare of a class with a constructor from a Series and evaluate(const P&, const Losses<P>&) const.
template <class P, class Curve>
Evaluate prepare(const Series& series) {
  return [curve = Curve(series)](std::span<const double> parameters, const Output& out) {
    curve.evaluate(named<P>(parameters), Losses<P>(out));
  };
}

/// Definition::end_gradient of LawGradient gradient(const P&, const Rates&, Falls).
template <class P, LawGradient (*gradient)(const P&, const Rates&, Falls)>
LawGradient end_gradient_of(std::span<const double> parameters, const Rates& rates, Falls falls) {
  return gradient(named<P>(parameters), rates, falls);
}

}  // namespace scheduled::law
