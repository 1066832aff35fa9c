// Omega_T and its companions, next to the sum as one would write it down.
#include <benchmark/benchmark.h>

#include <cmath>

#include "scheduled/bound.hpp"
#include "scheduled/bound_stream.hpp"
#include "support/reference.hpp"

namespace {

std::vector<double> rates(std::int64_t T) {
  return scheduled::bound_rates(scheduled::Schedule::parse("wsd(steps=" + std::to_string(T + 1) + ")"));
}

/// (1.2) in one loop of plain additions: what the library's two-level summation costs shows in the ratio to this.
double omega_plain(const std::vector<double>& lr) {
  double tail = lr.back();
  double sum = lr.back();
  for (std::size_t k = lr.size() - 1; k-- > 0;) {
    sum += lr[k] * lr[k] / tail;
    tail += lr[k];
  }
  return 0.5 * (1.0 / tail + sum);
}

void BM_bound_omega_plain_loop(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(omega_plain(lr));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

void BM_bound_omega(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  const std::vector<double> ones(lr.size(), 1.0);
  const auto exact = reference::omega(lr, ones, 1.0);
  if (std::fabs(scheduled::omega(lr, 1.0, 1.0) - exact) > 1e-13L * exact) state.SkipWithError("wrong value");
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::omega(lr, 1.0, 1.0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

void BM_bound_omega_gradient(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  std::vector<double> out(lr.size());
  for (auto _ : state) {
    scheduled::omega_gradient(lr, 1.0, 1.0, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

/// The whole curve by one direct sum per step, for the ratio.
void BM_bound_omega_curve_direct(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  std::vector<std::int64_t> every(lr.size());
  for (std::size_t t = 0; t < every.size(); ++t) every[t] = static_cast<std::int64_t>(t + 1);
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::omega_at(lr, 1.0, 1.0, every));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

/// A run with a cosine schedule, so that every step has another rate.
void BM_bound_omega_stream(benchmark::State& state) {
  const auto lr =
      scheduled::bound_rates(scheduled::Schedule::parse("cosine(steps=" + std::to_string(state.range(0) + 1) + ")"));
  scheduled::OmegaStream checked;
  const double exact = scheduled::omega(lr, 1.0, 1.0);
  if (std::fabs(checked.push_all(lr).back() - exact) > 1e-10 * exact) state.SkipWithError("wrong value");
  for (auto _ : state) {
    scheduled::OmegaStream stream;
    double value = 0.0;
    for (const double rate : lr) value = stream.push(rate);
    benchmark::DoNotOptimize(value);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_bound_omega_curve(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  std::vector<double> out(lr.size());
  scheduled::omega_curve(lr, 1.0, 1.0, out);
  const double exact = scheduled::omega(lr, 1.0, 1.0);
  if (std::fabs(out.back() - exact) > 1e-12 * exact) state.SkipWithError("wrong value");
  for (auto _ : state) {
    scheduled::omega_curve(lr, 1.0, 1.0, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

BENCHMARK(BM_bound_omega_plain_loop)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_omega)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_omega_gradient)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_omega_curve)
    ->RangeMultiplier(10)
    ->Range(1000, 1000000)
    ->Complexity(benchmark::oN)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_bound_omega_curve_direct)
    ->RangeMultiplier(4)
    ->Range(256, 16384)
    ->Complexity(benchmark::oNSquared)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_bound_omega_stream)->Arg(1000000)->Arg(10000000);

}  // namespace
