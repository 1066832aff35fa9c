#include "scheduled/bound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "bound/arguments.hpp"
#include "bound/records.hpp"
#include "bound/weights.hpp"
#include "bound/worst_case_program.hpp"
#include "bound/worst_case_search.hpp"
#include "scheduled/exact.hpp"

namespace scheduled {
namespace {

using weights::BestScale;
using weights::Minimum;

/// Whether G_t is the same wherever it counts: at T and at the positive steps before.
bool is_common(std::span<const double> steps, GradNorm grad_norm) {
  return grad_norm.visit([&](const auto& g) {
    const double last = g(steps.size());
    for (std::size_t k = 0; k < steps.size(); ++k) {
      if (g(k) != last && steps[k] > 0.0) return false;
    }
    return true;
  });
}

/// Names the index of a grad norm of 0 that makes the bound 0 whatever the steps; nothing where there is none.
std::optional<std::size_t> free_end(std::span<const double> steps, GradNorm grad_norm) noexcept {
  if (grad_norm[steps.size()] == 0.0) return steps.size();
  const auto count = static_cast<std::size_t>(last_positive_step(steps));
  if (count > 0 && grad_norm[count - 1] == 0.0) return count - 1;
  return std::nullopt;
}

WorstCaseEnd end_of(std::span<const double> steps, double W, double W_min, double p, bool slack) noexcept {
  if (W <= W_min * (1.0 + 1e-12)) return WorstCaseEnd::boundary;
  if (slack) return WorstCaseEnd::slack;
  return weights::upper_branch(steps, p) ? WorstCaseEnd::interior : WorstCaseEnd::lower_branch;
}

/// Whether a constraint of (6.3) is slack by more than rounding.
bool any_slack(const exact::Solution& solution) noexcept {
  for (std::size_t t = 0; t < solution.slack.size(); ++t) {
    if (solution.slack[t] > 1e-9 * solution.q[t]) return true;
  }
  return false;
}

/// One common G > 0: (6.4).
WorstCase of_common_norm(const weights::Boundary& edge, double G, double distance) {
  const auto found = [&](double value, double W, WorstCaseEnd end) {
    return WorstCase{value, value, true, W, edge.W_min, end, 1};
  };
  if (distance / G > edge.W_min) {  // then S <= W_min/2 < D/(2G): no cancellation
    return found(G * (distance - G * edge.total), distance / G, WorstCaseEnd::interior);
  }
  // In this order: the squares alone could leave the range of double.
  const double value = 0.5 * (distance * (distance / edge.W_min) + G * (G * edge.noise));
  return found(value, edge.W_min, WorstCaseEnd::boundary);
}

/// For checked arguments. slack_at: where to begin, and where the constraints are slack in the end.
WorstCase of_varying_norms(std::span<const double> lr, GradNorm grad_norm, double distance,
                           std::vector<std::size_t>& slack_at) {
  const std::span<const double> steps = lr.first(lr.size() - 1);
  const double W_min = weights::boundary(steps).W_min;
  const exact::Reduced reduced = exact::reduce(lr, grad_norm, distance);
  const exact::Solution found = exact::solve(reduced.program, slack_at);
  WorstCase worst{.value = reduced.value_unit() * found.upper,
                  .lower = reduced.value_unit() * std::clamp(found.lower, 0.0, found.upper),
                  .exact = found.gap() <= exact::exact_gap * found.upper,
                  .W = reduced.rate_unit * found.q[0],
                  .W_min = W_min,
                  .passes = found.passes};
  if (reduced.program.distance2 > 0.0) {
    const double p = std::sqrt(reduced.rate_unit * found.q.back());
    worst.end = end_of(steps, worst.W, W_min, p, any_slack(found));
  } else {
    worst.W = std::numeric_limits<double>::infinity();
    worst.end = WorstCaseEnd::limit;
  }
  return worst;
}

/// For checked arguments.
WorstCase worst_case_of(std::span<const double> lr, GradNorm grad_norm, double distance) {
  const std::span<const double> steps = lr.first(lr.size() - 1);
  if (free_end(steps, grad_norm)) {
    const double W_min = weights::boundary(steps).W_min;
    return {0.0, 0.0, true, std::numeric_limits<double>::infinity(), W_min, WorstCaseEnd::limit, 1};
  }
  if (is_common(steps, grad_norm)) return of_common_norm(weights::boundary(steps), grad_norm[steps.size()], distance);
  std::vector<std::size_t> slack_at;
  return of_varying_norms(lr, grad_norm, distance, slack_at);
}

/// The best scale where grad norms vary. With q = gamma r the value is A/gamma + gamma B for each r, so that
/// A/gamma = gamma B at the best: h = ln of their ratio falls through 0 there. Both are known from the solution at any
/// gamma, because A/gamma = D^2/(2 W).
class ScaleSearch {
 public:
  ScaleSearch(std::span<const double> lr, GradNorm grad_norm, double distance)
      : lr_(lr), grad_norm_(grad_norm), distance_(distance), scaled_(lr.size()) {}

