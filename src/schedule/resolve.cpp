// From what the user said to numbers: every check of a schedule is made here, once.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "schedule/resolved.hpp"

namespace scheduled {
namespace {

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

constexpr std::int64_t no_end = std::numeric_limits<std::int64_t>::max();

std::string print_rate(Rate rate) {
  return concat({format_number(rate.value), rate.unit == Rate::Unit::percent ? "%" : ""});
}

/// Absolute LR of `rate`; notes in `out` what an absolute rate means for other peaks. `limit_share` is the shape's
/// value where the rate is used: an absolute rate may not exceed peak * limit_share.
double resolve_rate(std::string_view key, Rate rate, double peak, double limit_share, std::string_view limit_name,
                    ResolvedSchedule& out) {
  const auto reject = [&](std::string_view why) { fail({key, " = ", print_rate(rate), ": ", why}); };
  if (!std::isfinite(rate.value) || rate.value < 0.0) reject("must be finite and >= 0");
  const bool relative = rate.unit == Rate::Unit::percent;
  const double value = relative ? peak * rate.value / 100.0 : rate.value;
  const double limit = peak * limit_share;
  // The slack lets smallest_peak(), a rounded quotient, be used as a peak.
  if (value > limit * (1.0 + 1e-15)) reject(concat({"must not be above ", limit_name, " = ", format_number(limit)}));
  if (!relative && value > 0.0) {
    out.proportional = false;
    out.smallest_peak = std::max(out.smallest_peak, value / limit_share);
  }
  return value;
}

Layout resolve_layout(const ScheduleSpec& spec) {
  Layout layout;
  if (const auto* table = std::get_if<Table>(&spec.shape)) {
    if (!table->values || table->values->empty()) fail({"values = []: must hold at least one LR"});
    layout.steps = static_cast<std::int64_t>(table->values->size());
  }
  if (spec.steps) {
    if (spec.steps->unit == Duration::Unit::percent) {
      fail({"steps = ", print_duration(*spec.steps), ": the horizon cannot be a share of itself"});
    }
    const std::int64_t count = resolve_steps("steps", *spec.steps, std::nullopt, spec.step_size);
    if (count < 1) fail({"steps = ", print_duration(*spec.steps), ": must be at least 1 step"});
    if (layout.steps && *layout.steps != count) {
      fail(
          {"steps = ", print_duration(*spec.steps), ": must be the number of values, ", std::to_string(*layout.steps)});
    }
    layout.steps = count;
  }
  layout.warmup_steps = resolve_steps("warmup", spec.warmup.length, layout.steps, spec.step_size);
  const bool repeated = std::holds_alternative<WsdS>(spec.shape);  // cools down at every result, not at the horizon
  if (spec.cooldown && !repeated) {
    const Duration length = spec.cooldown->length;
    if (!layout.steps) fail({"cooldown = ", print_duration(length), ": needs a horizon, steps=..."});
    layout.cooldown_steps = length.unit == Duration::Unit::rest
                                ? std::max<std::int64_t>(0, *layout.steps - layout.warmup_steps)
                                : resolve_steps("cooldown", length, layout.steps, spec.step_size);
  }
  if (layout.steps) {
    const std::int64_t total = layout.warmup_steps + layout.cooldown_steps;
    if (total > *layout.steps) {
      fail({"warmup + cooldown = ", std::to_string(layout.warmup_steps), " + ", std::to_string(layout.cooldown_steps),
            " steps: must be at most steps = ", std::to_string(*layout.steps)});
    }
    if (total == *layout.steps) --(layout.cooldown_steps > 0 ? layout.cooldown_steps : layout.warmup_steps);
  }
  return layout;
}

struct DecayMaker {
  const ScheduleSpec& spec;
  double count;
  double start;
  double final;

