// The exact worst case for one grad norm and for many, its best scale, and what one pass over the steps costs.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "scheduled/exact.hpp"

namespace {

std::vector<double> rates(std::int64_t T) {
  // Linear decay of minimax form, the last rate of which has no part in x_T.
  std::vector<double> lr;
  const auto length = static_cast<double>(T);
  for (std::int64_t t = 1; t <= T; ++t) lr.push_back((1.0 - static_cast<double>(t) / length) / std::sqrt(length));
  return lr;
}

std::vector<double> random_norms(std::int64_t T) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0.5, 2.0);
  std::vector<double> norms(static_cast<std::size_t>(T));
  for (double& g : norms) g = uniform(random);
  return norms;
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

/// One chain of p_{t+1} + eta_t/p_{t+1} in plain doubles: the least that any method pays.
void BM_bound_worst_case_plain_pass(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  for (auto _ : state) {
    double p = std::sqrt(lr[lr.size() - 2]);
    double noise = p * p;
    for (std::size_t k = lr.size() - 1; k-- > 0;) {
      const double move = lr[k] / p;
      noise += move * move;
      p += move;
    }
    benchmark::DoNotOptimize(p);
    benchmark::DoNotOptimize(noise);
  }
  count(state);
}

void BM_bound_worst_case(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  const double exact = scheduled::minimax_rate(state.range(0), 1.0, 1.0);
  if (std::fabs(scheduled::worst_case(lr, 1.0, 1.0).value / exact - 1.0) > 1e-13) state.SkipWithError("wrong value");
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::worst_case(lr, 1.0, 1.0));
  count(state);
}

void BM_bound_worst_case_best_scale(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  if (std::fabs(scheduled::worst_case_best_scale(lr, 1.0, 1.0).scale - 1.0) > 1e-12) state.SkipWithError("wrong scale");
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::worst_case_best_scale(lr, 1.0, 1.0));
  count(state);
}

void BM_bound_worst_case_grad_norms(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  const auto norms = random_norms(state.range(0));
  const scheduled::WorstCase worst = scheduled::worst_case(lr, norms, 1.0);
  // Between the rates for 0.5 and 2, the ends of the range of the norms.
  const double rate = scheduled::minimax_rate(state.range(0), 1.0, 1.0);
  if (!(worst.value >= 0.5 * rate && worst.value <= 2.5 * rate)) state.SkipWithError("out of range");
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::worst_case(lr, norms, 1.0));
  state.counters["passes"] = worst.passes;
  count(state);
}

/// Norms whose logarithms have the standard deviation 2: constraints are slack, the program falls apart.
void BM_bound_worst_case_rough_norms(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> norms(lr.size());
  for (double& norm : norms) norm = std::exp(2.0 * normal(random));
  const scheduled::WorstCase worst = scheduled::worst_case(lr, norms, 1.0);
  if (!worst.exact) state.SkipWithError("no certificate");
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::worst_case(lr, norms, 1.0));
  state.counters["passes"] = worst.passes;
  count(state);
}

void BM_bound_worst_case_best_scale_grad_norms(benchmark::State& state) {
  const auto lr = rates(state.range(0));
  const auto norms = random_norms(state.range(0));
  const scheduled::WorstCaseScale best = scheduled::worst_case_best_scale(lr, norms, 1.0);
  if (best.worst_case.value > scheduled::worst_case(lr, norms, 1.0).value) state.SkipWithError("not the best scale");
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::worst_case_best_scale(lr, norms, 1.0));
  state.counters["passes"] = best.worst_case.passes;
  count(state);
}

/// The method itself on the worst function, step by step: it attains V. Its oracle looks at all pieces.
void BM_bound_worst_case_run(benchmark::State& state) {
  const auto wsd = scheduled::Schedule::parse("wsd(cooldown=20%)", scheduled::steps(state.range(0) + 1));
  std::vector<double> lr = scheduled::bound_rates(wsd);
  const double scale = scheduled::worst_case_best_scale(lr, 1.0, 1.0).scale;
  for (double& rate : lr) rate *= scale;
  const scheduled::WorstCaseFunction f = scheduled::worst_case_function(lr, 1.0, 1.0);
  for (auto _ : state) {
    const double last = scheduled::run_worst_case(f).last;
    if (std::fabs(last / f.value - 1.0) > 1e-12) state.SkipWithError("the worst case is not attained");
  }
  state.SetComplexityN(state.range(0));
}

BENCHMARK(BM_bound_worst_case_plain_pass)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_worst_case)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_worst_case_best_scale)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_worst_case_grad_norms)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_worst_case_rough_norms)->RangeMultiplier(10)->Range(1000, 1000000)->Complexity(benchmark::oN);
BENCHMARK(BM_bound_worst_case_run)->RangeMultiplier(10)->Range(1000, 100000)->Complexity(benchmark::oNSquared);
BENCHMARK(BM_bound_worst_case_best_scale_grad_norms)
    ->RangeMultiplier(10)
    ->Range(1000, 1000000)
    ->Complexity(benchmark::oN);

}  // namespace
