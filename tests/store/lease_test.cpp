// One writer where locks do not hold: a lease, and what its old owner writes is no part of the record.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "scheduled/anytime.hpp"
#include "store/lease_fixture.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

bool locks_hold = true;
Naming naming = Naming::link;

namespace {
int stops_at_naming = 0;       ///< 1: before the next one, 2: before the one after it, ...
bool stops_at_rename = false;  ///< once, before it

std::string hidden;  ///< a file that is listed, and not found when it is asked for

constexpr int at_folder = -100;  ///< AT_FDCWD of <fcntl.h>, which has a struct flock

void stop_once(bool& wanted) {
  if (wanted) ::raise(SIGSTOP);
  wanted = false;
}

void stop_at_naming() {
  if (stops_at_naming > 0 && --stops_at_naming == 0) ::raise(SIGSTOP);
}
}  // namespace

/// In the place of the C library's, for this program.
extern "C" int flock(int file, int operation) noexcept {
  return locks_hold ? static_cast<int>(::syscall(SYS_flock, file, operation)) : 0;
}

extern "C" int link(const char* from, const char* to) noexcept {
  if (naming != Naming::link) {
    errno = EPERM;
    return -1;
  }
  stop_at_naming();
  return ::linkat(at_folder, from, at_folder, to, 0);
}

extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  if (naming == Naming::folder) {
    errno = EINVAL;
    return -1;
  }
  stop_at_naming();
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

extern "C" int lstat(const char* path, struct stat* status) noexcept {
  constexpr int no_follow = 0x100;  // AT_SYMLINK_NOFOLLOW
  if (!hidden.empty() && std::string_view(path).ends_with(hidden)) {
    errno = ENOENT;
    return -1;
  }
  return ::fstatat(at_folder, path, status, no_follow);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  stop_once(stops_at_rename);
  if (naming == Naming::folder && std::string_view(from).ends_with(".folder")) stop_at_naming();
  return ::renameat(at_folder, from, at_folder, to);
}