  WorstCaseScale solve(double start) {
    constexpr int most = 100;
    const double smallest = std::log(1e-6 * start);
    Point here = at(std::log(start));
    Point other = here;          // the one before; on the other side of 0 from the first change of sign on
    double step = 0.5 * here.h;  // exact where r does not depend on gamma; else too short
    bool bracketed = false;
    for (int i = 0; i < most && std::fabs(here.h) > 1e-9; ++i) {
      if (i > 0) {
        const double secant = -here.h * (other.x - here.x) / (other.h - here.h);
        const double least = std::fabs(step);
        step = bracketed ? secant
                         : std::copysign(std::clamp(secant * std::copysign(1.0, here.h), least, 8.0 * least), here.h);
      }
      if (here.x + step < smallest) return at_zero();
      const Point next = at(here.x + step);
      const bool crossed = next.h * here.h < 0.0;
      if (crossed || !bracketed) {
        other = here;
      } else {
        other.h *= 0.5;  // Illinois: the far end must move, too
      }
      bracketed = bracketed || crossed;
      here = next;
    }
    worst_.passes = passes_;
    return {std::exp(here.x), worst_};
  }

 private:
  struct Point {
    double x = 0.0;  // ln gamma
    double h = 0.0;
  };

  /// In the limit all iterates are x_1, where every subgradient of the run bounds f: D min G_t.
  WorstCaseScale at_zero() const {
    double least = grad_norm_[lr_.size() - 1];
    for (std::size_t t = 0; t + 1 < lr_.size(); ++t) {
      if (lr_[t] > 0.0) least = std::min(least, grad_norm_[t]);
    }
    const double value = distance_ * least;
    return {0.0, {value, value, true, distance_ / least, 0.0, WorstCaseEnd::slack, passes_}};
  }

  Point at(double x) {
    const double scale = std::exp(x);
    for (std::size_t t = 0; t < lr_.size(); ++t) scaled_[t] = scale * lr_[t];
    worst_ = of_varying_norms(scaled_, grad_norm_, distance_, slack_at_);
    passes_ += worst_.passes;
    const double from_distance = 0.5 * square(distance_) / worst_.W;
    return {x, std::log(from_distance / (worst_.value - from_distance))};
  }