  compiled::Decay operator()(const LinearDecay&) const {
    return compiled::Affine<compiled::Linear>{count, start, final};
  }
  compiled::Decay operator()(const OneMinusSqrtDecay&) const {
    return compiled::Affine<compiled::OneMinusSqrt>{count, start, final};
  }
  compiled::Decay operator()(const CosineDecay&) const {
    return compiled::Affine<compiled::Cosine>{count, start, final};
  }
  compiled::Decay operator()(const MirrorCosineDecay&) const {
    return compiled::Affine<compiled::MirrorCosine>{count, start, final};
  }
  compiled::Decay operator()(const SquareDecay&) const {
    return compiled::Affine<compiled::Square>{count, start, final};
  }
  compiled::Decay operator()(const PolynomialDecay& decay) const {
    require_positive("power", decay.power);
    return compiled::Affine<compiled::Polynomial>{count, start, final, {decay.power}};
  }
  compiled::Decay operator()(const LoweredLinearDecay& decay) const {
    if (!(decay.factor > 0.0 && decay.factor <= 1.0)) fail_value("factor", decay.factor, "must be > 0 and at most 1");
    return compiled::Affine<compiled::LoweredLinear>{count, start, final, {decay.factor}};
  }
  compiled::Decay operator()(const ExponentialDecay& decay) const {
    if (decay.half_life) {
      if (spec.cooldown->final != Rate{}) fail({"final: give either final or half_life, not both"});
      const auto steps =
          spec.steps ? std::optional(resolve_steps("steps", *spec.steps, {}, spec.step_size)) : std::nullopt;
      const auto half_life = resolve_steps("half_life", *decay.half_life, steps, spec.step_size);
      if (half_life < 1) fail({"half_life = ", print_duration(*decay.half_life), ": must be at least 1 step"});
      return compiled::HalfLife{start, static_cast<double>(half_life)};
    }
    require_final("exponential", ", or half_life=...");
    if (final / start < std::numeric_limits<double>::min()) {
      fail_value("final", final,
                 concat({"must be at least 2^-1022 of the rate before the cooldown, ", format_number(start)}));
    }
    return compiled::Exponential{count, start, final, elementary::log2(final / start)};
  }
  compiled::Decay operator()(const InverseProportionalDecay&) const {
    require_final("inverse-proportional", "");
    return compiled::InverseProportional{count, final, final / start};
  }

