// Random schedules that are legal by construction, for property tests.
#pragma once

#include <rapidcheck.h>

#include <optional>
#include <string>

#include "scheduled/schedule.hpp"

namespace generate {

inline rc::Gen<double> real(double low, double high) {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, 1LL << 40U), [low, high](std::int64_t k) {
    return low + (high - low) * static_cast<double>(k) / static_cast<double>(1LL << 40U);
  });
}

inline rc::Gen<scheduled::Decay> decay() {
  using namespace scheduled;
  return rc::gen::oneOf(rc::gen::just<Decay>(LinearDecay{}), rc::gen::just<Decay>(OneMinusSqrtDecay{}),
                        rc::gen::just<Decay>(CosineDecay{}), rc::gen::just<Decay>(MirrorCosineDecay{}),
                        rc::gen::just<Decay>(SquareDecay{}),
                        rc::gen::map(real(0.1, 4.0), [](double power) -> Decay { return PolynomialDecay{power}; }),
                        rc::gen::map(real(0.1, 1.0), [](double factor) -> Decay { return LoweredLinearDecay{factor}; }),
                        rc::gen::just<Decay>(ExponentialDecay{}), rc::gen::just<Decay>(ExponentialDecay{steps(13)}),
                        rc::gen::just<Decay>(InverseProportionalDecay{}));
}

inline rc::Gen<scheduled::WarmupCurve> warmup_curve() {
  using namespace scheduled;
  return rc::gen::element<WarmupCurve>(LinearWarmup{}, CosineWarmup{}, OneMinusSqrtWarmup{}, LogWarmup{});
}

inline rc::Gen<scheduled::Shape> restarts() {
  using namespace scheduled;
  return rc::gen::exec([]() -> Shape {
    const Rate low = percent_of_peak(*real(0.0, 50.0));
    if (*rc::gen::arbitrary<bool>()) return CosineRestarts{*real(0.3, 9.0), {}, 1.0, low};
    return CosineRestarts{{}, steps(*rc::gen::inRange(1, 300)), 1.0 * *rc::gen::inRange(1, 4), low};
  });
}

/// Pieces that end before the run does, or are cut off by it; every kind of curve, up and down.
inline rc::Gen<scheduled::Shape> stages() {
  using namespace scheduled;
  return rc::gen::exec([]() -> Shape {
    Stages shape;
    const int count = *rc::gen::inRange(1, 6);
    for (int k = 0; k < count; ++k) {
      Stage piece;
      const int kind = *rc::gen::inRange(0, 4);
      if (kind == 0) piece.curve = Stage::Rewarm{*warmup_curve()};
      if (kind > 1) piece.curve = *decay();
      auto* const fall = std::get_if<Decay>(&piece.curve);
      auto* const exponential = fall == nullptr ? nullptr : std::get_if<ExponentialDecay>(fall);
      const bool half_life = exponential != nullptr && exponential->half_life;
      if (half_life) exponential->half_life = steps(500);  // not below the final rates of cooldowns
      if (*rc::gen::arbitrary<bool>()) piece.from = percent_of_peak(*real(1.0, 150.0));
      if (kind != 1 && !half_life) piece.to = percent_of_peak(*real(1e-3, 150.0));
      if (kind == 0) {  // what went before may be above it
        piece.from = percent_of_peak(*real(1.0, 60.0));
        piece.to = percent_of_peak(*real(60.0, 150.0));
      }
      piece.over = *rc::gen::element(steps(*rc::gen::inRange(1, 300)), percent(7.5));
      shape.pieces.push_back(piece);
    }
    if (*rc::gen::arbitrary<bool>()) shape.pieces.back().over.reset();
    return shape;
  });
}

inline rc::Gen<scheduled::Shape> shape() {
  using namespace scheduled;
  return rc::gen::oneOf(rc::gen::just<Shape>(Constant{}), rc::gen::just<Shape>(Constant{}),
                        rc::gen::map(real(0.1, 3.0), [](double alpha) -> Shape { return InversePower{alpha}; }),
                        rc::gen::map(rc::gen::inRange(1, 500),
                                     [](int scale) -> Shape {
                                       return Rsqrt{steps(scale), steps(scale / 3)};
                                     }),
                        rc::gen::map(real(1.0, 4096.0), [](double d) -> Shape { return Noam{d}; }),
                        rc::gen::just<Shape>(Power{}),
                        rc::gen::map(rc::gen::inRange(1, 400),
                                     [](int step) -> Shape {
                                       return Piecewise{{steps(step), percent(80)}, {0.3, 0.7}};
                                     }),
                        rc::gen::map(real(0.0, 100.0),
                                     [](double share) -> Shape {
                                       return Infinite{percent(30), percent_of_peak(share),
                                                       share > 50 ? Infinite::Curve::cosine : Infinite::Curve::rsqrt};
                                     }),
                        rc::gen::map(rc::gen::inRange(200, 500),
                                     [](int step) -> Shape {
                                       return WsdS{{steps(step), steps(2 * step)}, steps(step / 20)};
                                     }),
                        restarts(), stages());
}

