// Start of the command as a whole process, to the end of a small computation.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

namespace {

void BM_command_start(benchmark::State& state) {
  const std::string call = std::string(SCHEDULED_COMMAND) + " tune 'cosine(steps=1k)' > /dev/null";
  if (std::system(call.c_str()) != 0) state.SkipWithError("the command failed");
  for (auto _ : state) benchmark::DoNotOptimize(std::system(call.c_str()));
}
BENCHMARK(BM_command_start)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