namespace scheduled::lease_tests {

INSTANTIATE_TEST_SUITE_P(FileSystem, Lease, ::testing::Values(Naming::link, Naming::rename, Naming::folder),
                         [](const auto& file_system) {
                           return std::string(file_system.param == Naming::link     ? "WithLinks"
                                              : file_system.param == Naming::rename ? "WithoutLinks"
                                                                                    : "OfFolders");
                         });

namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;
using std::chrono::milliseconds;

/// A writer that holds the run for long, commits step 10 where it `commits`, and dies.
void die_as_writer(const fs::path& run, bool commits) {
  const pid_t child = in_child([&] {
    RunStore store = RunStore::open(run, Access::write, {.lease = 1000});
    if (commits) commit_weights(store, 10);
    ::_exit(7);
    return 0;
  });
  ASSERT_EQ(WEXITSTATUS(status_of(child)), 7);
}

TEST_P(Lease, IsTakenAndGivenBack) {
  init();
  EXPECT_TRUE(has(claim("000001"), "scheduled lease free 0.3 "));
  {
    RunStore store = open();
    EXPECT_TRUE(has(claim("000002"), "scheduled lease held 0.3 "));
    EXPECT_EQ(claim("000002").size(), 512U);
    commit_weights(store, 10);
  }
  EXPECT_TRUE(has(claim("000002"), "scheduled lease free "));
  open();
  EXPECT_TRUE(fs::exists(run / "lease/000003"));
  EXPECT_FALSE(fs::exists(run / "record/000002")) << "who gave the run back writes no more";
}

TEST_P(Lease, SecondWriterIsToldWhoHasIt) {
  init();
  const RunStore store = open();
  const std::string error = store_error_of([&] { open(); });
  EXPECT_TRUE(has(error, "process " + std::to_string(::getpid()) + " writes to this run; it was heard of "));
  EXPECT_TRUE(has(error, "and where it is dead the run is free 0.3 s after that"));
  EXPECT_THROW(open(), StoreBusy);
  EXPECT_EQ(RunStore::open(run, Access::read).record().lines.size(), 1U);
}

TEST_P(Lease, BindsWritersThatAskForNone) {
  init();
  const auto open_plainly = [&] { return RunStore::open(run, Access::write); };
  {
    const RunStore store = open(1000);
    const std::string error = store_error_of(open_plainly);
    EXPECT_TRUE(has(error, "process " + std::to_string(::getpid()) + " writes to this run; it was heard of ")) << error;
    EXPECT_THROW(open_plainly(), StoreBusy);
  }
  {
    RunStore store = open_plainly();
    EXPECT_TRUE(has(claim("000003"), "scheduled lease held 60 ")) << "and they bind the next one";
    EXPECT_THROW(open(), StoreBusy);
    commit_weights(store, 10);
  }
  die_as_writer(run, false);
  EXPECT_EQ(open_plainly().record().checkpoints.size(), 1U) << "one that died binds nobody";
}

TEST_P(Lease, IsNotMadeWhereNobodyAsksForOne) {
  RunStore::init(run, trunk);
  RunStore::open(run, Access::write);
  EXPECT_FALSE(fs::exists(run / "lease"));
}

TEST_P(Lease, LivesAsLongAsItsProcess) {
  init();
  const RunStore store = open(0.1);
  for (int k = 0; k < 8; ++k) {
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_THROW(open(), StoreBusy);
  }
}

TEST_P(Lease, DeadWriterOfThisMachineIsFollowedAtOnce) {
  init();
  const pid_t child = in_child([&] {
    RunStore store = open(1000);
    commit_weights(store, 10);
    ::_exit(7);  // and gives nothing back
    return 0;
  });
  EXPECT_EQ(WEXITSTATUS(status_of(child)), 7);
  RunStore store = open();
  EXPECT_TRUE(has(claim("000002"), "scheduled lease taken "));
  EXPECT_TRUE(fs::exists(run / "record/000002")) << "begun where the dead one ended";
  EXPECT_EQ(store.record().line("trunk").step, 10);
  commit_weights(store, 20);
  EXPECT_TRUE(store.verify().sound());
}

TEST_P(Lease, SilentWriterIsFollowedAfterItsLease) {
  init();
  const pid_t child = in_child([&] {
    RunStore store = open();
    ::raise(SIGSTOP);
    const std::string error = store_error_of([&] { commit_weights(store, 10); });
    if (!has(error, "took the run over, as nothing was heard of this one for 0.3 s; open the run anew")) return 1;
    return store_error_of([&] { store.resume({}); }).empty() ? 2 : 0;
  });
  wait_stopped(child);
  EXPECT_THROW(open(), StoreBusy);
  std::this_thread::sleep_for(milliseconds(400));
  {
    RunStore store = open();
    commit_weights(store, 20);
    ::kill(child, SIGCONT);
    EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
    commit_weights(store, 30);
  }
  const RunStore store = RunStore::open(run, Access::read);
  EXPECT_EQ(store.record().checkpoints.size(), 2U);
  EXPECT_TRUE(store.verify().sound());
}

TEST_P(Lease, CommitThatWasOvertakenChangesNothing) {
  init();
  const pid_t child = in_child([&] {
    RunStore store = open();
    const auto slow = [](const fs::path& to) {
      write_text(to / "model.bin", "half");
      ::raise(SIGSTOP);
      write_text(to / "model.bin", "of the old owner");
    };
    return store_error_of([&] { store.commit({.step = 10}, slow); }).empty() ? 1 : 0;
  });
  wait_stopped(child);
  std::this_thread::sleep_for(milliseconds(400));
  RunStore store = open();
  const auto slow = [&](const fs::path& to) {  // both at once
    write_text(to / "model.bin", "of the new owner");
    ::kill(child, SIGCONT);
    EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
  };
  const RecordedCheckpoint checkpoint = store.commit({.step = 10}, slow);
  EXPECT_EQ(read_text(run / checkpoint.folder / "model.bin"), "of the new owner");
  EXPECT_TRUE(store.verify().sound());
}

TEST_P(Lease, AnEntryThatIsWrittenTooLateIsNoPartOfTheRecord) {
  init();
  die_as_writer(run, true);
  const std::string ended = read_text(run / "record/000001");
  { open(); }
  // What a machine that was away sends when it is back: another entry behind the last one.
  write_text(run / "record/000001", ended + ended.substr(256));
  RunStore store = open();
  EXPECT_EQ(store.record().checkpoints.size(), 1U);
  EXPECT_TRUE(store.verify().sound());
  commit_weights(store, 20);
  EXPECT_EQ(RunStore::open(run, Access::read).record().checkpoints.size(), 2U);
}

TEST_P(Lease, MakerThatIsStoppedHasNothingYet) {
  init();
  const pid_t child = in_child([&] {
    stops_at_naming = 1;
    try {
      open();
    } catch (const StoreBusy&) {
      return 0;
    }
    return 1;
  });
  wait_stopped(child);
  RunStore store = open(1000);  // at once: no claim is there that does not say whose it is
  EXPECT_TRUE(has(claim("000002"), " held 1000 "));
  ::kill(child, SIGCONT);
  EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
  commit_weights(store, 10);
  EXPECT_TRUE(has(claim("000002"), std::to_string(::getpid())));
  for (const fs::directory_entry& entry : fs::directory_iterator(run / "lease")) {
    EXPECT_FALSE(has(entry.path().filename().string(), "claim-")) << entry.path();
  }
}

TEST_P(Lease, TakenOverAndGivenBackWithoutAFenceLeavesItToTheNext) {
  init();
  die_as_writer(run, true);
  const std::string sound = read_text(run / "record/000001");
  std::string damaged = sound;
  damaged[300] ^= 1;
  write_text(run / "record/000001", damaged);
  { open(); }  // begins nothing behind a record that it cannot read
  EXPECT_TRUE(has(claim("000003"), "scheduled lease unfenced "));
  write_text(run / "record/000001", sound);
  { open(); }
  EXPECT_TRUE(fs::exists(run / "record/000002")) << "what the first owner may still write is behind an end";
  EXPECT_TRUE(has(claim("000004"), "scheduled lease free "));
}

TEST_P(Lease, FenceOfOneThatWasOvertakenCutsNothingOff) {
  init();
  die_as_writer(run, false);
  const pid_t child = in_child([&] {
    stops_at_naming = 2;  // the first makes its claim, the second its fence
    return has(store_error_of([&] { open(); }), "took the run over") ? 0 : 1;
  });
  wait_stopped(child);
  std::this_thread::sleep_for(milliseconds(400));
  RunStore store = open();
  commit_weights(store, 10);
  ::kill(child, SIGCONT);
  EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
  commit_weights(store, 20);
  EXPECT_EQ(RunStore::open(run, Access::read).record().checkpoints.size(), 2U);
  EXPECT_TRUE(store.verify().sound());
}

TEST_P(Lease, GcThatWasOvertakenRemovesNothingMore) {
  init();
  {
    RunStore store = open();
    for (const std::int64_t step : {10, 20, 30}) commit_weights(store, step);
  }
  const pid_t child = in_child([&] {
    RunStore store = open();
    stops_at_rename = true;
    const std::string error = store_error_of([&] { store.gc(1); });
    return has(error, "took the run over") ? 0 : 1;
  });
  wait_stopped(child);
  std::this_thread::sleep_for(milliseconds(400));
  RunStore store = open();
  ::kill(child, SIGCONT);
  EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
  EXPECT_FALSE(fs::exists(run / "checkpoints/trunk-10")) << "its name was looked at before";
  EXPECT_TRUE(fs::exists(run / "checkpoints/trunk-20"));
  EXPECT_TRUE(store.verify().sound());
}

TEST_P(Lease, WhatAnotherMachineWroteIsWaitedFor) {
  init();
  ASSERT_EQ(WEXITSTATUS(status_of(in_child([&] {
              RunStore store = open();
              commit_weights(store, 10);
              ::_exit(0);
              return 0;
            }))),
            0);
  open();  // begins the second segment, and says so when it gives the run back
  ASSERT_TRUE(fs::exists(run / "record/000002"));
  fs::rename(run / "record/000002", folder / "late");
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(300));
    fs::rename(folder / "late", run / "record/000002");
  });
  RunStore store = open();
  other.join();
  commit_weights(store, 20);
  EXPECT_TRUE(store.verify().sound());
}

