#include "scheduled/schedule.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "schedule/fill_kernels.hpp"
#include "schedule/resolved.hpp"

namespace scheduled {

bool Table::operator==(const Table& other) const {
  if (values == other.values) return true;
  return values && other.values && *values == *other.values;
}

Schedule::Schedule(ScheduleSpec spec)
    : spec_(std::make_shared<const ScheduleSpec>(std::move(spec))), resolved_(resolve(*spec_)) {}

Schedule Schedule::table(std::vector<double> values, double peak) {
  ScheduleSpec spec;
  spec.shape = Table{std::make_shared<const std::vector<double>>(std::move(values))};
  spec.peak = peak;
  return Schedule(std::move(spec));
}

double Schedule::lr(std::int64_t i) const noexcept {
  const ResolvedSchedule& r = *resolved_;
  if (i >= r.end) return r.last;
  if (i < 0) i = 0;
  if (i < r.warmup_end) return rate_at(r.warmup, i);
  return i < r.cooldown_begin ? rate_at(r.main, i) : rate_at(r.cooldown, i - r.cooldown_begin + 1);
}

void Schedule::fill(std::int64_t first, std::span<double> out) const {
  if (first < 0) fail_value("first", std::to_string(first), "must be >= 0");
  const ResolvedSchedule& r = *resolved_;
  // The part of `out` that covers the steps up to `end`.
  const auto take = [&](std::int64_t end) {
    const auto wanted = end <= first ? 0U : static_cast<std::size_t>(end - first);
    const std::span<double> part = out.first(std::min(wanted, out.size()));
    out = out.subspan(part.size());
    return part;
  };
  std::span<double> part = take(r.warmup_end);
  kernels::fill(r.warmup, first, part);
  first += static_cast<std::int64_t>(part.size());

  part = take(r.cooldown_begin);
  kernels::fill(r.main, first, part);
  first += static_cast<std::int64_t>(part.size());

  part = take(r.end);
  kernels::fill(r.cooldown, first - r.cooldown_begin + 1, part);
  std::fill(out.begin(), out.end(), r.last);
}

std::vector<double> Schedule::values(std::optional<std::int64_t> count) const {
  if (!count) count = steps();
  if (!count) {
    throw NeedsHorizon(
        {.name = "steps", .requirement = concat({print(*this), " has no horizon: say how many steps are wanted"})});
  }
  if (*count < 0) fail_value("count", std::to_string(*count), "must be >= 0");
  std::vector<double> out(static_cast<std::size_t>(*count));
  fill(0, out);
  return out;
}

Schedule Schedule::with_peak(double peak) const {
  ScheduleSpec spec = *spec_;
  spec.peak = peak;
  return Schedule(std::move(spec));
}

Schedule Schedule::with_steps(Duration steps) const {
  ScheduleSpec spec = *spec_;
  spec.steps = steps;
  return Schedule(std::move(spec));
}

const Layout& Schedule::layout() const noexcept { return resolved_->layout; }
bool Schedule::flat() const noexcept { return resolved_->flat; }
bool Schedule::proportional_to_peak() const noexcept { return resolved_->proportional; }
double Schedule::smallest_peak() const noexcept { return resolved_->smallest_peak; }

}  // namespace scheduled
