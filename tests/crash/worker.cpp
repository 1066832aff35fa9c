// A small training program on the run store, which the crash tests kill: whatever happens to it, started again it goes
// on and ends with the same bytes. usage: crash_worker RUN ACKNOWLEDGEMENTS [mend]
// With `mend` it makes a run of an older format one of today's, repairs its record, and goes on by one checkpoint.
#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/safetensors.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/merge.hpp"

namespace {

using namespace scheduled;
namespace fs = std::filesystem;

/// What the store has promised, written past every buffer: a kill cannot take it back.
class Acknowledgements {
 public:
  explicit Acknowledgements(const char* file) : file_(::open(file, O_WRONLY | O_CREAT | O_APPEND, 0666)) {}
  void say(const std::string& line) const {
    // Where the disk is full nobody can promise anything.
    [[maybe_unused]] const auto size = ::write(file_, (line + "\n").data(), line.size() + 1);
  }

 private:
  int file_;
};

/// The model: one number, into which every update mixes its step and the bits of its rate.
std::uint64_t update(std::uint64_t model, std::int64_t step, double lr) {
  return (model ^ std::bit_cast<std::uint64_t>(lr)) * 6364136223846793005U + static_cast<std::uint64_t>(step);
}

std::uint64_t load(const Resume& resume) {
  if (resume.folder.empty()) return 1;
  std::uint64_t model = 0;
  std::ifstream(resume.folder / "model") >> model;
  return model;
}

void save(const fs::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) throw StoreError(file.string() + ": cannot be written");
}

/// The model as a tensor of one double.
std::string tensors(std::uint64_t model) {
  const std::vector<TensorEntry> entries{{"x", "F64", {1}, 0, sizeof(double)}};
  const auto value = static_cast<double>(model >> 12U);
  return safetensors_header(entries) + std::string(reinterpret_cast<const char*>(&value), sizeof(value));  // NOLINT
}

void train(RunStore& store, const std::string& line, std::int64_t until, const Acknowledgements& said) {
  if (store.record().line(line).step >= until) return;
  const Resume resume = store.resume({.line = line});
  if (!resume.damaged.empty()) throw StoreError("damage where there can be none: " + resume.damaged.front());
  std::uint64_t model = load(resume);
  for (std::int64_t step = resume.step; step < until;) {
    model = update(model, step, store.lr(line, step));
    ++step;
    const std::vector<Metric> metrics = {{step, "train_loss", 1.0 + static_cast<double>(model >> 40) * 1e-9},
                                         {step, "grad_norm", static_cast<double>(model & 1023)}};
    store.log(line, metrics);
    if (step % 10 != 0 && step != until) continue;
    const bool keep = line == "trunk" && step == 80;  // for the merge
    const CommitRequest request{.line = line, .step = step, .data_position = std::to_string(step * 7), .keep = keep};
    store.commit(request, [&](const fs::path& folder) {
      save(folder / "model", std::to_string(model));
      save(folder / "weights.safetensors", tensors(model));
      fs::create_directory(folder / "optimizer");
      save(folder / "optimizer" / "moments", std::string(5000, static_cast<char>('a' + model % 26)));
    });
    said.say("commit " + line + " " + std::to_string(step) + " " + std::to_string(model));
  }
}

bool has_line(const RunRecord& record, const std::string& name) {
  for (const RecordedLine& line : record.lines) {
    if (line.name == name) return true;
  }
  return false;
}

void begin(RunStore& store, const std::string& name, std::int64_t start, const Acknowledgements& said) {
  if (!has_line(store.record(), name)) {
    store.branch({.name = name, .step = start, .cooldown = {steps(12), OneMinusSqrtDecay{}, {}}});
    said.say("branch " + name);
  }
}

void result(RunStore& store, const std::string& name, std::int64_t start, const Acknowledgements& said) {
  begin(store, name, start, said);
  train(store, name, start + 12, said);
}

/// A second try of the cooldown b that leaves it midway, with other data: what the first format does not have.
void second_try(RunStore& store, const Acknowledgements& said) {
  train(store, "b", 80, said);  // unfinished, so that gc keeps this checkpoint
  if (!has_line(store.record(), "b/2")) {
    store.branch({.name = "b",
                  .attempt = true,
                  .line = "b",
                  .step = 80,
                  .cooldown = {steps(8), LinearDecay{}, {}},
                  .data = "code",
                  .batch = 8,
                  .note = "longer"});
    said.say("branch b/2");
  }
  train(store, "b/2", 88, said);
}

