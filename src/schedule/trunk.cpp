#include "scheduled/trunk.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace scheduled {
namespace {

/// The linear warmup that `done` begins with; none where it is none, or the rates after it are not all the last one.
Warmup warmup_of(const std::vector<double>& done) {
  constexpr double close = 0.01;  // of the peak: logs round, and interpolate between steps
  const double peak = done.back();
  const auto level = [&](double rate) { return std::fabs(rate - peak) <= 1e-3 * peak; };
  const auto rising = std::find_if(done.begin(), done.end(), level);
  if (rising == done.begin() || done.front() > peak || !std::all_of(rising, done.end(), level)) return {};
  const auto fits = [&](const Schedule& schedule) {
    for (std::size_t i = 0; i < done.size(); ++i) {
      if (std::fabs(schedule.lr(static_cast<std::int64_t>(i)) - done[i]) > close * peak) return false;
    }
    return true;
  };
  // Its last step is the first at the peak or the one before that.
  const auto reached = static_cast<std::int64_t>(rising - done.begin());
  const Rate first = percent_of_peak(100.0 * (done.front() / peak));
  for (const Warmup& warmup : {Warmup{steps(reached + 1)}, Warmup{steps(reached)}, Warmup{steps(reached), first}}) {
    ScheduleSpec spec;
    spec.peak = peak;
    spec.warmup = warmup;
    if (fits(Schedule(std::move(spec)))) return warmup;
  }
  return {};
}

Schedule plain(const std::vector<double>& done) {
  if (done.empty()) fail_value("done", "[]", "must hold at least one step");
  require_non_negative("done", done);
  if (!(done.back() > 0.0)) {
    const auto last = done.rend() - std::find_if(done.rbegin(), done.rend(), [](double rate) { return rate > 0.0; });
    fail_entry("done", done.size() - 1, done.back(),
               concat({"must be > 0: it is the LR that goes on; ",
                       last > 0 ? concat({"the last above 0 is that of update ", std::to_string(last)})
                                : "all of them are 0"}));
  }
  ScheduleSpec spec;
  spec.peak = done.back();
  spec.warmup = warmup_of(done);
  return Schedule(std::move(spec));
}

/// A flat schedule that ends, as it would go on.
Schedule endless(const Schedule& schedule, std::int64_t step) {
  const Layout& layout = schedule.layout();
  const std::int64_t first = std::max<std::int64_t>(layout.warmup_steps, 1);
  const std::int64_t last = layout.steps.value_or(step) - layout.cooldown_steps;
  if (step > last && first == last) {
    fail_value("step", std::to_string(step),
               concat({"must be ", std::to_string(last), "; ", print(schedule), " decays from there on"}));
  }
  if (step < first || step > last) {
    fail_value("step", std::to_string(step),
               concat({"must be between ", std::to_string(first), " and ", std::to_string(last),
                       ", in the stable phase of ", print(schedule)}));
  }
  ScheduleSpec spec = schedule.spec();
  spec.steps.reset();
  spec.cooldown.reset();
  // What is done does not follow a new horizon.
  if (spec.warmup.length.unit == Duration::Unit::percent) spec.warmup.length = steps(layout.warmup_steps);
  return Schedule(std::move(spec));
}

Schedule going_on(const Schedule& schedule, std::int64_t step) {
  if (!schedule.steps() && !schedule.spec().cooldown) {
    if (step < 0) fail_value("step", std::to_string(step), "must be >= 0");
    return schedule;
  }
  if (!schedule.flat()) {
    fail_value("trunk", print(schedule), "must be constant but for warmup and cooldown; give the rates made so far");
  }
  return endless(schedule, step);
}

}  // namespace

std::int64_t steps_for_share(std::int64_t start, double percent) {
  const double count = static_cast<double>(start) * percent / (100.0 - percent);
  const double nearest = std::nearbyint(count);
  // A quotient within its rounding of a whole number counts as whole, as in resolve_steps.
  return static_cast<std::int64_t>(std::fabs(count - nearest) <= 0x1p-50 * count ? nearest : std::floor(count));
}

std::int64_t cooldown_steps(Duration length, std::int64_t start, const StepSize& step_size) {
  const bool share = length.unit == Duration::Unit::percent;
  if (share && !(length.value < 100.0)) {
    fail_value("cooldown", print_duration(length), "must be below 100% of the run that it ends");
  }
  const std::int64_t count =
      share ? steps_for_share(start, length.value) : resolve_steps_after("cooldown", length, start, step_size);
  if (count < 1) {
    fail_value("cooldown", print_duration(length), "must be at least 1 step");
  }
  return count;
}

Trunk::Trunk(const Schedule& schedule, std::int64_t step) : step_(step), schedule_(going_on(schedule, step)) {}

Trunk::Trunk(std::vector<double> done)
    : done_(std::make_shared<const std::vector<double>>(std::move(done))),
      step_(static_cast<std::int64_t>(done_->size())),
      schedule_(plain(*done_)) {}

std::span<const double> Trunk::done() const noexcept {
  if (!done_) return {};
  return *done_;
}

bool Trunk::operator==(const Trunk& other) const {
  return step_ == other.step_ && schedule_ == other.schedule_ && std::ranges::equal(done(), other.done());
}

std::vector<double> Trunk::values(std::int64_t count) const {
  if (!done_) return schedule_.values(count);
  if (count < 0) fail_value("count", std::to_string(count), "must be >= 0");
  std::vector<double> rates(static_cast<std::size_t>(count), done_->back());
  std::copy_n(done_->begin(), std::min(rates.size(), done_->size()), rates.begin());
  return rates;
}

Schedule Trunk::branch(std::int64_t start, std::int64_t length, const Cooldown& cooldown) const {
  if (start < step_) {
    fail_value("start", std::to_string(start), concat({"must be at least the ", std::to_string(step_), " steps done"}));
  }
  if (const std::int64_t warmup = schedule_.layout().warmup_steps; !done_ && start <= warmup) {
    fail_value("start", std::to_string(start),
               concat({"must be after the warmup of ", std::to_string(warmup), " steps and one more"}));
  }
  if (length < 1) fail_value("cooldown", std::to_string(length), "must be at least 1 step");
  ScheduleSpec spec;
  if (!done_) spec = schedule_.spec();
  spec.cooldown = cooldown;
  spec.cooldown->length = steps(length);
  if (done_) {
    spec.shape = Table{std::make_shared<const std::vector<double>>(values(start + length))};
    Rate& final = spec.cooldown->final;
    if (final.unit == Rate::Unit::percent) final = absolute_lr(done_->back() * final.value / 100.0);
  } else {
    spec.steps = steps(start + length);
  }
  return Schedule(std::move(spec));
}

}  // namespace scheduled
