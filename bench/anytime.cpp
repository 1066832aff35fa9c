// The run store: what a commit costs beyond writing its bytes, and what logging costs. On the disk of the working
// folder.
#include "scheduled/anytime.hpp"
#include "scheduled/plan.hpp"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace scheduled;

const Schedule trunk = Schedule::parse("constant(warmup=10, peak=1e-3)");

/// A folder that goes at the end.
struct Folder {
  explicit Folder(const std::string& name) : path(fs::current_path() / ("bench-" + name + ".tmp")) {
    fs::remove_all(path);
    fs::create_directory(path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

void write_bytes(const fs::path& file, const std::string& bytes, bool sync) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (::write(descriptor, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  if (sync && ::fsync(descriptor) != 0) std::abort();
  ::close(descriptor);
}

/// The baseline: the bytes on the disk, without a record.
void BM_anytime_write_and_fsync(benchmark::State& state) {
  const Folder folder("write");
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  int n = 0;
  for (auto _ : state) write_bytes(folder.path / std::to_string(n++), bytes, true);
}
BENCHMARK(BM_anytime_write_and_fsync)->Arg(1000)->Arg(10000000)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_anytime_commit(benchmark::State& state) {
  const Folder folder("commit");
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  RunStore store = RunStore::init(folder.path / "run", trunk);
  std::int64_t step = 0;
  for (auto _ : state) {
    store.commit({.step = ++step}, [&](const fs::path& to) { write_bytes(to / "model", bytes, false); });
  }
  if (store.record().line("trunk").step != step || !store.verify().sound())
    state.SkipWithError("not what was committed");
}
BENCHMARK(BM_anytime_commit)->Arg(1000)->Arg(10000000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The time of a commit without that of writing its bytes to the disk: the trainer syncs its file itself.
void BM_anytime_commit_beyond_bytes(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  const Folder folder("beyond");
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  RunStore store = RunStore::init(folder.path / "run", trunk);
  std::int64_t step = 0;
  std::vector<double> milliseconds;
  std::vector<double> flushes;  // of one byte, at the same time
  for (auto _ : state) {
    std::chrono::duration<double> writing{};
    const auto begin = Clock::now();
    store.commit({.step = ++step}, [&](const fs::path& to) {
      const auto before = Clock::now();
      write_bytes(to / "model", bytes, true);
      writing = Clock::now() - before;
    });
    const std::chrono::duration<double> beyond = Clock::now() - begin - writing;
    state.SetIterationTime(beyond.count());
    milliseconds.push_back(1e3 * beyond.count());
    const auto before = Clock::now();
    write_bytes(folder.path / "flush", "x", true);
    flushes.push_back(1e3 * std::chrono::duration<double>(Clock::now() - before).count());
  }
  if (store.record().line("trunk").step != step) state.SkipWithError("not what was committed");
  std::sort(milliseconds.begin(), milliseconds.end());
  state.counters["median_ms"] = milliseconds[milliseconds.size() / 2];
  state.counters["least_ms"] = milliseconds.front();
  std::sort(flushes.begin(), flushes.end());
  state.counters["flush_ms"] = flushes[flushes.size() / 2];
}
BENCHMARK(BM_anytime_commit_beyond_bytes)
    ->Arg(1000)
    ->Arg(10000000)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime()
    ->Iterations(60);

/// As BM_anytime_commit, with the disk's part taken out: what is left is ours.
void BM_anytime_commit_in_memory(benchmark::State& state) {
  if (!fs::is_directory("/dev/shm")) return state.SkipWithError("needs /dev/shm");
  const fs::path run = "/dev/shm/scheduled-bench-" + std::to_string(::getpid());
  fs::remove_all(run);
  {
    RunStore store = RunStore::init(run, trunk);
    std::int64_t step = 0;
    for (auto _ : state) {
      store.commit({.step = ++step}, [](const fs::path& to) { write_bytes(to / "model", "x", false); });
    }
    if (store.record().line("trunk").step != step) state.SkipWithError("not what was committed");
  }
  fs::remove_all(run);
}
BENCHMARK(BM_anytime_commit_in_memory)->Unit(benchmark::kMillisecond)->Iterations(500)->UseRealTime();

void BM_anytime_log(benchmark::State& state) {
  const auto count = static_cast<std::int64_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    const Folder folder("log");
    RunStore store = RunStore::init(folder.path / "run", trunk);
    state.ResumeTiming();
    for (std::int64_t step = 1; step <= count / 4; ++step) {
      const double value = 1.0 / static_cast<double>(step);
      const Metric metrics[] = {
          {step, "lr", value}, {step, "train_loss", value}, {step, "grad_norm", value}, {step, "omega", value}};
      store.log("trunk", metrics);
    }
    store.flush();
    state.PauseTiming();
    const RunLog log = store.log_of("trunk");
    if (log.column.size() != 4 || log.rows() != static_cast<std::size_t>(count / 4))
      state.SkipWithError("rows are missing");
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(BM_anytime_log)->Arg(1000000)->Unit(benchmark::kMillisecond)->Iterations(3)->UseRealTime();

void BM_anytime_plan_with_overhead(benchmark::State& state) {
  const std::int64_t N = state.range(0);
  const PlanRequest request{.trunk = Schedule::parse("rsqrt(warmup=1k)"),
                            .results = {steps(N / 4), steps(N / 2), steps(N)},
                            .max_overhead = 0.15};
  if (plan_anytime(request).overhead > 0.15) state.SkipWithError("too much");
  for (auto _ : state) benchmark::DoNotOptimize(plan_anytime(request));
}
BENCHMARK(BM_anytime_plan_with_overhead)->Arg(200000)->Unit(benchmark::kMillisecond);

}  // namespace
