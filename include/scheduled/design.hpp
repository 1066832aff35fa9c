// Choosing a schedule: best base LR, optimal schedules, refinement, extension, transfer. Grids of these are in
// sweep.hpp, the bound along a log is in along.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/bound.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// The base LR with the smallest bound.
struct BestBaseLr {
  double peak = 0.0;        ///< gamma*
  double bound = 0.0;       ///< the bound there
  std::int64_t T = 0;       ///< where the bound was evaluated: the last positive step at or before the T asked for
  bool closed_form = true;  ///< (2.1); false: minimised numerically, because a start, plateau or final LR is absolute,
                            ///< or the grad norms of the exact worst case differ
  bool at_limit = false;    ///< the minimum lies at the smallest peak that the absolute LRs allow
};

/// Minimises the bound over the peak of `schedule` (its own peak does not matter). Closed form (2.1) where the rates
/// are proportional to the peak: O(T). Otherwise golden-section search in log2(peak) over peaks >= smallest_peak(),
/// about 60 evaluations of O(T): the bound is then right to about 1e-15 relative, the peak to 1e-7; the minimum is
/// unique in every case seen, which is not proven. The exact worst case is minimised with worst_case_best_scale where
/// the rates are proportional, in closed form for one common grad norm. Throws
/// ArgumentError as `bound` and, for the worst case, worst_case_best_scale, and where all grad norms are 0.
BestBaseLr best_base_lr(const Schedule& schedule, const BoundSettings& settings = {});

/// How much the choice of the base LR matters.
struct LrSensitivity {
  BestBaseLr best;
  double share = 0.01;            ///< the loss that defines the interval
  std::optional<double> at_half;  ///< bound at half the best peak over the best bound; nothing where an absolute LR
                                  ///< allows no such peak
  double at_double = 0.0;         ///< the same at twice the best peak
  double low = 0.0;               ///< from `low` to `high` the bound is at most (1 + share) times the best; 0 where no
                                  ///< peak is too small for that (the exact worst case is at most D G_T)
  double high = 0.0;
  bool low_at_limit = false;  ///< `low` is the smallest peak that the absolute LRs allow
  bool closed_form = true;    ///< from (2.1): 1.25, 1.25, gamma*/k, gamma* k, k = 1 + share + sqrt(share (2 + share))
};

/// best_base_lr and what a departure from it costs. Closed form for the bounds whose value is t1/gamma + gamma t2; else
/// bisection, about 100 evaluations, with the ends right to 1e-12. 0 < share <= 1e6. Throws as best_base_lr.
LrSensitivity lr_sensitivity(const Schedule& schedule, const BoundSettings& settings = {}, double share = 0.01);

/// The distance D at which the rates `lr` already have the best scale, that is (2.1) gives a factor of 1. For runs
/// whose D is unknown: the shape of Omega_t then is that of a tuned run. lr and grad_norm as for `omega`. O(T).
double matching_distance(std::span<const double> lr, GradNorm grad_norm = 1.0);

/// One line of a comparison: the schedule at its best peak.
struct ComparisonRow {
  Schedule schedule;
  BestBaseLr best;
  double ratio = 1.0;        ///< bound / smallest bound of all rows
  std::string average = {};  ///< as print() has it; empty: the last iterate
  std::string proof = {};    ///< of an average: the name of its AverageRule; else empty
};

/// The schedules at their best peaks, in the order given. Throws as best_base_lr; at least one schedule.
std::vector<ComparisonRow> compare(std::span<const Schedule> schedules, const BoundSettings& settings = {});

/// The same beside averages of iterates, which only the worst case judges: throws for another criterion, and for an
/// average of a schedule with absolute rates.
std::vector<ComparisonRow> compare(std::span<const AveragedSchedule> schedules, const BoundSettings& settings = {});

// ---- The schedules that minimise Omega_T and the exact worst case (docs/theory.md, sections 4 and 6).

// For all functions below: T >= 1 steps. grad_norm: one value or at least T values, finite and > 0 (a step with grad
// norm 0 could be as large as one likes: the infimum would be 0 and not attained), none below 1e-60 of the largest
// [loss/distance]. distance D > 0. They throw ArgumentError naming the first bad index, its value and what it
// must be, also where the result is beyond the range of numbers.

/// A schedule and its bound.
struct OptimalSchedule {
  std::vector<double> lr;  ///< eta_1 ... eta_T, all > 0 [distance^2/loss]
  double bound = 0.0;      ///< Omega_T there [loss]
};

