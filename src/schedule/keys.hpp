// The names of schedules and the keys of each, walked in canonical order: reader, writer and help are visitors.
#pragma once

#include <string_view>
#include <type_traits>
#include <vector>

#include "schedule/decays/registry.hpp"
#include "schedule/shapes/registry.hpp"
#include "schedule/value.hpp"
#include "schedule/warmups/registry.hpp"

namespace scheduled {

/// A schedule's name: a shape's, or of a flat shape what it is called with a cooldown of part or all of the run.
struct SpecName {
  std::string_view name;
  std::string example;
  std::string_view meaning, formula, source;
  ScheduleSpec usual;      ///< the defaults of all its keys, with a cooldown where it can have one
  Cools cools;             ///< by keys; a cooldown over the whole run has none
  bool whole_run = false;  ///< cools down over all that the warmup leaves
  bool takes_warmup = true;
  bool holds_rates = false;
  bool needs_steps = false;
};
std::span<const SpecName> schedule_names();
const SpecName& name_of(const ScheduleSpec& spec);

namespace keys {

constexpr std::tuple run{
    Key{"steps", &ScheduleSpec::steps, "horizon, warmup and cooldown included"},
    Key{"peak", &ScheduleSpec::peak, "LR that multiplies the shape, > 0"},
};
constexpr std::tuple warmup{
    Key{"warmup", &Warmup::length, "length of the warmup", "", true},
    Key{"warmup_start", &Warmup::start, "rate of step 0; the peak is then reached one step later"},
    Key{"warmup_curve", &Warmup::curve, "shape of the warmup", "", true},
    Key{"warmup_delay", &Warmup::delay, "steps of the warmup before it rises", "", true},
};
constexpr std::tuple cooldown{
    Key{"cooldown", &Cooldown::length, "length of the cooldown at the end"},
    Key{"decay", &Cooldown::decay, "shape of the cooldown"},
};
constexpr std::tuple final{
    Key{"final", &Cooldown::final, "rate of the last step", "", true},
};
constexpr std::tuple floor{
    Key{"floor", &ScheduleSpec::floor, "the rate is never below it, but in the warmup before the shape", "", true},
};
constexpr Key tokens_per_step{"tokens_per_step", &StepSize::tokens, "where a length is in tokens"};
constexpr Key batch{"batch", &StepSize::examples,
                    "examples per step, where a length is in examples; or a ramp such as [0:768, 250Btok:1536]"};
constexpr Key seq_length{"seq_length", &StepSize::sequence, "tokens per example, instead of `tokens_per_step`"};
constexpr Key clock{"clock", &ScheduleSpec::clock, "what lengths and progress are counted in", "", true};

}  // namespace keys

/// visit(parameter, value, usual value) for each of `parameters` of `owner`.
template <class Parameters, class Owner, class Visitor>
void visit_members(const Parameters& parameters, Owner& owner, const std::remove_const_t<Owner>& usual,
                   Visitor& visit) {
  std::apply([&](const auto&... p) { (visit(p, owner.*p.member, usual.*p.member), ...); }, parameters);
}

/// The same for the keys that come with a shape, a decay or a curve.
template <class Parts, class Visitor>
void visit_part(Parts& parts, Visitor& visit) {
  std::visit(
      [&]<class T>(T& part) {
        using Plain = std::remove_const_t<T>;
        visit_members(Part<Plain>::parameters, part, Plain{}, visit);
      },
      parts);
}

/// All keys of `spec`, whose name is `name`.
template <class Spec, class Visitor>
void visit_keys(const SpecName& name, Spec& spec, Visitor& visit) {
  visit_members(keys::run, spec, name.usual, visit);
  visit_part(spec.shape, visit);
  if (name.takes_warmup) {
    visit_members(keys::warmup, spec.warmup, name.usual.warmup, visit);
    visit_part(spec.warmup.curve, visit);
  }
  if (spec.cooldown) {
    if (!name.whole_run) visit_members(keys::cooldown, *spec.cooldown, *name.usual.cooldown, visit);
    visit_part(spec.cooldown->decay, visit);
    visit_members(keys::final, *spec.cooldown, *name.usual.cooldown, visit);
  }
  visit_members(keys::floor, spec, name.usual, visit);
  const StepSize& usual = name.usual.step_size;
  visit(keys::tokens_per_step, WholeCount{spec.step_size.tokens}, WholeCount{usual.tokens});
  visit(keys::batch, BatchOf{spec.step_size}, BatchOf{usual});
  visit(keys::seq_length, WholeCount{spec.step_size.sequence}, WholeCount{usual.sequence});
  visit(keys::clock, spec.clock, name.usual.clock);
}

}  // namespace scheduled
