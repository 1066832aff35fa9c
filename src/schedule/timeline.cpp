#include "schedule/timeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace scheduled {
namespace {

using Unit = Duration::Unit;
constexpr auto largest = static_cast<double>(largest_count);

Unit unit_of(Clock clock) {
  constexpr std::array units{Unit::steps, Unit::examples, Unit::tokens};
  return units[static_cast<std::size_t>(clock)];
}

bool is_count(double value) { return value >= 1.0 && value == std::floor(value) && value <= largest; }

void check_sizes(const StepSize& size) {
  for (const auto& [name, value] : {std::pair{"tokens_per_step", size.tokens}, std::pair{"batch", size.examples},
                                    std::pair{"seq_length", size.sequence}}) {
    if (value != 0.0 && !is_count(value)) fail_value(name, value, "must be a whole number >= 1");
  }
  if (!size.ramp.empty() && !(size.examples > 0.0)) fail_argument("batch", "must be given from step 0 on");
  if (!size.ramp.empty() && size.tokens > 0.0) {
    fail_value("tokens_per_step", size.tokens, "changes with the batch: give seq_length=... instead");
  }
  if (!(size.sequence > 0.0)) return;
  if (!(size.examples > 0.0)) fail_value("seq_length", size.sequence, "needs batch=..., the sequences of a step");
  if (size.tokens > 0.0) {
    fail_value("seq_length", size.sequence, "not with tokens_per_step, which is the batch times it");
  }
}

/// Throws at the change that is the k-th of the list, whose first entry is the batch of step 0.
[[noreturn]] void fail_change(std::size_t k, const BatchChange& change, std::string_view why) {
  fail_entry("batch", k + 1, concat({print_duration(change.at), ":", format_number(change.batch)}), why);
}

}  // namespace

Timeline::Timeline(const StepSize& step_size, Clock clock)
    : points_{{.batch = step_size.examples, .tokens_per_step = step_size.tokens}}, clock_(unit_of(clock)) {
  check_sizes(step_size);
  if (step_size.sequence > 0.0) points_.front().tokens_per_step = step_size.examples * step_size.sequence;
  if (points_.front().tokens_per_step > largest)
    fail_argument("seq_length", "the tokens of a step must be at most 2^53");
  add_ramp(step_size);
  if (!knows(clock_)) {
    fail_value("clock", clock_ == Unit::tokens ? "tokens" : "examples",
               clock_ == Unit::tokens ? "needs tokens_per_step=... or seq_length=..." : "needs batch=...");
  }
}

void Timeline::add_ramp(const StepSize& step_size) {
  for (std::size_t k = 0; k < step_size.ramp.size(); ++k) {
    const BatchChange& change = step_size.ramp[k];
    if (!is_count(change.batch)) fail_change(k, change, "the batch must be a whole number >= 1");
    const Unit unit = change.at.unit;
    if (unit == Unit::percent || unit == Unit::rest) {
      fail_change(k, change, "must be in steps, examples (ex) or tokens (tok)");
    }
    if (!knows(unit)) fail_change(k, change, "needs seq_length=..., the tokens of an example");
    if (!(change.at.value <= largest)) fail_change(k, change, "must be at most 2^53");
    if (unit == Unit::steps && change.at.value != std::floor(change.at.value)) {
      fail_change(k, change, "must be a whole number of steps");
    }
    if (!(step_of(unit, change.at.value) > last_change_)) {
      fail_change(k, change, "must be later than the change before");
    }
    add_change(k, change, step_size.sequence);
  }
}

void Timeline::add_change(std::size_t k, const BatchChange& change, double sequence) {
  const Unit unit = change.at.unit;
  const double from = points_.back().batch;
  double parts = 1.0;
  if (change.by != 0.0) {
    constexpr double most = 1e4;
    if (!is_count(change.by)) fail_change(k, change, "what it changes by must be a whole number >= 1");
    parts = std::fabs(change.batch - from) / change.by;
    if (!is_count(parts)) {
      fail_change(k, change,
                  concat({"must be whole steps of ", format_number(change.by), " from ", format_number(from)}));
    }
    if (parts > most) fail_change(k, change, "must be reached in at most 10000 changes");
  }
  const double begin = done(unit, last_change_);
  for (double part = 1.0; part <= parts; ++part) {
    // Exact, where the change before and this one are whole: the product is divided once.
    const double mark = part == parts ? change.at.value : begin + (change.at.value - begin) * part / parts;
    last_change_ = step_of(unit, mark);
    Point next = points_.back();
    const double step = std::max(-rounded_down(-last_change_), next.step);
    next.examples += (step - next.step) * next.batch;
    next.tokens += (step - next.step) * next.tokens_per_step;
    next.step = step;
    next.batch = from + (change.batch - from) * part / parts;
    next.tokens_per_step = sequence * next.batch;
    if (next.step > largest || next.examples > largest || next.tokens > largest || next.tokens_per_step > largest) {
      fail_change(k, change, "steps, examples and tokens must stay below 2^53");
    }
    if (step == points_.back().step) points_.pop_back();
    points_.push_back(next);
  }
}

