// stages: piece after piece, from the peak or after another schedule.
#pragma once

#include <algorithm>
#include <iterator>
#include <limits>
#include <vector>

#include "schedule/decays/registry.hpp"
#include "schedule/shapes/constant.hpp"
#include "schedule/stage_text.hpp"
#include "schedule/warmups/registry.hpp"

namespace scheduled {

struct StageRates {
  struct Piece {
    double begin;
    std::variant<FlatRate, compiled::Warmup, compiled::Decay> curve;
    double operator()(double i) const noexcept {
      const double k = i - begin;
      if (const auto* const flat = std::get_if<0>(&curve)) return (*flat)(k);
      if (const auto* const rise = std::get_if<1>(&curve)) {
        return std::visit([k](const auto& functor) { return functor(k); }, *rise);
      }
      return std::visit([k](const auto& functor) { return functor(k + 1.0); }, *std::get_if<2>(&curve));
    }
  };
  std::shared_ptr<const ResolvedSchedule> after;
  double before;              // the rate that the warmup rises to
  std::vector<Piece> pieces;  // the last one without end
  double operator()(double i) const noexcept {
    if (i < pieces.front().begin) return rate_before(i);
    const auto next = std::upper_bound(pieces.begin() + 1, pieces.end(), i,
                                       [](double step, const Piece& piece) { return step < piece.begin; });
    return (*std::prev(next))(i);
  }
  double rate_before(double i) const noexcept;
  /// The rates from step `first` on, piece by piece.
  void fill(std::int64_t first, std::span<double> out) const;
};

/// Where a piece lies.
struct StagePlace {
  std::int64_t begin;
  std::optional<std::int64_t> end;
  std::int64_t count;  // steps of its whole curve, of which it may leave some out
};

template <>
struct Part<Stages> : ShapeDefaults {
  static constexpr std::string_view name = "stages";
  static constexpr std::string_view example =
      "stages(steps=50k, warmup=500, peak=1e-3, pieces=[hold until 60%, cosine to 10% over 20%, hold until 90%, "
      "linear])";
  static constexpr std::string_view meaning = "piece after piece, also after a schedule";
  static constexpr std::string_view formula = "piece after piece";
  static constexpr ShapeTraits traits{.begins_below = true};
  static constexpr std::tuple parameters{
      Key{"after", &Stages::after, "schedule before the pieces, by its own keys but peak, batch and clock"},
      Key{"at", &Stages::at, "step at which `after` is left; its end where it is not given"},
      Key{"pieces", &Stages::pieces, "CURVE to RATE over LENGTH until STEP, ...", "pieces=[hold until 80%, linear]"},
  };

  /// Not where the last piece is held for ever.
  static bool is_plan(const Stages& shape) {
    const bool goes_on = !shape.pieces.empty() && std::holds_alternative<Stage::Hold>(shape.pieces.back().curve) &&
                         !shape.pieces.back().over && !shape.pieces.back().until;
    return !goes_on;
  }
  static bool rises_again(const Stages& shape) {
    return std::any_of(shape.pieces.begin(), shape.pieces.end(),
                       [](const Stage& piece) { return std::holds_alternative<Stage::Rewarm>(piece.curve); });
  }
  static std::vector<NamedRate> rates_to_reach(const Stages& shape) {
    if (shape.pieces.empty() || !std::holds_alternative<Decay>(shape.pieces.back().curve)) return {};
    return {{"the last piece's rate", shape.pieces.back().to.value_or(Rate{})}};
  }
  static std::optional<std::int64_t> own_steps(const Stages& shape, const ScheduleSpec& spec);
  static std::vector<StagePlace> places(const Stages& shape, const ScheduleSpec& spec, const Layout& layout);
  static StageRates compile(const Stages& shape, Resolver& resolver);
};

}  // namespace scheduled