  std::span<const double> lr_;
  GradNorm grad_norm_;
  double distance_;
  std::vector<double> scaled_;
  std::vector<std::size_t> slack_at_;
  WorstCase worst_;
  int passes_ = 0;
};

/// That x_T depends on some step, and the value is not 0 whatever the scale.
void check_best_scale_arguments(std::span<const double> lr, GradNorm grad_norm) {
  const std::span<const double> steps = lr.first(lr.size() - 1);
  if (last_positive_step(steps) == 0) {
    fail_argument("lr", concat({"none of the first ", std::to_string(steps.size()), " of ", std::to_string(lr.size()),
                                " rates is > 0; x_T depends on no other"}));
  }
  if (const auto index = free_end(steps, grad_norm)) {
    fail_entry("grad_norm", *index, 0.0,
               "must be > 0 at T and at the last positive step before it; the value is 0 at every scale");
  }
}

}  // namespace

std::string_view name_of(WorstCaseEnd end) noexcept { return word_of(end); }

WorstCase worst_case(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  return worst_case_of(lr, grad_norm, distance);
}

WorstCaseScale worst_case_best_scale(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  check_best_scale_arguments(lr, grad_norm);
  const std::span<const double> steps = lr.first(lr.size() - 1);
  const double largest = *std::max_element(steps.begin(), steps.end());
  if (largest < 1e-60 || largest > 1e60) {  // whose squares leave the range; powers of two change no digit
    const int exponent = std::ilogb(largest);
    std::vector<double> near_one(lr.begin(), lr.end());
    for (double& rate : near_one) rate = std::ldexp(rate, -exponent);
    WorstCaseScale best = worst_case_best_scale(near_one, grad_norm, distance);
    best.scale = std::ldexp(best.scale, -exponent);
    if (!std::isfinite(best.scale)) fail_argument("lr", "are so small that the best scale is above the largest double");
    return best;
  }
  if (is_common(steps, grad_norm)) {  // B/W = G^2 (1 - 2 S/W) is smallest at W_min
    const weights::Boundary edge = weights::boundary(steps);
    const double G = grad_norm[steps.size()];
    const double scale = distance / G / std::sqrt(edge.W_min * edge.noise);
    const double W_min = scale * edge.W_min;
    const double value = distance * G * std::sqrt(edge.noise / edge.W_min);
    return {scale, {value, value, true, W_min, W_min, WorstCaseEnd::boundary, 1}};
  }
  for (std::size_t t = 0; t < steps.size(); ++t) {
    if (steps[t] > 0.0 && grad_norm[t] == 0.0) {
      fail_entry("grad_norm", t, 0.0, "must be > 0 where the rate is; the value is smaller the smaller the scale");
    }
  }
  const Minimum family = weights::minimise(steps, grad_norm, BestScale{distance}, weights::Reach::nearby);
  const double start = distance / (family.tails.first * std::sqrt(family.tails.noise));
  WorstCaseScale best = ScaleSearch(lr, grad_norm, distance).solve(start);
  best.worst_case.passes += family.passes;
  return best;
}

std::vector<double> worst_case_at(std::span<const double> lr, GradNorm grad_norm, double distance,
                                  std::span<const std::int64_t> t) {
  check_bound_arguments(lr, grad_norm, distance);
  std::vector<double> values;
  values.reserve(t.size());
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (t[i] < 1 || static_cast<std::size_t>(t[i]) > lr.size()) {
      fail_entry("t", i, std::to_string(t[i]), concat({"must be between 1 and ", std::to_string(lr.size())}));
    }
    values.push_back(worst_case_of(lr.first(static_cast<std::size_t>(t[i])), grad_norm, distance).value);
  }
  return values;
}

double one_parameter_bound(std::span<const double> lr, GradNorm grad_norm, double distance) {
  check_bound_arguments(lr, grad_norm, distance);
  check_best_scale_arguments(lr, grad_norm);
  const Minimum found = weights::minimise(lr.first(lr.size() - 1), grad_norm, weights::FixedSteps{distance});
  return 0.5 * (square(distance / found.tails.first) + found.tails.noise);
}

double minimax_rate(std::int64_t T, double grad_norm, double distance) {
  if (T < 1) fail_value("T", std::to_string(T), "must be at least 1");
  require_non_negative("grad_norm", grad_norm);
  require_positive("distance", distance);
  return distance * grad_norm / std::sqrt(static_cast<double>(T));
}

}  // namespace scheduled
