// Schedules as calls of optax: one, or join_schedules of several.
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "foreign/tools/written.hpp"

namespace scheduled::foreign {
namespace {

using Arguments = std::initializer_list<std::pair<std::string_view, double>>;

std::string optax_text(std::string_view name, Arguments arguments) {
  std::string text;
  for (const auto& [key, value] : arguments) text += concat({text.empty() ? "" : ", ", key, "=", format_number(value)});
  return concat({"optax.", name, "(", text, ")"});
}

/// Steps with the rate of decay that read_optax makes this half life of, a short one where there is such a rate.
std::pair<std::int64_t, double> decay_rate_of(double half_life) {
  const auto gives = [](double steps, double rate) { return steps * std::numbers::ln2 / -std::log(rate); };
  const auto short_rate = [&](std::int64_t steps) {
    const double rate = std::round(std::exp2(-static_cast<double>(steps) / half_life) * 1e6) / 1e6;
    const bool fits = rate > 0.0 && rate < 1.0 && gives(static_cast<double>(steps), rate) == half_life;
    return fits ? std::optional(rate) : std::nullopt;
  };
  for (std::int64_t steps = 1; steps <= 1'000'000'000; steps *= 10) {
    if (const auto rate = short_rate(steps)) return {steps, *rate};
  }
  constexpr std::int64_t most = 10'000;
  for (std::int64_t steps = 1; steps <= most; ++steps) {
    if (const auto rate = short_rate(steps)) return {steps, *rate};
  }
  // Over more half lives a rate has more neighbours with other ones.
  std::pair<std::int64_t, double> found{1, std::exp2(-1.0 / half_life)};
  for (double halves = 1.0; halves <= 64.0; halves += 1.0) {
    const double steps = std::ceil(halves * half_life);
    const double rate =
        exactly(std::exp2(-steps / half_life), half_life, [&](double one) { return gives(steps, one); });
    if (gives(static_cast<double>(found.first), found.second) == half_life) break;
    found = {static_cast<std::int64_t>(steps), rate};
  }
  return found;
}

/// A way from one rate to another as a call, which begins with the first of them.
std::string text_of_leg(const Leg& leg) {
  const auto count = static_cast<double>(leg.count);
  if (leg.curve == "linear")
    return optax_text("linear_schedule",
                      {{"init_value", leg.from}, {"end_value", leg.to}, {"transition_steps", count}});
  if (leg.curve == "polynomial")
    return optax_text(
        "polynomial_schedule",
        {{"init_value", leg.from}, {"end_value", leg.to}, {"power", leg.power}, {"transition_steps", count}});
  if (leg.curve == "exponential" && leg.half_life) {
    const auto [steps, rate] = decay_rate_of(*leg.half_life);
    return optax_text(
        "exponential_decay",
        {{"init_value", leg.from}, {"transition_steps", static_cast<double>(steps)}, {"decay_rate", rate}});
  }
  if (leg.curve != "cosine") cannot(concat({"has no decay like ", leg.curve}));
  if (leg.from <= 0.0) cannot("has no cosine that rises from 0");
  const double alpha = exactly(leg.to / leg.from, leg.to, [&](double share) { return share * leg.from; });
  if (leg.exponent == 1.0)
    return optax_text("cosine_decay_schedule", {{"init_value", leg.from}, {"decay_steps", count}, {"alpha", alpha}});
  return optax_text("cosine_decay_schedule",
                    {{"init_value", leg.from}, {"decay_steps", count}, {"alpha", alpha}, {"exponent", leg.exponent}});
}

/// Calls, and the steps at which they begin.
class OptaxParts {
 public:
  explicit OptaxParts(const Outline& outline) : outline_(outline) {
    if (outline.warmup == 0) return;
    parts_.emplace_back(0, optax_text("linear_schedule", {{"init_value", outline.start.value_or(0.0)},
                                                          {"end_value", outline.peak},
                                                          {"transition_steps", static_cast<double>(outline.warmup)}}));
  }

  /// From here on, instead of what else begins here.
  void add(std::int64_t step, std::string text) {
    if (step < outline_.warmup) cannot("begins no decay before the step after the warmup");
    if (!parts_.empty() && parts_.back().first == step) parts_.pop_back();
    parts_.emplace_back(step, std::move(text));
  }

  std::string text() const {
    if (parts_.size() == 1) return parts_.front().second;
    std::string calls, marks;
    for (const auto& [step, call] : parts_) {
      calls += (calls.empty() ? "" : ",\n     ") + call;
      if (step > 0) marks += (marks.empty() ? "" : ", ") + std::to_string(step);
    }
    return concat({"optax.join_schedules(\n    [", calls, "],\n    [", marks, "])"});
  }

