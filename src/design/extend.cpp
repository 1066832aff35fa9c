#include "scheduled/design.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/search.hpp"
#include "design/arguments.hpp"
#include "design/free_tail.hpp"
#include "design/prefix_cost.hpp"
#include "design/records.hpp"
#include "schedule/nature.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/trunk.hpp"

namespace scheduled {
namespace {

/// What is extended: a trunk, the cooldown that is planned for it, and where that would lower the plateau.
struct Extended {
  Trunk trunk;
  Cooldown cooldown;
  std::int64_t plateau_end;
  std::optional<Schedule> left = std::nullopt;  ///< the schedule that had left its peak; the trunk is its rates
  std::vector<double> done = trunk.values(trunk.step());

  std::int64_t m() const noexcept { return trunk.step(); }
  const Schedule& plain() const noexcept { return trunk.schedule(); }

  /// The plain trunk with a cooldown of `length` steps at the end of `horizon`. Where it would begin with the end of
  /// the warmup, one step at the peak remains.
  Schedule cooled(std::int64_t horizon, std::int64_t length, const Decay& decay) const {
    Cooldown last = cooldown;
    last.decay = decay;
    length = std::min(length, horizon - plain().layout().warmup_steps - 1);
    return Trunk(plain(), 0).branch(horizon - length, length, last);
  }

  /// `schedule`, a time at one rate and a cooldown from m on, after what was trained with.
  Schedule from_the_start(const Schedule& schedule) const {
    if (!left) return schedule;
    ScheduleSpec inner = left->spec();
    ScheduleSpec whole;
    whole.peak = std::exchange(inner.peak, 1.0);
    whole.step_size = std::exchange(inner.step_size, {});
    whole.clock = std::exchange(inner.clock, Clock::steps);
    Stages stages{std::make_shared<const ScheduleSpec>(std::move(inner)), steps(m()), {}};
    const std::int64_t horizon = *schedule.steps(), end = horizon - schedule.layout().cooldown_steps;
    const bool lower = !schedule.flat();  // at once, to another plateau
    if (end > m()) {
      Stage hold{.until = steps(end)};
      if (lower) hold.from = absolute_lr(schedule.lr(m()));
      stages.pieces.push_back(hold);
    }
    Stage fall{.curve = cooldown.decay, .to = cooldown.final, .until = steps(horizon)};
    if (lower && end == m()) fall.from = absolute_lr(schedule.lr(m() - 1));
    stages.pieces.push_back(fall);
    whole.shape = std::move(stages);
    return Schedule(std::move(whole));
  }

  /// The rates of `schedule` from m on, after those that are done.
  std::vector<double> continued(const Schedule& schedule) const {
    std::vector<double> lr = schedule.values();
    std::copy(done.begin(), done.end(), lr.begin());
    lr.resize(static_cast<std::size_t>(last_positive_step(lr)));
    return lr;
  }
};

/// Of a schedule that has left its peak by m: the rates made so far, the last of which goes on.
Extended extended_from_rates(const Schedule& schedule, std::int64_t m, Cooldown cooldown) {
  const double rate = schedule.lr(m - 1);
  if (!(rate > 0.0))
    fail_value("m", std::to_string(m), "must be where the trunk's rate is still > 0: it goes on there");
  const Rate final = cooldown.final;
  const double share = final.value / 100.0;
  // The rates alone do not say what a step consumes.
  if (cooldown.length.unit == Duration::Unit::tokens || cooldown.length.unit == Duration::Unit::examples) {
    cooldown.length = steps(schedule.layout().cooldown_steps);
  }
  cooldown.final =
      absolute_lr(std::min(final.unit == Rate::Unit::percent ? schedule.peak() * share : final.value, rate));
  return {Trunk(schedule.values(m)), cooldown, m, schedule};
}

/// After the warmup, and within the run where that has an end.
void check_done(const Layout& layout, std::int64_t m) {
  const std::int64_t first = std::max<std::int64_t>(layout.warmup_steps, 1);
  if (!layout.steps && m < first) {
    fail_value("m", std::to_string(m), concat({"must be at least ", std::to_string(first), ", after the warmup"}));
  }
  if (layout.steps && (m < first || m > *layout.steps)) {
    fail_value("m", std::to_string(m),
               concat({"must be between ", std::to_string(first), " and the trunk's ", std::to_string(*layout.steps),
                       " steps", first > 1 ? ", after the warmup" : ""}));
  }
}

Extended extended(const Schedule& schedule, std::int64_t m) {
  const Layout& layout = schedule.layout();
  check_done(layout, m);
  Cooldown cooldown = schedule.spec().cooldown.value_or(Cooldown{});
  const bool decays = layout.steps && m > *layout.steps - layout.cooldown_steps;
  if (!schedule.flat() || decays) return extended_from_rates(schedule, m, cooldown);
  return {Trunk(schedule, m), cooldown, layout.cooldown_steps > 0 ? *layout.steps - layout.cooldown_steps : m};
}

Extended extended(std::span<const double> done, const Cooldown& cooldown) {
  return {Trunk(std::vector<double>(done.begin(), done.end())), cooldown, static_cast<std::int64_t>(done.size())};
}

/// Looks for continuations of one trunk to one horizon.
class Extension {
 public:
  Extension(const Extended& trunk, std::int64_t horizon, const ExtendSettings& settings, double distance)
      : trunk_(trunk), horizon_(horizon), settings_(settings), distance_(distance) {}

