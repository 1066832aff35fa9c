// Crashes: nothing committed is lost, nothing half-written is ever taken for good, and a run that was killed ends with
// the same bytes as one that was not.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <set>

#include "crash/process.hpp"
#include "crash/small_disk.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/error.hpp"
#include "support/temporary_folder.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;

/// In memory where possible: a kill does not ask what the files are on, and a disk's fsync takes its time.
fs::path place() { return fs::is_directory("/dev/shm") && ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; }

class Scene {
 public:
  int work(const WorkerOptions& options = {}) const { return run_worker(run(), said(), options); }
  fs::path run() const { return path / "run"; }
  fs::path said() const { return path / "said"; }

 private:
  TemporaryFolder folder_{place(), "scheduled-crash-"};

 public:
  const fs::path path = folder_.path();
};

using Key = std::pair<std::string, std::int64_t>;  // line and step

/// What an outsider can tell of a run, but times, ids and sessions.
struct Dump {
  std::map<Key, std::vector<RecordedFile>> checkpoints;  ///< live
  std::vector<RecordedData> data;
  std::map<std::string, RunLog> logs;
  bool operator==(const Dump&) const = default;
};

Dump dump(const fs::path& run) {
  const RunStore store = RunStore::open(run, RunStore::Access::read);
  const RunRecord record = store.record();
  Dump out;
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.state == RecordedCheckpoint::State::live) {
      out.checkpoints[{checkpoint.line, checkpoint.step}] = checkpoint.files;
    }
  }
  out.data = record.data;
  for (const RecordedLine& line : record.lines) {
    RunLog log = store.log_of(line.name);
    log.name.clear();
    log.meta.erase("run");
    out.logs[line.name] = std::move(log);
  }
  return out;
}

/// The uninterrupted run: its end, the model of every commit, and how long it takes.
struct Reference {
  Dump end;
  std::map<Key, std::string> models;
  std::string merged;  ///< beside the run
  std::int64_t microseconds = 0;
};

std::map<Key, std::string> commits_said(const fs::path& said) {
  std::map<Key, std::string> out;
  std::istringstream lines(read_text(said));
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string what, name, model;
    std::int64_t step = 0;
    if (words >> what >> name >> step >> model && what == "commit") out[{name, step}] = model;
  }
  return out;
}

const Reference& reference() {
  static const Reference made = [] {
    const Scene scene;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(exit_code(scene.work()), 0);
    const auto spent = std::chrono::steady_clock::now() - begin;
    return Reference{dump(scene.run()), commits_said(scene.said()),
                     read_text(scene.path / "apart" / "weights.safetensors"),
                     std::chrono::duration_cast<std::chrono::microseconds>(spent).count()};
  }();
  return made;
}

/// What must hold at any moment after a crash.
void expect_sound(const Scene& scene) {
  const std::map<Key, std::string> promised = commits_said(scene.said());
  if (!fs::exists(scene.run() / "record")) {
    EXPECT_TRUE(promised.empty()) << "committed, and the run is gone";
    return;
  }
  const RunStore store = RunStore::open(scene.run(), RunStore::Access::read);
  const VerifyReport report = store.verify();
  for (const std::string& problem : report.problems) ADD_FAILURE() << problem;
  std::set<Key> there;
  for (const RecordedCheckpoint& checkpoint : store.record().checkpoints) {
    const Key key{checkpoint.line, checkpoint.step};
    there.insert(key);
    if (checkpoint.state == RecordedCheckpoint::State::deleted || checkpoint.external) continue;
    EXPECT_EQ(read_text(scene.run() / checkpoint.folder / "model"), reference().models.at(key));
  }
  for (const auto& [key, model] : promised) {
    EXPECT_TRUE(there.contains(key)) << "lost: " << key.first << " " << key.second;
    EXPECT_EQ(model, reference().models.at(key));
  }
}

void expect_same_end(const Scene& scene, bool lease = false) {
  EXPECT_EQ(exit_code(scene.work({.errors = scene.path / "errors", .lease = lease})), 0)
      << read_text(scene.path / "errors");
  EXPECT_EQ(read_text(scene.path / "apart" / "weights.safetensors"), reference().merged);
  const Dump end = dump(scene.run());
  EXPECT_EQ(end.checkpoints, reference().end.checkpoints);
  EXPECT_EQ(end.data, reference().end.data);
  for (const auto& [line, log] : reference().end.logs) {
    EXPECT_EQ(end.logs.at(line).step, log.step) << line;
    EXPECT_EQ(end.logs.at(line).column, log.column) << line;
  }
}

