// Nothing intact is ever deleted: gc when checkpoints cannot be seen, cannot be read, or are damaged.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "scheduled/anytime.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;
using State = RecordedCheckpoint::State;

const Schedule trunk = Schedule::parse("constant(warmup=10, peak=1e-3)");

class Gc : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  fs::path checkpoints() const { return folder / "run" / "checkpoints"; }
  fs::path model(std::int64_t step) const { return checkpoints() / ("trunk-" + std::to_string(step)) / "model.bin"; }
  void commit(std::initializer_list<std::int64_t> steps) {
    for (const std::int64_t step : steps) commit_weights(store, step);
  }
};

TEST_F(Gc, WhereTheVolumeIsAwayNothingIsDeletedAndNothingForgotten) {
  commit({10, 20, 30});
  fs::rename(checkpoints(), folder / "away");
  fs::create_directory(checkpoints());
  const std::string refused = store_error_of([&] { store.gc(); });
  EXPECT_TRUE(has(refused, "nothing was deleted: trunk has no sound checkpoint to go on from"));
  EXPECT_TRUE(has(refused, "checkpoint trunk at step 30: checkpoints/trunk-30/model.bin is missing"));
  fs::remove(checkpoints());
  fs::rename(folder / "away", checkpoints());
  EXPECT_TRUE(store.verify().sound());
  EXPECT_EQ(store.verify().checkpoints, 3);
  EXPECT_EQ(store.resume({}).step, 30);
  EXPECT_EQ(store.gc().deleted.size(), 1U);
}

TEST_F(Gc, TheLastCheckpointStaysWhereItIsDamaged) {
  commit({5});
  flip_byte(model(5));
  EXPECT_TRUE(has(store_error_of([&] { store.gc(); }), "checkpoints/trunk-5/model.bin has another checksum"));
  EXPECT_TRUE(fs::exists(model(5)));
  EXPECT_EQ(store.record().checkpoints[0].state, State::live);
}

TEST_F(Gc, WhatCannotBeReadIsKeptBesideTheSoundOnes) {
  commit({10, 20, 30, 40});
  fs::rename(model(40), folder / "away");
  fs::create_directory(model(40));
  const GcReport report = store.gc(1);
  ASSERT_EQ(report.deleted.size(), 2U);
  EXPECT_EQ(report.deleted[1].step, 20);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_TRUE(has(report.notes[0], "trunk at step 40 is kept: checkpoints/trunk-40/model.bin is a folder, not a file"));
  fs::remove(model(40));
  fs::rename(folder / "away", model(40));
  EXPECT_EQ(store.resume({}).step, 40);
}

TEST_F(Gc, RowsGoOnlyWithFilesThatWereThere) {
  commit({10, 20, 30});
  fs::rename(checkpoints() / "trunk-10", folder / "away");
  const GcReport report = store.gc(1);
  ASSERT_EQ(report.deleted.size(), 1U);
  EXPECT_EQ(report.deleted[0].step, 20);
  EXPECT_TRUE(has(report.notes.at(0), "trunk at step 10 stays on record: checkpoints/trunk-10 is not there"));
  fs::rename(folder / "away", checkpoints() / "trunk-10");
  EXPECT_TRUE(store.verify().sound());
  EXPECT_EQ(store.gc(1).deleted.at(0).step, 10);
}

TEST_F(Gc, ABranchThatCannotStartStopsIt) {
  commit({20, 40});
  store.branch({.name = "b", .step = 20, .cooldown = {steps(10), LinearDecay{}, {}}});
  flip_byte(model(20));
  EXPECT_TRUE(has(store_error_of([&] { store.gc(); }), "nothing was deleted: b has no sound checkpoint"));
}

TEST_F(Gc, AMarkOfDamageIsLiftedWhenTheBytesAreBack) {
  commit({400, 800});
  fs::rename(checkpoints() / "trunk-800", folder / "away");
  EXPECT_EQ(store.resume({}).step, 400);
  EXPECT_EQ(store.record().checkpoints[1].state, State::damaged);
  fs::rename(folder / "away", checkpoints() / "trunk-800");
  EXPECT_TRUE(has(store.verify().notes.at(0), "was passed over before; its files are as recorded now"));
  EXPECT_TRUE(store.clear_marks().empty()) << "without its mark it would be one that the line has left behind";
  EXPECT_EQ(store.gc(1).deleted.at(0).step, 400) << "the line may go on from 800 again";
  EXPECT_EQ(store.resume({}).step, 800) << "nothing was committed since";
  EXPECT_EQ(store.record().line("trunk").step, 800);
  EXPECT_TRUE(store.verify().notes.empty());
}

