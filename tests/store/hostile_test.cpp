// Folders of runs that somebody else had in hand: nothing outside of them is written or deleted, and nothing in them
// that the store did not put there.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "anytime/entries.hpp"
#include "anytime/journal.hpp"
#include "scheduled/anytime.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;
using State = RecordedCheckpoint::State;

const Schedule trunk = Schedule::parse("constant(warmup=10, peak=1e-3)");

class Hostile : public ::testing::Test {
 protected:
  void make(std::initializer_list<std::int64_t> steps) const {
    RunStore store = RunStore::init(run, trunk);
    for (const std::int64_t step : steps) commit_weights(store, step);
  }
  RunStore open(Access access = Access::write) const { return RunStore::open(run, access); }

  const TemporaryFolder folder;
  const fs::path run = folder / "run";
};

TEST_F(Hostile, ALockThatIsALinkOrNoFileIsNotWritten) {
  make({10});
  write_text(folder / "precious", "precious");
  for (const bool link : {true, false}) {
    fs::remove(run / "lock");
    if (link) {
      fs::create_symlink(folder / "precious", run / "lock");
    } else {
      ASSERT_EQ(::mkfifo((run / "lock").c_str(), 0600), 0);
    }
    EXPECT_TRUE(has(store_error_of([&] { open(); }), link ? "lock: is a link, not a file" : "lock: is a FIFO"));
    EXPECT_EQ(read_text(folder / "precious"), "precious");
    EXPECT_TRUE(open(Access::read).verify().sound());
  }
}

TEST_F(Hostile, FoldersThatAreLinksAreNotWorkedIn) {
  make({10, 20, 30});
  fs::create_directory(folder / "precious");
  write_text(folder / "precious" / "commit", "precious");
  write_text(folder / "precious" / "trash", "precious");
  for (const char* const name : {"checkpoints", "staging"}) {
    RunStore store = open();
    fs::rename(run / name, folder / "away");
    fs::create_directory_symlink(folder / "precious", run / name);
    const std::string text = std::string(name) + " is a link, not a folder";
    EXPECT_TRUE(has(store_error_of([&] { commit_weights(store, 40); }), text));
    EXPECT_TRUE(has(store_error_of([&] { store.gc(1); }), text));
    EXPECT_EQ(read_text(folder / "precious" / "commit"), "precious");
    EXPECT_EQ(read_text(folder / "precious" / "trash"), "precious");
    fs::remove(run / name);
    fs::rename(folder / "away", run / name);
    EXPECT_EQ(store.resume({}).step, 30);
  }
  fs::rename(run / "record", folder / "away");
  fs::create_directory_symlink(folder / "away", run / "record");
  EXPECT_TRUE(has(store_error_of([&] { open(); }), "record is a link, not a folder"));
  EXPECT_EQ(open(Access::read).record().checkpoints.size(), 3U);
}

