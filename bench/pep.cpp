// The performance-estimation SDP: eliminated and whole, and the certificate alone. Needs csdp; wall time, as the solver
// is another process. Counters: the certified relative gap, the solver's processor seconds a call.
#include <benchmark/benchmark.h>

#include "scheduled/design.hpp"
#include "scheduled/pep.hpp"

namespace {

scheduled::PepProblem problem(std::int64_t T) {
  const auto wsd = scheduled::Schedule::parse("wsd(steps=" + std::to_string(T + 1) + ")");
  return scheduled::PepProblem(scheduled::bound_rates(wsd.with_peak(scheduled::best_base_lr(wsd).peak)));
}

void solve(benchmark::State& state, scheduled::PepOptions::Method method) {
  if (!scheduled::pep_solver_available()) return state.SkipWithError("csdp is not on PATH");
  const auto pep = problem(state.range(0));
  scheduled::PepResult result = scheduled::solve_pep(pep, {.method = method});
  if (!result.converged) return state.SkipWithError("not converged");
  double seconds = 0.0;
  for (auto _ : state) {
    result = scheduled::solve_pep(pep, {.method = method});
    seconds += result.solver_seconds;
  }
  state.counters["gap"] = result.gap() / result.upper.bound;
  state.counters["solver_s"] = benchmark::Counter(seconds, benchmark::Counter::kAvgIterations);
}

void BM_pep_reduced(benchmark::State& state) { solve(state, scheduled::PepOptions::Method::reduced); }
void BM_pep_full(benchmark::State& state) { solve(state, scheduled::PepOptions::Method::full); }

void BM_pep_certify(benchmark::State& state) {
  if (!scheduled::pep_solver_available()) return state.SkipWithError("csdp is not on PATH");
  const auto pep = problem(state.range(0));
  const auto result = scheduled::solve_pep(pep);
  if (!result.converged) return state.SkipWithError("not converged");
  for (auto _ : state) {
    benchmark::DoNotOptimize(scheduled::certify_lower(pep, result.primal));
    benchmark::DoNotOptimize(scheduled::certify_upper(pep, result.dual));
  }
}

BENCHMARK(BM_pep_reduced)->Arg(20)->Arg(60)->Arg(120)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_pep_full)->Arg(20)->Arg(40)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_pep_certify)->Arg(20)->Arg(60)->Arg(120)->Unit(benchmark::kMillisecond);

}  // namespace
