// Runs that are usually worth a thought.
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "law/fit/problem.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled {
namespace {

constexpr double same = 1e-3;  ///< rates that differ by less, as a share, are the same

/// Updates up to the last one at the highest rate, warmup included; 0 where that is held for less than a tenth of them.
std::size_t plateau_end(std::span<const double> lr) {
  const double highest = *std::max_element(lr.begin(), lr.end());
  const auto held = [&](double rate) { return rate >= highest * (1.0 - same); };
  const auto last = static_cast<std::size_t>(std::find_if(lr.rbegin(), lr.rend(), held).base() - lr.begin());
  const auto count = static_cast<std::size_t>(std::count_if(lr.begin(), lr.end(), held));
  return 10 * count >= lr.size() && highest > 0.0 ? last : 0;
}

bool alike(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size() || a.empty()) return false;
  const double highest = *std::max_element(a.begin(), a.end());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::fabs(a[i] - b[i]) > 0.02 * highest) return false;
  }
  return true;
}

void add(std::vector<Experiment>& all, const std::vector<FitRun>& runs, Experiment one) {
  const bool made =
      std::any_of(runs.begin(), runs.end(), [&](const FitRun& run) { return alike(law::fitted_rates(run), one.lr); });
  if (!made) all.push_back(std::move(one));
}

/// Every n-th rate after the warmup.
std::vector<double> shortened(std::span<const double> lr, std::size_t times) {
  const double highest = *std::max_element(lr.begin(), lr.end());
  std::size_t warmup = 0;
  while (warmup < lr.size() && lr[warmup] < highest * (1.0 - same)) ++warmup;
  const bool rises =
      warmup < lr.size() / 4 && std::is_sorted(lr.begin(), lr.begin() + static_cast<std::ptrdiff_t>(warmup));
  if (!rises) warmup = 0;
  std::vector<double> rates(lr.begin(), lr.begin() + static_cast<std::ptrdiff_t>(warmup));
  for (std::size_t i = warmup + times - 1; i < lr.size(); i += times) rates.push_back(lr[i]);
  return rates;
}

}  // namespace

std::vector<Experiment> usual_experiments(const std::vector<FitRun>& runs, std::span<const double> asked) {
  std::span<const double> trunk;
  std::string name;
  for (const FitRun& run : runs) {
    const auto rates = law::fitted_rates(run);
    if (rates.empty()) continue;
    const std::size_t end = plateau_end(rates);
    if (end <= trunk.size()) continue;
    trunk = rates.first(end);
    name = run.name;
  }
  std::vector<Experiment> all;
  for (const int percent : {10, 20, 50, 90}) {
    const std::size_t length = trunk.size() * static_cast<std::size_t>(percent) / 100;
    if (length < 2) continue;
    const std::size_t start = trunk.size() - length;
    std::vector<double> lr = with_cooldown(trunk.first(start), static_cast<std::int64_t>(length), LinearDecay{});
    add(all, runs,
        {concat({std::to_string(percent), " % linear cooldown of ", name, " from ", std::to_string(start)}),
         std::move(lr), static_cast<std::int64_t>(start)});
  }
  if (!trunk.empty()) {
    std::vector<double> longer(trunk.begin(), trunk.end());
    longer.resize(trunk.size() + std::max<std::size_t>(trunk.size() / 2, 1), trunk.back());
    add(all, runs,
        {concat({name, " on to ", std::to_string(longer.size())}), longer, static_cast<std::int64_t>(trunk.size())});
  }
  for (const std::size_t times : {std::size_t{4}, std::size_t{2}}) {
    if (asked.size() < 8 * times) continue;
    std::vector<double> lr = shortened(asked, times);
    const std::string length = std::to_string(lr.size());
    add(all, runs, {concat({"the asked schedule in ", length, " updates"}), std::move(lr), 0});
  }
  return all;
}

}  // namespace scheduled