/// Every fault point in what a worker said under fault=list, and how often.
std::map<std::string, int> points_in(const fs::path& errors) {
  std::map<std::string, int> out;
  std::istringstream lines(read_text(errors));
  std::string line;
  while (std::getline(lines, line)) out[line] += line.starts_with(">") ? 0 : 1;
  std::erase_if(out, [](const auto& point) { return point.second == 0; });
  return out;
}

/// Those that the worker passes.
std::map<std::string, int> points(bool lease = false) {
  const Scene scene;
  EXPECT_EQ(exit_code(scene.work({.fault = "list", .errors = scene.path / "errors", .lease = lease})), 0);
  return points_in(scene.path / "errors");
}

TEST(Crash, WorkerPassesEveryPointOfTheStore) {
  const std::map<std::string, int> passed = points();
  std::istringstream names(
      "init.folders init.record init.synced init.renamed commit.staged commit.written commit.facts_written "
      "commit.files_synced commit.folder_synced commit.renamed commit.published commit.committed "
      "record.half_written record.written record.synced record.done merge.header merge.block merge.written "
      "merge.committed merge.part merge.part_synced merge.placed commit.placed external.written "
      "branch.committed resume.committed log.written gc.begin gc.rows_committed gc.moved gc.files_removed "
      "segment.written segment.synced segment.renamed ");
  std::string name;
  std::size_t count = 0;
  for (; names >> name; ++count) EXPECT_TRUE(passed.contains(name)) << name;
  EXPECT_EQ(passed.size(), count);
}

/// What the worker did between the points `from` and `to`, the first time.
std::vector<std::string> done_between(const std::string& trace, const std::string& from, const std::string& to) {
  std::vector<std::string> out;
  std::istringstream lines(trace.substr(trace.find("\n" + from + "\n") + 1));
  std::string line;
  while (std::getline(lines, line) && line != to) out.push_back(line);
  return out;
}

TEST(Crash, DiskOperationsAreInTheOrderThatAPowerFailureNeeds) {
  const Scene scene;
  EXPECT_EQ(exit_code(scene.work({.fault = "list", .errors = scene.path / "errors"})), 0);
  const std::string trace = read_text(scene.path / "errors");
  // Files and folders are synced at the same time, so that their order is left to the disk.
  std::vector<std::string> synced = done_between(trace, "commit.written", "commit.folder_synced");
  std::erase_if(synced, [](const std::string& line) { return !line.starts_with(">"); });
  std::sort(synced.begin(), synced.end());
  EXPECT_EQ(synced, (std::vector<std::string>{"> sync .scheduled.json", "> sync commit", "> sync model",
                                              "> sync moments", "> sync optimizer", "> sync weights.safetensors"}));
  const std::vector<std::string> commit = {
      "commit.folder_synced", "> rename trunk-10", "commit.renamed", "> sync checkpoints", "commit.published",
      "record.half_written",  "record.written",    "> sync 000001",  "record.synced",      "record.done"};
  EXPECT_EQ(done_between(trace, "commit.folder_synced", "commit.committed"), commit);
  const std::vector<std::string> gc = {"gc.begin",      "record.half_written", "record.written",    "> sync 000001",
                                       "record.synced", "record.done",         "gc.rows_committed", "> rename trash",
                                       "gc.moved",      "> sync checkpoints"};
  EXPECT_EQ(done_between(trace, "gc.begin", "gc.files_removed"), gc);
  EXPECT_TRUE(has(trace, "\n> sync 000001\nsegment.written\n> sync next\nsegment.synced\n> rename 000002\n"))
      << "metrics that a segment goes on behind are on the disk before it";
  const std::vector<std::string> apart = done_between(trace, "merge.part_synced", "merge.placed");
  ASSERT_EQ(apart.size(), 3U);
  EXPECT_EQ(apart[1], "> rename apart");
  EXPECT_TRUE(apart[2].starts_with("> sync scheduled-crash-")) << apart[2];
  const std::vector<std::string> init = done_between(trace, "init.synced", "trunk");
  ASSERT_GE(init.size(), 5U);
  EXPECT_EQ(init[1], "> rename record");
  EXPECT_EQ(init[3], "> sync run");
  EXPECT_TRUE(init[4].starts_with("> sync scheduled-crash-")) << init[4];
}

