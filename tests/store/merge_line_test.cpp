// Merges as lines of a run.
#include <gtest/gtest.h>

#include "scheduled/merge.hpp"
#include "support/run_folder.hpp"
#include "support/tensor_files.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;

/// A run with checkpoints of one value at 10, 20, ..., 50.
RunStore run_of(const fs::path& folder) {
  RunStore store = RunStore::init(folder, Schedule::parse("constant(warmup=5, peak=1e-3)"));
  for (std::int64_t step = 10; step <= 50; step += 10) {
    store.commit({.step = step, .data_position = "batch " + std::to_string(step), .keep = step == 50},
                 [&](const fs::path& into) {
                   write_text(into / "model.safetensors", safetensors_of({floats("x", {static_cast<float>(step)})}));
                   write_text(into / "state.json", std::to_string(step));
                 });
  }
  return store;
}

const std::vector<MergeWeight> last_three{{30, 0.25}, {40, 0.25}, {50, 0.5}};

TEST(MergeLine, IsALineOfTheRunWithItsParents) {
  const TemporaryFolder folder;
  {
    RunStore store = run_of(folder / "run");
    EXPECT_EQ(store.record().version, 2);
    const RecordedLine line =
        store.merge({.name = "merged", .weights = last_three, .take = {"state.json"}, .note = "as wsm"});
    EXPECT_EQ(line.merged, (std::vector<MergedCheckpoint>{{3, 0.25}, {4, 0.25}, {5, 0.5}}));
    EXPECT_TRUE(line.finished);
    store.log("merged", std::vector<Metric>{{50, "val_loss", 2.5}});
    EXPECT_TRUE(has(error_of([&] { store.merge({.name = "merged", .weights = last_three}); }), "already"));
    EXPECT_TRUE(has(error_of([&] { store.resume({.line = "merged"}); }), "is finished at step 50"));
    store.branch({.name = "cd", .line = "merged", .cooldown = {steps(10), LinearDecay{}, {}}});
    store.resume({.line = "cd"});
  }
  RunStore store = RunStore::open(folder / "run", RunStore::Access::write);
  const RunRecord record = store.record();
  EXPECT_EQ(record.version, 3);
  const RecordedLine& line = record.line("merged");
  EXPECT_EQ(std::tuple(line.parent, line.start, line.step, line.end, line.note),
            std::tuple("trunk", 50, 50, std::optional<std::int64_t>(50), "as wsm"));
  const RecordedCheckpoint& made = record.checkpoints.back();
  EXPECT_EQ(read_text(folder / "run" / made.folder / "model.safetensors"), safetensors_of({floats("x", {42.5F})}));
  EXPECT_EQ(read_text(folder / "run" / made.folder / "state.json"), "50");
  EXPECT_EQ(made.data_position, "batch 50");
  EXPECT_EQ(store.log_of("merged").at("val_loss").back(), 2.5);
  EXPECT_EQ(store.record().line("cd").start, 50);
  EXPECT_TRUE(store.verify().sound());
  EXPECT_TRUE(store.verify().notes.empty());
  store.gc(1);
  std::vector<std::int64_t> left;
  for (const RecordedCheckpoint& checkpoint : store.record().checkpoints) {
    if (checkpoint.state != RecordedCheckpoint::State::deleted) left.push_back(checkpoint.id);
  }
  EXPECT_EQ(left, (std::vector<std::int64_t>{5, 6})) << "the merge does not use up what --keep holds for a branch";
}

TEST(MergeLine, BadInputIsNamedAndLeavesNothing) {
  const TemporaryFolder folder;
  RunStore store = run_of(folder / "run");
  const auto says = [&](const RunMerge& merge, const char* text) {
    EXPECT_TRUE(has(error_of([&] { store.merge(merge); }), text));
  };
  says({.name = "m", .weights = {{30, 0.5}, {45, 0.5}}}, "weights[1].step = 45: trunk has no checkpoint there");
  says({.name = "m", .weights = {{30, 0.5}, {30, 0.5}}}, "weights[1].step = 30: must be above 30");
  says({.name = "m", .weights = {{30, 1.0}}}, "weights = 1: must be of at least 2 checkpoints");
  says({.name = "trunk", .weights = last_three}, "is the run's own line");
  says({.name = "m", .weights = last_three, .file = "other.safetensors"},
       "checkpoint trunk at step 30 has no such file");
  says({.name = "m", .weights = last_three, .take = {"../x"}}, "take = ../x: checkpoint trunk at step 50 has no such");
  says({.name = "m", .line = "none", .weights = last_three}, "no such line");
  flip_byte(folder / "run" / store.record().checkpoints[3].folder / "model.safetensors");
  EXPECT_TRUE(has(store_error_of([&] { store.merge({.name = "m", .weights = last_three}); }),
                  "checkpoint trunk at step 40 is damaged"));
  EXPECT_EQ(store.record().lines.size(), 1U);
  EXPECT_TRUE(fs::is_empty(folder / "run" / "staging"));
}

