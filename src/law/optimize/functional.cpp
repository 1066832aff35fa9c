// The best schedule by the functional scaling law (2602.06797), for finite runs and under a cap.
//
// With u = S'(T) - S'(t), the progress that is left, and z, the updates, the noise at the end is the integral of
// K(u) v^2 dz with v = eta' = -du/dz (in the unit of sums) and K = (1 + C u)^-(2 - 1/beta). For a given progress it is
// smallest where sqrt(K) v is the same everywhere, but v never above the cap: a plateau at the cap, as K falls with u,
// then v = c (1 + q (T - z))^(2 beta - 1) with q = c C/(2 beta). So one number is left, for which progress and noise
// are weighed against each other.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/search.hpp"
#include "law/arithmetic.hpp"
#include "law/definition.hpp"
#include "law/design_records.hpp"
#include "law/fit/uncertainty.hpp"
#include "law/optimize/bound.hpp"
#include "law/optimize/check.hpp"

namespace scheduled {
namespace law {
namespace {

class Functional {
 public:
  Functional(const Law& law, std::int64_t steps, std::int64_t warmup, double cap)
      : A_(law.at("A")),
        s_(law.at("s")),
        B_(law.at("B")),
        C_(law.at("C")),
        beta_(law.at("beta")),
        unit_(law.reference_rate / law.reference_sum),
        main_(static_cast<double>(steps - warmup)),
        warmup_(static_cast<double>(warmup)),
        cap_(cap / law.reference_rate) {}

  /// A schedule by the rate c of its end: what is left of the cap falls from `main - decay` on.
  struct Path {
    double last;   ///< c
    double decay;  ///< updates of the fall, at most all
    double first;  ///< rate of the first update after the warmup
  };

  Path path(double last) const {
    const double full = (elementary::power(cap_ / last, 1.0 / exponent()) - 1.0) / speed(last);
    if (full <= main_) return {last, full, cap_};
    return {last, main_, rate(last, main_)};
  }

  /// The rate where `left` updates are left, below the cap.
  double rate(double last, double left) const { return last * elementary::power(1.0 + speed(last) * left, exponent()); }

  /// The law's loss above L0, sums taken as integrals.
  double loss(double last) const {
    const Path p = path(last);
    const double fall = (elementary::power(1.0 + speed(last) * p.decay, 2.0 * beta_) - 1.0) / C_;
    const double level = unit_ * p.first * (main_ - p.decay);
    const double ramp = warmup_ > 0.0 ? 0.5 * unit_ * p.first * (warmup_ + 1.0) : 0.0;
    if (!(fall + level + ramp > 0.0)) return std::numeric_limits<double>::infinity();
    const double b = 1.0 - 1.0 / beta_;
    const auto kept = [&](double u) { return elementary::power(1.0 + C_ * u, -b); };
    double noise = C_ * b * unit_ * last * last * p.decay;
    noise += p.first * (kept(fall) - kept(fall + level));
    noise += (2.0 / 3.0) * p.first * (kept(fall + level) - kept(fall + level + ramp));
    return A_ * elementary::power(fall + level + ramp, -s_) + B_ * noise;
  }

  /// The best c: a scan of forty decades below the cap, then golden sections.
  double best_last() const {
    constexpr int places = 800;
    constexpr double step = 40.0 / places * 2.302585092994046;
    const auto at = [&](double x) { return cap_ * exponential(-step * x); };
    int best = 0;
    double lowest = loss(at(0.0));
    for (int i = 1; i <= places; ++i) {
      const double value = loss(at(i));
      if (value < lowest) {
        lowest = value;
        best = i;
      }
    }
    const auto narrow = [](double left, double right) { return right - left <= 1e-9; };
    return at(golden_section([&](double x) { return loss(at(x)); }, std::max(best - 1.0, 0.0), best + 1.0, narrow).x);
  }

  double cap() const noexcept { return cap_; }
  double exponent() const noexcept { return 2.0 * beta_ - 1.0; }

 private:
  double speed(double last) const noexcept { return last * unit_ * C_ / (2.0 * beta_); }