TEST(Crash, KilledAtEveryFaultPoint) {
  for (const auto& [name, count] : points()) {
    for (const int time : std::set<int>{1, (count + 1) / 2, count}) {
      SCOPED_TRACE(name + ", time " + std::to_string(time));
      const Scene scene;
      EXPECT_TRUE(killed(scene.work({.fault = name + ":kill:" + std::to_string(time)})));
      expect_sound(scene);
      expect_same_end(scene);
    }
  }
}

TEST(Crash, KilledAtEveryFaultPointWithALease) {
  std::map<std::string, int> passed = points(true);
  for (const char* const name : {"lease.made", "lease.written", "lease.named"})
    EXPECT_TRUE(passed.contains(name)) << name;
  for (const auto& [name, count] : passed) {
    SCOPED_TRACE(name);
    const Scene scene;
    EXPECT_TRUE(killed(scene.work({.fault = name + ":kill:" + std::to_string((count + 1) / 2), .lease = true})));
    expect_sound(scene);
    expect_same_end(scene, true);
  }
}

TEST(Crash, KilledWhereALeaseIsTakenOver) {
  for (const char* const name : {"lease.taken", "lease.made", "lease.written", "lease.named", "segment.written",
                                 "segment.synced", "segment.renamed", "lease.fenced"}) {
    SCOPED_TRACE(name);
    const Scene scene;
    EXPECT_TRUE(killed(scene.work({.fault = "commit.committed:kill:4", .lease = true})));
    EXPECT_TRUE(killed(scene.work({.fault = std::string(name) + ":kill", .lease = true})));
    expect_sound(scene);
    expect_same_end(scene, true);
  }
}

TEST(Crash, FailedAtEveryFaultPoint) {
  for (const auto& [name, count] : points()) {
    SCOPED_TRACE(name);
    const Scene scene;
    const fs::path errors = scene.path / "errors";
    EXPECT_EQ(exit_code(scene.work({.fault = name + ":fail:" + std::to_string((count + 1) / 2), .errors = errors})), 1);
    EXPECT_TRUE(has(read_text(errors), "No space left on device"));
    expect_sound(scene);
    expect_same_end(scene);
  }
}

/// A run whose record has a damaged entry and an end that was cut off.
void make_damaged(const Scene& scene) {
  ASSERT_EQ(exit_code(scene.work()), 0);
  const fs::path record = scene.run() / "record" / "000001";
  std::string text = read_text(record);
  const std::size_t entry = text.find("\nf 000000000006 ");
  ASSERT_NE(entry, std::string::npos);
  text[entry + 150] = static_cast<char>(text[entry + 150] ^ 1);
  write_text(record, text + text.substr(entry + 1, 130));
}

/// A run of format 1, as tests/cli/old_run.py makes it.
void make_old(const Scene& scene) {
  const std::string script = std::string("python3 ") + SCHEDULED_TEST_DIR + "/cli/old_run.py ";
  ASSERT_EQ(std::system((script + scene.run().string()).c_str()), 0);  // NOLINT: of our tests
}

/// Logs as text, in which a value that was not finite is like another.
std::string texts_of(const std::map<std::string, RunLog>& logs) {
  std::string out;
  for (const auto& [line, log] : logs) {
    out += line + ":";
    for (const std::int64_t step : log.step) out += " " + std::to_string(step);
    for (const auto& [name, column] : log.column) {
      out += "\n" + name;
      for (const double value : column) out += " " + format_number(value);
    }
  }
  return out;
}