  ExtendRow row(ExtendMethod method) const {
    switch (method) {
      case ExtendMethod::naive:
        return naive();
      case ExtendMethod::drop:
        return drop();
      case ExtendMethod::adapted_cooldown:
        return adapted_cooldown();
      case ExtendMethod::optimal:
        break;
    }
    return optimal();
  }

 private:
  std::int64_t room() const noexcept { return horizon_ - trunk_.m(); }

  /// The old cooldown on the new horizon; where it would start before m, it starts there.
  Schedule naive_schedule() const {
    ScheduleSpec spec = trunk_.plain().spec();
    spec.steps = steps(horizon_);
    spec.cooldown = trunk_.cooldown;
    Schedule schedule(std::move(spec));
    if (schedule.layout().cooldown_steps <= room()) return schedule;
    return trunk_.cooled(horizon_, room(), trunk_.cooldown.decay);
  }

  double omega_of(const Schedule& schedule) const {
    return omega(trunk_.continued(schedule), settings_.grad_norm, distance_);
  }

  /// The square of the best factor of all rates (2.1): above 1 where the peak is too low for the schedule.
  double best_factor_squared(const Schedule& schedule) const {
    const BoundTerms terms = omega_terms(trunk_.continued(schedule), settings_.grad_norm, distance_);
    return terms.inverse / terms.linear;
  }

  ExtendRow finished(ExtendMethod method, double parameter, const Schedule& schedule) const {
    ExtendRow row;
    row.method = method;
    row.steps = horizon_;
    row.parameter = parameter;
    row.lr = trunk_.continued(schedule);
    row.omega = row.spec_omega = omega(row.lr, settings_.grad_norm, distance_);
    row.worst_case = worst_case(row.lr, settings_.grad_norm, distance_).value;
    row.spec = print(trunk_.from_the_start(schedule));
    row.extra = room();
    row.distance = distance_;
    return row;
  }

  ExtendRow naive() const {
    const Schedule schedule = naive_schedule();
    const double share = static_cast<double>(schedule.layout().cooldown_steps) / static_cast<double>(horizon_);
    return finished(ExtendMethod::naive, share, schedule);
  }

  Schedule dropped(double factor) const {
    ScheduleSpec spec = naive_schedule().spec();
    if (factor < 1.0 && trunk_.plateau_end < horizon_) {
      spec.shape = Piecewise{{steps(trunk_.plateau_end)}, {factor}};
    }
    return Schedule(std::move(spec));
  }

  /// The lowest plateau that a cooldown to the given final LR can start from.
  double lowest_plateau() const {
    const Rate final = trunk_.cooldown.final;
    const double share = final.unit == Rate::Unit::percent ? final.value / 100.0 : final.value / trunk_.plain().peak();
    return std::clamp(share, 1e-3, 1.0);
  }

  /// At first, the lower the plateau, the higher the peak that suits the schedule; below some plateau (about one half)
  /// the rates after the drop count for less and less, and it falls again. The root on the first of the two branches.
  ExtendRow drop() const {
    const Schedule naive = naive_schedule();
    if (horizon_ - naive.layout().cooldown_steps <= trunk_.plateau_end) {  // no plateau, which could be lower
      ExtendRow row = finished(ExtendMethod::drop, 1.0, naive);
      row.at_limit = best_factor_squared(naive) != 1.0;
      return row;
    }
    const auto square_at = [&](double f) { return best_factor_squared(dropped(f)); };
    const double lowest = lowest_plateau();
    double factor = 1.0;
    bool at_limit = false;
    if (settings_.rule == ExtendRule::smallest_bound) {
      const auto [f, value] = golden_section([&](double x) { return omega_of(dropped(x)); }, lowest, 1.0, 1e-8);
      if (value < omega_of(dropped(1.0))) factor = f;
    } else if (square_at(1.0) >= 1.0) {
      at_limit = square_at(1.0) > 1.0;
    } else {
      factor = golden_section([&](double f) { return -square_at(f); }, lowest, 1.0, 1e-8).first;
      at_limit = square_at(factor) < 1.0;
      if (!at_limit) factor = geometric_bisection([&](double f) { return square_at(f) > 1.0; }, 1.0, factor);
    }
    ExtendRow row = finished(ExtendMethod::drop, factor, dropped(factor));
    row.at_limit = at_limit;
    return row;
  }

