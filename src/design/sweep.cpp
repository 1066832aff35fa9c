#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/parallel.hpp"
#include "scheduled/sweep.hpp"

namespace scheduled {
namespace {

std::size_t length(std::size_t entries) noexcept { return std::max<std::size_t>(entries, 1); }

std::string at(std::string_view name, std::size_t index) { return concat({name, "[", std::to_string(index), "]"}); }

std::int64_t longest_horizon(const SweepAxes& axes) {
  std::int64_t longest = 0;
  for (const std::int64_t horizon : axes.horizons) longest = std::max(longest, horizon);
  if (axes.horizons.empty()) {
    for (const Schedule& schedule : axes.schedules) longest = std::max(longest, schedule.steps().value_or(0));
  }
  return longest;
}

void check_schedules(const SweepAxes& axes) {
  if (axes.schedules.empty()) fail_argument("schedules", "none to sweep over");
  for (std::size_t s = 0; s < axes.schedules.size(); ++s) {
    const Schedule& schedule = axes.schedules[s];
    if (axes.horizons.empty() && !schedule.steps()) {
      fail_entry("schedules", s, print(schedule), "must have a horizon, or horizons must be given");
    }
    if (!axes.cooldowns.empty() && !schedule.spec().cooldown) {
      fail_entry("schedules", s, print(schedule), "must have a cooldown where cooldowns are given");
    }
  }
}

void check(const SweepAxes& axes, const SweepOptions& options) {
  check_schedules(axes);
  for (std::size_t h = 0; h < axes.horizons.size(); ++h) {
    if (axes.horizons[h] < 1) fail_entry("horizons", h, std::to_string(axes.horizons[h]), "must be at least 1");
    if (axes.horizons[h] > largest_count) {
      fail_entry("horizons", h, std::to_string(axes.horizons[h]), "must be at most 2^53");
    }
  }
  for (std::size_t c = 0; c < axes.cooldowns.size(); ++c) {
    if (!(axes.cooldowns[c] > 0.0 && axes.cooldowns[c] <= 1.0)) {
      fail_entry("cooldowns", c, axes.cooldowns[c], "must be a share of the run, > 0 and at most 1");
    }
  }
  const std::int64_t longest = longest_horizon(axes);
  for (std::size_t f = 0; f < axes.grad_norms.size(); ++f) {
    const GradNormFamily& family = axes.grad_norms[f];
    if (!std::isfinite(family.alpha)) fail_value(at("grad_norms", f) + ".alpha", family.alpha, "must be finite");
    if (family.series.empty()) continue;
    if (static_cast<std::int64_t>(family.series.size()) < longest) {
      fail_argument(at("grad_norms", f) + ".series",
                    concat({"there are ", std::to_string(family.series.size()), " values for ", std::to_string(longest),
                            " steps; must be at least one per step"}));
    }
    require_non_negative(at("grad_norms", f) + ".series", family.series);
  }
  require_positive("distance", options.distance);
  if (options.threads < 1) fail_value("threads", std::to_string(options.threads), "must be at least 1");
}

/// One series per family, for the longest horizon: a shorter run reads its beginning.
std::vector<std::vector<double>> all_norms(const SweepAxes& axes) {
  std::vector<std::vector<double>> norms;
  for (const GradNormFamily& family : axes.grad_norms) {
    const bool computed = family.series.empty() && family.alpha != 0.0;
    norms.push_back(computed ? power_grad_norm(family.alpha, longest_horizon(axes)) : family.series);
  }
  if (norms.empty()) norms.emplace_back();
  return norms;
}

/// Hands out combinations to threads and results to the caller.
class Sweep {
 public:
  Sweep(const SweepAxes& axes, const SweepOptions& options) : axes_(axes), options_(options), norms_(all_norms(axes)) {
    for (std::int64_t i = 0; i < axes.size(); ++i) {
      if (!options.skip || !options.skip(i)) to_do_.push_back(i);
    }
    results_.resize(to_do_.size());
  }