void expect_mended_whenever_it_is_killed(void (*make)(const Scene&), const std::set<std::string>& names) {
  const Scene whole;
  make(whole);
  EXPECT_EQ(exit_code(whole.work({.fault = "list", .errors = whole.path / "errors", .mend = true})), 0)
      << read_text(whole.path / "errors");
  const Dump end = dump(whole.run());
  const auto passed = points_in(whole.path / "errors");
  for (const std::string& name : names) EXPECT_TRUE(passed.contains(name)) << name;
  for (const auto& [name, count] : passed) {
    SCOPED_TRACE(name);
    const Scene scene;
    make(scene);
    EXPECT_TRUE(killed(scene.work({.fault = name + ":kill:" + std::to_string((count + 1) / 2), .mend = true})));
    EXPECT_EQ(exit_code(scene.work({.errors = scene.path / "errors", .mend = true})), 0)
        << read_text(scene.path / "errors");
    const Dump mended = dump(scene.run());
    EXPECT_EQ(mended.checkpoints, end.checkpoints);
    EXPECT_EQ(mended.data, end.data);
    EXPECT_EQ(texts_of(mended.logs), texts_of(end.logs));
  }
}

TEST(Crash, RepairIsAllOrNothing) {
  expect_mended_whenever_it_is_killed(
      make_damaged, {"repair.begin", "segment.written", "segment.synced", "segment.renamed", "repair.replaced"});
}

TEST(Crash, MigrationIsAllOrNothing) {
  expect_mended_whenever_it_is_killed(make_old, {"place.written", "place.synced", "place.renamed", "facts.written"});
}

TEST(Crash, KilledAtRandomMoments) {
  const char* const asked = std::getenv("SCHEDULED_CRASH_MOMENTS");  // NOLINT: one thread
  const int moments = asked != nullptr ? std::atoi(asked) : 200;     // NOLINT: of our tests
  const char* const seed = std::getenv("SCHEDULED_SEED");            // NOLINT: one thread
  std::mt19937_64 random(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 20261123);
  std::uniform_real_distribution<double> share(0.0, 1.0);
  auto longest = static_cast<double>(reference().microseconds);
  int kills = 0;
  int runs = 0;
  while (kills < moments && runs < 2 * moments) {
    SCOPED_TRACE("run " + std::to_string(++runs));
    const Scene scene;
    for (int k = 0; k < 3; ++k) {  // and again, while it recovers
      const auto moment = static_cast<std::int64_t>(longest * share(random));
      if (!killed(scene.work({.kill_after = moment, .lease = runs % 2 == 0}))) {
        longest = 0.9 * static_cast<double>(moment);  // the reference was slower: the machine had more to do
        break;
      }
      ++kills;
      expect_sound(scene);
    }
    expect_same_end(scene, runs % 2 == 0);
  }
  EXPECT_GE(kills, moments);
}

TEST(Crash, FilesThatCannotGrow) {
  for (const std::int64_t most : {0, 100, 1000, 4096, 4999, 5001, 8000, 12000, 13500}) {
    SCOPED_TRACE(most);
    const Scene scene;
    const fs::path errors = scene.path / "errors";
    // Nothing can be written to `errors` either where the limit is 0.
    EXPECT_EQ(exit_code(scene.work({.largest_file = most, .errors = errors})), 1) << read_text(errors);
    expect_sound(scene);
    expect_same_end(scene);
  }
}

TEST(Crash, FullDisk) {
  Scene scene;
  const fs::path outside = scene.path;
  const SmallDisk disk(outside / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount a small file system";
  const fs::path run = outside / "disk" / "run";
  int full = 0;
  for (int kilobytes = 60; kilobytes <= 400; kilobytes += 20) {
    SCOPED_TRACE(kilobytes);
    ASSERT_TRUE(disk.resize(std::to_string(kilobytes) + "k"));
    const fs::path errors = outside / "errors";
    const int code = exit_code(run_worker(run, scene.said(), {.errors = errors}));
    EXPECT_TRUE(code == 0 || code == 1) << read_text(errors);
    full += code;
    if (!fs::exists(run / "record")) continue;
    EXPECT_TRUE(RunStore::open(run, RunStore::Access::read).verify().sound());
  }
  EXPECT_GE(full, 3);
  ASSERT_TRUE(disk.resize("10m"));
  EXPECT_EQ(exit_code(run_worker(run, scene.said())), 0);
  EXPECT_EQ(dump(run).checkpoints, reference().end.checkpoints);
}

}  // namespace
}  // namespace scheduled