/// The mean of the last two of the trunk, with the model of the last one.
void merge(RunStore& store, const Acknowledgements& said) {
  if (has_line(store.record(), "mean")) return;
  store.merge({.name = "mean", .weights = {{80, 0.25}, {90, 0.75}}, .take = {"model"}});
  std::string model;
  std::ifstream(store.record().folder / store.record().checkpoints.back().folder / "model") >> model;
  said.say("commit mean 90 " + model);
}

/// The same beside the run.
void merge_apart(const RunStore& store) {
  const RunRecord record = store.record();
  const fs::path out = record.folder.parent_path() / "apart";
  if (fs::exists(out)) return;
  std::vector<MergeSource> sources;
  for (const auto& [id, weight] : record.line("mean").merged) {
    for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
      if (checkpoint.id == id) sources.push_back({record.folder / checkpoint.folder, weight});
    }
  }
  merge_safetensors(sources, out);
}

/// A branch whose first checkpoint another system wrote, and whose last one shares its files with the folder that they
/// are from.
void elsewhere(RunStore& store, const fs::path& run, const Acknowledgements& said) {
  constexpr std::int64_t start = 90;
  if (!has_line(store.record(), "far")) {
    store.branch({.name = "far", .step = start, .cooldown = {steps(4), LinearDecay{}, {}}});
    said.say("branch far");
  }
  const fs::path outside = run.parent_path() / "outside";
  fs::create_directories(outside);
  save(outside / "shard", std::string(3000, 's'));
  save(outside / ".metadata", "all of it");
  if (store.record().line("far").step < start + 2) {
    store.commit_external({.line = "far", .step = start + 2}, {.uri = outside.string()});
    said.say("commit far 92 -");
  }
  if (store.record().line("far").step >= start + 4) return;
  const fs::path model = run.parent_path() / "model";
  fs::remove(model);  // not written in place
  save(model, "1234");
  store.commit({.line = "far", .step = start + 4, .link = true}, std::vector<fs::path>{model});
  said.say("commit far 94 1234");
}

/// A claim of a lease that was cut off before it said whose it is holds as long as any.
RunStore open_or_init(const fs::path& run, const Schedule& trunk, const StoreOptions& options) {
  for (int left = 100;; --left) {
    try {
      return fs::exists(run / "record") ? RunStore::open(run, RunStore::Access::write, options)
                                        : RunStore::init(run, trunk, options);
    } catch (const StoreBusy&) {
      if (left == 0) throw;
      ::usleep(20000);
    }
  }
}

void work(const fs::path& run, const Acknowledgements& said) {
  const Schedule trunk = Schedule::parse("rsqrt(warmup=5, peak=1e-3)");
  StoreOptions options;
  options.metrics_in_memory = 7;
  const char* const lease = std::getenv("SCHEDULED_WORKER_LEASE");  // NOLINT: one thread
  if (lease != nullptr && *lease == '1') options.lease = 0.2;
  RunStore store = open_or_init(run, trunk, options);
  said.say("init");
  train(store, "trunk", 40, said);
  result(store, "a", 40, said);
  if (store.record().data.empty()) store.attach_data({.step = store.record().line("trunk").step, .text = "more"});
  train(store, "trunk", 70, said);
  store.gc(1);
  begin(store, "b", 70, said);
  second_try(store, said);
  train(store, "b", 82, said);
  train(store, "trunk", 90, said);
  merge(store, said);
  merge_apart(store);
  elsewhere(store, run, said);
  store.gc(1, false, true);
  if (!store.verify().sound() || !store.verify().notes.empty()) throw StoreError("verify is not content at the end");
}

void mend(const fs::path& run) {
  if (fs::exists(run / "run.sqlite")) RunStore::migrate(run);
  RunStore::repair(run);
  RunStore store = RunStore::open(run, RunStore::Access::write);
  constexpr std::int64_t last = 300;
  if (store.record().line("trunk").step < last) {
    store.commit({.step = last}, [](const fs::path& folder) { save(folder / "model", "mended"); });
  }
  if (!store.verify().sound()) throw StoreError("verify is not content: " + store.verify().problems.front());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return 2;
  std::signal(SIGXFSZ, SIG_IGN);  // NOLINT: a file that is too large is then an error, as on a full disk
  try {
    if (argc == 4) {
      mend(argv[1]);
    } else {
      work(argv[1], Acknowledgements(argv[2]));
    }
    return 0;
  } catch (const StoreError& error) {
    std::fprintf(stderr, "store error: %s\n", error.what());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "unexpected: %s\n", error.what());
    return 3;
  }
}
