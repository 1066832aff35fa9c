// Building and sampling schedules.
#include <benchmark/benchmark.h>

#include "scheduled/schedule.hpp"

namespace {

using scheduled::Schedule;

constexpr const char* specs[] = {"wsd(steps=1M, warmup=1%)",
                                 "wsd(steps=1M, warmup=1%, decay=1-sqrt)",
                                 "cosine(steps=1M, warmup=1%)",
                                 "linear(steps=1M)",
                                 "rsqrt(steps=1M, warmup=1%, cooldown=20%)",
                                 "exponential(steps=1M, final=1%)",
                                 "polynomial(steps=1M, power=1.7)",
                                 "inverse-power(steps=1M, alpha=0.7)",
                                 "piecewise(steps=1M, milestones=[30%, 60%], factors=[0.1, 0.01])"};

/// Parse the text and fill a million rates; fill is checked against lr before it is timed.
void BM_schedule_build_and_fill(benchmark::State& state) {
  const char* const spec = specs[state.range(0)];
  std::vector<double> out(1000000);
  const Schedule checked = Schedule::parse(spec);
  checked.fill(0, out);
  for (std::size_t i = 0; i < out.size(); i += 997) {
    if (out[i] != checked.lr(static_cast<std::int64_t>(i))) state.SkipWithError("fill differs from lr");
  }
  for (auto _ : state) {
    Schedule::parse(spec).fill(0, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetLabel(spec);
  state.SetItemsProcessed(state.iterations() * 1000000);
}
BENCHMARK(BM_schedule_build_and_fill)->DenseRange(0, std::size(specs) - 1)->Unit(benchmark::kMillisecond);

/// One rate at a time, as a training loop asks for it.
void BM_schedule_lr(benchmark::State& state) {
  const char* const spec = specs[state.range(0)];
  const Schedule schedule = Schedule::parse(spec);
  std::int64_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(schedule.lr(i));
    i = i < 999999 ? i + 1 : 0;
  }
  state.SetLabel(spec);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_schedule_lr)->DenseRange(0, std::size(specs) - 1);

}  // namespace
