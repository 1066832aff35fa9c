// The rules that the run store enforces, and what it does with damage.
#include <gtest/gtest.h>

#include "scheduled/anytime.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;

const Schedule trunk = Schedule::parse("constant(warmup=10, peak=1e-3)");

class RunRules : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
};

TEST_F(RunRules, StepsAreSetNotAdded) {
  commit_weights(store, 100);
  EXPECT_TRUE(has(error_of([&] { commit_weights(store, 100); }), "step = 100: must be above 100, the last of trunk"));
  EXPECT_TRUE(has(error_of([&] { commit_weights(store, 50); }), "which is set, not added to"));
  EXPECT_TRUE(has(error_of([&] { commit_weights(store, 0); }), "step = 0"));
}

TEST_F(RunRules, BranchesStartAtCommittedTrunkCheckpoints) {
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "b"}); }), "no committed checkpoint to leave from"));
  commit_weights(store, 100);
  commit_weights(store, 200);
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "b", .step = 150}); }),
                  "no committed checkpoint there; the last ones are 200, 100"));
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "b", .step = 300}); }), "step = 300: must be at most 200"));
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "trunk", .step = 100}); }), "is the run's own line"));
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "../x", .step = 100}); }), "name = ../x: must be 1 to 64 of"));
  store.branch({.name = "b"});
  EXPECT_EQ(store.record().line("b").start, 200);
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "b"}); }), "there is a line of this name already"));
  EXPECT_TRUE(has(error_of([&] { store.record().line("c"); }), "line = c: no such line; there are trunk, b"));
}

TEST_F(RunRules, BranchesDoNotLeaveTheWarmup) {
  commit_weights(store, 10);
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "b", .step = 10}); }), "must be after the warmup of 10 steps"));
}

TEST_F(RunRules, AnotherScheduleShowsTheJumpAndNeedsOverride) {
  commit_weights(store, 100);
  const Schedule other = Schedule::parse("constant(warmup=10, peak=2e-3)");
  const std::string text = error_of([&] { store.resume({.schedule = other}); });
  EXPECT_TRUE(has(text, "the LR at step 100 would jump from 0.001 to 0.002 (2 times); override records the change"));
  EXPECT_EQ(store.resume({.schedule = trunk}).lr, 1e-3);
  const Resume resume = store.resume({.schedule = other, .override_schedule = true});
  EXPECT_EQ(resume.lr, 2e-3);
  EXPECT_EQ(resume.lr_before, 1e-3);
  EXPECT_EQ(store.lr("trunk", 99), 1e-3);
  EXPECT_EQ(store.lr("trunk", 100), 2e-3);
  EXPECT_EQ(store.resume({}).lr, 2e-3);
  EXPECT_TRUE(has(error_of([&] { store.resume({.schedule = trunk}); }), "would jump from 0.002 to 0.001"));
  EXPECT_TRUE(has(error_of([&] { store.resume({.override_schedule = true}); }), "override: needs the schedule"));
}

TEST_F(RunRules, AnOverrideMayGiveTheTrunkAHorizonBeyondItsStep) {
  commit_weights(store, 100);
  const auto go_on = [&](const char* text) {
    return store.resume({.schedule = Schedule::parse(text), .override_schedule = true});
  };
  EXPECT_TRUE(has(error_of([&] { go_on("cosine(steps=100)"); }), "must end after step 100, where trunk goes on"));
  EXPECT_FALSE(store.record().line("trunk").end);
  EXPECT_EQ(go_on("cosine(steps=1000)").step, 100);
  EXPECT_EQ(store.record().line("trunk").end, 1000);
}

TEST_F(RunRules, ATrunkWithAHorizonIsAPlainRun) {
  const Schedule cosine = Schedule::parse("wsd(steps=30, warmup=3, cooldown=10, peak=1e-3)");
  RunStore plain = RunStore::init(folder / "plain", cosine);
  EXPECT_EQ(plain.record().line("trunk").end, 30);
  commit_weights(plain, 20);
  EXPECT_FALSE(plain.record().line("trunk").finished);
  EXPECT_EQ(plain.resume({}).lr, cosine.lr(20));
  EXPECT_TRUE(has(error_of([&] { commit_weights(plain, 31); }), "step = 31: must be at most 30, where trunk ends"));
  commit_weights(plain, 30);
  EXPECT_TRUE(plain.record().line("trunk").finished);
  EXPECT_EQ(plain.record().lines.size(), 1U);
  EXPECT_TRUE(has(error_of([&] { plain.resume({}); }), "trunk: is finished at step 30; there is nothing to resume"));
  EXPECT_TRUE(has(error_of([&] { commit_weights(plain, 31); }), "step = 31: trunk is finished, it ends at 30"));
  EXPECT_TRUE(has(error_of([&] { plain.lr("trunk", 30); }), "trunk ends after 30 steps, its last is 29"));
  const GcReport report = plain.gc(1);
  ASSERT_EQ(report.deleted.size(), 1U) << "the end stays";
  EXPECT_EQ(report.deleted.front().step, 20);
  EXPECT_EQ(plain.record().checkpoints.back().state, RecordedCheckpoint::State::live);
}