TEST_F(Hostile, ALinkInThePlaceOfTheFolderToWriteIntoIsNotCommitted) {
  make({10});
  fs::create_directory(folder / "precious");
  write_text(folder / "precious" / "model", "precious");
  RunStore store = open();
  const auto put_link = [&](const fs::path& to) {
    fs::remove(to);
    fs::create_directory_symlink(folder / "precious", to);
  };
  EXPECT_TRUE(has(store_error_of([&] { store.commit({.step = 20}, put_link); }), "is a link, not the folder that was"));
  EXPECT_FALSE(fs::exists(folder / "precious" / ".scheduled.json"));
  EXPECT_EQ(store.record().checkpoints.size(), 1U);
  commit_weights(store, 20);
  EXPECT_EQ(read_text(folder / "precious" / "model"), "precious");
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(Hostile, ARunIsNotCommittedIntoItself) {
  make({10});
  RunStore store = open();
  for (const fs::path& file : {run, folder / ".", run / "staging", run / "checkpoints" / ".."}) {
    const std::vector<fs::path> files{file};
    EXPECT_TRUE(has(error_of([&] { store.commit({.step = 20}, files); }), "must not hold the run's own folder"))
        << file;
  }
  const std::vector<fs::path> again{run / "checkpoints" / "trunk-10" / "model.bin"};
  store.commit({.step = 20}, again);
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(Hostile, WhatTheStoreDidNotPutThereStays) {
  make({10, 20, 30});
  fs::create_directories(run / "checkpoints" / "best");
  write_text(run / "checkpoints" / "best" / "model", "mine");
  write_text(run / "checkpoints" / "notes.txt", "mine");
  write_text(run / "staging" / "todo", "mine");
  fs::create_directory(run / "staging" / "commit");
  fs::copy(run / "checkpoints" / "trunk-30", run / "checkpoints" / "copy", fs::copy_options::recursive);
  RunStore store = open();
  EXPECT_EQ(store.verify().notes.size(), 5U);
  EXPECT_TRUE(has(store.verify().notes[0], "checkpoints/best was not put there by the store"));
  const GcReport report = store.gc(1);
  EXPECT_EQ(report.deleted.size(), 2U);
  EXPECT_EQ(report.leftovers, std::vector<std::string>{"staging/commit"});
  EXPECT_EQ(report.notes.size(), 4U);
  EXPECT_EQ(read_text(run / "checkpoints" / "best" / "model"), "mine");
  EXPECT_EQ(read_text(run / "checkpoints" / "notes.txt"), "mine");
  EXPECT_EQ(read_text(run / "staging" / "todo"), "mine");
  EXPECT_TRUE(fs::exists(run / "checkpoints" / "copy" / "model.bin"));
}

TEST_F(Hostile, TheOneCheckpointThatABackupOfTheRecordDoesNotKnowStaysUntilItsLineIsBeyondIt) {
  make({10, 20});
  const fs::path record = run / "record" / "000001";
  const std::string before = read_text(record);
  {
    RunStore store = open();
    commit_weights(store, 30);
  }
  write_text(record, before);
  RunStore store = open();
  EXPECT_TRUE(store.verify().sound()) << "its commit may have been cut off";
  EXPECT_TRUE(has(store.verify().notes.at(0), "checkpoints/trunk-30 is a checkpoint without an entry"));
  EXPECT_TRUE(has(store.gc(1).notes.at(0), "checkpoints/trunk-30 is kept until its line goes beyond it"));
  EXPECT_TRUE(fs::exists(run / "checkpoints" / "trunk-30" / "model.bin"));
  commit_weights(store, 30);
  EXPECT_EQ(store.gc(1).leftovers, std::vector<std::string>{"checkpoints/trunk-30"});
  EXPECT_EQ(store.resume({}).folder.filename(), "trunk-30-2");
}

/// A run whose record has this checkpoint, with hashes that are right.
void craft(const fs::path& run, const RecordedCheckpoint& checkpoint, const RecordedLine& line) {
  for (const char* const name : {"checkpoints", "staging"}) fs::create_directories(run / name);
  const RecordedSession session{1, line.name, 0, std::nullopt, trunk, schedule_hash(trunk), {}, 0};
  const std::string facts =
      anytime::line_fact(line) + anytime::session_fact(session) + anytime::checkpoint_fact(checkpoint);
  anytime::Journal::create(run, {{anytime::EntryKind::facts, facts}}, anytime::first_version);
}

TEST_F(Hostile, ARecordThatLeadsOutOfItsFolderIsNotUnderstood) {
  RecordedCheckpoint good;
  good.id = good.session = 1;
  good.line = "trunk";
  good.step = 10;
  good.folder = "checkpoints/trunk-10";
  good.files = {{"model", 8, "00"}};
  RecordedLine line;
  line.name = "trunk";
  craft(folder / "good", good, line);
  EXPECT_EQ(RunStore::open(folder / "good", Access::read).record().checkpoints.size(), 1U);
  std::vector<std::pair<RecordedCheckpoint, RecordedLine>> bad;
  for (const char* const to : {"../precious", "/tmp", "checkpoints/../../precious", "checkpoints", "checkpoints/", "",
                               "checkpoints/.", "staging/commit", "checkpoints/a/b"}) {
    bad.emplace_back(good, line).first.folder = to;
  }
  for (const char* const to : {"../../precious", "/etc/passwd", "a//b", ".", ""}) {
    bad.emplace_back(good, line).first.files[0].name = to;
  }
  bad.emplace_back(good, line).first.files[0].name = std::string("a\0b", 3);
  for (const std::int64_t step : {std::int64_t{-1}, (std::int64_t{1} << 53) + 1}) {
    bad.emplace_back(good, line).first.step = step;
    bad.emplace_back(good, line).first.files[0].bytes = step;
  }
  bad.emplace_back(good, line).first.id = 0;
  bad.emplace_back(good, line).first.line = "../x";
  bad.emplace_back(good, line).second.parent = "trunk";
  bad.emplace_back(good, line).second.start = -1;
  fs::create_directory(folder / "precious");
  write_text(folder / "precious" / "model", "precious");
  for (std::size_t k = 0; k < bad.size(); ++k) {
    SCOPED_TRACE(k);
    const fs::path other = folder.path() / ("bad" + std::to_string(k));
    craft(other, bad[k].first, bad[k].second);
    EXPECT_TRUE(has(store_error_of([&] { RunStore::open(other, Access::write).gc(1); }), "is not understood"));
    EXPECT_EQ(read_text(folder / "precious" / "model"), "precious");
  }
}

TEST_F(Hostile, FilesBesideTheSegmentsAreNone) {
  make({10, 20});
  for (const char* const name : {"7", "000001.bak", "0000002", "0", "99999999999999999999"}) {
    write_text(run / "record" / name, "mine");
  }
  EXPECT_TRUE(open(Access::read).verify().sound());
  RunStore store = open();
  commit_weights(store, 30);
  EXPECT_EQ(store.resume({}).step, 30);
}

TEST_F(Hostile, ARecordThatIsGoneComesBackFromTheCheckpoints) {
  make({10, 20});
  {
    RunStore store = open();
    store.branch({.name = "b", .step = 20, .cooldown = {steps(10), LinearDecay{}, {}}});
    store.resume({.line = "b"});
    commit_weights(store, 30, "b");
  }
  const RunRecord before = open(Access::read).record();
  for (const bool folder_too : {false, true}) {
    SCOPED_TRACE(folder_too);
    for (const fs::directory_entry& entry : fs::directory_iterator(run / "record")) fs::remove(entry.path());
    if (folder_too) fs::remove(run / "record");
    const std::string text =
        folder_too ? error_of([&] { open(Access::read); }) : store_error_of([&] { open(Access::read); });
    EXPECT_TRUE(has(text, "scheduled run repair makes one"));
    EXPECT_EQ(RunStore::repair(run, true).recovered.size(), 7U);
    EXPECT_FALSE(fs::exists(run / "record" / "000001"));
    EXPECT_TRUE(RunStore::repair(run).changed);
    EXPECT_FALSE(RunStore::repair(run).changed);
    RunStore store = open();
    EXPECT_TRUE(store.verify().sound());
    EXPECT_EQ(store.record().checkpoints, before.checkpoints);
    EXPECT_EQ(store.record().lines, before.lines);
    EXPECT_EQ(store.resume({}).step, 20);
  }
}

TEST_F(Hostile, ACheckpointThatWasAwayDuringARepairComesBack) {
  make({10, 20, 30});
  open().resume({.step = 20});
  {
    RunStore store = open();
    commit_weights(store, 40);
  }
  for (const char* const name : {"trunk-20", "trunk-40"}) fs::rename(run / "checkpoints" / name, folder / name);
  const fs::path record = run / "record" / "000001";
  std::string text = read_text(record);
  const std::size_t at = text.find("\"step\":10");
  text[at + 7] = '5';
  write_text(record, text);
  EXPECT_TRUE(RunStore::repair(run).changed);
  EXPECT_TRUE(open(Access::read).verify().sound());
  for (const char* const name : {"trunk-20", "trunk-40"}) fs::rename(folder / name, run / "checkpoints" / name);
  const VerifyReport report = open(Access::read).verify();
  ASSERT_EQ(report.problems.size(), 2U);
  EXPECT_TRUE(has(report.problems[0], "checkpoints/trunk-20 is a checkpoint that is not on record"));
  EXPECT_EQ(open().gc(1).leftovers.size(), 0U);
  EXPECT_TRUE(fs::exists(run / "checkpoints" / "trunk-20" / "model.bin"));
  EXPECT_EQ(RunStore::repair(run).recovered.size(), 2U);
  RunStore store = open();
  EXPECT_TRUE(store.verify().sound());
  EXPECT_EQ(store.resume({}).step, 40);
  EXPECT_EQ(store.resume({.step = 20}).step, 20);
}

TEST_F(Hostile, ASegmentThatIsGoneIsDamageThatRepairMends) {
  make({10, 20});
  write_text(run / "record" / "000001", read_text(run / "record" / "000001") + "f 0000");  // cut off
  {
    RunStore store = open();
    commit_weights(store, 30);
  }
  ASSERT_TRUE(fs::exists(run / "record" / "000002"));
  fs::remove(run / "record" / "000001");
  EXPECT_TRUE(has(store_error_of([&] { open(Access::read).record(); }), "the segments before it are missing"));
  EXPECT_FALSE(open(Access::read).verify().sound());
  RunStore::repair(run);
  RunStore store = open();
  EXPECT_TRUE(store.verify().sound());
  EXPECT_EQ(store.record().checkpoints.size(), 3U);
  EXPECT_EQ(store.resume({}).step, 30);
}

}  // namespace
}  // namespace scheduled
