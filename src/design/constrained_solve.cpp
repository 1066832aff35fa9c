#include <algorithm>
#include <cmath>
#include <string>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/sum.hpp"
#include "design/arguments.hpp"
#include "design/constrained.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

using constrained::Direction;
using constrained::Point;
using constrained::Problem;

struct Solved {
  Point point;
  double lower = -constrained::infinite;
  int iterations = 0;
};

/// The largest step in (0, 1] that keeps 1 % of every value.
double room(std::span<const double> values, std::span<const double> moves, double sign) noexcept {
  double step = 1.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double move = sign * moves[i];
    if (move < 0.0) step = std::min(step, -0.99 * values[i] / move);
  }
  return step;
}

/// Primal-dual interior point method (Wright, Primal-Dual Interior-Point Methods, 1997; line search on the barrier
/// function as in Waechter and Biegler 2006).
class Solver {
 public:
  Solver(const Problem& problem, const SolverOptions& options) : problem_(problem), options_(options) {}

  Solved run() {
    point_ = constrained::starting_point(problem_);
    Solved best{point_, -constrained::infinite, 0};
    double value = constrained::objective(problem_, point_);
    double best_value = value;
    int stalled = 0;
    for (int i = 1; i <= options_.max_iterations && stalled < 8; ++i) {
      Interruption::poll();
      const double mu = centering_ * complementarity();
      move(mu, value);
      value = constrained::objective(problem_, point_);
      best.iterations = i;
      if (!std::isfinite(value)) break;  // numbers out of range: what was reached stands
      if (value <= best_value) {
        best_value = value;
        best.point = point_;
      }
      const double lower = constrained::lower_bound(problem_, point_);
      if (lower > best.lower) best.lower = lower;
      if (best_value - best.lower <= 0.05 * options_.tolerance * best_value) break;
      // Rounding ends the progress at some gap.
      stalled = mu * constraints() < 1e-14 * value ? stalled + 1 : 0;
    }
    return best;
  }

 private:
  double constraints() const noexcept { return static_cast<double>(point_.z.size() + point_.y.size()); }

  double complementarity() const {
    double sum = 0.0;
    for (std::size_t i = 0; i < point_.z.size(); ++i) sum += point_.z[i] * point_.x[i];
    for (std::size_t i = 0; i < point_.y.size(); ++i) sum += point_.y[i] * (problem_.cap - point_.eta[i]);
    return sum / constraints();
  }

  /// ln of the product of x'/x and slack'/slack.
  double barrier_change(const Point& moved) const {
    double sum = 0.0;
    double product = 1.0;
    const auto take = [&](double ratio) {
      product *= ratio;
      if (product > 1e-100 && product < 1e100) return;
      sum += log(product);
      product = 1.0;
    };
    for (std::size_t i = 0; i < moved.x.size(); ++i) take(moved.x[i] / point_.x[i]);
    for (std::size_t i = 0; i < moved.y.size(); ++i) {
      take((problem_.cap - moved.eta[i]) / (problem_.cap - point_.eta[i]));
    }
    return sum + log(product);
  }

  static double log(double x) noexcept { return elementary::log2(x).hi * 0.6931471805599453; }

  /// One step in primal and multipliers.
  void move(double mu, double value) {
    constrained::newton_direction(problem_, point_, mu, work_, direction_);
    Interruption::poll();
    const std::size_t caps = point_.y.size();
    dz_.resize(point_.z.size());
    dy_.resize(caps);
    slack_.resize(caps);
    for (std::size_t i = 0; i < dz_.size(); ++i) {
      dz_[i] = (mu - point_.z[i] * direction_.x[i]) / point_.x[i] - point_.z[i];
    }
    for (std::size_t i = 0; i < caps; ++i) {
      slack_[i] = problem_.cap - point_.eta[i];
      dy_[i] = (mu + point_.y[i] * direction_.eta[i]) / slack_[i] - point_.y[i];
    }
    const std::span<const double> rates = std::span(direction_.eta).first(caps);
    const double longest = std::min(room(point_.x, direction_.x, 1.0), room(slack_, rates, -1.0));
    const double step = line_search(mu, value, longest);
    const double dual_step = std::min(room(point_.z, dz_, 1.0), room(point_.y, dy_, 1.0));
    for (std::size_t i = 0; i < dz_.size(); ++i)
      moved_.z[i] = bounded(point_.z[i] + dual_step * dz_[i], mu / moved_.x[i]);
    for (std::size_t i = 0; i < caps; ++i) {
      moved_.y[i] = bounded(point_.y[i] + dual_step * dy_[i], mu / (problem_.cap - moved_.eta[i]));
    }
    const double shorter = std::min(step, dual_step);
    // Short steps mean that some products z x are far below the others: center before going on.
    centering_ = shorter > 0.9 ? 0.05 : (shorter > 0.5 ? 0.2 : (shorter > 0.2 ? 0.6 : 1.0));
    std::swap(point_, moved_);
  }