TEST_F(Gc, ClearingMarksLetsAStepBeResumed) {
  commit({400, 800});
  store.log("trunk", std::vector<Metric>{{800, "loss", 1.0}});
  fs::rename(checkpoints() / "trunk-800", folder / "away");
  store.resume({});
  commit_weights(store, 500);
  store.log("trunk", std::vector<Metric>{{450, "loss", 2.0}});
  fs::rename(folder / "away", checkpoints() / "trunk-800");
  EXPECT_EQ(store.resume({}).step, 500) << "it has gone on from elsewhere";
  const auto cleared = store.clear_marks();
  ASSERT_EQ(cleared.size(), 1U);
  EXPECT_EQ(cleared[0].step, 800);
  EXPECT_EQ(store.record().checkpoints[1].state, State::superseded);
  EXPECT_EQ(store.resume({.step = 800}).step, 800);
  EXPECT_EQ(store.record().line("trunk").step, 800);
  store.flush();
  EXPECT_EQ(store.log_of("trunk").at("loss"), std::vector<double>{1.0}) << "its own past, not that of step 500";
  EXPECT_EQ(store.record().checkpoints[2].state, State::superseded);
  EXPECT_TRUE(store.clear_marks().empty());
}

TEST_F(Gc, AMarkAloneDeletesNothing) {
  commit({400, 800});
  fs::rename(checkpoints() / "trunk-800", folder / "away");
  store.resume({});
  commit({500});
  fs::rename(folder / "away", checkpoints() / "trunk-800");
  const GcReport report = store.gc(1);  // the line has gone on, but these 800 steps are intact
  ASSERT_EQ(report.deleted.size(), 1U);
  EXPECT_EQ(report.deleted[0].step, 400);
  EXPECT_TRUE(has(report.notes.at(0),
                  "checkpoint trunk at step 800 is kept: it was passed over before, and its files "
                  "are as recorded now"));
  EXPECT_EQ(store.resume({.step = 800}).step, 800);
  EXPECT_EQ(read_text(model(800)), weights("trunk", 800));
}

TEST_F(Gc, AMarkedCheckpointThatCannotBeReadIsKeptAndADamagedOneIsNot) {
  commit({400, 600, 800});
  fs::rename(model(800), folder / "away");
  flip_byte(model(600));
  store.resume({});
  commit({500});
  fs::create_directory(model(800));
  const GcReport report = store.gc(1);
  ASSERT_EQ(report.deleted.size(), 2U);
  EXPECT_EQ(report.deleted[1].step, 600);
  EXPECT_TRUE(has(report.notes.at(0), "trunk at step 800 is kept: checkpoints/trunk-800/model.bin is a folder"));
}

TEST_F(Gc, AResultThatIsNotSoundKeepsWhatItCanBeMadeFrom) {
  RunStore run = RunStore::init(folder / "plain", Schedule::parse("wsd(steps=40, peak=1)"));
  for (const std::int64_t step : {10, 20, 30, 40}) commit_weights(run, step);
  const auto model_of = [&](int step) {
    return folder / "plain" / "checkpoints" / ("trunk-" + std::to_string(step)) / "model.bin";
  };
  flip_byte(model_of(40));
  fs::rename(model_of(30), folder / "away");
  const GcReport report = run.gc(1);
  ASSERT_EQ(report.deleted.size(), 1U);
  EXPECT_EQ(report.deleted[0].step, 10);
  ASSERT_EQ(report.notes.size(), 2U);
  EXPECT_TRUE(has(report.notes[0], "trunk at step 40 is kept: checkpoints/trunk-40/model.bin has another checksum"));
  EXPECT_TRUE(has(report.notes[1], "trunk at step 30 is kept: checkpoints/trunk-30/model.bin is missing"));
  EXPECT_EQ(run.resume({.step = 20}).step, 20);
  for (const std::int64_t step : {30, 40}) commit_weights(run, step);
  EXPECT_EQ(run.gc(1).deleted.size(), 4U) << "all but the new end";
  EXPECT_TRUE(run.record().line("trunk").finished);
}

TEST_F(Gc, ABranchWhoseResultIsDamagedKeepsItsStart) {
  commit({20, 40, 60});
  store.branch({.name = "b", .step = 20, .cooldown = {steps(10), LinearDecay{}, {}}});
  commit_weights(store, 30, "b");
  flip_byte(checkpoints() / "b-30" / "model.bin");
  EXPECT_EQ(store.gc(1).deleted.size(), 1U);
  EXPECT_EQ(store.resume({.line = "b", .step = 20}).step, 20);
  commit_weights(store, 30, "b");
  EXPECT_EQ(store.gc(1).deleted.size(), 2U) << "the start, and the damaged end";
}

