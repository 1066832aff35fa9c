// A disk without a free byte: readers read, gc frees, and nothing that was committed is lost.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <fstream>

#include "scheduled/anytime.hpp"
#include "support/run_folder.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(disk);
    mounted = ::mount("scheduled", disk.c_str(), "tmpfs", 0, "size=2m") == 0;
    if (!mounted) GTEST_SKIP() << "needs the right to mount a small file system";
  }
  void TearDown() override {
    if (mounted) ::umount2(disk.c_str(), MNT_DETACH);
  }

  /// Takes every byte there is.
  void fill() const {
    std::ofstream stream(disk / "filler", std::ios::binary | std::ios::app);
    const std::string block(4096, 'f');
    while (stream.write(block.data(), 4096) && stream.flush()) {
    }
  }

  const TemporaryFolder folder;
  const fs::path disk = folder / "disk";
  bool mounted = false;
};

RecordedCheckpoint commit(RunStore& store, std::int64_t step) {
  return store.commit({.step = step}, [&](const fs::path& to) {
    std::ofstream stream(to / "model", std::ios::binary);
    stream << std::string(50000, static_cast<char>('a' + step % 26));
    stream.close();
    if (!stream) throw StoreError("model: No space left on device");
  });
}

TEST_F(FullDisk, ReadersReadAndGcFrees) {
  {
    RunStore store = RunStore::init(disk / "run", Schedule::parse("constant(peak=1)"));
    for (const std::int64_t step : {10, 20, 30, 40, 50}) commit(store, step);
  }
  fill();
  ASSERT_EQ(fs::space(disk).available, 0U);
  {
    RunStore reader = RunStore::open(disk / "run", Access::read);
    EXPECT_EQ(reader.record().line("trunk").step, 50);
    EXPECT_TRUE(reader.verify().sound());
    EXPECT_EQ(reader.resume({.dry_run = true}).step, 50);
  }
  RunStore store = RunStore::open(disk / "run", Access::write, {.metrics_in_memory = 100});
  EXPECT_TRUE(has(store_error_of([&] { commit(store, 60); }), "No space left on device"));
  const std::vector<Metric> many(1000, {55, "loss", 0.123456789});
  try {
    store.log("trunk", many);
    ADD_FAILURE() << "there is no space";
  } catch (const StoreError& error) {
    EXPECT_TRUE(has(error.what(), "No space left on device"));
    EXPECT_EQ(error.code(), ENOSPC);
  }
  EXPECT_EQ(store.gc(1).deleted.size(), 4U);
  EXPECT_TRUE(fs::exists(disk / "run" / "record" / "reserve")) << "for the next time";
  EXPECT_EQ(store.record().line("trunk").step, 50);
  EXPECT_EQ(store.resume({}).step, 50);
  EXPECT_EQ(commit(store, 60).step, 60);
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(FullDisk, TheStoreOfARunningTrainerFreesToo) {
  RunStore store = RunStore::init(disk / "run", Schedule::parse("constant(peak=1)"));
  for (std::int64_t step = 10;; step += 10) {
    if (step % 50 == 0) fill();
    try {
      commit(store, step);
    } catch (const StoreError& error) {
      EXPECT_TRUE(has(error.what(), "No space left"));
      EXPECT_GE(store.gc(1).deleted.size(), 1U);
      EXPECT_TRUE(store.verify().sound());
      break;
    }
  }
}

TEST_F(FullDisk, WhatCannotBeRemovedDoesNotKeepGcFromTheRest) {
  RunStore store = RunStore::init(folder / "run", Schedule::parse("constant(peak=1)"));
  for (const std::int64_t step : {10, 20, 30, 40}) commit(store, step);
  // A mount point: as a file that another machine has open on a network file system.
  const fs::path trash = folder.path() / "run" / "staging" / "trash";
  fs::create_directory(trash);
  ASSERT_EQ(::mount("scheduled", trash.c_str(), "tmpfs", 0, "size=1m"), 0);
  EXPECT_TRUE(has(store_error_of([&] { store.gc(1); }), "staging/trash: cannot be removed"));
  ASSERT_EQ(::umount2(trash.c_str(), MNT_DETACH), 0);
  for (const int step : {10, 20, 30}) {
    EXPECT_FALSE(fs::exists(folder.path() / "run" / "checkpoints" / ("trunk-" + std::to_string(step)))) << step;
  }
  EXPECT_EQ(store.record().checkpoints[2].state, RecordedCheckpoint::State::deleted);
  EXPECT_EQ(store.gc(1).leftovers, std::vector<std::string>{"staging/trash"});
  EXPECT_TRUE(store.verify().notes.empty());
}

}  // namespace
}  // namespace scheduled