TEST(MergeLine, ChangedFilesAreRefused) {
  const TemporaryFolder folder;
  RunStore store = run_of(folder / "run");
  const std::string checkpoint = "run/checkpoints/trunk-";
  const auto refused = [&](const RunMerge& merge) {
    std::string text = store_error_of([&] { store.merge(merge); });
    EXPECT_EQ(store.record().lines.size(), 1U);
    EXPECT_TRUE(fs::is_empty(folder / "run" / "staging"));
    return text;
  };
  const RunMerge merge{.name = "m", .weights = last_three, .take = {"state.json"}};
  write_text(folder.path() / (checkpoint + "50/state.json"), "51");
  EXPECT_TRUE(has(refused(merge),
                  "checkpoint trunk at step 50 is damaged: checkpoints/trunk-50/state.json is not what "
                  "was committed"));
  fs::remove(folder.path() / (checkpoint + "50/state.json"));
  EXPECT_TRUE(has(refused(merge),
                  "checkpoint trunk at step 50 is not available: checkpoints/trunk-50/state.json is "
                  "missing; merge without it"));
  const RunMerge plain{.name = "m", .weights = last_three};
  write_text(folder.path() / (checkpoint + "40/model.safetensors"), safetensors_of({floats("x", {41.0F})}));
  EXPECT_TRUE(has(refused(plain),
                  "checkpoint trunk at step 40 is damaged: checkpoints/trunk-40/model.safetensors is not "
                  "what was committed"));
  write_text(folder.path() / (checkpoint + "40/model.safetensors"), "short");
  EXPECT_TRUE(has(refused(plain),
                  "checkpoint trunk at step 40 is damaged: checkpoints/trunk-40/model.safetensors has 5 "
                  "bytes, not "));
  // What was put there later is not taken for the model that is missing.
  fs::rename(folder.path() / (checkpoint + "40/model.safetensors"),
             folder.path() / (checkpoint + "40/other.safetensors"));
  write_text(folder.path() / (checkpoint + "40/other.safetensors"), safetensors_of({floats("x", {41.0F})}));
  EXPECT_TRUE(has(refused(plain),
                  "checkpoint trunk at step 40 is not available: checkpoints/trunk-40/model.safetensors "
                  "is missing; leave it out of the merge"));
}

TEST(MergeLine, AChangedIndexIsRefused) {
  const TemporaryFolder folder;
  const std::string index = R"({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}})";
  RunStore store = RunStore::init(folder / "run", Schedule::parse("constant(warmup=5, peak=1e-3)"));
  for (const std::int64_t step : {10, 20}) {
    const fs::path from = folder.path() / ("of" + std::to_string(step));
    write_sharded(from, static_cast<float>(step), index);
    store.commit({.step = step}, std::vector<fs::path>{from});
  }
  const RunMerge merge{.name = "m", .weights = {{10, 0.5}, {20, 0.5}}};
  for (const int step : {10, 20}) {
    const fs::path file =
        folder.path() / ("run/checkpoints/trunk-" + std::to_string(step)) / "model.safetensors.index.json";
    write_text(file, R"({"weight_map": {"y": "b.safetensors", "x": "a.safetensors"}})");
    EXPECT_TRUE(has(store_error_of([&] { store.merge(merge); }),
                    "index.json is not what was committed; leave it out of the merge"));
    write_text(file, index);
  }
  fs::remove(folder / "run/checkpoints/trunk-10/b.safetensors");
  EXPECT_TRUE(has(store_error_of([&] { store.merge(merge); }),
                  "checkpoint trunk at step 10 is not available: checkpoints/trunk-10/b.safetensors is missing"));
  fs::copy(folder / "of10" / "b.safetensors", folder / "run/checkpoints/trunk-10/b.safetensors");
  EXPECT_EQ(store.merge(merge).merged.size(), 2U);
  EXPECT_EQ(read_text(folder / "run/checkpoints/m-20/model.safetensors.index.json"), index);
}

TEST(MergeLine, WhatWasCutOffIsTakenInOrMadeAgain) {
  const TemporaryFolder folder;
  { RunStore store = run_of(folder / "run"); }
  fs::copy(folder / "run", folder / "before", fs::copy_options::recursive);
  { RunStore::open(folder / "run", RunStore::Access::write).merge({.name = "m", .weights = last_three}); }
  // As if it had died between the rename of the folder and the entry.
  fs::copy(folder / "run" / "checkpoints" / "m-50", folder / "before" / "checkpoints" / "m-50");
  fs::copy(folder / "before", folder / "again", fs::copy_options::recursive);
  {
    RunStore store = RunStore::open(folder / "before", RunStore::Access::write);
    EXPECT_TRUE(store.verify().sound());
    EXPECT_TRUE(has(store.verify().notes.front(), "checkpoints/m-50 is a checkpoint without an entry"));
    store.merge({.name = "m", .weights = last_three});
    EXPECT_EQ(store.record().checkpoints.back().folder, "checkpoints/m-50-2");
    EXPECT_EQ(store.gc(5).leftovers, std::vector<std::string>{"checkpoints/m-50"});
    EXPECT_TRUE(store.verify().notes.empty());
  }
  EXPECT_TRUE(has(RunStore::repair(folder / "again").recovered.front(), "m"));
  const RunStore store = RunStore::open(folder / "again", RunStore::Access::read);
  EXPECT_EQ(store.record().line("m").merged.size(), 3U);
  EXPECT_TRUE(store.record().line("m").finished);
  EXPECT_TRUE(store.verify().sound());
}

}  // namespace
}  // namespace scheduled