/// The rates with the smallest Omega_T, (4.1)-(4.3): for constant G linear decay but for an uptick in the last step.
/// O(T). `bound` is that of omega(lr) within 1e-12 (tests/unit/design_optimal); at T = 1e6 about 20 ms.
OptimalSchedule optimal_schedule(std::int64_t T, GradNorm grad_norm = 1.0, double distance = 1.0);

/// The rates with the smallest worst case that the weights of 2310.07831 Thm 1 prove: w_t = c/G_t^2, c = D/sqrt(sum
/// 1/G_t^2), eta_t = w_t w_{t+1:T}/w_{1:T} for t < T, with `bound` D/sqrt(sum 1/G_t^2). For one G these are the steps
/// (D/(G sqrt(T)))(1 - t/T) of Zamani and Glineur (2307.11134), with DG/sqrt(T), below which no method can get.
/// x_T does not depend on the last rate; it is set to what makes Omega_T smallest given the others. O(T).
OptimalSchedule worst_case_optimal_schedule(std::int64_t T, GradNorm grad_norm = 1.0, double distance = 1.0);

/// Both criteria for one schedule.
struct BothBounds {
  double omega = 0.0;
  double worst_case = 0.0;
  bool operator==(const BothBounds&) const = default;
};

/// The two optima, each judged by both criteria: what either gives away by the measure of the other.
struct OptimaCompared {
  BothBounds omega_optimal;
  BothBounds worst_case_optimal;
};
OptimaCompared compare_optima(std::int64_t T, GradNorm grad_norm = 1.0, double distance = 1.0);

// ---- The schedule that minimises Omega_T under constraints, with a certificate (docs/theory.md, section 4).

/// What the rates eta_1 ... eta_T must obey; all parts may be combined. With m = prefix.size(), w = warmup.size():
/// steps 1 ... m are given, the next w are a warmup, the rest are free but for what is said here. At least one step
/// must be free. All rates in distance^2/loss.
struct ScheduleConstraints {
  std::vector<double> prefix = {};  ///< rates of the steps already made (or prescribed), finite and >= 0
  std::vector<double> warmup = {};  ///< shares h_1 ... h_w in [0, 1]: eta_{m+j} = h_j eta_{m+w+1}, a ramp that joins
                                    ///< the rates after it; its height is free
  std::optional<double> max_lr = std::nullopt;  ///< no rate is above it, > 0; the prefix must keep to it, too
  bool non_increasing = false;  ///< no rate after prefix and warmup is above the one before it; without a warmup the
                                ///< first of them not above the last of the prefix
  std::optional<double> final_lr = std::nullopt;  ///< eta_T, > 0 (a last step of 0 is left out: T is then one less)
  bool operator==(const ScheduleConstraints&) const = default;
};

/// The warmup shares of a linear ramp: j/w, j = 1 ... w. Throws ArgumentError for steps < 0.
std::vector<double> linear_warmup(std::int64_t steps);

struct SolverOptions {
  double tolerance = 1e-9;   ///< relative duality gap to certify, within [1e-12, 0.1]
  int max_iterations = 500;  ///< >= 1
};

enum class SolveStatus {
  optimal,        ///< the gap is within the tolerance
  not_converged,  ///< it is not; the rates obey the constraints all the same, and gap says how good they are at least
  infeasible,     ///< no rates obey the constraints: `reason` names them; lr is empty
};

/// Why no rates obey the constraints, in words with these names of the last and the largest rate; empty where some do.
std::string contradiction(const ScheduleConstraints& constraints, std::string_view final_lr = "final_lr",
                          std::string_view max_lr = "max_lr");

struct ConstrainedSchedule {
  SolveStatus status = SolveStatus::optimal;
  std::string reason;        ///< for `infeasible`: contradiction(constraints)
  std::vector<double> lr;    ///< eta_1 ... eta_T; they obey the constraints but for rounding
  double bound = 0.0;        ///< Omega_T of lr
  double lower_bound = 0.0;  ///< no rates that obey the constraints have a smaller Omega_T
  double gap = 0.0;          ///< (bound - lower_bound)/bound
  int iterations = 0;
};