/// A batch, and how it changes.
inline rc::Gen<scheduled::StepSize> step_size() {
  using namespace scheduled;
  return rc::gen::exec([] {
    StepSize size;
    size.examples = *rc::gen::inRange(1, 9);
    size.sequence = *rc::gen::inRange(1, 99);
    const int changes = *rc::gen::inRange(0, 4);
    double mark = 0.0;
    for (int k = 0; k < changes; ++k) {
      BatchChange change;
      mark += *rc::gen::inRange(1, 400);
      change.at = *rc::gen::element(true, false) ? examples(8.0 * mark) : tokens(8.0 * mark * size.sequence);
      change.batch = *rc::gen::inRange(1, 9);
      if (*rc::gen::arbitrary<bool>()) {
        change.by = 1.0;
        change.batch = 9.0 + change.batch + 10.0 * k;  // none that is there already
      }
      size.ramp.push_back(change);
    }
    return size;
  });
}

/// The example of some schedule, at another peak and horizon; nothing where its lengths do not fit in there. So a new
/// schedule whose example has lengths in shares needs no line here.
inline std::optional<scheduled::Schedule> example() {
  using namespace scheduled;
  const int k = *rc::gen::inRange(0, static_cast<int>(schedule_help().size()));
  const Schedule example = Schedule::parse(schedule_help()[static_cast<std::size_t>(k)].example);
  const double factor = *real(1.0, 3.0);
  const std::int64_t horizon = *rc::gen::inRange(1000, 1200);
  try {
    return example.with_steps(steps(horizon)).with_peak(example.peak() * factor);
  } catch (const ArgumentError&) {
    return std::nullopt;
  }
}

/// With a batch that may change; nothing where the shares of the spec do not fit together then.
inline std::optional<scheduled::Schedule> with_ramp(scheduled::ScheduleSpec spec) {
  using namespace scheduled;
  spec.step_size = *step_size();
  if (!std::holds_alternative<Noam>(spec.shape)) {
    spec.clock = *rc::gen::element(Clock::steps, Clock::examples, Clock::tokens);
  }
  try {
    return Schedule(std::move(spec));
  } catch (const ArgumentError&) {
    return std::nullopt;
  }
}

inline rc::Gen<scheduled::Schedule> schedule() {
  using namespace scheduled;
  return rc::gen::exec([] {
    if (*rc::gen::inRange(0, 5) == 0) {
      if (auto drawn = example()) return *std::move(drawn);
    }
    ScheduleSpec spec;
    spec.shape = *shape();
    spec.peak = *real(1e-6, 10.0);
    const int horizon = *rc::gen::inRange(1000, 1200);
    spec.steps = steps(horizon);
    spec.warmup.length = *rc::gen::element(steps(1), steps(7), percent(5));
    const bool noam = std::holds_alternative<Noam>(spec.shape);
    if (!noam && *rc::gen::arbitrary<bool>()) spec.warmup.start = percent_of_peak(*real(0.0, 1e-3));
    if (!noam && *rc::gen::arbitrary<bool>()) spec.warmup.curve = *warmup_curve();
    if (!noam && spec.warmup.length != steps(1)) spec.warmup.delay = steps(*rc::gen::inRange(0, 7));
    if (*rc::gen::inRange(0, 4) == 0) spec.floor = percent_of_peak(*real(0.0, 5.0));
    const bool needs_cooldown = std::holds_alternative<WsdS>(spec.shape);
    if (needs_cooldown || *rc::gen::arbitrary<bool>()) {
      Cooldown cooldown;
      cooldown.decay = *decay();
      const auto* exponential = std::get_if<ExponentialDecay>(&cooldown.decay);
      const bool half_life = exponential && exponential->half_life;
      // Small enough to be below the rate before the cooldown for every shape above.
      if (!half_life) cooldown.final = percent_of_peak(*real(1e-12, 1e-9));
      const bool whole_run = std::holds_alternative<Constant>(spec.shape) && *rc::gen::arbitrary<bool>();
      cooldown.length = whole_run ? rest() : *rc::gen::element(percent(20), percent(12.5), steps(30));
      spec.cooldown = cooldown;
      if (std::holds_alternative<Infinite>(spec.shape)) spec.shape = Infinite{percent(30), percent_of_peak(25)};
    }
    if (std::holds_alternative<Power>(spec.shape)) spec.step_size = {1000, 16};
    if (*rc::gen::inRange(0, 4) == 0) {
      if (auto drawn = with_ramp(spec)) return *std::move(drawn);
    }
    const Schedule drawn(spec);
    return *rc::gen::inRange(0, 20) == 0 ? Schedule::table(drawn.values(), *real(0.1, 10.0)) : drawn;
  });
}

}  // namespace generate

namespace rc {
template <>
struct Arbitrary<scheduled::Schedule> {
  static Gen<scheduled::Schedule> arbitrary() { return generate::schedule(); }
};
}  // namespace rc

namespace scheduled {
inline void showValue(const Schedule& s, std::ostream& os) { os << print(s); }
}  // namespace scheduled
