// Layer 3: training longer than planned (THEORY section 5).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/bound.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// Ways to go on after a trunk of m steps.
enum class ExtendMethod {
  naive,             ///< the same peak, the same cooldown share of the new horizon
  drop,              ///< a lower plateau, at `parameter` times the peak, from the old cooldown's start on; same share
  adapted_cooldown,  ///< the same peak, another share of cooldown: `parameter`
  optimal,           ///< the rates that minimise Omega_T given the m steps, (5.1)
};

/// "naive", "drop", "adapted-cooldown", "optimal".
std::string_view name_of(ExtendMethod method) noexcept;

/// How `drop` and `adapted_cooldown` choose their parameter.
enum class ExtendRule {
  match_base_lr,   ///< such that the trunk's peak is the best peak of the new schedule, as in 2501.18965
  smallest_bound,  ///< such that Omega_T at the trunk's peak is smallest
};

struct ExtendSettings {
  GradNorm grad_norm = 1.0;  ///< finite, > 0 from step m + 1 on; a series must cover the longest horizon
  /// D > 0; nothing: planned_distance of the trunk, at which its peak is the best one for its plan. A grad norm series
  /// must then cover the plan, too.
  std::optional<double> distance = {};
  ExtendRule rule = ExtendRule::match_base_lr;
  std::function<void(std::int64_t done, std::int64_t rows)> on_row = {};  ///< called after each row
};

/// One way to one horizon.
struct ExtendRow {
  ExtendMethod method = ExtendMethod::naive;
  std::int64_t steps = 0;   ///< the horizon
  double parameter = 1.0;   ///< drop: plateau/peak; adapted_cooldown: share of the new horizon; naive: the old share;
                            ///< optimal: first new rate/last rate before
  bool at_limit = false;    ///< no parameter makes the trunk's peak the best: it is too high for all (the nearest
                            ///< was taken) or too low for all (drop: none; adapted_cooldown: the nearest)
  std::vector<double> lr;   ///< eta_1 ... eta_T, the trunk's m first; T = steps, one less where the last rate is 0
  double omega = 0.0;       ///< Omega_T
  double worst_case = 0.0;  ///< the exact worst case (an upper bound of it where grad norms vary)
  std::string spec;         ///< spec text; for `optimal` the nearest plain one: a drop, then linear decay
  double spec_omega = 0.0;  ///< Omega_T of the trunk continued by `spec`; = omega but for `optimal`
  std::int64_t extra = 0;   ///< steps still to make: steps - m
  std::vector<double>
      stopped;            ///< Omega at each of the given horizons if this plan is stopped there; NaN beyond its own
  double distance = 1.0;  ///< D, as given or planned
};

/// All four methods for each horizon, in the order given: rows[4 h + method]. The trunk: the first m steps of a
/// schedule that is constant after its warmup but for a cooldown which starts at or after m; of that cooldown the
/// length (a share follows the horizon) and the shape are kept; without one, 20 % linear. Parameters by bisection
/// (shares: over whole numbers of steps) or golden section: about 50 evaluations of O(T) for each row. The new cooldown
/// never starts before m.
/// Throws std::invalid_argument: m outside [1, start of the cooldown] or within the warmup, a horizon < m + 2, no
/// horizon, another main shape, grad norms and distance as for optimal_schedule.
std::vector<ExtendRow> extend(const Schedule& trunk, std::int64_t m, std::span<const std::int64_t> horizons,
                              const ExtendSettings& settings = {});

/// The same from the rates made so far (of a log, say), m = done.size() >= 1, finite, >= 0, the last > 0: it is the
/// peak that goes on. `spec` describes the run from its start: the linear warmup that `done` begins with, where it is
/// one and constant after it (to 1 % of the peak), else as if the last rate had been constant. `cooldown` says which
/// share and shape naive and drop use.
std::vector<ExtendRow> extend(std::span<const double> done, std::span<const std::int64_t> horizons,
                              const ExtendSettings& settings = {}, const Cooldown& cooldown = {});

/// The distance at which the peak is the best one for the run as planned: for a run whose D is unknown. The plan is the
/// trunk's own schedule where that ends with a cooldown; else (and for rates made so far) the cooldown starts after m.
/// Throws std::invalid_argument as `extend`.
double planned_distance(const Schedule& trunk, std::int64_t m, GradNorm grad_norm = 1.0);
double planned_distance(std::span<const double> done, GradNorm grad_norm = 1.0, const Cooldown& cooldown = {});

}  // namespace scheduled
