// Merging checkpoints beside copying the files that are read, in one run: read in blocks, written and synced.
#include "scheduled/merge.hpp"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "support/tensor_files.hpp"

namespace {

namespace fs = std::filesystem;
using namespace scheduled;
using Clock = std::chrono::steady_clock;

constexpr int models = 5;
constexpr std::size_t megabytes = 64;  // of each model
constexpr int tensors = 16;

/// A folder that goes at the end; in memory where it is asked for.
struct Folder {
  explicit Folder(bool memory) : path((memory ? fs::path("/dev/shm") : fs::current_path()) / "bench-merge.tmp") {
    fs::remove_all(path);
    fs::create_directory(path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

/// Value k of tensor t of model m is (k % 64) + m in BF16 or F32, all exact.
std::string model_of(int m, bool half) {
  std::vector<Tensor> out;
  const std::size_t bytes = (megabytes << 20U) / tensors;
  const std::size_t count = bytes / (half ? 2 : 4);
  for (int t = 0; t < tensors; ++t) {
    std::vector<float> values(count);
    for (std::size_t k = 0; k < count; ++k) values[k] = static_cast<float>(k % 64) + static_cast<float>(m);
    if (!half) {
      out.push_back(floats(std::to_string(t), values));
      continue;
    }
    std::string text(bytes, '\0');
    for (std::size_t k = 0; k < count; ++k) {
      std::memcpy(text.data() + 2 * k, reinterpret_cast<const char*>(&values[k]) + 2, 2);  // NOLINT: the upper half
    }
    out.push_back({std::to_string(t), "BF16", {static_cast<std::int64_t>(count)}, std::move(text)});
  }
  return safetensors_of(out);
}

void copy_synced(const fs::path& from, const fs::path& to) {
  const int source = ::open(from.c_str(), O_RDONLY);
  const int target = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  std::vector<char> block(1 << 20U);
  for (ssize_t got = 0; (got = ::read(source, block.data(), block.size())) > 0;) {
    if (::write(target, block.data(), static_cast<std::size_t>(got)) != got) std::abort();
  }
  if (::fsync(target) != 0) std::abort();
  ::close(source);
  ::close(target);
}

/// Of all threads of this process, user and system.
double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Spent {
  double wall, processor;
};

template <class Call>
Spent spent_by(const Call& call) {
  const auto begin = Clock::now();
  const double before = processor_seconds();
  call();
  return {std::chrono::duration<double>(Clock::now() - begin).count(), processor_seconds() - before};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Time: of the merge. of_copy: its speed as a share of that of copying the files that it reads, each once a round, by
/// turns, the median of the rounds; of_copy_by_processor: the same by processor time, which a busy machine changes
/// less.
void BM_merge_beside_copy(benchmark::State& state, bool half, bool memory) {
  const Folder folder(memory);
  std::vector<MergeSource> sources;
  for (int m = 0; m < models; ++m) {
    const fs::path file = folder.path / (std::to_string(m) + ".safetensors");
    write_text(file, model_of(m, half));
    sources.push_back({file, 1.0 / models});
  }
  const auto merge = [&] { return merge_safetensors(sources, folder.path / "out"); };
  merge();
  // The mean of m = 0 .. 4 is 2.
  if (read_text(folder.path / "out" / "4.safetensors") != model_of(2, half)) {
    return state.SkipWithError("not the mean");
  }
  std::vector<double> ratios, of_processor;
  for (auto _ : state) {
    fs::remove_all(folder.path / "out");
    const Spent copying = spent_by([&] {
      for (const MergeSource& source : sources)
        copy_synced(source.path, folder.path / ("copy-" + source.path.filename().string()));
    });
    const Spent merging = spent_by(merge);
    state.SetIterationTime(merging.wall);
    ratios.push_back(copying.wall / merging.wall);
    of_processor.push_back(copying.processor / merging.processor);
  }
  state.counters["of_copy"] = median(ratios);
  state.counters["of_copy_by_processor"] = median(of_processor);
  state.SetBytesProcessed(state.iterations() * models * static_cast<std::int64_t>(megabytes << 20U));
}

BENCHMARK_CAPTURE(BM_merge_beside_copy, bf16_disk, true, false)->Iterations(7)->UseManualTime();
BENCHMARK_CAPTURE(BM_merge_beside_copy, f32_disk, false, false)->Iterations(7)->UseManualTime();
BENCHMARK_CAPTURE(BM_merge_beside_copy, bf16_memory, true, true)->Iterations(7)->UseManualTime();
BENCHMARK_CAPTURE(BM_merge_beside_copy, f32_memory, false, true)->Iterations(7)->UseManualTime();

}  // namespace
