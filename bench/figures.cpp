// What the simulation figures compute, all of them one after the other, without drawing and without the outside solver.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "figures/figure.hpp"

namespace {

void BM_figures_simulations(benchmark::State& state) {
  setenv("PATH", "", 1);  // NOLINT(concurrency-mt-unsafe): no csdp, hence no SDP points in lower-bound
  for (auto _ : state) {
    for (const auto& entry : scheduled::figures::all()) {
      if (entry.inputs != "none") continue;
      const auto result = entry.make({});
      for (const auto& check : result.checks) {
        if (!check.holds() && check.note.empty()) return state.SkipWithError(check.what.c_str());
      }
      benchmark::DoNotOptimize(result.pictures.data());
    }
  }
}
BENCHMARK(BM_figures_simulations)->Unit(benchmark::kMillisecond);

}  // namespace