 private:
  const Outline& outline_;
  std::vector<std::pair<std::int64_t, std::string>> parts_;
};

std::string optax_steps(const Outline& outline, const Piecewise& shape) {
  std::string scales;
  double before = 1.0;
  for (std::size_t k = 0; k < shape.milestones.size(); ++k) {
    const double factor = shape.factors[k];
    if (before == 0.0 && factor != 0.0) cannot("multiplies, and cannot leave a rate of 0");
    const double scale =
        before == 0.0 ? 0.0 : exactly(factor / before, factor, [&](double one) { return one * before; });
    const std::int64_t step = outline.schedule.steps_done(shape.milestones[k]) - outline.warmup;
    if (step < 0) cannot("has no stairs within the warmup");
    scales += concat({scales.empty() ? "" : ", ", std::to_string(step), ": ", format_number(scale)});
    before = factor;
  }
  return concat({"optax.piecewise_constant_schedule(init_value=", format_number(outline.peak),
                 ", boundaries_and_scales={", scales, "})"});
}

/// A cosine up, a cosine down.
std::string optax_cycle(const Outline& outline) {
  if (!outline.whole() || outline.decay != "cosine" || !outline.schedule.spec().warmup.start)
    cannot("has a warmup along a cosine before a cosine down only");
  const auto steps = static_cast<double>(outline.end), rise = static_cast<double>(outline.warmup);
  const double share = exactly(rise / steps, rise, [&](double one) { return std::floor(one * steps); });
  const Rate start = *outline.schedule.spec().warmup.start;
  const double first_share = start.unit == Rate::Unit::percent ? start.value : start.value / outline.peak * 100.0;
  const double last_share = 100.0 * outline.last_share;
  if (!(first_share > 0.0 && last_share > 0.0)) cannot("has rates above 0 at both ends of a cycle");
  const double first = exactly(100.0 / first_share, first_share, [](double one) { return 100.0 / one; });
  const Rate last = outline.last_rate;
  const double wanted = last.unit == Rate::Unit::percent ? last.value : last_share;
  const double factor = exactly(100.0 / wanted / first, wanted, [&](double one) { return 100.0 / (first * one); });
  return optax_text("cosine_onecycle_schedule", {{"transition_steps", steps},
                                                 {"peak_value", outline.peak},
                                                 {"pct_start", share},
                                                 {"div_factor", first},
                                                 {"final_div_factor", factor}});
}

/// With a floor, which is for an exponential decay alone.
std::string optax_exponential(const Outline& outline) {
  const auto [steps, rate] = decay_rate_of(*outline.half_life);
  const bool warms = outline.warmup > 0;
  std::string text = concat({"optax.", warms ? "warmup_exponential_decay_schedule(" : "exponential_decay(",
                             "init_value=", format_number(warms ? outline.start.value_or(0.0) : outline.peak)});
  if (warms)
    text += concat({", peak_value=", format_number(outline.peak), ", warmup_steps=", std::to_string(outline.warmup)});
  text += concat({", transition_steps=", std::to_string(steps), ", decay_rate=", format_number(rate)});
  const Rate floor = outline.schedule.spec().floor;
  if (floor.value > 0.0) text += concat({", end_value=", format_number(floor.value)});
  return text + ")";
}

std::string optax_code(const Outline& outline) {
  if (outline.warmup > 0 && !outline.start)
    cannot("has a warmup from a rate of its step 0; give the schedule warmup_start");
  if (outline.warmup > 0 && outline.warmup_curve == "cosine") return optax_cycle(outline);
  OptaxParts parts(outline);
  const auto warmup = static_cast<double>(outline.warmup);
  if (const auto* const stairs = std::get_if<Piecewise>(&outline.schedule.spec().shape)) {
    parts.add(outline.warmup, optax_steps(outline, *stairs));
    return parts.text();
  }
  if (!outline.flat && outline.legs.empty()) cannot(concat({"has nothing like ", schedule_name(outline.schedule)}));
  if (outline.flat && outline.decay.empty()) {
    if (outline.warmup == 0) return optax_text("constant_schedule", {{"value", outline.peak}});
    return optax_text(
        "warmup_constant_schedule",
        {{"init_value", outline.start.value_or(0.0)}, {"peak_value", outline.peak}, {"warmup_steps", warmup}});
  }
  if (outline.flat && outline.whole() && outline.half_life) return optax_exponential(outline);
  if (outline.flat && outline.whole() && outline.decay == "cosine" && outline.warmup > 0) {
    return optax_text("warmup_cosine_decay_schedule", {{"init_value", outline.start.value_or(0.0)},
                                                       {"peak_value", outline.peak},
                                                       {"warmup_steps", warmup},
                                                       {"decay_steps", static_cast<double>(outline.end)},
                                                       {"end_value", outline.last},
                                                       {"exponent", outline.exponent}});
  }
  if (outline.legs.front().curve != "hold" && outline.legs.front().first > outline.warmup + 1)
    parts.add(outline.warmup, optax_text("constant_schedule", {{"value", outline.peak}}));
  for (const Leg& leg : outline.legs) {
    if (leg.curve == "hold") {
      parts.add(leg.first, optax_text("constant_schedule", {{"value", leg.from}}));
    } else {
      parts.add(leg.first - 1, text_of_leg(leg));
    }
  }
  return parts.text();
}

}  // namespace

Written write_optax(const Outline& outline) {
  Written written{.form = "Python", .settings = {}, .code = concat({"schedule = ", optax_code(outline), "\n"})};
  if (outline.steps) written.updates = outline.updates();
  return written;
}

}  // namespace scheduled::foreign