  /// The cooldown length with the smallest value. Bound and best peak fall and then rise with the length, but for the
  /// shortest ones (a cooldown of one step only leaves the last step out), all of which are tried.
  template <class Value>
  std::int64_t best_length(const Value& value) const {
    std::int64_t low = std::min<std::int64_t>(2, room());
    std::int64_t high = room();
    while (high - low > 2) {
      const std::int64_t a = low + (high - low) / 3;
      const std::int64_t b = high - (high - low) / 3;
      if (value(a) <= value(b)) {
        high = b;
      } else {
        low = a;
      }
    }
    std::int64_t best = low;
    const auto consider = [&](std::int64_t length) {
      if (value(length) < value(best)) best = length;
    };
    for (std::int64_t length = low + 1; length <= high; ++length) consider(length);
    for (std::int64_t length = 1; length <= std::min<std::int64_t>(8, room()); ++length) consider(length);
    return best;
  }

  /// But for very short ones, the longer the cooldown, the higher the peak that suits the schedule: the root on the
  /// rising branch.
  ExtendRow adapted_cooldown() const {
    const auto schedule = [&](std::int64_t length) { return trunk_.cooled(horizon_, length, trunk_.cooldown.decay); };
    const auto square_at = [&](std::int64_t length) { return best_factor_squared(schedule(length)); };
    std::int64_t low = settings_.rule == ExtendRule::smallest_bound
                           ? best_length([&](std::int64_t length) { return omega_of(schedule(length)); })
                           : best_length(square_at);
    bool at_limit = false;
    if (settings_.rule == ExtendRule::match_base_lr) {
      std::int64_t high = room();
      if (square_at(low) >= 1.0) {
        at_limit = square_at(low) > 1.0;
      } else if (square_at(high) <= 1.0) {
        at_limit = square_at(high) < 1.0;
        low = high;
      } else {
        while (high - low > 1) {
          const std::int64_t middle = low + (high - low) / 2;
          (square_at(middle) > 1.0 ? high : low) = middle;
        }
        if (square_at(high) - 1.0 < 1.0 - square_at(low)) low = high;
      }
    }
    ExtendRow row = finished(ExtendMethod::adapted_cooldown, static_cast<double>(low) / static_cast<double>(horizon_),
                             schedule(low));
    row.at_limit = at_limit;
    return row;
  }

  ExtendRow optimal() const {
    const std::size_t m = trunk_.done.size();
    const std::size_t T = trunk_.continued(naive_schedule()).size();
    std::vector<double> lr(T);
    std::copy(trunk_.done.begin(), trunk_.done.end(), lr.begin());
    const double unit = check_positive_norms(settings_.grad_norm, m, T);
    const double rate_unit = distance_ / unit;
    check_in_range(rate_unit);
    const std::span<double> tail = std::span(lr).subspan(m);
    const double slope = settings_.grad_norm.visit(
        [&](const auto& g) { return free_tail([&](std::size_t k) { return g(m + k) / unit; }, tail); });
    const PrefixCost prefix(trunk_.done, settings_.grad_norm, 1.0, rate_unit, unit);
    fill_rates(rate_unit * prefix.best_tail(slope), tail);
    check_in_range(tail.back());
    const Schedule plain = lowered(tail.front() / trunk_.done.back());
    ExtendRow row = finished(ExtendMethod::optimal, tail.front() / trunk_.done.back(), plain);
    row.spec_omega = row.omega;
    row.omega = omega(lr, settings_.grad_norm, distance_);
    row.worst_case = worst_case(lr, settings_.grad_norm, distance_).value;
    row.lr = std::move(lr);
    return row;
  }

  /// The best drop followed by linear decay.
  Schedule lowered(double guess) const {
    const auto schedule = [&](double factor) { return trunk_.cooled(horizon_, room(), LoweredLinearDecay{factor}); };
    const double from = std::clamp(0.5 * guess, 1e-3, 0.5);
    const double to = std::clamp(2.0 * guess, 2e-3, 1.0);
    return schedule(golden_section([&](double f) { return omega_of(schedule(f)); }, from, to, 1e-8).first);
  }

