#include "base/interrupt.hpp"
#include "scheduled/anytime.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "scheduled/error.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;

const Schedule trunk = Schedule::parse("rsqrt(warmup=10, peak=1e-3)");

TEST(RunStore, KeepsWhatIsCommitted) {
  const TemporaryFolder folder;
  {
    RunStore store = RunStore::init(folder / "run", trunk, {.code_version = "v1", .data = "books"});
    store.commit({.step = 100, .data_position = "shard 3", .rng_state = std::string("\0\xff\n", 3), .keep = true},
                 weights_writer("trunk", 100));
  }
  const RunRecord record = RunStore::open(folder / "run", Access::read).record();
  EXPECT_EQ(record.version, 2);
  ASSERT_EQ(record.lines.size(), 1U);
  EXPECT_EQ(record.line("trunk").step, 100);
  EXPECT_EQ(record.line("trunk").schedule, trunk);
  ASSERT_EQ(record.checkpoints.size(), 1U);
  const RecordedCheckpoint& checkpoint = record.checkpoints[0];
  EXPECT_EQ(checkpoint.data_position, "shard 3");
  EXPECT_EQ(checkpoint.rng_state, std::string("\0\xff\n", 3));
  EXPECT_EQ(checkpoint.code_version, "v1");
  EXPECT_TRUE(checkpoint.keep);
  ASSERT_EQ(checkpoint.files.size(), 2U);
  EXPECT_EQ(checkpoint.files[0].name, "model.bin");
  EXPECT_EQ(checkpoint.files[1].name, "optimizer/state.bin");
  EXPECT_EQ(checkpoint.files[0].bytes, static_cast<std::int64_t>(weights("trunk", 100).size()));
  EXPECT_EQ(read_text(folder / "run" / checkpoint.folder / "model.bin"), weights("trunk", 100));
  EXPECT_EQ(record.data, (std::vector<RecordedData>{{"trunk", 0, "books"}}));
  EXPECT_EQ(record.sessions[0].schedule_hash, schedule_hash(trunk));
}

TEST(RunStore, ChecksumIsThatOfXxhsum) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  const auto checkpoint = store.commit({.step = 1}, [](const fs::path& to) { write_text(to / "a", "abc"); });
  EXPECT_EQ(checkpoint.files[0].xxh3, "06b05ab6733a618578af5f94892f3950");  // xxhsum -H2
}

TEST(RunStore, CommitCopiesFilesAndFolders) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "shards" / "deep");
  write_text(folder / "model.pt", "model");
  write_text(folder / "shards" / "deep" / "0", "shard");
  RunStore store = RunStore::init(folder / "run", trunk);
  const std::vector<fs::path> files = {folder / "model.pt", folder / "shards"};
  const auto checkpoint = store.commit({.step = 5}, files);
  EXPECT_EQ(checkpoint.files[0].name, "deep/0");
  EXPECT_EQ(checkpoint.files[1].name, "model.pt");
  const std::vector<fs::path> missing = {folder / "nowhere"};
  EXPECT_TRUE(has(error_of([&] { store.commit({.step = 6}, missing); }), "nowhere: no such file"));
  fs::create_symlink("model.pt", folder / "link");
  EXPECT_TRUE(has(error_of([&] {
                    store.commit({.step = 6}, [&](const fs::path& to) { fs::create_symlink("/etc/passwd", to / "x"); });
                  }),
                  "links and devices cannot be in a checkpoint"));
  EXPECT_TRUE(has(error_of([&] { store.commit({.step = 6}, std::span<const fs::path>()); }), "has no files"));
  EXPECT_EQ(store.record().checkpoints.size(), 1U);
  EXPECT_TRUE(store.verify().notes.empty());
}

TEST(RunStore, ResumesAtTheLastCommitWithItsRate) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  EXPECT_EQ(store.resume({}).step, 0);
  EXPECT_TRUE(store.resume({}).folder.empty());
  commit_weights(store, 100);
  commit_weights(store, 200);
  const Resume resume = store.resume({});
  EXPECT_EQ(resume.step, 200);
  EXPECT_EQ(resume.lr, trunk.lr(200));
  EXPECT_EQ(resume.lr, store.lr("trunk", 200));
  EXPECT_EQ(read_text(resume.folder / "model.bin"), weights("trunk", 200));
  EXPECT_EQ(store.record().line("trunk").session, resume.session);
}

