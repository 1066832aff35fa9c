#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "bound/records.hpp"
#include "scheduled/bound.hpp"

namespace scheduled {
namespace {

/// The T of bound_rates, without the rates.
std::int64_t evaluated_step(const Schedule& schedule, const BoundSettings& settings) {
  const std::optional<std::int64_t> horizon = schedule.steps();
  const bool in_range = settings.T && *settings.T >= 1 && (!horizon || *settings.T <= *horizon);
  std::int64_t T = in_range ? *settings.T : horizon.value_or(0);
  if (!in_range && (settings.T || !horizon)) return static_cast<std::int64_t>(bound_rates(schedule, settings.T).size());
  while (T > 0 && !(schedule.lr(T - 1) > 0.0)) --T;
  if (T == 0) fail_argument("lr", "all rates are 0; one must be > 0");
  return T;
}

/// The family by the text of the schedule, or why there is none.
struct Recognised {
  KnownFamily family = KnownFamily::none;
  double power = 1.0;
  std::string why_none;
};

Recognised none(std::string why) { return {KnownFamily::none, 1.0, std::move(why)}; }

Recognised recognise_decay(const Decay& decay, bool fills) {
  const KnownDecay known = known_decay(decay);
  if (known.family == KnownFamily::linear && !fills) return {KnownFamily::wsd, 1.0, {}};
  if (!fills) return none("the closed forms of a cooldown at the end of a run are those of a linear one");
  if (known.family == KnownFamily::none) return none("none is known for this decay");
  return {known.family, known.power, {}};
}

Recognised recognise(const Schedule& schedule, const BoundSettings& settings, std::int64_t T) {
  const ScheduleSpec& spec = schedule.spec();
  const Layout& layout = schedule.layout();
  if (settings.criterion != Criterion::omega) return none("the closed forms are those of the last-iterate bound");
  if (settings.grad_norm.data() != nullptr)
    return none("the closed forms are for one grad norm, the same at all steps");
  if (!(settings.grad_norm[0] > 0.0)) return none("the closed forms are for a grad norm > 0");
  if (!schedule.flat()) {
    return none(concat({"none is known for ", schedule_name(schedule)}));
  }
  if (T <= layout.warmup_steps) return none("the run ends within its warmup");
  if (layout.cooldown_steps == 0 || T <= *layout.steps - layout.cooldown_steps) return {KnownFamily::constant, 1.0, {}};
  if (schedule.lr(*layout.steps - 1) != 0.0) return none("the closed forms are for a decay to 0");
  if (T != *layout.steps - 1) return none("the closed forms are for the end of the cooldown, not its middle");
  const bool fills = layout.warmup_steps + layout.cooldown_steps + 1 >= *layout.steps;
  return recognise_decay(spec.cooldown->decay, fills);
}

void add_exact(BoundFacts& facts, double G, double D) {
  if (facts.family == KnownFamily::constant) facts.exact = constant_closed_form(facts.T, G, D);
  if (facts.family == KnownFamily::linear) facts.exact = linear_closed_form(facts.T, G, D);
  if (facts.family != KnownFamily::wsd) return;
  facts.exact = wsd_closed_form(facts.T, facts.T0, G, D);
  if (facts.T0 >= 2) facts.theorem = wsd_theorem_bound(facts.T, facts.T0, G, D);
}

/// What linear decay over the whole run would change.
void add_linear_factors(BoundFacts& facts) {
  if (facts.family == KnownFamily::wsd || facts.family == KnownFamily::constant) {
    const ClosedForm own = wsd_closed_form(facts.T, facts.T0);
    const ClosedForm linear = linear_closed_form(facts.T);
    facts.linear_peak_factor = linear.peak / own.peak;
    facts.linear_bound_factor = linear.bound / own.bound;
  } else if (facts.constants && facts.family != KnownFamily::linear) {
    facts.linear_peak_factor = linear_limit().peak / facts.constants->peak;
    facts.linear_bound_factor = linear_limit().bound / facts.constants->bound;
  }
}

}  // namespace

std::optional<ClosedForm> family_limit(KnownFamily family, double cooldown, double power) {
  switch (family) {
    case KnownFamily::linear:
      return linear_limit();
    case KnownFamily::wsd:
      return wsd_limit(cooldown);
    case KnownFamily::cosine:
      return cosine_limit();
    case KnownFamily::one_minus_sqrt:
      return one_minus_sqrt_limit();
    case KnownFamily::polynomial:
      return polynomial_limit(power);
    case KnownFamily::none:
    case KnownFamily::constant:
      break;
  }
  return std::nullopt;
}

std::string_view name_of(Criterion criterion) noexcept { return word_of(criterion); }
std::string_view name_of(KnownFamily family) noexcept { return word_of(family); }

BoundFacts bound_facts(const Schedule& schedule, const BoundSettings& settings) {
  require_positive("distance", settings.distance);
  BoundFacts facts;
  facts.T = evaluated_step(schedule, settings);
  Recognised known = recognise(schedule, settings, facts.T);
  facts.family = known.family;
  facts.why_none = std::move(known.why_none);
  if (facts.family == KnownFamily::none) return facts;
  const Layout& layout = schedule.layout();
  facts.warmup = layout.warmup_steps;
  facts.T0 = facts.family == KnownFamily::constant ? facts.T : *layout.steps - layout.cooldown_steps;
  facts.cooldown = static_cast<double>(facts.T - facts.T0) / static_cast<double>(facts.T);
  const double G = settings.grad_norm[0];
  const double D = settings.distance;
  if (facts.warmup == 0) add_exact(facts, G, D);
  facts.constants = family_limit(facts.family, facts.cooldown, known.power);
  if (facts.constants) {
    const double root = std::sqrt(static_cast<double>(facts.T));
    facts.limit = ClosedForm{facts.constants->peak * D / (G * root), facts.constants->bound * D * G / root};
  }
  add_linear_factors(facts);
  return facts;
}

}  // namespace scheduled
