// From what the user said to numbers: what is checked for every schedule, whatever its shape. Each shape, decay and
// warmup checks its own keys in its own file.
#include <algorithm>
#include <cmath>
#include <limits>

#include "schedule/nature.hpp"
#include "schedule/resolved.hpp"

namespace scheduled {

std::int64_t Resolver::steps(std::string_view key, Duration duration, std::int64_t begin) const {
  return timeline.after(key, duration, layout.steps, begin);
}

double Resolver::length(std::string_view key, const RealDuration& duration, double begin) const {
  const double length = timeline.length_after(key, duration, layout.steps, begin);
  if (!(length > 0.0)) fail_value(key, print_duration(duration), "must be > 0");
  return length;
}

std::int64_t Resolver::some_steps(std::string_view key, Duration duration, std::int64_t begin) const {
  const std::int64_t count = steps(key, duration, begin);
  if (count < 1) fail_value(key, print_duration(duration), "must be at least 1 step");
  return count;
}

double Resolver::rate(std::string_view key, Rate rate, double limit_share, std::string_view limit_name) {
  const auto reject = [&](std::string_view why) { fail_value(key, print_rate(rate), why); };
  if (!std::isfinite(rate.value) || rate.value < 0.0) reject("must be finite and >= 0");
  const bool relative = rate.unit == Rate::Unit::percent;
  const double value = relative ? peak * rate.value / 100.0 : rate.value;
  const double limit = peak * limit_share;
  // The slack lets smallest_peak(), a rounded quotient, be used as a peak.
  if (value > limit * (1.0 + 1e-15)) {
    throw ArgumentError({.name = std::string(key),
                         .value = print_rate(rate),
                         .requirement = "must not be above",
                         .limit = std::string(limit_name),
                         .limit_value = format_number(limit)});
  }
  if (!relative && value > 0.0) {
    proportional = false;
    smallest_peak = std::max(smallest_peak, value / limit_share);
  }
  return value;
}

void Resolver::check(const WarmupCurve& curve) const {
  if (std::holds_alternative<LogWarmup>(curve) && !timeline.counts_steps()) {
    fail_value("clock", word_of(spec.clock), "not with a log warmup, whose curve is one of steps");
  }
}

double Resolver::finite(double rate, std::string_view what) const {
  if (!std::isfinite(rate)) fail_value("peak", peak, concat({"must be smaller: ", what, " times it is not finite"}));
  return rate;
}

void require_final(const Descent& descent, std::string_view decay, std::string_view alternative) {
  if (descent.final > 0.0) return;
  fail_value(descent.key, print_rate(descent.said),
             concat({decay, " decay never reaches 0; give ", descent.key, " > 0", alternative, descent.because}));
}

double ratio_of(const Descent& descent, std::string_view decay) {
  const double ratio = descent.final / descent.start;
  if (ratio < std::numeric_limits<double>::min()) {
    fail_value(descent.key, descent.final,
               concat({"must be at least 2^-1022 of the rate before the cooldown, ", format_number(descent.start)}));
  }
  if (!std::isfinite(ratio)) {
    fail_value(descent.key, descent.final,
               concat({decay, " decay never leaves a rate of ", format_number(descent.start)}));
  }
  return ratio;
}

namespace {

/// What the main shape states about itself.
struct Traits : ShapeTraits {
  std::string_view name;
  std::optional<std::int64_t> own_steps;
  std::optional<double> absolute_end;
};

Traits traits_of(const ScheduleSpec& spec) {
  return std::visit(
      [&]<class S>(const S& s) {
        using P = Part<S>;
        return Traits{P::traits, P::name, P::own_steps(s, spec), P::absolute_end(s)};
      },
      spec.shape);
}

}  // namespace

bool is_plan(const ScheduleSpec& spec) {
  return std::visit([]<class S>(const S& shape) { return Part<S>::is_plan(shape); }, spec.shape);
}

bool rises_again(const ScheduleSpec& spec) {
  return std::visit([]<class S>(const S& shape) { return Part<S>::rises_again(shape); }, spec.shape);
}

bool peak_is_factor(const ScheduleSpec& spec) {
  return std::visit([]<class S>(const S&) { return Part<S>::traits.peak_is_factor; }, spec.shape);
}

bool holds_rates(const ScheduleSpec& spec) {
  return std::visit([]<class S>(const S&) { return Part<S>::traits.holds_rates; }, spec.shape);
}

std::vector<NamedRate> rates_to_reach(const ScheduleSpec& spec) {
  return std::visit([]<class S>(const S& shape) { return Part<S>::rates_to_reach(shape); }, spec.shape);
}

bool has_final(const Decay& decay) {
  return std::visit([]<class D>(const D& one) { return Part<D>::has_final(one); }, decay);
}

namespace {

std::optional<std::int64_t> resolve_horizon(const ScheduleSpec& spec, const Traits& shape, const Timeline& timeline) {
  if (!spec.steps) {
    if (shape.needs_steps && !shape.own_steps) {
      throw NeedsHorizon({.name = std::string(shape.name), .requirement = "needs a horizon, steps=..."});
    }
    return shape.own_steps;
  }
  const std::string said = print_duration(*spec.steps);
  if (spec.steps->unit == Duration::Unit::percent) {
    fail_value("steps", said, "the horizon cannot be a share of itself");
  }
  const std::int64_t count = timeline.after("steps", *spec.steps, std::nullopt);
  if (count < 1) fail_value("steps", said, "must be at least 1 step");
  if (shape.own_steps && *shape.own_steps != count) {
    fail_value("steps", said, concat({"must be the number of values, ", std::to_string(*shape.own_steps)}));
  }
  return count;
}

std::int64_t resolve_cooldown_steps(const ScheduleSpec& spec, const Layout& layout, const Timeline& timeline) {
  const Duration length = spec.cooldown->length;
  if (!layout.steps) {
    throw NeedsHorizon(
        {.name = "cooldown", .value = print_duration(length), .requirement = "needs a horizon, steps=..."});
  }
  if (length.unit == Duration::Unit::rest) return std::max<std::int64_t>(0, *layout.steps - layout.warmup_steps);
  const std::int64_t count = timeline.before("cooldown", length, *layout.steps);
  // The usual share of a run of a few steps is none.
  if (count < 1 && length.value > 0.0 && length != Cooldown{}.length) {
    fail_value("cooldown", print_duration(length), "must be at least 1 step");
  }
  return count;
}

Layout resolve_layout(const ScheduleSpec& spec, const Traits& shape, const Timekeeping& time) {
  const Timeline& timeline = time.timeline;
  Layout layout;
  layout.steps = resolve_horizon(spec, shape, timeline);
  if (layout.steps && !timeline.counts_steps()) {
    if (time.steps_within(*layout.steps) < 1) fail_argument("steps", "must be at least 1 step");
    layout.steps = time.whole(*layout.steps);
  }
  layout.warmup_steps = timeline.after("warmup", spec.warmup.length, layout.steps);
  if (shape.rises && (layout.warmup_steps > 0 || spec.warmup.start)) {
    fail_argument("warmup", concat({shape.name, " rises by itself"}));
  }
  if (shape.holds_warmup && spec.warmup.start) {
    fail_argument("warmup_start", concat({shape.name, "'s warmup is part of its shape and starts at t = 1"}));
  }
  if (shape.holds_warmup && spec.warmup.curve != WarmupCurve{}) {
    fail_argument("warmup_curve", concat({shape.name, "'s warmup is part of its shape"}));
  }
  if (spec.cooldown && !shape.holds_cooldown) layout.cooldown_steps = resolve_cooldown_steps(spec, layout, timeline);
  if (layout.steps) {
    const std::int64_t total = layout.warmup_steps + layout.cooldown_steps;
    if (total > *layout.steps) {
      const std::string_view unit = word_of(spec.clock);
      fail_value("warmup + cooldown",
                 concat({std::to_string(layout.warmup_steps), " + ", std::to_string(layout.cooldown_steps), " ", unit}),
                 concat({"must be at most ", timeline.counts_steps() ? "steps = " : "those of the run, ",
                         std::to_string(*layout.steps)}));
    }
    // By tokens, where a step has the rate of its last one, a peak for the one token would be none.
    const bool whole = !timeline.counts_steps() && !time.at_first;
    if (total == *layout.steps && !whole) --(layout.cooldown_steps > 0 ? layout.cooldown_steps : layout.warmup_steps);
  }
  return layout;
}

void resolve_warmup(Resolver& resolver, const Traits& shape, ResolvedSchedule& out) {
  const Warmup& said = resolver.spec.warmup;
  resolver.check(said.curve);
  const std::int64_t delay = resolver.steps("warmup_delay", said.delay);
  if (delay > 0 && delay >= out.warmup_end) {
    fail_value(
        "warmup_delay", print_duration(said.delay),
        concat({"must be shorter than the warmup before the shape, ", std::to_string(out.warmup_end), " steps"}));
  }
  if (out.warmup_end == 0) return;
  const double top = rate_at(out.main, static_cast<double>(shape.begins_below ? out.warmup_end - 1 : out.warmup_end));
  Climb climb{0.0, out.floored(top), static_cast<double>(out.warmup_end - delay), said.start ? 0.0 : 1.0,
              static_cast<double>(delay)};
  if (said.start) {
    climb.from = resolver.rate("warmup_start", *said.start, climb.to / resolver.peak, "the rate it warms up to");
  }
  compiled::replace(out.warmup, compiled::compile<compiled::Warmup>(said.curve, climb));
}

void resolve_cooldown(Resolver& resolver, const Traits& shape, ResolvedSchedule& out) {
  if (!resolver.spec.cooldown || shape.holds_cooldown) return;
  const Cooldown& said = *resolver.spec.cooldown;
  const double start = out.floored(rate_at(out.main, std::max(static_cast<double>(out.cooldown_begin) - 1.0, 0.0)));
  // For smallest_peak(): an absolute LR before the cooldown stays where it is at other peaks, so that a final rate
  // below it is no reason for a larger peak.
  const bool stays = shape.absolute_end && said.final.value <= *shape.absolute_end;
  const double final = resolver.rate("final", said.final, stays ? 1.0 : start / resolver.peak,
                                     start == resolver.peak ? "peak" : "the rate before the cooldown");
  const Decay usual = std::visit([]<class S>(const S&) { return Part<S>::usual_decay(); }, resolver.spec.shape);
  Descent descent{static_cast<double>(out.cooldown_begin), static_cast<double>(out.time.cooldown_steps), start, final,
                  said.final};
  if (said.decay == usual && usual != Decay{}) {
    descent.because = concat({"; it is the decay of ", shape.name, " where none is given"});
  }
  compiled::replace(out.cooldown, compiled::compile<compiled::Decay>(said.decay, descent, resolver));
}

/// Where the parts lie in steps, from where they lie on the clock.
Layout in_steps(const ResolvedSchedule& schedule) {
  const Timekeeping& keeping = schedule.keeping;
  if (keeping.timeline.counts_steps()) return schedule.time;
  Layout layout;
  layout.warmup_steps = keeping.steps_before(schedule.time.warmup_steps);
  if (schedule.time.steps) {
    layout.steps = keeping.steps_within(*schedule.time.steps);
    const std::int64_t begin = keeping.steps_before(*schedule.time.steps - schedule.time.cooldown_steps);
    layout.cooldown_steps = *layout.steps - std::min(begin, *layout.steps);
  }
  return layout;
}

/// Whether the first warmup says where it starts.
bool starts_first(const ScheduleSpec& spec) {
  const auto* const shape = std::get_if<Stages>(&spec.shape);
  return shape != nullptr && shape->after ? starts_first(*shape->after) : spec.warmup.start.has_value();
}

}  // namespace

std::shared_ptr<const ResolvedSchedule> resolve(const ScheduleSpec& spec) {
  require_positive("peak", spec.peak);
  auto out = std::make_shared<ResolvedSchedule>(
      ResolvedSchedule{.keeping = {Timeline(spec.step_size, spec.clock), starts_first(spec)}});
  const Traits shape = traits_of(spec);
  if (shape.needs_real_steps && spec.clock != Clock::steps) {
    fail_value("clock", word_of(spec.clock), concat({"must be steps: ", shape.name, " has a rate for each of them"}));
  }
  out->time = resolve_layout(spec, shape, out->keeping);
  out->layout = in_steps(*out);
  out->end = out->time.steps.value_or(std::numeric_limits<std::int64_t>::max());
  out->warmup_end = shape.holds_warmup ? 0 : out->time.warmup_steps;
  out->cooldown_begin = out->end - out->time.cooldown_steps;
  Resolver resolver(spec, out->time, out->keeping.timeline);
  out->floor = resolver.rate("floor", spec.floor);
  compiled::replace(out->main, compiled::compile<compiled::Main>(spec.shape, resolver));
  resolve_warmup(resolver, shape, *out);
  resolve_cooldown(resolver, shape, *out);
  // A schedule before the pieces has the warmup of both.
  if (const auto* const stages = std::get_if<StageRates>(&out->main); stages != nullptr && stages->after) {
    out->layout.warmup_steps = stages->after->layout.warmup_steps;
  }
  if (out->layout.steps) out->last = out->rate(out->keeping.at(*out->layout.steps - 1));
  out->flat = shape.flat;
  out->proportional = resolver.proportional;
  out->smallest_peak = resolver.smallest_peak;
  return out;
}

KnownDecay known_decay(const Decay& decay) noexcept {
  return std::visit([]<class D>(const D& d) { return Part<D>::known(d); }, decay);
}

}  // namespace scheduled