TEST(RunStore, BranchLeavesTheTrunkAlone) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  commit_weights(store, 80);
  commit_weights(store, 160);
  const RecordedLine line =
      store.branch({.name = "short", .step = 80, .cooldown = {percent(20), OneMinusSqrtDecay{}, {}}});
  EXPECT_EQ(line.start, 80);
  EXPECT_EQ(line.end, 100);
  const Resume begin = store.resume({.line = "short"});
  EXPECT_EQ(begin.step, 80);
  EXPECT_EQ(begin.lr, line.schedule.lr(80));
  EXPECT_EQ(read_text(begin.folder / "model.bin"), weights("trunk", 80));
  EXPECT_EQ(store.lr("short", 40), trunk.lr(40));
  EXPECT_EQ(store.lr("short", 99), 0.0);
  commit_weights(store, 90, "short");
  commit_weights(store, 100, "short");
  EXPECT_TRUE(store.record().line("short").finished);
  EXPECT_EQ(store.resume({}).step, 160);
  EXPECT_EQ(store.lr("trunk", 90), trunk.lr(90));
}

TEST(RunStore, OneWriterAnyReaders) {
  const TemporaryFolder folder;
  RunStore writer = RunStore::init(folder / "run", trunk);
  EXPECT_TRUE(has(store_error_of([&] { RunStore::open(folder / "run", Access::write); }),
                  "another process writes to this run (process "));
  const RunStore reader = RunStore::open(folder / "run", Access::read);
  commit_weights(writer, 10);
  EXPECT_EQ(reader.record().line("trunk").step, 10);
  EXPECT_EQ(reader.lr("trunk", 50), trunk.lr(50));
  writer.resume({.schedule = Schedule::parse("constant"), .override_schedule = true});
  EXPECT_EQ(reader.lr("trunk", 50), 1.0) << "a reader sees what was written since it last looked";
  RunStore other = RunStore::open(folder / "run", Access::read);
  EXPECT_TRUE(has(error_of([&] { commit_weights(other, 20); }), "open for reading only"));
  EXPECT_TRUE(has(error_of([&] { other.gc(); }), "open for reading only"));
}

TEST(RunStore, MetricsComeBackAsATable) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk, {.metrics_in_memory = 3});
  std::vector<Metric> metrics;
  for (std::int64_t step = 1; step <= 20; ++step) metrics.push_back({step, "train_loss", 3.0 + 1.0 / double(step)});
  metrics.push_back({10, "val_loss", 3.5});
  metrics.push_back({10, "val_loss", 3.4});  // the later one counts
  metrics.push_back({20, "val_loss", std::numeric_limits<double>::infinity()});
  store.log("trunk", metrics);
  commit_weights(store, 20);
  store.branch({.name = "end", .step = 20, .cooldown = {steps(10), LinearDecay{}, {}}});
  store.log("end", std::vector<Metric>{{25, "train_loss", 2.5}});
  store.log("trunk", std::vector<Metric>{{25, "train_loss", 2.9}});
  store.flush();
  const RunLog log = RunStore::open(folder / "run", Access::read).log_of("trunk");
  EXPECT_EQ(log.rows(), 21U);
  EXPECT_EQ(log.at("val_loss")[9], 3.4);
  EXPECT_TRUE(std::isnan(log.at("val_loss")[19]));
  EXPECT_EQ(log.at("train_loss")[20], 2.9);
  EXPECT_EQ(log.at("lr")[20], trunk.lr(24));
  const RunLog branch = store.log_of("end");
  EXPECT_EQ(branch.rows(), 21U);
  EXPECT_EQ(branch.at("train_loss")[20], 2.5);
  EXPECT_EQ(branch.at("train_loss")[3], 3.25);
  EXPECT_EQ(branch.at("lr")[20], store.lr("end", 24));
  EXPECT_EQ(branch.at("lr")[19], trunk.lr(19));
  EXPECT_EQ(std::get<std::string>(branch.meta.at("schedule")), print(store.record().line("end").schedule));
}