  double A_, s_, B_, C_, beta_, unit_, main_, warmup_, cap_;
};

}  // namespace
}  // namespace law

namespace {

void require_functional(const Law& law) {
  if (law.kind == LawKind::functional) return;
  fail_value("law", law_name(law.kind), "must be a functional law, which has the exponents s and beta");
}

}  // namespace

FunctionalOptimum functional_optimum(const Law& law, std::int64_t steps, const FunctionalOptions& options) {
  check_law(law);
  require_functional(law);
  const double cap = options.cap.value_or(law.reference_rate);
  law::check_optimum(steps, options.warmup, cap);
  const law::Functional functional(law, steps, options.warmup, cap);
  const double last = functional.best_last();
  const auto path = functional.path(last);
  FunctionalOptimum found;
  found.exponent = functional.exponent();
  const auto rate_at = [&](std::int64_t i) {  // at the middle of the update
    const double left = static_cast<double>(steps - i) - 0.5;
    const double rate = left >= path.decay ? path.first : std::min(path.first, functional.rate(last, left));
    return law.reference_rate * rate;
  };
  const double first = rate_at(options.warmup);
  for (std::int64_t i = 0; i < options.warmup; ++i) {
    found.lr.push_back(first * static_cast<double>(i + 1) / static_cast<double>(options.warmup));
  }
  for (std::int64_t i = options.warmup; i < steps; ++i) found.lr.push_back(std::min(first, rate_at(i)));
  found.peak = first;
  found.decay = std::min(static_cast<std::int64_t>(path.decay) + 1, steps - options.warmup);
  found.at_cap = path.first >= functional.cap();
  const std::int64_t end[] = {steps};
  found.loss = law_curve(law, found.lr, end)[0];
  found.bound = *law::loss_bound(law, steps, cap);
  return found;
}

FunctionalExponents functional_exponents(const FittedLaw& fitted) {
  check_fitted(fitted);
  require_functional(fitted.law);
  const std::size_t P = fitted.law.parameters.size();
  const std::size_t places[] = {law::parameter_index(LawKind::functional, "s"),
                                law::parameter_index(LawKind::functional, "beta")};
  const auto covariance = [&](std::size_t a, std::size_t b) { return fitted.covariance[places[a] * P + places[b]]; };
  /// Half an interval, for a function of the law and its derivatives in log s and log beta.
  const auto half_width = [&](double by_s, double by_beta, const auto& value_of) {
    const double variance =
        by_s * by_s * covariance(0, 0) + 2.0 * by_s * by_beta * covariance(0, 1) + by_beta * by_beta * covariance(1, 1);
    double refits = 0.0;
    for (const Law& refit : fitted.bootstrap) {
      const double apart = value_of(refit) - value_of(fitted.law);
      refits += apart * apart / static_cast<double>(fitted.bootstrap.size());
    }
    return fitted.inflation * law::ninety * std::sqrt(std::max({variance, refits, 0.0}));
  };
  const auto exponent = [&](std::size_t which) {
    const LawParameter& about = law_parameters(LawKind::functional)[places[which]];
    const auto value_of = [&](const Law& law) { return law::natural_log(law.parameters[places[which]]); };
    const double half = half_width(which == 0 ? 1.0 : 0.0, which == 0 ? 0.0 : 1.0, value_of);
    const double value = fitted.law.parameters[places[which]];
    return Estimate{std::string(about.name),
                    value,
                    std::max(value * law::exponential(-half), about.lower),
                    std::min(value * law::exponential(half), about.upper),
                    half <= law::ninety * law::identified_share * about.spread,
                    value <= about.lower || value >= about.upper};
  };
  FunctionalExponents found{exponent(0), exponent(1), {}, TaskKind::unsure};
  const auto margin_of = [](const Law& law) { return law.at("s") - (1.0 - 1.0 / law.at("beta")); };
  const double margin = margin_of(fitted.law);
  const double half = half_width(found.s.value, -1.0 / found.beta.value, margin_of);
  // Where an interval is wide the derivatives say too much: no end lies beyond those of both exponents.
  const double lower = std::max(margin - half, found.s.lower - (1.0 - 1.0 / found.beta.upper));
  const double upper = std::min(margin + half, found.s.upper - (1.0 - 1.0 / found.beta.lower));
  found.margin = {"s - (1 - 1/beta)", margin, lower, upper, found.s.identified && found.beta.identified, false};
  if (lower >= 0.0) found.task = TaskKind::easy;
  if (upper < 0.0) found.task = TaskKind::hard;
  return found;
}

std::string_view name_of(TaskKind kind) noexcept { return word_of(kind); }

}  // namespace scheduled