/// Minimises Omega_T over the rates that obey the constraints; convex in the tail sums u_k. Primal-dual interior point
/// method; each Newton system is solved in O(T) by a Riccati recursion over (u_k, eta_{k+1}) without cancellation, in
/// O(T) memory; usually 10 to 80 iterations, more where grad norms span many decades.
///
/// lower_bound does not trust the iteration: eta^2/u >= 2 r eta - r^2 u for every r, with equality at r = eta/u, turns
/// 2 Omega into a linear function of the rates plus a convex function of one number, whose minimum over the constraints
/// is known for any r and any multipliers >= 0 (docs/adr/0005). Evaluated anew from G, D and the constraints; right up
/// to the rounding of its sums, about 1e-13.
///
/// T > m + w, one more with final_lr. grad_norm as for optimal_schedule, but for the prefix >= 0 is enough; distance
/// D > 0. Throws ArgumentError naming the argument, index, value and requirement: also where the prefix is
/// above max_lr. Rounding may leave a larger gap than 1e-9 where final_lr is given and grad norms span more than 1e5.
ConstrainedSchedule constrained_schedule(std::int64_t T, GradNorm grad_norm, double distance,
                                         const ScheduleConstraints& constraints, const SolverOptions& options = {});

// ---- The base LR of one schedule from the tuned base LR of another (docs/theory.md, section 3).

struct LrTransfer {
  BestBaseLr from;      ///< of the tuned schedule in theory
  BestBaseLr to;        ///< of the other
  double factor = 1.0;  ///< to.peak/from.peak
  double peak = 0.0;    ///< the tuned schedule's own peak times the factor: what to try
  /// The factor in the limit of long runs, for one grad norm and Omega: the ratio of the constants of docs/theory.md,
  /// section 3 times sqrt(T_from/T_to); a warmup is left out. Nothing where one of the two shapes has no limit of that
  /// kind: it has them for WSD with a linear cooldown to 0, and for cosine, 1-sqrt and polynomial over the whole run.
  std::optional<double> limit;

  double bound_ratio() const { return to.bound / from.bound; }  ///< of the bounds at the best peaks
};

/// Moves the base LR tuned for `tuned` (its peak) to `target` (whose peak does not matter): other cooldown, shape or
/// horizon. D and G cancel where G is one number; `settings.T` must not be given (each schedule is judged at its own
/// horizon; a grad norm series must cover both). Throws ArgumentError as best_base_lr.
LrTransfer transfer_base_lr(const Schedule& tuned, const Schedule& target, const BoundSettings& settings = {});

// ---- A schedule from the grad norms of a run (docs/theory.md, section 4, Refinement; 2310.07831).

/// Which weights the norms give.
enum class NormKind {
  l2,  ///< SGD, Euclidean norms: w_t = 1/G_t^2
  l1,  ///< Adam, sums of absolute values: w_t = 1/G_t
};

struct RefineSettings {
  NormKind norm = NormKind::l2;
  double width = 0.2;  ///< of the median filter, as a share of the series, within [0, 1]; 0: no filter
  /// Steps of the result; nothing: one per norm kept. The norms are then read off along the run, linearly between them
  /// (logs hold fewer norms than the run had steps).
  std::optional<std::int64_t> steps = std::nullopt;
  double close = 0.1;  ///< a named schedule is reported up to this distance, within [0, 1]
};

/// A named schedule like a table of rates.
struct NearestSpec {
  Schedule schedule;
  double distance = 0.0;     ///< largest difference of the rates, as a share of their largest
  double mean_square = 0.0;  ///< root of the mean squared difference, the measure that was minimised
};

struct RefinedSchedule {
  Schedule schedule;              ///< a table, largest value 1; its last value is 0
  std::vector<double> grad_norm;  ///< the norms used: filtered, one per step
  std::int64_t dropped = 0;       ///< norms that were not finite
  std::optional<NearestSpec> nearest;
};

/// eta_t = w_t sum_{p>t} w_p, divided by the largest; the base LR is then to be tuned. Norms that are not finite are
/// dropped (they mark steps that were skipped; in a log they are not logged). The filter is
/// that of 2310.07831's code: its width is rounded to an odd number of values, the series is reflected at its end, so
/// that the filter does not follow the last steps, and continued by its first value at the start. O(n log n). Throws
/// ArgumentError: no finite norm left (`grad_norm: ...`), a finite norm <= 0 with its index, fewer than 2
/// steps, a setting out of range.
RefinedSchedule refine(std::span<const double> grad_norm, const RefineSettings& settings = {});

/// A refined schedule beside the rates that the run had.
struct RefinedRun {
  RefinedSchedule refined;
  std::optional<Schedule> own;         ///< the run's rates
  std::optional<LrTransfer> transfer;  ///< from them to the refined schedule, for the norms used
  std::string why_no_transfer;         ///< where there is none

