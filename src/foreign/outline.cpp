#include "foreign/outline.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <variant>

#include "base/numbers.hpp"
#include "schedule/resolved.hpp"

namespace scheduled::foreign {
namespace {

double in_units(Rate rate, double peak) {
  return rate.unit == Rate::Unit::absolute ? rate.value : peak * rate.value / 100.0;
}

void add_parameters(Leg& leg, const Decay& decay) {
  leg.curve = decay_name(decay);
  if (const auto* const one = std::get_if<PolynomialDecay>(&decay)) leg.power = one->power;
  if (const auto* const one = std::get_if<CosineDecay>(&decay)) leg.exponent = one->exponent;
  if (const auto* const one = std::get_if<ExponentialDecay>(&decay); one != nullptr && one->half_life)
    leg.half_life = one->half_life->value;
}

/// The legs of `stages` without a schedule before them.
std::vector<Leg> legs_of(const Stages& stages, const Schedule& schedule, const Layout& time) {
  const ScheduleSpec& spec = schedule.spec();
  const std::vector<StagePlace> places = Part<Stages>::places(stages, spec, time);
  std::vector<Leg> legs;
  double rate = spec.peak;
  for (std::size_t k = 0; k < places.size(); ++k) {
    const Stage& piece = stages.pieces[k];
    Leg leg{.first = places[k].begin,
            .end = places[k].end.value_or(time.steps.value_or(std::numeric_limits<std::int64_t>::max())),
            .count = places[k].count};
    leg.from = piece.from ? in_units(*piece.from, spec.peak) : rate;
    leg.to = leg.from;
    if (const auto* const decay = std::get_if<Decay>(&piece.curve)) {
      add_parameters(leg, *decay);
      leg.to = in_units(piece.to.value_or(Rate{}), spec.peak);
    } else if (const auto* const rise = std::get_if<Stage::Rewarm>(&piece.curve)) {
      leg.curve = std::holds_alternative<LinearWarmup>(rise->curve) ? "linear" : "rewarm";
      leg.to = in_units(piece.to.value_or(percent_of_peak(100)), spec.peak);
    }
    rate = leg.curve == "hold" ? leg.from : leg.end - leg.first == leg.count ? leg.to : schedule.lr(leg.end - 1);
    legs.push_back(std::move(leg));
  }
  return legs;
}

void take_decay(Outline& outline, const Leg& leg, Rate last) {
  outline.decay = leg.curve;
  outline.power = leg.power;
  outline.exponent = leg.exponent;
  outline.half_life = leg.half_life;
  outline.last_rate = last;
  outline.last = leg.to;
  outline.last_share = share_in(last, outline.peak);
  outline.begin = leg.first - 1;
  outline.end = outline.begin + leg.count;
}

/// Whether the legs are a time at the peak, a decay and a time at its last rate, each of which may be missing.
void read_legs(Outline& outline, const Stages& stages) {
  std::size_t k = 0;
  const std::vector<Leg>& legs = outline.legs;
  const auto plain = [&](std::size_t at) { return !stages.pieces[at].from; };
  if (k < legs.size() && legs[k].curve == "hold" && plain(k)) ++k;
  std::optional<std::size_t> decay;
  if (k < legs.size() && std::holds_alternative<Decay>(stages.pieces[k].curve) && plain(k) &&
      legs[k].to <= outline.peak)
    decay = k++;
  const bool arrives = !decay || legs[*decay].end - legs[*decay].first == legs[*decay].count;
  if (k < legs.size() && decay && arrives && legs[k].curve == "hold" && plain(k)) ++k;
  if (k < legs.size()) return;
  outline.flat = true;
  if (decay) take_decay(outline, legs[*decay], stages.pieces[*decay].to.value_or(Rate{}));
}

}  // namespace

Outline outline_of(const Schedule& schedule) {
  const ScheduleSpec& spec = schedule.spec();
  const Layout time = resolve(spec)->time;
  Outline outline{.schedule = schedule};
  outline.peak = spec.peak;
  outline.steps = time.steps;
  outline.warmup = time.warmup_steps;
  if (spec.warmup.start) outline.start = in_units(*spec.warmup.start, spec.peak);
  constexpr std::string_view curves[] = {"linear", "cosine", "1-sqrt", "log"};
  outline.warmup_curve = curves[spec.warmup.curve.index()];
  outline.delay = static_cast<std::int64_t>(spec.warmup.delay.value);
  if (const auto* const stages = std::get_if<Stages>(&spec.shape)) {
    if (stages->after || spec.cooldown) return outline;
    outline.legs = legs_of(*stages, schedule, time);
    read_legs(outline, *stages);
    return outline;
  }
  outline.flat = std::holds_alternative<Constant>(spec.shape);
  if (!spec.cooldown) return outline;
  Leg leg{.from = spec.peak, .to = in_units(spec.cooldown->final, spec.peak)};
  leg.end = *time.steps;
  leg.count = time.cooldown_steps;
  leg.first = leg.end - leg.count;
  add_parameters(leg, spec.cooldown->decay);
  take_decay(outline, leg, spec.cooldown->final);
  if (outline.flat) outline.legs = {leg};
  return outline;
}

double exactly(double guess, double wanted, const std::function<double(double)>& gives) {
  constexpr int neighbours = 16;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr int digits = 15;
  for (int k = 0; k < digits; ++k) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, guess, std::chars_format::scientific, k).ptr;
    const auto rounded = parse_number({text, static_cast<std::size_t>(end - text)});
    if (rounded && gives(*rounded) == wanted) return *rounded;
  }
  double above = guess, below = guess;
  for (int k = 0; k < neighbours; ++k) {
    if (gives(above) == wanted) return above;
    if (gives(below) == wanted) return below;
    above = std::nextafter(above, infinity);
    below = std::nextafter(below, -infinity);
  }
  return guess;
}

double share_in(Rate rate, double peak) {
  if (rate.unit == Rate::Unit::absolute) return rate.value / peak;
  return exactly(rate.value / 100.0, rate.value, [](double share) { return 100.0 * share; });
}

}  // namespace scheduled::foreign
