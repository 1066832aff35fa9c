// What no schedule under a cap, of a given warmup, that never rises afterwards can be below, by a law.
//
// multi_power: the sum of the rates is at most the cap's, and falls win at most B of the cap. angular, noise: noise is
// not negative, and for v' = 2 lambda eta (eta/ref - v) the squares of the angles h = eta/(ref sqrt(v)) add up to
// [ln(v_T/v_0)/(2 lambda) + sum of eta]/ref, so that R <= sqrt(T sum h^2) (Cauchy and Schwarz) with v_T at most the
// larger of v_0 and cap/ref. functional: with w = integral of sqrt(K) du (functional.cpp) the noise of progress u is
// C b/unit times the integral of w'^2, at least w(u)^2/T; the smallest sum with A u^-s over what the cap allows.
#include "law/optimize/bound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/search.hpp"
#include "law/arithmetic.hpp"

namespace scheduled::law {
namespace {

/// Smallest f on [low, high] of a scan, then by golden sections.
template <class Function>
double smallest(const Function& f, double low, double high) {
  constexpr int places = 400;
  const double step = (high - low) / places;
  int best = 0;
  double value = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= places; ++i) {
    const double here = f(low + step * i);
    if (!(here < value)) continue;
    value = here;
    best = i;
  }
  const auto narrow = [](double left, double right) { return right - left <= 1e-9; };
  return std::min(
      value,
      golden_section(f, low + step * std::max(best - 1, 0), low + step * std::min(best + 1, places), narrow).value);
}

double functional_bound(const Law& law, double steps, double cap) {
  const double beta = law.at("beta");
  const double C = law.at("C");
  const double unit = law.reference_rate / law.reference_sum;
  const double scale = law.at("B") * C * (1.0 - 1.0 / beta) / (unit * steps);
  const auto loss = [&](double log_u) {
    const double u = exponential(log_u);
    const double w = (exponential(natural_log(1.0 + C * u) / (2.0 * beta)) - 1.0) * 2.0 * beta / C;
    return law.at("A") * exponential(-law.at("s") * log_u) + scale * w * w;
  };
  const double most = natural_log(steps * cap / law.reference_sum);
  constexpr double decades = 20.0 * 2.302585092994046;
  return law.at("L0") + smallest(loss, most - decades, most);
}

/// v0 and delta: of the law, or its like.
double angles_bound(const Law& law, double steps, double cap, double v0, double delta) {
  const double ref = law.reference_rate;
  const double lambda = law.at("lambda");
  const auto loss = [&](double log_highest) {  // of rates up to it
    const double highest = exponential(log_highest);
    const double norms = std::max(natural_log(highest / ref / v0), 0.0) / (2.0 * lambda);
    const double squares = (norms + steps * highest) / ref;
    const double R = ref / law.reference_sum * std::sqrt(steps * squares);
    const double log_progress = natural_log(R) + delta * (log_highest - natural_log(ref));
    return law.at("A") * exponential(-law.at("alpha") * log_progress);
  };
  const double most = natural_log(cap);
  constexpr double decades = 6.0 * 2.302585092994046;
  return law.at("L0") + smallest(loss, most - decades, most);
}

}  // namespace

std::optional<double> loss_bound(const Law& law, std::int64_t updates, double cap) {
  const auto steps = static_cast<double>(updates);
  switch (law.kind) {
    case LawKind::functional:
      return functional_bound(law, steps, cap);
    case LawKind::angular:
      return angles_bound(law, steps, cap, law.at("v0"), 0.0);
    case LawKind::noise:
      return angles_bound(law, steps, cap, law.at("eta0") / law.reference_rate, law.at("delta"));
    case LawKind::multi_power: {
      const double progress = exponential(-law.at("alpha") * natural_log(steps * cap / law.reference_sum));
      return law.at("L0") + law.at("A") * progress - law.at("B") * cap / law.reference_rate;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace scheduled::law
