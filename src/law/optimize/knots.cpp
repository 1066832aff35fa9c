#include "law/optimize/knots.hpp"

#include <algorithm>
#include <utility>

namespace scheduled::law {
namespace {

double warmup_share(std::size_t i, std::size_t warmup) {
  return static_cast<double>(i + 1) / static_cast<double>(warmup);
}

}  // namespace

Knots::Knots(const RateLimits& limits, std::vector<std::size_t> at)
    : limits_(limits), at_(std::move(at)), updates_(at_.size(), 0.5) {
  for (std::size_t i = 0; i + 1 < at_.size(); ++i) {
    const double half = 0.5 * static_cast<double>(at_[i + 1] - at_[i]);
    updates_[i] += half;
    updates_[i + 1] += half;
  }
  weight_ = updates_;
}

void Knots::adapt(std::span<const double> value) {
  const double least = std::max(1e-4 * limits_.cap, limits_.floor);
  for (std::size_t i = 0; i < value.size(); ++i) weight_[i] = updates_[i] * limits_.cap / std::max(value[i], least);
}

std::vector<double> Knots::rates(std::span<const double> value) const {
  std::vector<double> rates;
  rates.reserve(limits_.steps);
  for (std::size_t i = 0; i < limits_.warmup; ++i) rates.push_back(warmup_share(i, limits_.warmup) * value[0]);
  for (std::size_t i = 0; i + 1 < at_.size(); ++i) {
    const auto length = static_cast<double>(at_[i + 1] - at_[i]);
    for (std::size_t k = at_[i]; k < at_[i + 1]; ++k) {
      const double share = static_cast<double>(k - at_[i]) / length;
      rates.push_back(value[i] + share * (value[i + 1] - value[i]));
    }
  }
  rates.push_back(value.back());
  return rates;
}

std::vector<double> Knots::gradient(std::span<const double> by_rate) const {
  const std::vector<double> main = by_main_rate(limits_, by_rate);
  std::vector<double> by_value(at_.size(), 0.0);
  for (std::size_t i = 0; i + 1 < at_.size(); ++i) {
    const auto length = static_cast<double>(at_[i + 1] - at_[i]);
    for (std::size_t k = at_[i]; k < at_[i + 1]; ++k) {
      const double share = static_cast<double>(k - at_[i]) / length;
      by_value[i] += (1.0 - share) * main[k];
      by_value[i + 1] += share * main[k];
    }
  }
  by_value.back() += main.back();
  return by_value;
}

std::vector<double> Knots::project(std::vector<double> value) const {
  // Pool adjacent violators: each pool has the mean of its values.
  struct Pool {
    double weight, mean;
    std::size_t count;
  };
  std::vector<Pool> pools;
  for (std::size_t i = 0; i < value.size(); ++i) {
    Pool pool{weight_[i], value[i], 1};
    while (!pools.empty() && pools.back().mean < pool.mean) {
      const Pool& last = pools.back();
      const double weight = last.weight + pool.weight;
      pool = {weight, (last.weight * last.mean + pool.weight * pool.mean) / weight, last.count + pool.count};
      pools.pop_back();
    }
    pools.push_back(pool);
  }
  std::size_t i = 0;
  for (const Pool& pool : pools) {
    for (std::size_t k = 0; k < pool.count; ++k) value[i++] = std::clamp(pool.mean, limits_.floor, limits_.cap);
  }
  return value;
}

std::vector<std::size_t> Knots::refined(std::span<const double> rates, std::span<const double> by_rate,
                                        double gain) const {
  const std::vector<double> main_gradient = by_main_rate(limits_, by_rate);
  const std::span<const double> main = rates.subspan(limits_.warmup);
  const std::vector<double> steps = step_gains(main, main_gradient, limits_.floor, limits_.cap);
  const double worth = std::max(gain, 0.5 * *std::max_element(steps.begin(), steps.end()));
  std::vector<std::size_t> finer;
  for (std::size_t i = 0; i + 1 < at_.size(); ++i) {
    finer.push_back(at_[i]);
    const std::size_t inside = at_[i + 1] - at_[i] - 1;
    if (inside == 0) continue;
    const auto within = [&](std::span<const double> all) { return all.subspan(at_[i] + 1, inside); };
    const double local = first_order_gap(within(main), within(main_gradient), main[at_[i + 1]], main[at_[i]]);
    // steps[j] is that of a step before update j: those of this interval lie after its first update.
    const auto* const first = &steps[at_[i] + 1];
    const double step = *std::max_element(first, first + inside + 1);
    if (local > gain || step > worth) finer.push_back(at_[i] + (inside + 1) / 2);
  }
  finer.push_back(at_.back());
  return finer;
}

std::vector<double> step_gains(std::span<const double> value, std::span<const double> by_value, double floor,
                               double cap) {
  double here = 0.0;
  double all = 0.0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    here += by_value[i] * value[i];
    all += by_value[i];
  }
  double before = 0.0;
  std::vector<double> gains{here - floor * all};
  for (const double slope : by_value) {
    before += slope;
    gains.push_back(here - (cap * before + floor * (all - before)));
  }
  return gains;
}

double first_order_gap(std::span<const double> value, std::span<const double> by_value, double floor, double cap) {
  // A linear function is smallest at a vertex.
  const std::vector<double> gains = step_gains(value, by_value, floor, cap);
  return *std::max_element(gains.begin(), gains.end());
}

std::vector<double> by_main_rate(const RateLimits& limits, std::span<const double> by_rate) {
  std::vector<double> main(by_rate.begin() + static_cast<std::ptrdiff_t>(limits.warmup), by_rate.end());
  for (std::size_t i = 0; i < limits.warmup; ++i) main[0] += warmup_share(i, limits.warmup) * by_rate[i];
  return main;
}

}  // namespace scheduled::law