  void require_final(std::string_view name, std::string_view alternative) const {
    if (final > 0.0) return;
    fail({"final = ", print_rate(spec.cooldown->final), ": ", name, " decay never reaches 0; give final > 0",
          alternative});
  }
};

/// `rate`, which is peak times `what`; throws where that is beyond the range of numbers.
double finite_rate(double peak, double rate, std::string_view what) {
  if (!std::isfinite(rate)) fail_value("peak", peak, concat({"must be smaller: ", what, " times it is not finite"}));
  return rate;
}

compiled::WsdS resolve_wsd_s(const ScheduleSpec& spec, const WsdS& shape, const Layout& layout, ResolvedSchedule& out) {
  if (!spec.cooldown) fail({"cooldown: wsd-s needs one, the length of the decay before each result"});
  if (shape.results.empty()) fail({"results = []: must hold at least one step count"});
  const std::int64_t rewarm = resolve_steps("rewarm", shape.rewarm, layout.steps, spec.step_size);
  const double final = resolve_rate("final", spec.cooldown->final, spec.peak, 1.0, "peak", out);
  compiled::WsdS compiled{spec.peak, final, static_cast<double>(rewarm), {}};
  std::int64_t before = 0;
  for (std::size_t k = 0; k < shape.results.size(); ++k) {
    const std::string key = concat({"results[", std::to_string(k), "]"});
    const std::int64_t end = resolve_steps(key, shape.results[k], layout.steps, spec.step_size);
    const std::int64_t length = resolve_steps("cooldown", spec.cooldown->length, end, spec.step_size);
    const std::int64_t ramp = k == 0 ? layout.warmup_steps : rewarm;
    if (end <= before) {
      fail({key, " = ", std::to_string(end), ": must be above the result before, ", std::to_string(before)});
    }
    if (layout.steps && end > *layout.steps) {
      fail({key, " = ", std::to_string(end), ": must be at most steps = ", std::to_string(*layout.steps)});
    }
    if (length < 1 || ramp + length >= end - before) {
      fail({key, " = ", std::to_string(end), ": the ", std::to_string(end - before), " steps before it must hold ",
            std::to_string(ramp), " of warmup, a cooldown of 1 or more (here ", std::to_string(length),
            ") and a step at the peak"});
    }
    const auto count = static_cast<double>(length);
    compiled.segments.push_back(
        {static_cast<double>(end), count, std::visit(DecayMaker{spec, count, spec.peak, final}, spec.cooldown->decay)});
    before = end;
  }
  return compiled;
}

compiled::Piecewise resolve_piecewise(const ScheduleSpec& spec, const Piecewise& shape, const Layout& layout) {
  if (shape.milestones.size() != shape.factors.size()) {
    fail({"factors: there are ", std::to_string(shape.factors.size()), " for ", std::to_string(shape.milestones.size()),
          " milestones; must be as many"});
  }
  require_non_negative("factors", shape.factors);
  compiled::Piecewise compiled{{}, {spec.peak}};
  double before = -1.0;
  for (std::size_t k = 0; k < shape.milestones.size(); ++k) {
    const std::string key = concat({"milestones[", std::to_string(k), "]"});
    const auto step = static_cast<double>(resolve_steps(key, shape.milestones[k], layout.steps, spec.step_size));
    if (step <= before) fail_value(key, step, "must be above the milestone before");
    compiled.milestones.push_back(before = step);
    compiled.rates.push_back(
        finite_rate(spec.peak, spec.peak * shape.factors[k], concat({"factors[", std::to_string(k), "]"})));
  }
  return compiled;
}

struct MainMaker {
  const ScheduleSpec& spec;
  const Layout& layout;
  ResolvedSchedule& out;
  double warmup = static_cast<double>(layout.warmup_steps);