  std::vector<SweepResult> run() {
    for_each_index(to_do_.size(), options_.threads, [this](std::size_t k) {
      if (!options_.stop.stop_requested()) work(k);
    });
    std::vector<SweepResult> done;
    for (std::optional<SweepResult>& result : results_) {
      if (result) done.push_back(std::move(*result));
    }
    return done;
  }

 private:
  void work(std::size_t k) {
    SweepResult result = compute(to_do_[k]);
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    ++done_;
    failed_ = true;
    if (options_.on_result) options_.on_result(result, done_, static_cast<std::int64_t>(to_do_.size()));
    failed_ = false;
    results_[k] = std::move(result);
  }

  SweepResult compute(std::int64_t combination) const {
    const std::vector<double>& norms = norms_[sweep_place(axes_, combination).grad_norm];
    BoundSettings settings{.distance = options_.distance, .criterion = options_.criterion};
    if (!norms.empty()) settings.grad_norm = norms;
    try {
      return {combination, best_base_lr(sweep_schedule(axes_, combination), settings), {}};
    } catch (const std::invalid_argument& error) {
      return {combination, {}, error.what()};
    }
  }

  const SweepAxes& axes_;
  const SweepOptions& options_;
  std::vector<std::vector<double>> norms_;
  std::vector<std::int64_t> to_do_;
  std::vector<std::optional<SweepResult>> results_;
  std::mutex mutex_;
  std::int64_t done_ = 0;
  bool failed_ = false;  // on_result threw
};

}  // namespace

std::int64_t SweepAxes::size() const noexcept {
  return static_cast<std::int64_t>(schedules.size() * length(horizons.size()) * length(cooldowns.size()) *
                                   length(grad_norms.size()));
}

SweepPlace sweep_place(const SweepAxes& axes, std::int64_t combination) noexcept {
  auto rest = static_cast<std::size_t>(combination);
  const auto take = [&rest](std::size_t entries) {
    const std::size_t index = rest % length(entries);
    rest /= length(entries);
    return index;
  };
  SweepPlace place;
  place.grad_norm = take(axes.grad_norms.size());
  place.cooldown = take(axes.cooldowns.size());
  place.horizon = take(axes.horizons.size());
  place.schedule = rest;
  return place;
}

Schedule sweep_schedule(const SweepAxes& axes, std::int64_t combination) {
  const SweepPlace place = sweep_place(axes, combination);
  if (combination < 0 || place.schedule >= axes.schedules.size()) {
    fail_value("combination", std::to_string(combination),
               concat({"must be between 0 and ", std::to_string(axes.size() - 1)}));
  }
  ScheduleSpec spec = axes.schedules[place.schedule].spec();
  if (!axes.horizons.empty()) spec.steps = steps(axes.horizons[place.horizon]);
  if (!axes.cooldowns.empty() && spec.cooldown) spec.cooldown->length = percent(100.0 * axes.cooldowns[place.cooldown]);
  return Schedule(std::move(spec));
}

void check_axes(const SweepAxes& axes, const SweepOptions& options) { check(axes, options); }

std::vector<SweepResult> sweep(const SweepAxes& axes, const SweepOptions& options) {
  check(axes, options);
  return Sweep(axes, options).run();
}

std::vector<double> sweep_ratios(const SweepAxes& axes, std::span<const SweepResult> results) {
  using Group = std::pair<std::int64_t, std::size_t>;
  const auto group_of = [&](const SweepResult& result) {
    const SweepPlace place = sweep_place(axes, result.combination);
    const std::int64_t own = axes.schedules[place.schedule].steps().value_or(0);
    return Group(axes.horizons.empty() ? own : axes.horizons[place.horizon], place.grad_norm);
  };
  std::map<Group, double> smallest;
  for (const SweepResult& result : results) {
    if (!result.error.empty()) continue;
    const auto [entry, is_new] = smallest.emplace(group_of(result), result.best->bound);
    if (!is_new) entry->second = std::min(entry->second, result.best->bound);
  }
  std::vector<double> ratios;
  for (const SweepResult& result : results) {
    ratios.push_back(result.error.empty() ? result.best->bound / smallest.at(group_of(result))
                                          : std::numeric_limits<double>::quiet_NaN());
  }
  return ratios;
}

}  // namespace scheduled