  double peak() const {
    return transfer ? transfer->peak : 1.0;
  }  ///< to try: right if the run's own scale was the best
  Schedule schedule() const { return refined.schedule.with_peak(peak()); }
  std::optional<Schedule> nearest() const;  ///< at the same peak
};

/// refine, and how far the result is from the rates `own` of the run. `own` is compared only with a result of as many
/// steps, from l2 norms, for which the bound is; without any, or where they cannot be compared (all 0, ...),
/// `why_no_transfer` says so. Throws as refine.
RefinedRun refine_run(std::span<const double> grad_norm, std::span<const double> own,
                      const RefineSettings& settings = {});

/// out[i] = median of values[i-h] ... values[i+h], width 2 h + 1; before the start values[0], after the end reflected
/// without repeating the last (values[n-2], values[n-3], ...). Finite values; 1 <= width <= 2 n - 1, odd; else
/// ArgumentError. O(n log n) for any width.
std::vector<double> median_filter(std::span<const double> values, std::int64_t width);

/// The named schedule nearest to `lr` in the mean square: warmup, then constant with a linear, 1-sqrt or cosine
/// cooldown, to 0 or to a share of the peak where that quarters the squares, or a polynomial one over the rest, or
/// constant, with fitted lengths and peak. At least 2 steps, finite,
/// >= 0, the largest > 0 (ArgumentError). A fit from several starts: not provably the nearest. O(T).
NearestSpec nearest_spec(std::span<const double> lr);

// ---- An optimum beside plain linear decay: what it gains, and how the two differ.

/// Linear decay under the same constraints: the prefix, the warmup's ramp, then from the height with the smallest
/// Omega_T (Criterion::worst_case: the smallest exact worst case, or where that is at rates of 0 the smallest Omega_T;
/// only without constraints) straight down to final_lr,
/// or so that it would reach 0 one step after T. `bound` is by the criterion. T, grad_norm, distance as for
/// constrained_schedule, and constraints that rates can obey: ArgumentError. O(T) for each of about 60
/// evaluations; closed form without constraints.
OptimalSchedule linear_decay_beside(std::int64_t T, GradNorm grad_norm, double distance,
                                    const ScheduleConstraints& constraints = {},
                                    Criterion criterion = Criterion::omega);

/// How rates differ from others for the same steps.
struct RateDifference {
  double gain = 0.0;         ///< 1 - bound/other's bound: positive where these rates are better
  double steps_saved = 0.0;  ///< share of the other's steps that the better bound is worth, as bounds fall as 1/sqrt(T)
  double peak = 1.0;         ///< largest rate before the last step over the other's
  double largest = 0.0;      ///< largest difference before the last step, as a share of the other's largest rate
  std::int64_t largest_at = 0;   ///< the (1-based) step where it is
  double last_step = 1.0;        ///< last rate over the one before it; 1 where that is 0 or there is none
  double other_last_step = 1.0;  ///< the same of the other
  double last = 1.0;             ///< last rate over the other's last
  std::int64_t level_until = 0;  ///< last step whose rate is within 0.1 % of the largest before the last step
};

/// Both of the same length >= 1, finite, >= 0, `other` with a rate > 0; bounds > 0. Throws ArgumentError. O(T).
RateDifference compare_rates(const OptimalSchedule& rates, const OptimalSchedule& other);

/// The best schedule for T steps beside linear decay under the same constraints.
struct OptimumBeside {
  SolveStatus status = SolveStatus::optimal;  ///< of constrained_schedule; where it is not optimal, nothing below `gap`
  std::string reason;                         ///< for `infeasible`
  int iterations = 0;                         ///< 0: closed form
  double gap = 0.0;
  OptimalSchedule optimum, linear;  ///< each with its bound by the criterion
  double lower_bound = 0.0;         ///< no schedule that obeys the constraints has a smaller bound
  BothBounds optimum_bounds, linear_bounds;
  RateDifference difference;           ///< of the optimum from linear decay
  std::optional<double> free_bound;    ///< of the optimum without the constraints; nothing where there are none, or a
                                       ///< prefix
  std::optional<NearestSpec> nearest;  ///< to the optimum; nothing for T = 1
  double nearest_bound = 0.0;          ///< its bound by the criterion, as it is
};

/// Criterion::omega: optimal_schedule, or constrained_schedule where there are constraints; Criterion::worst_case:
/// worst_case_optimal_schedule, without constraints (linear decay then has the peak with the smallest worst case, for
/// T = 1 the smallest Omega). Throws ArgumentError as these and linear_decay_beside.
OptimumBeside optimum_beside_linear(std::int64_t T, GradNorm grad_norm, double distance,
                                    const ScheduleConstraints& constraints = {}, Criterion criterion = Criterion::omega,
                                    const SolverOptions& options = {});

