#include "scheduled/schedule.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/numbers.hpp"
#include "schedule/fill_kernels.hpp"
#include "schedule/resolved.hpp"

namespace scheduled {

bool Table::operator==(const Table& other) const {
  if (values == other.values) return true;
  return values && other.values && *values == *other.values;
}

bool Stages::operator==(const Stages& other) const {
  if (at != other.at || pieces != other.pieces) return false;
  return after == other.after || (after && other.after && *after == *other.after);
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
  if (r.layout.steps && i >= *r.layout.steps) return r.last;
  return r.rate(r.keeping.at(std::max<std::int64_t>(i, 0)));
}

namespace {

/// The values of a part, none below `floor`; can be interrupted.
template <class Part>
void fill_blocks(const Part& shape, double floor, std::int64_t first, std::span<double> out) {
  constexpr std::size_t block = std::size_t{1} << 15;
  while (!out.empty()) {
    const std::span<double> next = out.first(std::min(block, out.size()));
    kernels::fill(shape, first, next);
    if (floor > 0.0) {
      for (double& rate : next) rate = rate < floor ? floor : rate;
    }
    first += static_cast<std::int64_t>(next.size());
    out = out.subspan(next.size());
    Interruption::poll();
  }
}

}  // namespace

void ResolvedSchedule::fill(std::int64_t first, std::span<double> out) const {
  // The part of `out` that covers the steps up to `end`.
  const auto take = [&](std::int64_t until) {
    const auto wanted = until <= first ? 0U : static_cast<std::size_t>(until - first);
    const std::span<double> part = out.first(std::min(wanted, out.size()));
    out = out.subspan(part.size());
    return part;
  };
  std::span<double> part = take(warmup_end);
  fill_blocks(warmup, 0.0, first, part);
  first += static_cast<std::int64_t>(part.size());

  part = take(cooldown_begin);
  fill_blocks(main, floor, first, part);
  first += static_cast<std::int64_t>(part.size());

  part = take(end);
  fill_blocks(cooldown, floor, first - cooldown_begin + 1, part);
  std::fill(out.begin(), out.end(), last);
}

void Schedule::fill(std::int64_t first, std::span<double> out) const {
  if (first < 0) fail_value("first", std::to_string(first), "must be >= 0");
  if (resolved_->keeping.timeline.counts_steps()) return resolved_->fill(first, out);
  SeldomPoll poll(1U << 12);
  for (double& rate : out) {
    rate = lr(first++);
    poll();
  }
}

std::vector<double> Schedule::values(std::optional<std::int64_t> count) const {
  if (!count) count = steps();
  if (!count) {
    throw NeedsHorizon(
        {.name = "steps", .requirement = concat({print(*this), " has no horizon: say how many steps are wanted"})});
  }
  if (*count < 0) fail_value("count", std::to_string(*count), "must be >= 0");
  if (*count > largest_count) fail_value("count", std::to_string(*count), "must be at most 2^53");
  constexpr std::size_t block = std::size_t{1} << 15;  // made and filled while it is in the cache
  const auto total = static_cast<std::size_t>(*count);
  std::vector<double> out;
  out.reserve(total);
  while (out.size() < total) {
    const std::size_t first = out.size();
    out.resize(std::min(first + block, total));
    fill(static_cast<std::int64_t>(first), std::span(out).subspan(first));
  }
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

double Schedule::examples_done(std::int64_t steps) const { return consumed(Duration::Unit::examples, steps); }
double Schedule::tokens_done(std::int64_t steps) const { return consumed(Duration::Unit::tokens, steps); }

double Schedule::consumed(Duration::Unit unit, std::int64_t steps) const {
  if (steps < 0) fail_value("steps", std::to_string(steps), "must be >= 0");
  const Timeline& timeline = resolved_->keeping.timeline;
  timeline.require("schedule", unit, print(*this));
  return timeline.done(unit, static_cast<double>(steps));
}

double Schedule::batch(std::int64_t i) const {
  if (i < 0) fail_value("i", std::to_string(i), "must be >= 0");
  const Timeline& timeline = resolved_->keeping.timeline;
  timeline.require("schedule", Duration::Unit::examples, print(*this));
  return timeline.batch(static_cast<double>(i));
}

std::int64_t Schedule::steps_done(Duration mark) const {
  return Timeline(spec_->step_size).after("mark", mark, steps());
}

const Layout& Schedule::layout() const noexcept { return resolved_->layout; }
bool Schedule::flat() const noexcept { return resolved_->flat; }
bool Schedule::proportional_to_peak() const noexcept { return resolved_->proportional; }
double Schedule::smallest_peak() const noexcept { return resolved_->smallest_peak; }

}  // namespace scheduled
