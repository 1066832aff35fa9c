// Omega_T and its companions, next to the sum as one would write it down.
#include <benchmark/benchmark.h>

#include <cmath>

#include "scheduled/bound.hpp"
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
  const double exact = scheduled::omega(lr, 1.0, 1.0);
  if (std::fabs(omega_plain(lr) - exact) > 1e-10 * exact) state.SkipWithError("wrong value");
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
  scheduled::omega_gradient(lr, 1.0, 1.0, out);
  const auto exact = reference::omega_gradient_running(lr, std::vector<double>(lr.size(), 1.0), 1.0);
  for (std::size_t j = 0; j < lr.size(); ++j) {
    if (std::fabs(out[j] - exact[j]) > 1e-12L * (1 + std::fabs(exact[j]))) state.SkipWithError("wrong value");
  }
  for (auto _ : state) {
    scheduled::omega_gradient(lr, 1.0, 1.0, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

void BM_bound_omega_split(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  const auto exact = reference::omega_split_running(lr, std::vector<double>(lr.size(), 1.0), 1.0);
  if (std::fabs(scheduled::omega_split(lr, 1.0, 1.0).last - exact.last) > 1e-13L * exact.last) {
    state.SkipWithError("wrong value");
  }
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::omega_split(lr, 1.0, 1.0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

/// The whole curve by one direct sum per step, for the ratio.
void BM_bound_omega_curve_direct(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  std::vector<std::int64_t> every(lr.size());
  for (std::size_t t = 0; t < every.size(); ++t) every[t] = static_cast<std::int64_t>(t + 1);
  const auto exact = reference::omega(lr, std::vector<double>(lr.size(), 1.0), 1.0);
  if (std::fabs(scheduled::omega_at(lr, 1.0, 1.0, every).back() - exact) > 1e-13L * exact) {
    state.SkipWithError("wrong value");
  }
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
  state.SetComplexityN(state.range(0));
}

/// Arguments: T, -log10 of the tolerance, threads.
void BM_bound_omega_curve(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  const double tolerance = std::pow(10.0, -static_cast<double>(state.range(1)));
  const scheduled::CurveOptions options{.tolerance = tolerance, .threads = static_cast<int>(state.range(2))};
  std::vector<double> out(lr.size());
  scheduled::omega_curve(lr, 1.0, 1.0, out, options);
  for (std::size_t t = lr.size(); t > 0; t /= 3) {
    const double exact = scheduled::omega(std::span(lr).first(t), 1.0, 1.0);
    if (std::fabs(out[t - 1] - exact) > tolerance * exact) state.SkipWithError("wrong value");
  }
  for (auto _ : state) {
    scheduled::omega_curve(lr, 1.0, 1.0, out, options);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

BENCHMARK(BM_bound_omega_plain_loop)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_omega)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_omega_gradient)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_omega_split)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_omega_curve)
    ->ArgsProduct({{1000, 10000, 100000, 1000000}, {12}, {1}})
    ->Complexity(benchmark::oN)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_bound_omega_curve)
    ->ArgsProduct({{1000000}, {6, 9, 12}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_bound_omega_curve_direct)
    ->RangeMultiplier(4)
    ->Range(256, 16384)
    ->Complexity(benchmark::oNSquared)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_bound_omega_stream)->RangeMultiplier(10)->Range(10000, 10000000)->Complexity(benchmark::oN);

}  // namespace