TEST_F(RunRules, BranchAtAnOldPointHasTheScheduleOfThatTime) {
  commit_weights(store, 100);
  store.resume({.schedule = Schedule::parse("constant(peak=5e-3)"), .override_schedule = true});
  commit_weights(store, 200);
  EXPECT_EQ(store.branch({.name = "new", .step = 200}).schedule.peak(), 5e-3);
  EXPECT_EQ(store.branch({.name = "at", .step = 100}).schedule.peak(), 5e-3)
      << "the trunk goes on from 100 with the new one";
  EXPECT_EQ(store.lr("new", 50), 1e-3);
}

TEST_F(RunRules, FinishedBranchesDoNotGoOn) {
  commit_weights(store, 100);
  store.branch({.name = "b", .step = 100, .cooldown = {steps(10), LinearDecay{}, {}}});
  EXPECT_TRUE(has(error_of([&] { commit_weights(store, 111, "b"); }), "step = 111: must be at most 110, where b ends"));
  EXPECT_TRUE(has(error_of([&] { store.lr("b", 110); }), "b ends after 110 steps"));
  EXPECT_TRUE(has(error_of([&] { store.log("b", std::vector<Metric>{{111, "loss", 1.0}}); }), "the end of b"));
  commit_weights(store, 110, "b");
  EXPECT_TRUE(has(error_of([&] { store.resume({.line = "b"}); }), "b: is finished at step 110"));
  EXPECT_TRUE(has(error_of([&] { commit_weights(store, 110, "b"); }), "b is finished"));
  EXPECT_TRUE(has(error_of([&] { store.resume({.line = "b", .step = 110}); }), "b: is finished at step 110"));
  EXPECT_EQ(store.resume({.line = "b", .step = 100}).step, 100) << "a result can be made again";
  EXPECT_FALSE(store.record().line("b").finished);
}