TEST(RunStore, LogHasTheRatesOfAllUpdatesByTheRecord) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  store.log("trunk", std::vector<Metric>{{10, "val_loss", 4.0}, {19, "val_loss", 3.0}});
  commit_weights(store, 20);
  store.branch({.name = "end", .step = 20, .cooldown = {steps(10), LinearDecay{}, {}}});
  store.log("end", std::vector<Metric>{{29, "val_loss", 2.0}, {30, "val_loss", 1.0}, {30, "lr", store.lr("end", 29)}});
  store.flush();
  const RunLog branch = store.log_of("end");
  ASSERT_EQ(branch.rates.size(), 30U);
  for (std::int64_t step = 0; step < 30; ++step) {
    EXPECT_EQ(branch.rates[static_cast<std::size_t>(step)], step < 20 ? trunk.lr(step) : store.lr("end", step)) << step;
  }
  EXPECT_EQ(branch.at("lr"),
            (std::vector<double>{trunk.lr(9), trunk.lr(18), store.lr("end", 28), store.lr("end", 29)}));
  EXPECT_EQ(densify(branch, "lr", 30), branch.rates);
  EXPECT_EQ(branch.format, "run");
  EXPECT_EQ(branch.source.at("val_loss"), "val_loss");
  EXPECT_EQ(store.log_of("trunk").source.at("lr"), "the record");
  EXPECT_TRUE(branch.notes.empty());

  store.resume({.schedule = Schedule::parse("constant"), .override_schedule = true});
  store.log("trunk", std::vector<Metric>{{22, "val_loss", 3.0}, {23, "lr", 0.5}});
  store.flush();
  const RunLog changed = store.log_of("trunk");
  ASSERT_EQ(changed.rates.size(), 23U);
  EXPECT_EQ(changed.rates[19], trunk.lr(19));
  EXPECT_EQ(changed.rates[20], 1.0);
  EXPECT_EQ(changed.at("lr").back(), 1.0) << "as in rates: whatever reads the column has what the bound has";
  EXPECT_EQ(changed.source.at("lr"), "the record");
  EXPECT_EQ(
      changed.notes,
      (std::vector<std::string>{"lr = 0.5 was logged after step 23; the rate given for that update is 1, and counts"}));
}

TEST(RunStore, LogOfALongRunHasTheRecordsRatesAtItsRows) {
  const TemporaryFolder folder;
  constexpr std::int64_t last = 900'000'000;
  RunStore store = RunStore::init(folder / "run", Schedule::parse("linear(steps=1000000000, peak=0.5)"));
  store.log("trunk", std::vector<Metric>{{0, "train_loss", 9.0}, {1, "train_loss", 4.0}, {last, "train_loss", 3.0}});
  store.log("trunk", std::vector<Metric>{{last, "lr", 0.25}});
  store.flush();
  const Schedule schedule = store.record().line("trunk").schedule;
  const RunLog log = store.log_of("trunk");
  EXPECT_TRUE(log.rates.empty());
  ASSERT_EQ(log.rows(), 3U);
  EXPECT_TRUE(std::isnan(log.at("lr")[0]));
  EXPECT_EQ(log.at("lr")[1], schedule.lr(0));
  EXPECT_EQ(log.at("lr")[2], schedule.lr(last - 1));
  EXPECT_EQ(log.source.at("lr"), "the record");
  ASSERT_EQ(log.notes.size(), 2U);
  EXPECT_NE(log.notes[0].find("lr = 0.25 was logged after step 900000000; "), std::string::npos) << log.notes[0];
  EXPECT_EQ(log.notes[1], "more than 20000000 updates: the record's rates are held at the rows alone");
}

TEST(RunStore, LogSaysWhatIsNotFiniteAndSinceWhen) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  store.log("trunk", std::vector<Metric>{{1, "train_loss", 4.0}, {2, "train_loss", 3.0}, {2, "grad_norm", inf}});
  store.log("trunk", std::vector<Metric>{{3, "train_loss", nan}, {3, "grad_norm", 1.0}, {4, "train_loss", -inf}});
  store.flush();
  const RunLog log = store.log_of("trunk");
  EXPECT_TRUE(std::isnan(log.at("train_loss")[2]) && std::isnan(log.at("train_loss")[3]));
  EXPECT_EQ(log.not_finite, (std::map<std::string, std::int64_t>{{"train_loss", 3}})) << "grad_norm is finite again";
  EXPECT_EQ(log.notes, (std::vector<std::string>{
                           "grad_norm is nan or the like in 1 row, first at step 2: taken as not logged",
                           "train_loss is nan or the like in 2 rows, first at step 3: taken as not logged"}));
  store.log("trunk", std::vector<Metric>{{4, "train_loss", 2.0}});
  store.flush();
  EXPECT_TRUE(store.log_of("trunk").not_finite.empty()) << "train_loss, too";
}

TEST(RunStore, OwnRunsAreThoseWithRowsOfTheirOwnBesideTheirParents) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  store.log("trunk", std::vector<Metric>{{10, "val_loss", 4.0}, {20, "val_loss", 3.0}});
  commit_weights(store, 20);
  for (const char* const name : {"a", "b", "nothing"})
    store.branch({.name = name, .step = 20, .cooldown = {steps(10), LinearDecay{}, {}}});
  for (const char* const name : {"a", "b"}) store.log(name, std::vector<Metric>{{30, "val_loss", 2.0}});
  store.flush();
  EXPECT_EQ(store.logged_lines(), (std::vector<std::string>{"trunk", "a", "b"}));
  const std::vector<OwnRun> runs = own_runs(store);
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_FALSE(runs[0].base);
  EXPECT_EQ(runs[1].base, runs[2].base) << "one log in memory";
  EXPECT_EQ(runs[0].log, store.log_of("trunk"));
  for (const std::size_t k : {1U, 2U}) {
    EXPECT_EQ(runs[k].name, k == 1 ? "a" : "b");
    EXPECT_EQ(runs[k].log, store.log_of(runs[k].name));
    EXPECT_EQ(*runs[k].base, runs[0].log);
  }
}