  compiled::Main operator()(const Constant&) const { return compiled::Constant{spec.peak}; }
  compiled::Main operator()(const InversePower& shape) const {
    require_positive("alpha", shape.alpha);
    if (shape.alpha == 0.5) return compiled::InverseSqrt{spec.peak, warmup};
    return compiled::InversePower{spec.peak, warmup, -shape.alpha};
  }
  compiled::Main operator()(const Rsqrt& shape) const {
    if (!shape.timescale && layout.warmup_steps == 0) fail({"timescale: rsqrt needs it, or a warmup to take it from"});
    const auto timescale = shape.timescale ? resolve_steps("timescale", *shape.timescale, layout.steps, spec.step_size)
                                           : layout.warmup_steps;
    const auto shift = resolve_steps("shift", shape.shift, layout.steps, spec.step_size);
    if (timescale < 1) fail({"timescale = ", print_duration(*shape.timescale), ": must be at least 1 step"});
    return compiled::Rsqrt{spec.peak, static_cast<double>(timescale),
                           static_cast<double>(timescale + shift - layout.warmup_steps)};
  }
  compiled::Main operator()(const Noam& shape) const {
    require_positive("d_model", shape.d_model);
    if (layout.warmup_steps < 1) fail({"warmup: noam needs one of at least 1 step"});
    if (spec.warmup.start) fail({"warmup_start: noam's warmup is part of its shape and starts at t = 1"});
    out.warmup_end = 0;
    return compiled::Noam{finite_rate(spec.peak, spec.peak / std::sqrt(shape.d_model), "d_model^-0.5"), warmup,
                          1.0 / (warmup * std::sqrt(warmup))};
  }
  compiled::Main operator()(const Power& shape) const {
    require_positive("a", shape.a);
    if (!(std::isfinite(shape.b) && shape.b <= 0.0)) fail_value("b", shape.b, "must be finite and <= 0");
    require_positive("max", shape.max);
    if (!(spec.step_size.tokens > 0.0)) fail({"tokens_per_step: power needs it, it is a law in tokens"});
    if (!(spec.step_size.examples > 0.0)) fail({"batch: power needs it, its LR grows with the batch"});
    finite_rate(spec.peak, spec.peak * shape.max, "max");
    finite_rate(1.0, spec.step_size.examples * shape.a, "batch a");
    return compiled::Power{spec.peak, spec.step_size.examples * shape.a, shape.b, spec.step_size.tokens, shape.max};
  }
  compiled::Main operator()(const Piecewise& shape) const { return resolve_piecewise(spec, shape, layout); }
  compiled::Main operator()(const Infinite& shape) const {
    const auto descent = resolve_steps("descent", shape.descent, layout.steps, spec.step_size);
    const double plateau = resolve_rate("plateau", shape.plateau, spec.peak, 1.0, "peak", out);
    return compiled::Infinite{spec.peak, plateau, warmup, static_cast<double>(descent),
                              shape.curve == Infinite::Curve::cosine};
  }
  compiled::Main operator()(const WsdS& shape) const { return resolve_wsd_s(spec, shape, layout, out); }
  compiled::Main operator()(const Table& shape) const {
    require_non_negative("values", *shape.values);
    finite_rate(spec.peak, spec.peak * *std::max_element(shape.values->begin(), shape.values->end()),
                "the largest value");
    return compiled::Table{shape.values, spec.peak};
  }
};

void resolve_warmup(const ScheduleSpec& spec, ResolvedSchedule& out) {
  if (out.warmup_end == 0) return;
  out.warmup_to = out.main_rate(out.warmup_end);
  out.warmup_offset = spec.warmup.start ? 0.0 : 1.0;
  if (!spec.warmup.start) return;
  const Rate start = *spec.warmup.start;
  const double limit_share = out.warmup_to / spec.peak;
  out.warmup_from = resolve_rate("warmup_start", start, spec.peak, limit_share, "the rate it warms up to", out);
}

/// Share of the peak that the rate `start` before the cooldown keeps at other peaks, for smallest_peak(): an absolute
/// plateau stays where it is, so that a final rate below it is no reason for a larger peak.
double share_before_cooldown(const ScheduleSpec& spec, double start) {
  const auto* const infinite = std::get_if<Infinite>(&spec.shape);
  const bool absolute = infinite && infinite->plateau.unit == Rate::Unit::absolute;
  return absolute && spec.cooldown->final.value <= infinite->plateau.value ? 1.0 : start / spec.peak;
}

void resolve_cooldown(const ScheduleSpec& spec, ResolvedSchedule& out) {
  if (!spec.cooldown || std::holds_alternative<WsdS>(spec.shape)) return;
  const auto count = static_cast<double>(out.layout.cooldown_steps);
  const double start = out.main_rate(out.cooldown_begin > 0 ? out.cooldown_begin - 1 : 0);
  const double final = resolve_rate("final", spec.cooldown->final, spec.peak, share_before_cooldown(spec, start),
                                    start == spec.peak ? "peak" : "the rate before the cooldown", out);
  out.cooldown = std::visit(DecayMaker{spec, count, start, final}, spec.cooldown->decay);
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
  auto out = std::make_shared<ResolvedSchedule>();
  out->layout = resolve_layout(spec);
  out->end = out->layout.steps.value_or(no_end);
  out->warmup_end = out->layout.warmup_steps;
  out->cooldown_begin = out->end - out->layout.cooldown_steps;
  out->main = std::visit(MainMaker{spec, out->layout, *out}, spec.shape);
  resolve_warmup(spec, *out);
  resolve_cooldown(spec, *out);
  if (out->layout.steps) {
    const std::int64_t final_step = out->end - 1;
    if (out->layout.cooldown_steps > 0) {
      const auto j = static_cast<double>(out->layout.cooldown_steps);
      out->last = std::visit([j](const auto& decay) { return decay(j); }, out->cooldown);
    } else {
      out->last =
          final_step < out->warmup_end ? out->warmup(static_cast<double>(final_step)) : out->main_rate(final_step);
    }
  }
  return out;
}

}  // namespace scheduled