TEST_F(RunRules, AResultThatWasLeftBehindIsTakenBackByItsStep) {
  commit_weights(store, 100);
  store.branch({.name = "b", .step = 100, .cooldown = {steps(10), LinearDecay{}, {}}});
  commit_weights(store, 105, "b");
  commit_weights(store, 110, "b");
  EXPECT_EQ(store.resume({.line = "b", .step = 105}).step, 105);
  EXPECT_FALSE(store.record().line("b").finished);
  const Resume back = store.resume({.line = "b", .step = 110});
  EXPECT_EQ(back.step, 110);
  EXPECT_EQ(read_text(back.folder / "model.bin"), weights("b", 110));
  EXPECT_TRUE(store.record().line("b").finished);
  EXPECT_EQ(store.gc(1).deleted.size(), 1U);
  EXPECT_TRUE(fs::exists(back.folder));
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(RunRules, TrunkGoesOnFromADecayedBranchOnlyWhenAsked) {
  commit_weights(store, 100);
  store.branch({.name = "b", .step = 100, .cooldown = {steps(10), LinearDecay{}, {}}});
  store.log("b", std::vector<Metric>{{105, "loss", 2.0}});
  commit_weights(store, 110, "b");
  EXPECT_EQ(store.resume({}).step, 100);
  const Resume resume = store.resume({.decayed_from = "b"});
  EXPECT_EQ(resume.step, 110);
  EXPECT_EQ(resume.lr, 1e-3);
  EXPECT_EQ(resume.checkpoint->line, "b");
  EXPECT_EQ(store.resume({}).step, 110) << "and stays there after a crash";
  EXPECT_EQ(store.log_of("trunk").at("loss"), std::vector<double>{2.0});
  commit_weights(store, 150);
  EXPECT_TRUE(has(error_of([&] { store.resume({.decayed_from = "b"}); }), "behind the trunk at 150"));
  EXPECT_TRUE(has(error_of([&] { store.resume({.decayed_from = "trunk"}); }), "must be a branch"));
  EXPECT_EQ(store.resume({}).step, 150);
}

TEST_F(RunRules, RewindingSupersedesWhatCameAfter) {
  for (const std::int64_t step : {100, 200, 300}) commit_weights(store, step);
  EXPECT_TRUE(has(error_of([&] { store.resume({.step = 250}); }), "no committed checkpoint there"));
  store.resume({.step = 100});
  EXPECT_EQ(store.record().line("trunk").step, 100);
  EXPECT_EQ(store.record().checkpoints[2].state, RecordedCheckpoint::State::superseded);
  EXPECT_TRUE(has(error_of([&] { store.branch({.name = "b", .step = 200}); }), "must be at most 100"));
  commit_weights(store, 200);
  EXPECT_EQ(read_text(store.resume({}).folder / "model.bin"), weights("trunk", 200));
  EXPECT_TRUE(store.verify().sound());
  EXPECT_EQ(store.gc().deleted.size(), 2U);
}

TEST_F(RunRules, StaleSessionsAreRefused) {
  const std::int64_t first = store.resume({}).session;
  store.resume({});
  EXPECT_TRUE(has(error_of([&] { store.commit({.step = 1, .session = first}, weights_writer("trunk", 1)); }),
                  "trunk has been resumed since"));
  EXPECT_TRUE(has(error_of([&] { store.log("trunk", {}, first); }), "trunk has been resumed since"));
}

TEST_F(RunRules, DataIsAttachedFromAStepOn) {
  commit_weights(store, 100);
  EXPECT_TRUE(
      has(error_of([&] { store.attach_data({.step = 50, .text = "code"}); }), "step = 50: must be at least 100"));
  store.attach_data({.step = 100, .text = "code"});
  EXPECT_EQ(store.record().data, (std::vector<RecordedData>{{"trunk", 100, "code"}}));
}

TEST_F(RunRules, DamageIsFoundSaidAndPassedOver) {
  for (const std::int64_t step : {100, 200, 300}) commit_weights(store, step);
  flip_byte(folder / "run" / "checkpoints" / "trunk-300" / "model.bin");
  fs::resize_file(folder / "run" / "checkpoints" / "trunk-200" / "optimizer" / "state.bin", 100);
  const VerifyReport report = store.verify();
  ASSERT_EQ(report.problems.size(), 2U);
  EXPECT_TRUE(has(report.problems[0],
                  "checkpoint trunk at step 200 is damaged: checkpoints/trunk-200/optimizer/state.bin has 100 bytes"));
  EXPECT_TRUE(has(report.problems[1], "another checksum than when it was committed"));
  EXPECT_TRUE(has(store_error_of([&] { store.branch({.name = "b", .step = 300}); }), "trunk at step 300 is damaged"));
  const Resume look = store.resume({.dry_run = true});
  EXPECT_EQ(look.step, 100);
  const Resume resume = store.resume({});
  EXPECT_EQ(resume.step, 100);
  EXPECT_EQ(resume.damaged.size(), 2U);
  EXPECT_EQ(read_text(resume.folder / "model.bin"), weights("trunk", 100));
  EXPECT_EQ(store.record().checkpoints[2].state, RecordedCheckpoint::State::damaged);
  commit_weights(store, 200);
  EXPECT_EQ(store.resume({}).step, 200);
  fs::remove(folder / "run" / "checkpoints" / "trunk-100" / "model.bin");
  fs::remove_all(store.resume({}).folder);
  EXPECT_TRUE(has(store_error_of([&] { store.resume({}); }), "no sound checkpoint of trunk is left"));
}

TEST_F(RunRules, GcDoesNotDeleteWhatDamageMakesNeeded) {
  for (const std::int64_t step : {100, 200, 300}) commit_weights(store, step);
  flip_byte(folder / "run" / "checkpoints" / "trunk-300" / "model.bin");
  const GcReport report = store.gc(1);
  ASSERT_EQ(report.deleted.size(), 2U);
  EXPECT_EQ(report.deleted[0].step, 100);
  EXPECT_EQ(report.deleted[1].step, 300);
  EXPECT_EQ(store.resume({}).step, 200);
}

TEST_F(RunRules, FoldersThatAreNoRuns) {
  const auto open = [&](const char* name) { return error_of([&] { RunStore::open(folder / name, Access::read); }); };
  EXPECT_TRUE(has(open("nowhere"), "no such run folder"));
  fs::create_directory(folder / "empty");
  EXPECT_TRUE(has(open("empty"), "is not a run folder: there is no record in it"));
  write_text(folder / "file", "x");
  EXPECT_TRUE(has(open("file"), "is a file, not a run folder"));
  fs::create_directory(folder / "text");
  write_text(folder / "text" / "run.sqlite", std::string(5000, 'x'));
  EXPECT_TRUE(has(store_error_of([&] { RunStore::open(folder / "text", Access::read); }), "file is not a database"));
  const auto init = [&](const char* name) { return error_of([&] { RunStore::init(folder / name, trunk); }); };
  EXPECT_TRUE(has(init("run"), "is a run already"));
  EXPECT_TRUE(has(init("text"), "is a run already"));
  EXPECT_TRUE(has(init("file"), "must be missing or an empty folder"));
  EXPECT_TRUE(has(init("no/where"), "no such folder"));
  RunStore::init(folder / "empty", trunk);
}

TEST_F(RunRules, StoresFromANewerVersionAreRefused) {
  std::string record = read_text(folder / "run" / "record" / "000001");
  record.replace(0, 18, "scheduled record 9");
  write_text(folder / "run" / "record" / "000001", record);
  EXPECT_TRUE(has(error_of([&] { RunStore::open(folder / "run", Access::read); }),
                  "was written by a newer scheduled: its format is 9, this one reads up to 4"));
}

}  // namespace
}  // namespace scheduled