TEST(RunStore, RatesThatContradictTheRecordAreToldOnce) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  const auto log = [&](std::int64_t step, double lr) {
    return store.log("trunk", std::vector<Metric>{{step, "loss", 1.0}, {step, "lr", lr}});
  };
  EXPECT_EQ(log(50, trunk.lr(49)), "");
  EXPECT_EQ(log(60, static_cast<double>(static_cast<float>(trunk.lr(59)))), "");
  const std::string expected = "lr = 0.01 was logged after step 70; the record of trunk says " +
                               format_number(trunk.lr(69)) + " for that update";
  EXPECT_EQ(log(70, 0.01), expected);
  EXPECT_EQ(log(71, 0.01), "");
  store.resume({});
  EXPECT_NE(log(72, 0.01), "");
}

TEST(RunStore, MetricsAfterTheResumePointAreSuperseded) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  commit_weights(store, 10);
  store.log("trunk", std::vector<Metric>{{10, "loss", 1.0}, {15, "loss", 2.0}, {18, "loss", 3.0}});
  store.resume({});
  store.log("trunk", std::vector<Metric>{{15, "loss", 4.0}});
  store.flush();
  const RunLog log = store.log_of("trunk");
  EXPECT_EQ(log.step, (std::vector<std::int64_t>{10, 15}));
  EXPECT_EQ(log.at("loss"), (std::vector<double>{1.0, 4.0}));
}

TEST(RunStore, ALongExportCanBeInterrupted) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  std::vector<Metric> rows(20000);
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = {static_cast<std::int64_t>(k), "loss", 1.0};
  store.log("trunk", rows);
  store.flush();
  const Interruption interruption([] { return true; });
  const auto long_enough = [&] {
    for (int k = 0; k < 1000; ++k) store.log_of("trunk");
  };
  EXPECT_THROW(long_enough(), Interrupted);
}

TEST(RunStore, ClockThatJumpsChangesNothing) {
  std::vector<std::int64_t> times = {5'000'000, -7, 1'000'000'000'000'000, 3, 2, 1, 0, 99, -5, 12};
  std::size_t next = 0;
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk, {.clock = [&] { return times[next++ % times.size()]; }});
  for (const std::int64_t step : {10, 20, 30}) commit_weights(store, step);
  store.branch({.name = "b", .step = 20});
  EXPECT_EQ(store.resume({}).step, 30);
  EXPECT_EQ(store.resume({.line = "b"}).step, 20);
  EXPECT_TRUE(store.verify().sound());
  EXPECT_EQ(store.record().line("trunk").step, 30);
}

TEST(RunStore, GcKeepsWhatIsNeeded) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  for (const std::int64_t step : {20, 40, 60, 80, 100}) commit_weights(store, step, "trunk", step == 60);
  store.branch({.name = "a", .step = 40, .cooldown = {steps(10), LinearDecay{}, {}}});
  const auto steps_left = [&] {
    std::vector<std::string> left;
    for (const RecordedCheckpoint& checkpoint : store.record().checkpoints) {
      if (checkpoint.state != RecordedCheckpoint::State::deleted) {
        left.push_back(checkpoint.line + std::to_string(checkpoint.step));
        EXPECT_TRUE(fs::exists(folder / "run" / checkpoint.folder));
      } else {
        EXPECT_FALSE(fs::exists(folder / "run" / checkpoint.folder));
      }
    }
    return left;
  };
  EXPECT_EQ(store.gc(2, true).deleted.size(), 1U);
  EXPECT_EQ(steps_left().size(), 5U);
  store.gc(2);
  EXPECT_EQ(steps_left(), (std::vector<std::string>{"trunk40", "trunk60", "trunk80", "trunk100"}));
  store.resume({.line = "a"});
  commit_weights(store, 45, "a");
  commit_weights(store, 50, "a");
  store.branch({.name = "b", .step = 60, .cooldown = {steps(10), LinearDecay{}, {}}});
  commit_weights(store, 70, "b");
  store.gc(1);
  EXPECT_EQ(steps_left(), (std::vector<std::string>{"trunk100", "a50", "b70"}));
  EXPECT_TRUE(store.verify().sound());
  EXPECT_TRUE(has(error_of([&] { store.gc(0); }), "keep = 0: must be at least 1"));
}

}  // namespace
}  // namespace scheduled