// ---- Training longer than planned (docs/theory.md, section 5).

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
  double worst_case = 0.0;  ///< the exact worst case
  std::string spec;         ///< spec text; for `optimal` the nearest plain one: a drop, then linear decay
  double spec_omega = 0.0;  ///< Omega_T of the trunk continued by `spec`; = omega but for `optimal`
  std::int64_t extra = 0;   ///< steps still to make: steps - m
  std::vector<double>
      stopped;            ///< Omega at each of the given horizons if this plan is stopped there; NaN beyond its own
  double distance = 1.0;  ///< D, as given or planned
};

/// All four methods for each horizon, in the order given: rows[4 h + method]. The trunk: the first m steps of a
/// schedule that is constant after its warmup but for a cooldown which starts at or after m; of that cooldown the
/// length (a share follows the horizon) and the shape are kept; without one, 20 % linear. Of a schedule that has left
/// its peak by m, the rates made so far are the trunk, and the last of them goes on, as below. Parameters by bisection
/// (shares: over whole numbers of steps) or golden section: about 50 evaluations of O(T) for each row. The new cooldown
/// never starts before m.
/// Throws ArgumentError: m outside [1, steps], within the warmup of a constant one, or where the rate is 0; a horizon
/// < m + 2, none at all; grad norms and distance as for optimal_schedule.
std::vector<ExtendRow> extend(const Schedule& trunk, std::int64_t m, std::span<const std::int64_t> horizons,
                              const ExtendSettings& settings = {});

/// The same from the rates made so far (of a log, say), m = done.size() >= 1, finite, >= 0, the last > 0: it is the
/// peak that goes on. `spec` describes the run from its start: the linear warmup that `done` begins with, where it is
/// one and constant after it (to 1 % of the peak), else as if the last rate had been constant. `cooldown` says which
/// share and shape naive and drop use.
std::vector<ExtendRow> extend(std::span<const double> done, std::span<const std::int64_t> horizons,
                              const ExtendSettings& settings = {}, const Cooldown& cooldown = {});

/// The distance at which the peak is the best one for the run as planned: for a run whose D is unknown. The plan is the
/// trunk's own schedule where that ends with a cooldown, or below its peak by stages, milestones, a triangle, restarts
/// or the values of a table; else (and for rates made so far) the cooldown starts after m.
/// Throws ArgumentError as `extend`.
double planned_distance(const Schedule& trunk, std::int64_t m, GradNorm grad_norm = 1.0);
double planned_distance(std::span<const double> done, GradNorm grad_norm = 1.0, const Cooldown& cooldown = {});

/// The same for rates made so far of a run of `steps` updates in all: with the usual cooldown from where they end, or
/// as much of it as the run leaves. For constrained_schedule with these rates as its prefix. steps >= done.size().
double prefix_distance(std::span<const double> done, std::int64_t steps, GradNorm grad_norm = 1.0);

// ---- The exact worst case of a schedule, beside its bound and the best possible (docs/theory.md, section 6).

/// A peak, the worst case there, and the last-iterate bound for the same rates.
struct WorstCaseAtPeak {
  double peak = 0.0;
  WorstCase worst_case;
  double omega = 0.0;  ///< >= worst_case.value
};

struct ScheduleWorstCase {
  std::int64_t T = 0;                   ///< the last positive step at or before the T asked for
  bool exact = false;                   ///< `own` is the exact worst case, proven (docs/theory.md, section 6)
  WorstCaseAtPeak own;                  ///< at the schedule's own peak
  std::optional<WorstCaseAtPeak> best;  ///< at the best peak; nothing where `why_no_best` says so
  /// Why there is no best peak: some rates are absolute; or only the last step, which x_T does not feel, is > 0; or the
  /// worst case is 0 at every peak (WorstCaseEnd::limit).
  enum class NoBest { has_one, absolute_rates, no_step_before_the_last, zero_at_every_peak, smallest_at_zero };
  NoBest why_no_best = NoBest::has_one;
  std::optional<double> minimax;  ///< D G/sqrt(T), of the best method there is; only for one common grad norm
};

/// Throws as `bound` and worst_case; also for the standard criterion. O(T).
ScheduleWorstCase schedule_worst_case(const Schedule& schedule, const BoundSettings& settings = {});

}  // namespace scheduled