  /// Keeps a multiplier within a factor of 1e8 of where the barrier has it.
  static double bounded(double value, double central) noexcept {
    return std::clamp(value, 1e-8 * central, 1e8 * central);
  }

  /// Halves the step until the barrier function falls enough, or all it does is rounding; leaves the point in moved_.
  double line_search(double mu, double value, double step) {
    const double noise = 1e-14 * value;
    for (int halvings = 0;; ++halvings) {
      Interruption::poll();
      moved_ = point_;
      for (std::size_t i = 0; i < moved_.x.size(); ++i) moved_.x[i] += step * direction_.x[i];
      moved_.update(problem_);
      if (halvings == 40) return step;
      const double change = constrained::objective(problem_, moved_) - value - mu * barrier_change(moved_);
      if (change <= 1e-4 * step * direction_.slope + noise) return step;
      step *= 0.5;
    }
  }

  const Problem& problem_;
  const SolverOptions& options_;
  Point point_;
  Point moved_;
  Direction direction_;
  std::vector<constrained::Stage> work_;
  std::vector<double> dz_;
  std::vector<double> dy_;
  std::vector<double> slack_;
  double centering_ = 0.1;
};

void check_constraints(std::int64_t T, const ScheduleConstraints& constraints) {
  require_at_least("T", T, 1);
  require_non_negative("prefix", constraints.prefix);
  for (std::size_t j = 0; j < constraints.warmup.size(); ++j) {
    const double share = constraints.warmup[j];
    if (!(share >= 0.0 && share <= 1.0)) {
      fail_entry("warmup", j, share, "must be a share of the rate after it, 0 to 1");
    }
  }
  const auto least =
      static_cast<std::int64_t>(constraints.prefix.size() + constraints.warmup.size()) + (constraints.final_lr ? 2 : 1);
  if (T < least) {
    fail_value("T", std::to_string(T),
               concat({"must be at least ", std::to_string(least), ": ", std::to_string(constraints.prefix.size()),
                       " steps of the prefix, ", std::to_string(constraints.warmup.size()),
                       " of the warmup, one free step", constraints.final_lr ? " and the last" : ""}));
  }
  if (constraints.final_lr) require_positive("final_lr", *constraints.final_lr);
  if (!constraints.max_lr) return;
  require_positive("max_lr", *constraints.max_lr);
  for (std::size_t k = 0; k < constraints.prefix.size(); ++k) {
    if (constraints.prefix[k] > *constraints.max_lr) {
      throw ArgumentError({.name = "prefix",
                           .index = static_cast<std::int64_t>(k),
                           .value = format_number(constraints.prefix[k]),
                           .requirement = "must be at most",
                           .limit = "max_lr",
                           .limit_value = format_number(*constraints.max_lr)});
    }
  }
}

/// The smallest of what bounds the first free rate.
double cap_of(const ScheduleConstraints& constraints) {
  double cap = constraints.max_lr.value_or(constrained::infinite);
  if (constraints.non_increasing && constraints.warmup.empty() && !constraints.prefix.empty()) {
    cap = std::min(cap, constraints.prefix.back());
  }
  return cap;
}

struct Units {
  double norm;
  double rate;
};