TEST_P(Lease, SegmentThatIsListedAndNotFoundYetIsWaitedFor) {
  init();
  { commit_weights(*std::make_unique<RunStore>(open()), 10); }
  hidden = "record/000001";
  const RunStore store = RunStore::open(run, Access::read);
  hidden.clear();
  EXPECT_EQ(store.record().checkpoints.size(), 1U);
}

TEST_P(Lease, ForkedProcessDoesNotGiveItBack) {
  init();
  auto store = std::make_unique<RunStore>(open());
  EXPECT_EQ(WEXITSTATUS(status_of(in_child([&] {
              store.reset();
              return 0;
            }))),
            0);
  EXPECT_TRUE(has(claim("000002"), "scheduled lease held "));
  commit_weights(*store, 10);
}

TEST_P(Lease, OldClaimsAreRemoved) {
  init();
  for (int k = 0; k < 30; ++k) open();
  EXPECT_TRUE(fs::exists(run / "lease/000001"));
  for (const fs::directory_entry& entry : fs::directory_iterator(run / "lease")) {
    fs::last_write_time(placed(entry.path()), fs::file_time_type::clock::now() - std::chrono::hours(2));
  }
  open();
  EXPECT_FALSE(fs::exists(run / "lease/000001"));
  EXPECT_TRUE(fs::exists(run / "lease/000020"));
  EXPECT_TRUE(fs::exists(run / "lease/000032"));
}

TEST_P(Lease, LeadsNowhereElse) {
  init();
  fs::rename(run / "lease", folder / "lease");
  fs::create_symlink(folder / "lease", run / "lease");
  EXPECT_TRUE(has(store_error_of([&] { open(); }),
                  "lease: is a link, not a folder: writers of a run have "
                  "their leases there; move it away"));
  EXPECT_TRUE(has(store_error_of([&] { RunStore::open(run, Access::write); }), "lease: is a link, not a folder: "));
  fs::remove(run / "lease");
  write_text(run / "lease", "mine");
  EXPECT_TRUE(has(store_error_of([&] { open(); }), "lease: is a file, not a folder: writers of a run have "));
  RunStore::open(run, Access::write);  // has no lease, and no use for the folder
  fs::remove(run / "lease");
  EXPECT_TRUE(has(error_of([&] { open(0.0); }), "lease = 0: must be > 0 seconds"));
  EXPECT_TRUE(has(error_of([&] { open(604801.0); }), "lease = 604801: must be > 0 seconds and at most a week"));
}

}  // namespace
}  // namespace scheduled::lease_tests
