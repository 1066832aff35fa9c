// Guarantees of weighted averages of iterates (docs/theory.md, section 8a).
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/search.hpp"
#include "base/sum.hpp"
#include "bound/arguments.hpp"
#include "bound/average.hpp"
#include "bound/records.hpp"
#include "bound/worst_case_program.hpp"

namespace scheduled {
namespace average {

namespace {

/// The power of two of the largest value > 0.
int exponent_of(std::span<const double> values) { return std::ilogb(*std::max_element(values.begin(), values.end())); }

void scale(std::vector<double>& values, int exponent) {
  for (double& value : values) value = std::ldexp(value, -exponent);
}

/// Units in which squares stay within the range of numbers: powers of four, so that nothing is rounded otherwise, roots
/// included. Returns the exponent of 2 of the unit of the bounds, rate G^2.
int choose_units(Run& run) {
  const int rate = 2 * (exponent_of(run.lr) / 2);
  const int norm = 2 * (exponent_of(run.norm) / 2);
  scale(run.lr, rate);
  scale(run.norm, norm);
  run.distance = std::ldexp(run.distance, -rate - norm);
  if (!(run.distance >= 1e-120 && run.distance <= 1e120)) {
    fail_argument("lr, grad_norm, distance",
                  "the largest rate must be between 1e-120 and 1e120 times distance/grad_norm");
  }
  return rate + 2 * norm;
}

}  // namespace

Run reduce(std::span<const double> lr, std::span<const double> weights, GradNorm grad_norm, double distance) {
  Run run;
  run.distance = distance;
  const int unit = exponent_of(weights);  // else the sum can be infinite
  CompensatedSum total;
  for (const double weight : weights) total.add(std::ldexp(weight, -unit));
  double carried = 0.0;  // of iterates that the next one repeats
  double rate = 0.0;
  for (std::size_t t = 0; t < lr.size(); ++t) {
    carried += std::ldexp(weights[t], -unit) / total.value();
    const bool last = t + 1 == lr.size();
    if (!last && !(lr[t] > 0.0)) continue;
    if (lr[t] > 0.0) rate = lr[t];
    run.step.push_back(static_cast<std::int64_t>(t) + 1);
    run.lr.push_back(rate);
    run.weight.push_back(carried);
    run.norm.push_back(grad_norm[t]);
    carried = 0.0;
  }
  run.common = std::all_of(run.norm.begin(), run.norm.end(), [&](double G) { return G == run.norm.back(); });
  return run;
}

namespace {

/// The smallest measure(y) over y > 0, on a grid and then between its best neighbours.
template <class Measure>
double best_end(const Run& run, const Measure& measure) {
  constexpr int points = 160;
  double sum = run.distance / run.norm.back();
  double least = sum;
  for (const double rate : run.lr) {
    sum += rate;
    least = std::min(least, rate);
  }
  const double low = std::log(1e-6 * least);
  const double step = (std::log(1e2 * sum) - low) / points;
  int best = 0;
  double best_value = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= points; ++i) {
    const double value = measure(std::exp(low + step * i));
    if (value < best_value) {
      best_value = value;
      best = i;
    }
  }
  return std::exp(golden_section([&](double x) { return measure(std::exp(x)); }, low + step * (best - 1),
                                 low + step * (best + 1), 1e-9)
                      .first);
}

/// The bound at the given rates and at the best common factor of them.
struct Candidate {
  double value = std::numeric_limits<double>::infinity();
  double scale = 0.0;
  double best = std::numeric_limits<double>::infinity();
};

Candidate of_terms(const BoundTerms& terms) {
  return {terms.value(), std::sqrt(terms.inverse / terms.linear), 2.0 * std::sqrt(terms.inverse * terms.linear)};
}

Candidate chain_candidate(const Run& run, std::span<const double> weight, double excess) {
  const auto terms = [&](std::optional<double> y) {
    BoundTerms found = chain(run, weight, y);
    found.linear += excess;
    return found;
  };
  if (!run.common) {
    const double y = best_end(run, [&](double end) { return terms(end).value(); });
    const double z = best_end(run, [&](double end) {
      const BoundTerms found = terms(end);
      return found.inverse * found.linear;
    });
    const Candidate best = of_terms(terms(z));
    return {terms(y).value(), best.scale, best.best};
  }
  const BoundTerms edge = terms(std::nullopt);
  Candidate found = of_terms(edge);
  const double G = run.norm.back();
  const double smallest = 0.5 * square(run.distance) / edge.inverse;  // Y_1
  if (run.distance / G > smallest) {
    found.value = G * run.distance + (edge.linear - 0.5 * square(G) * smallest);
  }
  return found;
}

/// How the run that is imitated does, and whether its proof holds for the average.
struct Imitated {
  WorstCase worst;
  bool holds = false;
  std::int64_t fails_at = 0;
  bool holds_at_best = false;  ///< for one G: at the best scale, too, where q_1 is M_1, not D/G
};

/// h_t, and C_t into `tails`.
std::vector<double> decay_of(const Run& run, std::vector<double>& tails) {
  const std::size_t T = run.lr.size();
  std::vector<double> h(T);
  tails.resize(T);
  double sum = 0.0;
  for (std::size_t t = T; t-- > 0;) {
    h[t] = t + 1 < T ? run.lr[t] * sum : run.lr[t];
    tails[t] = sum += run.weight[t];
  }
  return h;
}

Imitated imitate(const Run& run) {
  const std::size_t T = run.lr.size();
  std::vector<double> C;
  const std::vector<double> h = decay_of(run, C);
  Imitated found{worst_case(h, run.norm, run.distance)};
  if (!(run.norm.back() > 0.0)) return found;
  std::vector<double> q(T);
  double d = 0.0;
  if (run.common) {
    for (std::size_t t = T - 1; t-- > 0;) {
      q[t + 1] = std::max(d, h[t]);
      d = q[t] = square(q[t + 1] + h[t]) / q[t + 1];
    }
    q[0] = std::max(d, run.distance / run.norm.back());
  } else {
    const exact::Reduced reduced = exact::reduce(h, run.norm, run.distance);
    if (reduced.step_of.size() != T) return found;
    std::vector<std::size_t> slack_at;
    q = exact::solve(reduced.program, slack_at).q;
    for (double& one : q) one *= reduced.rate_unit;
  }
  const auto fails = [&](std::size_t t, double at_t) {
    return C[t] * (q[t + 1] + h[t]) > C[t + 1] * at_t * (1.0 + 1e-12);
  };
  for (std::size_t t = T - 1; t-- > 0 && found.fails_at == 0;) {
    if (fails(t, q[t])) found.fails_at = run.step[t];
  }
  found.holds = found.fails_at == 0;
  found.holds_at_best = run.common && found.holds && (T == 1 || !fails(0, d));
  return found;
}

/// Where two proofs agree but for rounding, the one before stays.
void take(AverageBound& bound, const Candidate& found, AverageRule rule) {
  constexpr double below = 1.0 - 1e-12;
  if (found.value < bound.value * below) {
    bound.value = found.value;
    bound.rule = rule;
  }
  if (found.best < bound.best_value * below) {
    bound.best_value = found.best;
    bound.best_scale = found.scale;
    bound.best_rule = rule;
  }
}

void check(std::span<const double> lr, std::span<const double> weights, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  if (weights.size() != lr.size()) {
    fail_argument("weights", concat({"must have as many values as lr, ", std::to_string(lr.size()), ", not ",
                                     std::to_string(weights.size())}));
  }
  for (std::size_t t = 0; t < weights.size(); ++t) {
    if (!(weights[t] >= 0.0 && std::isfinite(weights[t]))) {
      fail_entry("weights", t, weights[t], "must be finite and >= 0");
    }
  }
  if (!(weights.back() > 0.0)) {
    fail_entry("weights", weights.size() - 1, weights.back(),
               "must be > 0: end the run with the last iterate that counts");
  }
  if (last_positive_step(lr.first(lr.size() - 1)) == 0)
    fail_argument("lr", "no rate before the last one is > 0, so that all iterates are one point");
  for (std::size_t t = 0; t < lr.size(); ++t) {
    if ((t + 1 == lr.size() || lr[t] > 0.0) && !(grad_norm[t] > 0.0)) {
      fail_entry("grad_norm", t, grad_norm[t], "must be > 0");
    }
  }
}

/// Where norms vary, the condition of the decay depends on the scale. It is tried at the best scale of the other proofs
/// and at that of the decay; and the scale 1 is one, too.
void try_scales(const Run& run, AverageBound& bound) {
  std::vector<double> C;
  const std::vector<double> h = decay_of(run, C);
  for (const double scale : {bound.best_scale, worst_case_best_scale(h, run.norm, run.distance).scale}) {
    if (!(scale > 0.0 && std::isfinite(scale))) continue;
    Run scaled = run;
    for (double& rate : scaled.lr) rate *= scale;
    const Imitated found = imitate(scaled);
    if (!found.holds || found.worst.value >= bound.best_value) continue;
    bound.best_value = found.worst.value;
    bound.best_scale = scale;
    bound.best_rule = AverageRule::decay;
  }
  if (bound.value >= bound.best_value) return;
  bound.best_value = bound.value;
  bound.best_scale = 1.0;
  bound.best_rule = bound.rule;
}

/// In the units of the run, at its own scale and where the other proofs are smallest.
AverageBound best_of_all(const Run& run) {
  const Imitated imitated = imitate(run);
  AverageBound bound;
  bound.value = bound.best_value = std::numeric_limits<double>::infinity();
  bound.imitated = imitated.worst.value;
  bound.exact_imitated = imitated.worst.exact;
  bound.fails_at = imitated.fails_at;
  const Candidate by_chain = chain_candidate(run, run.weight, 0.0);
  take(bound, by_chain, AverageRule::chain);
  if (imitated.holds && imitated.worst.value <= bound.value * (1.0 + 1e-12)) {
    bound.value = imitated.worst.value;
    bound.rule = AverageRule::decay;
  }
  if (imitated.holds_at_best) bound.best_rule = AverageRule::decay;
  if (imitated.holds && (imitated.holds_at_best || !run.common)) return bound;
  if (const auto terms = mixture(run, run.weight)) take(bound, of_terms(*terms), AverageRule::mixture);
  if (const auto filled = fill(run)) {
    take(bound, chain_candidate(run, filled->weight, filled->excess), AverageRule::filled);
    if (auto terms = mixture(run, filled->weight)) {
      terms->linear += filled->excess;
      take(bound, of_terms(*terms), AverageRule::filled);
    }
  }
  return bound;
}

AverageBound best_proof(const Run& run) {
  AverageBound bound = best_of_all(run);
  if (!run.common) try_scales(run, bound);
  return bound;
}

}  // namespace
}  // namespace average

std::string_view name_of(AverageRule rule) noexcept { return word_of(rule); }

AverageBound average_bound(std::span<const double> lr, std::span<const double> weights, GradNorm grad_norm,
                           double distance) {
  average::check(lr, weights, grad_norm, distance);
  average::Run run = average::reduce(lr, weights, grad_norm, distance);
  const int unit = average::choose_units(run);
  AverageBound bound = average::best_proof(run);
  for (double* const value : {&bound.value, &bound.imitated, &bound.best_value}) {
    *value = std::ldexp(*value, unit);
    if (!std::isfinite(*value)) fail_above_largest();
  }
  return bound;
}

}  // namespace scheduled
