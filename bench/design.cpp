// Optimal schedules, free and constrained, refinement, extension and sweeps.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "scheduled/bound.hpp"
#include "scheduled/sweep.hpp"

namespace {

using namespace scheduled;

/// Norms that wander over about two decades.
std::vector<double> walk(std::int64_t T) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  double level = 0.0;
  std::vector<double> norms(static_cast<std::size_t>(T));
  for (double& g : norms) g = std::exp(level = 0.99 * level + 0.1 * normal(random));
  return norms;
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

void BM_design_optimal(benchmark::State& state) {
  const OptimalSchedule best = optimal_schedule(state.range(0));
  if (std::fabs(omega(best.lr, 1.0, 1.0) / best.bound - 1.0) > 1e-11) state.SkipWithError("not its bound");
  for (auto _ : state) benchmark::DoNotOptimize(optimal_schedule(state.range(0)));
  count(state);
}

void BM_design_optimal_grad_norms(benchmark::State& state) {
  const auto norms = walk(state.range(0));
  const OptimalSchedule best = optimal_schedule(state.range(0), norms);
  if (std::fabs(omega(best.lr, norms, 1.0) / best.bound - 1.0) > 1e-11) state.SkipWithError("not its bound");
  for (auto _ : state) benchmark::DoNotOptimize(optimal_schedule(state.range(0), norms));
  count(state);
}

void BM_design_worst_case_optimal(benchmark::State& state) {
  const OptimalSchedule best = worst_case_optimal_schedule(state.range(0));
  if (std::fabs(worst_case(best.lr, 1.0, 1.0).value / best.bound - 1.0) > 1e-12) state.SkipWithError("not its bound");
  for (auto _ : state) benchmark::DoNotOptimize(worst_case_optimal_schedule(state.range(0)));
  count(state);
}

/// Solves to a certified gap of 1e-9, or says that it did not.
void constrained(benchmark::State& state, const std::vector<double>& norms, const ScheduleConstraints& constraints) {
  const auto result = constrained_schedule(state.range(0), norms, 1.0, constraints);
  if (result.status != SolveStatus::optimal) state.SkipWithError("not certified");
  for (auto _ : state) {
    benchmark::DoNotOptimize(constrained_schedule(state.range(0), norms, 1.0, constraints));
  }
  state.counters["iterations"] = result.iterations;
  state.counters["gap"] = result.gap;
  count(state);
}

void BM_design_constrained_cap(benchmark::State& state) {
  const auto norms = walk(state.range(0));
  constrained(state, norms, {.max_lr = 0.5 * optimal_schedule(state.range(0), norms).lr[0]});
}

void BM_design_constrained_falling(benchmark::State& state) {
  constrained(state, walk(state.range(0)), {.non_increasing = true});
}

void BM_design_constrained_all(benchmark::State& state) {
  const auto T = state.range(0);
  const auto norms = walk(T);
  const double peak = optimal_schedule(T, norms).lr[0];
  constrained(state, norms,
              {.prefix = std::vector<double>(static_cast<std::size_t>(T / 4), 0.3 * peak),
               .warmup = linear_warmup(T / 20),
               .max_lr = 0.5 * peak,
               .non_increasing = true,
               .final_lr = 1e-3 * peak});
}

void BM_design_median_filter(benchmark::State& state) {
  const auto norms = walk(state.range(0));
  const std::int64_t width = 2 * (state.range(0) / 10) + 1;
  const auto filtered = median_filter(norms, width);
  std::vector<double> window(norms.begin(), norms.begin() + width);  // around place `width / 2`
  std::nth_element(window.begin(), window.begin() + width / 2, window.end());
  if (filtered[static_cast<std::size_t>(width / 2)] != window[static_cast<std::size_t>(width / 2)]) {
    state.SkipWithError("not the median");
  }
  for (auto _ : state) benchmark::DoNotOptimize(median_filter(norms, width));
  count(state);
}

void BM_design_refine(benchmark::State& state) {
  const auto norms = walk(state.range(0));
  if (refine(norms).schedule.steps() != state.range(0)) state.SkipWithError("wrong length");
  for (auto _ : state) benchmark::DoNotOptimize(refine(norms));
  count(state);
}

/// Four methods to four horizons, the longest of which is T.
void BM_design_extend(benchmark::State& state) {
  const std::int64_t T = state.range(0);
  const Schedule shape = Schedule::parse("wsd(steps=" + std::to_string(T / 4) + ")");
  const Schedule trunk = shape.with_peak(best_base_lr(shape).peak);
  const std::vector<std::int64_t> horizons = {T / 8 * 3, T / 2, T / 4 * 3, T};
  for (const ExtendRow& row : extend(trunk, T / 5, horizons, {.distance = 1.0})) {
    if (!(row.omega > 0.0 && row.omega >= optimal_schedule(row.steps).bound)) state.SkipWithError("below the optimum");
  }
  for (auto _ : state) benchmark::DoNotOptimize(extend(trunk, T / 5, horizons, {.distance = 1.0}));
  count(state);
}

/// 10,000 combinations of schedules, cooldowns and grad norms at T steps, on two threads.
void BM_design_sweep_10000(benchmark::State& state) {
  SweepAxes axes;
  for (const char* decay : {"linear", "1-sqrt", "cosine", "square", "mirror-cosine"}) {
    axes.schedules.push_back(Schedule::parse("wsd(steps=" + std::to_string(state.range(0)) + ", decay=" + decay + ")"));
  }
  for (int c = 1; c <= 100; ++c) axes.cooldowns.push_back(0.01 * c);
  for (int f = 0; f < 20; ++f) axes.grad_norms.push_back({.name = std::to_string(f), .alpha = -0.05 * f});
  const auto one = sweep({.schedules = {axes.schedules[0]}, .cooldowns = {0.2}});
  if (std::fabs(one[0].best->bound / best_base_lr(axes.schedules[0]).bound - 1.0) > 1e-12) state.SkipWithError("wrong");
  for (auto _ : state) {
    if (sweep(axes, {.threads = 2}).size() != 10000) state.SkipWithError("not all combinations");
  }
  state.SetItemsProcessed(state.iterations() * 10000);
}

BENCHMARK(BM_design_optimal)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_design_optimal_grad_norms)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_design_worst_case_optimal)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_design_constrained_cap)->RangeMultiplier(10)->Range(1000, 100000)->Complexity(benchmark::oN);
BENCHMARK(BM_design_constrained_falling)->RangeMultiplier(10)->Range(1000, 100000)->Complexity(benchmark::oN);
BENCHMARK(BM_design_constrained_all)->RangeMultiplier(10)->Range(1000, 100000)->Complexity(benchmark::oN);
BENCHMARK(BM_design_median_filter)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oNLogN);
BENCHMARK(BM_design_refine)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oNLogN);
BENCHMARK(BM_design_extend)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_design_sweep_10000)->Arg(10000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