TEST_F(Gc, ACheckpointThatIsAwayKeepsItsFolderFromLaterOnes) {
  commit({10, 20});
  fs::rename(checkpoints() / "trunk-20", folder / "away");
  EXPECT_EQ(store.resume({}).step, 10);
  commit({20});
  EXPECT_EQ(store.record().checkpoints[2].folder, "checkpoints/trunk-20-2");
  store.gc(1);
  EXPECT_EQ(store.resume({}).step, 20) << "its files are not those of the one that is away";
  fs::rename(folder / "away", checkpoints() / "trunk-20");
  EXPECT_TRUE(store.verify().sound());
  EXPECT_EQ(store.clear_marks().size(), 1U);
}

TEST_F(Gc, ACommitIsBeyondWhereItsSessionBeganThoughThatCheckpointIsGone) {
  commit({10, 20, 30});
  EXPECT_EQ(store.resume({}).step, 30);
  flip_byte(model(30));
  EXPECT_EQ(store.gc(1).deleted.size(), 2U);
  EXPECT_EQ(store.record().line("trunk").step, 20);
  EXPECT_TRUE(has(error_of([&] { commit({25}); }), "step = 25: must be above 30, where trunk goes on"));
  commit({40});
  EXPECT_EQ(store.resume({.step = 40}).step, 40);
  EXPECT_EQ(store.record().checkpoints[3].state, State::live);
}

TEST_F(Gc, FoldersThatAreMissingAreMade) {
  fs::remove(folder / "run" / "staging");
  fs::remove(checkpoints());
  commit({10, 20});
  fs::remove(folder / "run" / "staging");
  EXPECT_EQ(store.gc(1).deleted.size(), 1U);
}

TEST_F(Gc, ACheckpointOfALaterStateIsNoLeftover) {
  commit({10});
  const fs::path record = folder / "run" / "record" / "000001";
  const std::string before = read_text(record);
  commit({20, 30});
  { RunStore other = RunStore::init(folder / "other", trunk); }
  store = RunStore::open(folder / "other", Access::write);  // lets go of the run
  write_text(record, before);                               // a backup of the record alone
  store = RunStore::open(folder / "run", Access::write);
  EXPECT_EQ(store.record().line("trunk").step, 10);
  const VerifyReport report = store.verify();
  ASSERT_EQ(report.problems.size(), 1U) << "the first commit after the backup may be one that was interrupted";
  EXPECT_TRUE(has(report.problems[0], "checkpoints/trunk-30 is a checkpoint that is not on record"));
  EXPECT_EQ(store.gc().notes.size(), 2U);
  EXPECT_TRUE(fs::exists(model(20)) && fs::exists(model(30)));
  store = RunStore::open(folder / "other", Access::write);
  EXPECT_EQ(RunStore::repair(folder / "run").recovered.size(), 2U);
  store = RunStore::open(folder / "run", Access::write);
  EXPECT_EQ(store.resume({}).step, 30);
}

TEST(Odd, FilesThatAreNoFilesAreDamageAndStopNothing) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  for (const std::int64_t step : {10, 20, 30, 40, 50}) commit_weights(store, step);
  const auto model = [&](int step) {
    return folder / "run" / "checkpoints" / ("trunk-" + std::to_string(step)) / "model.bin";
  };
  for (const int step : {20, 30, 40, 50}) fs::remove(model(step));
  ASSERT_EQ(::mkfifo(model(20).c_str(), 0600), 0);
  fs::create_symlink("optimizer/state.bin", model(30));
  fs::create_directory(model(40));
  const VerifyReport report = store.verify();
  EXPECT_EQ(report.checkpoints, 5);
  ASSERT_EQ(report.problems.size(), 4U);
  EXPECT_TRUE(has(report.problems[0], "is not available: checkpoints/trunk-20/model.bin is a FIFO, not a file"));
  EXPECT_TRUE(has(report.problems[1], "is not available: checkpoints/trunk-30/model.bin is a link, not a file"));
  EXPECT_TRUE(has(report.problems[2], "is not available: checkpoints/trunk-40/model.bin is a folder, not a file"));
  EXPECT_TRUE(has(report.problems[3], "is not available: checkpoints/trunk-50/model.bin is missing"));
  const Resume resume = store.resume({});
  EXPECT_EQ(resume.step, 10);
  EXPECT_EQ(resume.damaged.size(), 4U);
  fs::create_symlink("model.bin", folder / "run" / "checkpoints" / "trunk-10" / "latest");
  EXPECT_TRUE(has(store.verify().notes.at(0), "latest was put there after the commit"));
}

}  // namespace
}  // namespace scheduled