  const Extended& trunk_;
  std::int64_t horizon_;
  const ExtendSettings& settings_;
  double distance_;
};

std::vector<ExtendRow> extend(const Extended& trunk, std::span<const std::int64_t> horizons,
                              const ExtendSettings& settings, double distance) {
  if (horizons.empty()) fail_argument("horizons", "none given");
  require_positive("distance", distance);
  for (std::size_t i = 0; i < horizons.size(); ++i) {
    if (horizons[i] > largest_count) fail_entry("horizons", i, std::to_string(horizons[i]), "must be at most 2^53");
    if (horizons[i] < trunk.m() + 2) {
      fail_entry("horizons", i, std::to_string(horizons[i]),
                 concat({"must be at least ", std::to_string(trunk.m() + 2), ", two steps more than the trunk"}));
    }
  }
  const auto longest = static_cast<std::size_t>(*std::max_element(horizons.begin(), horizons.end()));
  check_positive_norms(settings.grad_norm, trunk.done.size(), longest);
  std::vector<ExtendRow> rows;
  for (const std::int64_t horizon : horizons) {
    for (const ExtendMethod method :
         {ExtendMethod::naive, ExtendMethod::drop, ExtendMethod::adapted_cooldown, ExtendMethod::optimal}) {
      ExtendRow row = Extension(trunk, horizon, settings, distance).row(method);
      const auto T = static_cast<std::int64_t>(row.lr.size());
      for (const std::int64_t stop : horizons) {
        const std::int64_t place[] = {std::min(stop, T)};
        row.stopped.push_back(stop > horizon ? std::numeric_limits<double>::quiet_NaN()
                                             : omega_at(row.lr, settings.grad_norm, distance, place)[0]);
      }
      rows.push_back(std::move(row));
      if (settings.on_row) {
        settings.on_row(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(4 * horizons.size()));
      }
    }
  }
  return rows;
}

/// Of the trunk cooled down from its end on: over the planned length, at most as long as the trunk.
double cooled_down_distance(const Extended& trunk, GradNorm grad_norm) {
  const Duration& planned = trunk.cooldown.length;
  std::int64_t length = trunk.m();
  if (planned.unit == Duration::Unit::percent && planned.value < 50.0) {
    length = steps_for_share(trunk.m(), planned.value);
  } else if (planned.unit != Duration::Unit::percent && planned.unit != Duration::Unit::rest) {
    length = resolve_steps_after("cooldown", planned, trunk.m(), trunk.plain().spec().step_size);
  }
  length = std::max<std::int64_t>(length, 2);
  const Schedule schedule = trunk.cooled(trunk.m() + length, length, trunk.cooldown.decay);
  return matching_distance(trunk.continued(schedule), grad_norm);
}

}  // namespace

std::string_view name_of(ExtendMethod method) noexcept { return word_of(method); }

std::vector<ExtendRow> extend(const Schedule& trunk, std::int64_t m, std::span<const std::int64_t> horizons,
                              const ExtendSettings& settings) {
  const double distance = settings.distance ? *settings.distance : planned_distance(trunk, m, settings.grad_norm);
  return extend(extended(trunk, m), horizons, settings, distance);
}

std::vector<ExtendRow> extend(std::span<const double> done, std::span<const std::int64_t> horizons,
                              const ExtendSettings& settings, const Cooldown& cooldown) {
  const Extended trunk = extended(done, cooldown);
  return extend(trunk, horizons, settings,
                settings.distance ? *settings.distance : cooled_down_distance(trunk, settings.grad_norm));
}

double planned_distance(const Schedule& trunk, std::int64_t m, GradNorm grad_norm) {
  const Extended state = extended(trunk, m);
  const Layout& layout = trunk.layout();
  const bool comes_down = layout.steps && (layout.cooldown_steps > 0 ||
                                           (is_plan(trunk.spec()) && trunk.lr(*layout.steps - 1) < trunk.peak()));
  return comes_down ? matching_distance(bound_rates(trunk), grad_norm) : cooled_down_distance(state, grad_norm);
}

double planned_distance(std::span<const double> done, GradNorm grad_norm, const Cooldown& cooldown) {
  return cooled_down_distance(extended(done, cooldown), grad_norm);
}

double prefix_distance(std::span<const double> done, std::int64_t T, GradNorm grad_norm) {
  const auto m = static_cast<std::int64_t>(done.size());
  if (T < m) {
    fail_value("steps", static_cast<double>(T), concat({"must be at least ", std::to_string(m), ", the updates made"}));
  }
  Cooldown cooldown;
  const std::int64_t usual = steps_for_share(m, cooldown.length.value);
  cooldown.length = steps(std::max<std::int64_t>(std::min(usual, T - m), 1));
  return planned_distance(done, grad_norm, cooldown);
}

}  // namespace scheduled
