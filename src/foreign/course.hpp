// What nearly all programs train with: a rise to the peak, a hold, one decay to a last rate that stays.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "foreign/values.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::foreign {

/// Steps count from 0; where there is a clock, they are its samples.
struct Course {
  double peak = 1.0;
  std::int64_t warmup = 0;         ///< steps before the peak, as in Warmup::length
  std::optional<Rate> start = {};  ///< of step 0; nothing: step i has (i+1)/warmup
  std::string warmup_keys = {};    ///< further ones: "warmup_curve=log"
  std::int64_t begin = 0;          ///< the last step at the peak; -1: step 0 has left it
  std::int64_t end = 0;            ///< the first step with the last rate
  std::string decay = "linear";    ///< as in a stage: "polynomial power=2"
  Rate last = {};
  std::int64_t updates = 0;  ///< that the run makes
  std::string floor = {};    ///< a key: "floor=1e-5"
  std::string clock = {};    ///< keys of rates that follow samples: "batch=[0:32, 30000ex:64], clock=examples"
};

/// Where the decay ends at the last update or right after it, the schedule ends there, too.
Schedule schedule_of(const Course& course);

/// The peak from the warmup on: Course without a decay. Without updates it has no horizon.
Schedule constant_of(Course course, std::optional<std::int64_t> updates);

/// "name(keys)", where empty keys leave no commas.
Schedule parse_spec(std::string_view name, std::initializer_list<std::string> keys);
std::string peak_key(double peak);
/// "steps=1001", with the unit of the clock.
std::string steps_key(const Course& course, std::int64_t steps);
/// "warmup=100, warmup_start=0"; empty without a warmup, but for a clock, whose rates are those before an update.
std::string warmup_key(const Course& course);

/// What has no other form: the rates of the run, one by one. Notes that it is a table.
Schedule table_of(Values& values, std::int64_t updates, const std::function<double(std::int64_t)>& rate);

/// 0.1 as 10%.
Rate share_of_peak(double share);

/// (1 + cos(pi x))/2 and such, for tables. Correct to the last bits.
double cosine_at(double x);

}  // namespace scheduled::foreign
