// What a run's rates look like: peak, warmup, decay, what rises and drops.
#include <algorithm>
#include <cmath>
#include <functional>

#include "law/fit/problem.hpp"
#include "law/seen.hpp"

namespace scheduled {
namespace law {
namespace {

constexpr double rounding = 1e-3;  ///< of rates, as logs print them

/// The rates with the level beside it in place of a spike, or nothing where there is none. A spike is up to a 500th of
/// the updates, above the rates on both sides of it, which are like one another near it and a hundredth of the run
/// away.
std::vector<double> without_spikes(std::span<const double> lr) {
  constexpr std::size_t fewest = 100;
  if (lr.size() < fewest) return {};
  const std::size_t longest = std::max<std::size_t>(lr.size() / 500, 1);
  const std::size_t apart = std::max(lr.size() / 100, 2 * longest);
  std::vector<double> rates(lr.begin(), lr.end());
  std::nth_element(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(longest), rates.end(), std::greater<>());
  const double above = near_peak * rates[longest];  // by so few updates at most
  if (std::none_of(lr.begin(), lr.end(), [&](double rate) { return rate > above; })) return {};
  rates.assign(lr.begin(), lr.end());
  bool found = false;
  for (std::size_t begin = 0, end = 0; begin < lr.size(); begin = end + 1) {
    end = begin;
    while (end < lr.size() && lr[end] > above) ++end;
    if (end == begin || begin < apart || end + apart > lr.size()) continue;
    const double beside[] = {lr[begin - apart], lr[begin - 1], lr[end], lr[end + apart - 1]};
    constexpr double alike = 0.8;
    const auto [least, most] = std::minmax_element(std::begin(beside), std::end(beside));
    if (*least < alike * *most) continue;
    std::fill(rates.begin() + static_cast<std::ptrdiff_t>(begin), rates.begin() + static_cast<std::ptrdiff_t>(end),
              lr[end]);
    found = true;
  }
  return found ? rates : std::vector<double>{};
}

/// Largest rise after a fall.
double largest_rise(std::span<const double> lr) {
  double rise = 0.0;
  double highest = 0.0;
  double lowest = 0.0;  // since the highest: below it after a fall
  for (const double rate : lr) {
    if (lowest < highest) rise = std::max(rise, rate - lowest);
    lowest = rate >= highest ? rate : std::min(lowest, rate);
    highest = std::max(highest, rate);
  }
  return rise;
}

/// Whether the rate is 0 at the end, or would be after as many updates more, falling as in the last `interval`.
bool goes_to_zero(std::span<const double> lr, std::size_t interval) {
  constexpr double almost = 0.005;
  const double before = lr[lr.size() - 1 - std::min(interval, lr.size() - 1)];
  const double peak = *std::max_element(lr.begin(), lr.end());
  return 2.0 * lr.back() - before <= almost * peak;
}

SeenRun described(std::span<const double> lr) {
  SeenRun run;
  run.peak = *std::max_element(lr.begin(), lr.end());
  if (!(run.peak > 0.0)) return run;
  const auto at_peak = [&](double rate) { return rate >= run.peak * (1.0 - rounding); };
  std::size_t last = lr.size();  // the last update at the peak
  while (!at_peak(lr[last - 1])) --last;
  for (std::size_t k = 1; k < lr.size(); ++k) run.drop = std::max(run.drop, (lr[k - 1] - lr[k]) / run.peak);
  run.warmup =
      static_cast<double>(std::find_if(lr.begin(), lr.end(), at_peak) - lr.begin()) / static_cast<double>(lr.size());
  run.rise = largest_rise(lr) / run.peak;
  run.final = lr.back() / run.peak;
  run.to_zero = goes_to_zero(lr, 1);
  if (last == lr.size()) return run;
  const std::size_t fall = lr.size() - last;
  run.decay = static_cast<double>(fall) / static_cast<double>(lr.size());
  for (std::size_t i = 0; i < shape_places; ++i) {
    run.shape.push_back(lr[last - 1 + (fall * i + (shape_places - 1) / 2) / (shape_places - 1)] / run.peak);
  }
  return run;
}

}  // namespace

SeenRun seen_run(const FitRun& run) {
  const auto rates = fitted_rates(run);
  SeenRun seen = describe_run(rates);
  seen.name = run.name;
  seen.first = run.step.empty() ? 0 : run.step.front();
  if (run.step.size() > 1 && seen.peak > 0.0) {
    const auto interval = static_cast<std::size_t>(run.step.back() - run.step[run.step.size() - 2]);
    seen.to_zero = goes_to_zero(rates, interval);
  }
  return seen;
}

}  // namespace law

SeenRun describe_run(std::span<const double> lr) {
  SeenRun run;
  if (!lr.empty()) {
    const std::vector<double> level = law::without_spikes(lr);
    run = law::described(level.empty() ? lr : std::span<const double>(level));
    if (!level.empty()) run.spike = *std::max_element(lr.begin(), lr.end()) / run.peak - 1.0;
  }
  run.steps = static_cast<std::int64_t>(lr.size());
  return run;
}

}  // namespace scheduled
