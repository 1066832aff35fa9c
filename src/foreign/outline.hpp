// What an export starts from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scheduled/schedule.hpp"

namespace scheduled::foreign {

/// A time at one rate ("hold"), or a way from one rate to another: its j-th step has x = j/count, j = 1, 2, ...
struct Leg {
  std::string curve = "hold";  ///< as in a stage, without its keys
  double from = 0.0;           ///< the rate of the step before its first
  double to = 0.0;
  std::int64_t first = 0;  ///< step
  std::int64_t end = 0;    ///< the step after its last
  std::int64_t count = 0;
  double power = 1.0;                    ///< of polynomial decay
  double exponent = 1.0;                 ///< of cosine decay
  std::optional<double> half_life = {};  ///< of exponential decay, in steps
};

/// A schedule as programs have them: a warmup, then legs. Rates in units of the peak's; steps are samples where the
/// clock counts examples.
struct Outline {
  const Schedule& schedule;
  double peak = 1.0;
  std::optional<std::int64_t> steps = {};
  std::int64_t warmup = 0;           ///< of ours
  std::optional<double> start = {};  ///< of step 0; nothing: (i+1)/warmup
  std::string warmup_curve = "linear";
  std::int64_t delay = 0;
  std::vector<Leg> legs = {};  ///< of a constant schedule, one with a cooldown, or stages after the warmup
  bool flat = false;           ///< after the warmup the peak, then at most one decay, whose last rate stays

  // Of the decay, where there is one.
  std::string decay = {};  ///< its name
  double power = 1.0, exponent = 1.0;
  std::optional<double> half_life = {};
  Rate last_rate = {};      ///< as said
  double last = 0.0;        ///< the final rate
  double last_share = 0.0;  ///< of the peak
  std::int64_t begin = 0;   ///< the last step at the peak; -1: step 0 has left it
  std::int64_t end = 0;     ///< the first step with the last rate, also where the run ends before

  std::int64_t length() const { return end - begin; }
  /// A decay that begins right after the warmup, as cosine(...) has.
  bool whole() const { return !decay.empty() && begin == warmup; }
  /// It arrives with the last step of the schedule: programs have a virtual last step there.
  bool ends() const { return !decay.empty() && !half_life && end + 1 == *steps; }
  /// That a program makes of a schedule with a horizon: all, or those before the virtual one.
  std::int64_t updates() const { return ends() ? *steps - 1 : *steps; }
};

Outline outline_of(const Schedule& schedule);

/// A number near `guess` of which `gives` makes exactly `wanted`, if possible one of few digits; `guess` where there is
/// none.
double exactly(double guess, double wanted, const std::function<double(double)>& gives);

/// The share of the peak that share_of_peak takes for this rate.
double share_in(Rate rate, double peak);

}  // namespace scheduled::foreign
