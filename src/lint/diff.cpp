#include <algorithm>
#include <cmath>
#include <span>

#include "base/error.hpp"
#include "lint/subject.hpp"

namespace scheduled {
namespace {

using linting::Subject;

constexpr std::int64_t open_length = 10'000;

/// The length of what has one.
std::optional<std::int64_t> own_length(const RateInput& input) {
  if (input.updates) return input.updates;
  if (input.schedule) return input.schedule->steps();
  if (!input.log) return std::nullopt;
  if (!input.log->rates.empty()) return static_cast<std::int64_t>(input.log->rates.size());
  return input.log->step.empty() ? 0 : input.log->step.back();
}

/// Both inputs, as long as they are; without a horizon as long as the other.
struct Pair {
  Pair(const RateInput& a, const RateInput& b, const DiffSettings& settings)
      : of_a(a, settings.rates, own_length(b).value_or(open_length)),
        of_b(b, settings.rates, own_length(a).value_or(open_length)) {}
  Subject of_a, of_b;
};

void require_schedule(const RateInput& input) {
  if (input.refused) throw *input.refused;
  if (!input.schedule && !input.log) fail_argument("input", "holds neither a schedule nor a log");
}

Pair pair_of(const RateInput& a, const RateInput& b, const DiffSettings& settings) {
  require_non_negative("tolerance", settings.tolerance);
  require_schedule(a);
  require_schedule(b);
  return {a, b, settings};
}

void add(DiffRates& rates, std::int64_t update, double a, double b) {
  rates.update.push_back(update);
  rates.a.push_back(a);
  rates.b.push_back(b);
  rates.difference.push_back(b - a);
}

DiffRates rates_of(const Pair& pair) {
  const Subject &a = pair.of_a, &b = pair.of_b;
  DiffRates rates;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a.step(i) == b.step(j)) {
      add(rates, a.step(i), a.rate(i), b.rate(j));
      ++i, ++j;
    } else if (a.step(i) < b.step(j)) {
      ++i;
    } else {
      ++j;
    }
  }
  if (!rates.update.empty()) return rates;
  rates.interpolated = true;
  for (std::size_t t = 0; t < std::min(a.dense().size(), b.dense().size()); ++t) {
    add(rates, static_cast<std::int64_t>(t) + 1, a.dense()[t], b.dense()[t]);
  }
  if (rates.update.empty()) fail_argument("b", "has no update with a rate that a has, too");
  return rates;
}

void compare(const DiffRates& rates, double allowed, RateDiff& diff) {
  double largest = 0.0, before = 0.0;
  for (std::size_t k = 0; k < rates.update.size(); ++k) {
    const DiffAt at{rates.update[k], rates.a[k], rates.b[k]};
    const double size = std::fabs(at.difference());
    if (size > allowed) {
      ++diff.differing;
      if (!diff.first) diff.first = at;
    }
    if (size > largest) {
      largest = size;
      diff.largest = at;
    }
    const double relative = size == 0.0 ? 0.0 : size / std::max(at.a, at.b);
    if (relative > diff.relative) {
      diff.relative = relative;
      diff.largest_relative = at;
    }
    const double jump = std::fabs(at.difference() - before);
    if (k > 0 && jump > diff.jump_by) {
      diff.jump_by = jump;
      diff.jump = at;
    }
    before = at.difference();
  }
}

void compare_bounds(const Pair& pair, RateDiff& diff) {
  std::vector<double> a = pair.of_a.dense(), b = pair.of_b.dense();
  for (const Subject* const subject : {&pair.of_a, &pair.of_b}) {
    if (subject->dense().empty()) diff.no_bound = subject->why_not_dense();
  }
  if (!diff.no_bound.empty()) return;
  const bool planned = pair.of_a.input().kind == pair.of_b.input().kind && diff.updates_a && diff.updates_b;
  if (!planned) {
    const std::size_t T = std::min(a.size(), b.size());
    a.resize(T);
    b.resize(T);
  }
  const auto best_a = linting::best_scale(a), best_b = linting::best_scale(b);
  if (!best_a || !best_b) {
    diff.no_bound = concat({best_a ? "b" : "a", " has rates of 0 only"});
    return;
  }
  diff.bound = DiffBound{static_cast<std::int64_t>(a.size()),
                         static_cast<std::int64_t>(b.size()),
                         best_a->scale * *std::max_element(a.begin(), a.end()),
                         best_b->scale * *std::max_element(b.begin(), b.end()),
                         best_a->bound,
                         best_b->bound};
}

void compare_losses(const RateInput& a, const RateInput& b, RateDiff& diff) {
  if (!a.log || !b.log) return;
  for (const char* const column : {"val_loss", "train_loss"}) {
    if (!has_values(*a.log, column) || !has_values(*b.log, column)) continue;
    const Series of_a = series(*a.log, column), of_b = series(*b.log, column);
    DiffLoss loss{.column = column};
    for (std::size_t i = 0, j = 0; i < of_a.step.size() && j < of_b.step.size();) {
      if (of_a.step[i] != of_b.step[j]) {
        of_a.step[i] < of_b.step[j] ? ++i : ++j;
        continue;
      }
      loss.last = {of_a.step[i], of_a.value[i++], of_b.value[j++]};
      if (loss.steps++ == 0 || std::fabs(loss.last.difference()) > std::fabs(loss.largest.difference())) {
        loss.largest = loss.last;
      }
    }
    if (loss.steps == 0) continue;
    diff.loss = std::move(loss);
    return;
  }
}

}  // namespace

DiffRates diff_rates(const RateInput& a, const RateInput& b, const DiffSettings& settings) {
  return rates_of(pair_of(a, b, settings));
}

RateDiff diff(const RateInput& a, const RateInput& b, const DiffSettings& settings) {
  const Pair pair = pair_of(a, b, settings);
  const DiffRates rates = rates_of(pair);
  RateDiff diff{.a = a.name, .b = b.name, .updates_a = own_length(a), .updates_b = own_length(b)};
  diff.compared = static_cast<std::int64_t>(rates.update.size());
  diff.interpolated = rates.interpolated;
  compare(rates, settings.tolerance * std::max(pair.of_a.peak(), pair.of_b.peak()), diff);
  // A log is as long as its run has come.
  diff.equal = diff.differing == 0 && (a.kind != b.kind || diff.updates_a == diff.updates_b);
  compare_bounds(pair, diff);
  compare_losses(a, b, diff);
  return diff;
}

}  // namespace scheduled
