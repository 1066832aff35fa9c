// Layer 2: what the closed forms say about a given schedule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduled/bound.hpp"
#include "scheduled/bound_closed_forms.hpp"

namespace scheduled {

/// Schedules of which a closed form or a limit is known.
enum class KnownFamily {
  none,
  constant,        ///< evaluated before any cooldown
  linear,          ///< linear decay over the whole run
  wsd,             ///< constant, then a linear cooldown
  cosine,          ///< over the whole run; a limit only
  one_minus_sqrt,  ///< over the whole run; a limit only
  polynomial,      ///< (1 - x)^p over the whole run; a limit only
};

/// "none", "constant", "linear", "wsd", "cosine", "1-sqrt", "polynomial".
std::string_view name_of(KnownFamily family) noexcept;

/// The closed forms of a schedule that decays to 0 and is evaluated at its last positive step, or is constant so far.
struct BoundFacts {
  KnownFamily family = KnownFamily::none;
  std::string why_none;     ///< where there is no family: the reason, in a few words
  std::int64_t T = 0;       ///< the last positive step at or before the T asked for
  std::int64_t T0 = 0;      ///< steps before the cooldown (with the warmup); T: there is none, 1: it fills the run
  double cooldown = 0.0;    ///< (T - T0)/T
  std::int64_t warmup = 0;  ///< steps of a warmup, which all forms leave out
  std::optional<ClosedForm> exact;            ///< best peak and its bound; only without a warmup
  std::optional<ClosedForm> limit;            ///< their limits for long runs, at this T, D and G
  std::optional<ClosedForm> constants;        ///< the limits in units of D/(G sqrt(T)) and D G/sqrt(T)
  std::optional<double> theorem;              ///< wsd: the upper bound of 2501.18965
  std::optional<double> linear_peak_factor;   ///< best peak of linear decay over that of this schedule
  std::optional<double> linear_bound_factor;  ///< the bound of linear decay over that of this schedule, at best peaks
};

/// Throws as `bound`. O(1) but for the zeros at the end.
BoundFacts bound_facts(const Schedule& schedule, const BoundSettings& settings = {});

}  // namespace scheduled
