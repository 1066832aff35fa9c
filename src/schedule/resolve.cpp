// From what the user said to numbers: what is checked for every schedule, whatever its shape. Each shape, decay and
// warmup checks its own keys in its own file.
#include <algorithm>
#include <cmath>
#include <limits>

#include "schedule/resolved.hpp"

namespace scheduled {

std::int64_t Resolver::steps(std::string_view key, Duration duration) const {
  return steps(key, duration, layout.steps);
}

std::int64_t Resolver::steps(std::string_view key, Duration duration, std::optional<std::int64_t> horizon) const {
  return resolve_steps(key, duration, horizon, spec.step_size);
}

double Resolver::length(std::string_view key, const RealDuration& duration) const {
  const double length = resolve_length(key, duration, layout.steps, spec.step_size);
  if (!(length > 0.0)) fail_value(key, print_duration(duration), "must be > 0");
  return length;
}

std::int64_t Resolver::some_steps(std::string_view key, Duration duration) const {
  const std::int64_t count = steps(key, duration);
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

std::optional<std::int64_t> resolve_horizon(const ScheduleSpec& spec, const Traits& shape) {
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
  const std::int64_t count = resolve_steps("steps", *spec.steps, std::nullopt, spec.step_size);
  if (count < 1) fail_value("steps", said, "must be at least 1 step");
  if (shape.own_steps && *shape.own_steps != count) {
    fail_value("steps", said, concat({"must be the number of values, ", std::to_string(*shape.own_steps)}));
  }
  return count;
}

std::int64_t resolve_cooldown_steps(const ScheduleSpec& spec, const Layout& layout) {
  const Duration length = spec.cooldown->length;
  if (!layout.steps) {
    throw NeedsHorizon(
        {.name = "cooldown", .value = print_duration(length), .requirement = "needs a horizon, steps=..."});
  }
  if (length.unit == Duration::Unit::rest) return std::max<std::int64_t>(0, *layout.steps - layout.warmup_steps);
  const std::int64_t count = resolve_steps("cooldown", length, layout.steps, spec.step_size);
  // The usual share of a run of a few steps is none.
  if (count < 1 && length.value > 0.0 && length != Cooldown{}.length) {
    fail_value("cooldown", print_duration(length), "must be at least 1 step");
  }
  return count;
}

Layout resolve_layout(const ScheduleSpec& spec, const Traits& shape) {
  Layout layout;
  layout.steps = resolve_horizon(spec, shape);
  layout.warmup_steps = resolve_steps("warmup", spec.warmup.length, layout.steps, spec.step_size);
  if (shape.rises && (layout.warmup_steps > 0 || spec.warmup.start)) {
    fail_argument("warmup", concat({shape.name, " rises by itself"}));
  }
  if (shape.holds_warmup && spec.warmup.start) {
    fail_argument("warmup_start", concat({shape.name, "'s warmup is part of its shape and starts at t = 1"}));
  }
  if (shape.holds_warmup && spec.warmup.curve != WarmupCurve{}) {
    fail_argument("warmup_curve", concat({shape.name, "'s warmup is part of its shape"}));
  }
  if (spec.cooldown && !shape.holds_cooldown) layout.cooldown_steps = resolve_cooldown_steps(spec, layout);
  if (layout.steps) {
    const std::int64_t total = layout.warmup_steps + layout.cooldown_steps;
    if (total > *layout.steps) {
      fail_value("warmup + cooldown",
                 concat({std::to_string(layout.warmup_steps), " + ", std::to_string(layout.cooldown_steps), " steps"}),
                 concat({"must be at most steps = ", std::to_string(*layout.steps)}));
    }
    if (total == *layout.steps) --(layout.cooldown_steps > 0 ? layout.cooldown_steps : layout.warmup_steps);
  }
  return layout;
}

void resolve_warmup(Resolver& resolver, const Traits& shape, ResolvedSchedule& out) {
  const Warmup& said = resolver.spec.warmup;
  const std::int64_t delay = resolver.steps("warmup_delay", said.delay);
  if (delay > 0 && delay >= out.warmup_end) {
    fail_value(
        "warmup_delay", print_duration(said.delay),
        concat({"must be shorter than the warmup before the shape, ", std::to_string(out.warmup_end), " steps"}));
  }
  if (out.warmup_end == 0) return;
  const double top = rate_at(out.main, shape.begins_below ? out.warmup_end - 1 : out.warmup_end);
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
  const double start = out.floored(rate_at(out.main, std::max<std::int64_t>(out.cooldown_begin - 1, 0)));
  // For smallest_peak(): an absolute LR before the cooldown stays where it is at other peaks, so that a final rate
  // below it is no reason for a larger peak.
  const bool stays = shape.absolute_end && said.final.value <= *shape.absolute_end;
  const double final = resolver.rate("final", said.final, stays ? 1.0 : start / resolver.peak,
                                     start == resolver.peak ? "peak" : "the rate before the cooldown");
  const Decay usual = std::visit([]<class S>(const S&) { return Part<S>::usual_decay(); }, resolver.spec.shape);
  Descent descent{static_cast<double>(out.layout.cooldown_steps), start, final, said.final};
  if (said.decay == usual && usual != Decay{}) {
    descent.because = concat({"; it is the decay of ", shape.name, " where none is given"});
  }
  compiled::replace(out.cooldown, compiled::compile<compiled::Decay>(said.decay, descent, resolver));
}

double last_rate(const ResolvedSchedule& schedule) {
  if (!schedule.layout.steps) return 0.0;
  if (schedule.layout.cooldown_steps > 0) {
    return schedule.floored(rate_at(schedule.cooldown, schedule.layout.cooldown_steps));
  }
  const std::int64_t last = schedule.end - 1;
  if (last < schedule.warmup_end) return rate_at(schedule.warmup, last);
  return schedule.floored(rate_at(schedule.main, last));
}

}  // namespace

std::shared_ptr<const ResolvedSchedule> resolve(const ScheduleSpec& spec) {
  require_positive("peak", spec.peak);
  for (const auto& [name, value] :
       {std::pair{"tokens_per_step", spec.step_size.tokens}, std::pair{"batch", spec.step_size.examples}}) {
    if (value != 0.0 && !(value >= 1.0 && value == std::floor(value) && value <= 0x1p53)) {
      fail_value(name, value, "must be a whole number >= 1");
    }
  }
  const Traits shape = traits_of(spec);
  auto out = std::make_shared<ResolvedSchedule>();
  out->layout = resolve_layout(spec, shape);
  out->end = out->layout.steps.value_or(std::numeric_limits<std::int64_t>::max());
  out->warmup_end = shape.holds_warmup ? 0 : out->layout.warmup_steps;
  out->cooldown_begin = out->end - out->layout.cooldown_steps;
  Resolver resolver(spec, out->layout);
  out->floor = resolver.rate("floor", spec.floor);
  compiled::replace(out->main, compiled::compile<compiled::Main>(spec.shape, resolver));
  resolve_warmup(resolver, shape, *out);
  resolve_cooldown(resolver, shape, *out);
  out->last = last_rate(*out);
  out->flat = shape.flat;
  out->proportional = resolver.proportional;
  out->smallest_peak = resolver.smallest_peak;
  return out;
}

KnownDecay known_decay(const Decay& decay) noexcept {
  return std::visit([]<class D>(const D& d) { return Part<D>::known(d); }, decay);
}

}  // namespace scheduled