Problem scaled_problem(std::size_t T, GradNorm grad_norm, const ScheduleConstraints& constraints, const Units& units) {
  const std::size_t m = constraints.prefix.size();
  const std::size_t w = constraints.warmup.size();
  const auto g2 = [&](std::size_t k) { return grad_norm[k] / units.norm * (grad_norm[k] / units.norm); };
  Problem problem{PrefixCost(constraints.prefix, grad_norm, 1.0, units.rate, units.norm), {}, {}};
  problem.warmup.share = constraints.warmup;
  problem.warmup.behind.resize(w);
  for (std::size_t j = 0; j < w; ++j) problem.warmup.g2.push_back(g2(m + j));
  CompensatedSum behind;
  for (std::size_t j = w; j-- > 0;) {
    problem.warmup.behind[j] = behind.value();
    behind.add(constraints.warmup[j]);
  }
  problem.warmup.total = behind.value();
  const std::size_t free_end = constraints.final_lr ? T - 1 : T;
  for (std::size_t k = m + w; k < free_end; ++k) problem.g2.push_back(g2(k));
  problem.last_g2 = g2(T - 1);
  problem.final_lr = constraints.final_lr.value_or(0.0) / units.rate;
  problem.cap = cap_of(constraints) / units.rate;
  problem.falling = constraints.non_increasing;
  return problem;
}

std::vector<double> all_rates(const ScheduleConstraints& constraints, std::span<const double> free) {
  std::vector<double> lr = constraints.prefix;
  for (const double share : constraints.warmup) lr.push_back(share * free[0]);
  const double cap = cap_of(constraints);
  for (const double rate : free) lr.push_back(std::min(rate, cap));
  if (constraints.final_lr) lr.push_back(*constraints.final_lr);
  return lr;
}

}  // namespace

std::string contradiction(const ScheduleConstraints& constraints, std::string_view final_lr, std::string_view max_lr) {
  const double cap = cap_of(constraints);
  const bool by_prefix = cap < constraints.max_lr.value_or(constrained::infinite);
  if (by_prefix && cap == 0.0) return "the rates must not rise above the last of the prefix, which is 0";
  if (constraints.final_lr.value_or(0.0) <= cap) return {};
  const std::string limit = by_prefix ? "the last rate of the prefix, " : concat({max_lr, " = "});
  return concat({final_lr, " = ", format_number(*constraints.final_lr), " is above ", limit, format_number(cap)});
}

std::vector<double> linear_warmup(std::int64_t steps) {
  require_at_least("steps", steps, 0);
  std::vector<double> shares(static_cast<std::size_t>(steps));
  for (std::size_t j = 0; j < shares.size(); ++j) {
    shares[j] = static_cast<double>(j + 1) / static_cast<double>(shares.size());
  }
  return shares;
}

ConstrainedSchedule constrained_schedule(std::int64_t T, GradNorm grad_norm, double distance,
                                         const ScheduleConstraints& constraints, const SolverOptions& options) {
  check_constraints(T, constraints);
  require_positive("distance", distance);
  if (!(options.tolerance >= 1e-12 && options.tolerance <= 0.1)) {
    fail_value("tolerance", options.tolerance, "must be between 1e-12 and 0.1");
  }
  require_at_least("max_iterations", options.max_iterations, 1);
  const auto steps = static_cast<std::size_t>(T);
  const double norm = check_positive_norms(grad_norm, constraints.prefix.size(), steps);
  ConstrainedSchedule result;
  result.reason = contradiction(constraints);
  if (!result.reason.empty()) {
    result.status = SolveStatus::infeasible;
    return result;
  }
  const Units units{norm, distance / norm};
  check_in_range(units.rate);
  const Problem problem = scaled_problem(steps, grad_norm, constraints, units);
  if (problem.falling && problem.final_lr == problem.cap) {  // one point obeys: all rates are the last
    result.lr = all_rates(constraints, std::vector<double>(problem.size(), *constraints.final_lr));
    result.bound = result.lower_bound = omega(result.lr, grad_norm, distance);
    return result;
  }
  Solved solved = Solver(problem, options).run();
  for (double& rate : solved.point.eta) rate *= units.rate;
  result.lr = all_rates(constraints, solved.point.eta);
  result.bound = omega(result.lr, grad_norm, distance);
  result.lower_bound = 0.5 * distance * norm * solved.lower;
  result.gap = std::max(0.0, 1.0 - result.lower_bound / result.bound);
  result.iterations = solved.iterations;
  result.status = result.gap <= options.tolerance ? SolveStatus::optimal : SolveStatus::not_converged;
  return result;
}

}  // namespace scheduled