double Timeline::done(Unit unit, double step) const noexcept {
  const auto next = std::upper_bound(points_.begin() + 1, points_.end(), step,
                                     [](double s, const Point& point) { return s < point.step; });
  const Point& point = *std::prev(next);
  return point.amount(unit) + (step - point.step) * point.size(unit);
}

double Timeline::step_of(Unit unit, double amount) const noexcept {
  const auto next = std::upper_bound(points_.begin() + 1, points_.end(), amount,
                                     [unit](double a, const Point& point) { return a < point.amount(unit); });
  const Point& point = *std::prev(next);
  return point.step + (amount - point.amount(unit)) / point.size(unit);
}

double Timeline::batch(double step) const noexcept {
  const auto next = std::upper_bound(points_.begin() + 1, points_.end(), step,
                                     [](double s, const Point& point) { return s < point.step; });
  return std::prev(next)->batch;
}

std::vector<double> Timeline::changes() const {
  std::vector<double> steps;
  for (auto point = points_.begin() + 1; point != points_.end(); ++point) steps.push_back(point->step);
  return steps;
}

void Timeline::require(std::string_view name, Unit unit, std::string_view said) const {
  const bool in_steps = unit != Unit::tokens && unit != Unit::examples;
  if (in_steps || knows(unit)) return;
  fail_value(name, said,
             unit == Unit::examples ? "needs batch=... (examples per step)"
             : points_.size() > 1   ? "needs seq_length=..."
                                    : "needs tokens_per_step=...");
}

double Timeline::checked(std::string_view name, const Duration& length, std::optional<std::int64_t> horizon) const {
  const auto reject = [&](std::string_view why) { fail_value(name, print_duration(length), why); };
  if (!std::isfinite(length.value) || length.value < 0.0) reject("must be finite and >= 0");
  if (length.value > largest) reject("must be at most 2^53");
  if (length.unit == Unit::rest) reject("only a cooldown can take the rest of the run");
  if (length.unit == Unit::percent) {
    if (length.value > 100.0) reject("must be between 0% and 100% of the run");
    if (!horizon) {
      throw NeedsHorizon({.name = std::string(name),
                          .value = print_duration(length),
                          .requirement = "is a share of the run, which needs steps=..."});
    }
    return length.value * static_cast<double>(*horizon) / 100.0;
  }
  require(name, length.unit, print_duration(length));
  return length.value;
}

double Timeline::length_after(std::string_view name, const RealDuration& length, std::optional<std::int64_t> horizon,
                              double begin) const {
  const double value = checked(name, length, horizon);
  if (length.unit == Unit::percent || length.unit == clock_) return value;
  if (points_.size() == 1) return value / points_.front().size(length.unit) * points_.front().size(clock_);
  const double here = done(length.unit, step_of(clock_, begin));
  return done(clock_, step_of(length.unit, here + value)) - begin;
}

std::int64_t Timeline::after(std::string_view name, Duration length, std::optional<std::int64_t> horizon,
                             std::int64_t begin) const {
  return whole(name, length, length_after(name, length, horizon, static_cast<double>(begin)));
}

std::int64_t Timeline::before(std::string_view name, Duration length, std::int64_t end) const {
  if (points_.size() == 1 || length.unit == Unit::percent || length.unit == clock_) return after(name, length, end);
  const double value = checked(name, length, end);
  const double here = done(length.unit, step_of(clock_, static_cast<double>(end)));
  return whole(name, length, static_cast<double>(end) - done(clock_, step_of(length.unit, here - value)));
}

std::int64_t Timeline::whole(std::string_view name, Duration said, double length) const {
  const auto reject = [&](std::string_view why) { fail_value(name, print_duration(said), why); };
  const bool in_steps = said.unit == Unit::steps && counts_steps();
  if (said.unit == Unit::steps && said.value != std::floor(said.value)) reject("must be a whole number of steps");
  const double count = in_steps ? length : rounded_down(length);
  if (count > largest) reject(counts_steps() ? "must be at most 2^53 steps" : "must be at most 2^53 on the clock");
  return static_cast<std::int64_t>(count);
}

}  // namespace scheduled
