// Locks are a process's own: no forked one keeps them, and who holds one is said truly.
#include "base/file_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "scheduled/anytime.hpp"
#include "scheduled/sweep.hpp"
#include "support/run_folder.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;

/// A forked process that does nothing but live.
class Sleeper {
 public:
  Sleeper() : process_(::fork()) {
    if (process_ == 0) {
      for (;;) ::pause();
    }
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_;
};

/// The exit code of `work` in a forked process.
template <class Work>
int in_child(const Work& work) {
  const pid_t process = ::fork();
  if (process == 0) ::_exit(work());
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const Schedule trunk = Schedule::parse("constant(peak=1)");

TEST(FileLock, AClosedRunIsOpenedAgainBesideForkedProcesses) {
  const TemporaryFolder folder;
  std::optional<RunStore> store = RunStore::init(folder / "run", trunk);
  const Sleeper sleeper;
  store.reset();
  RunStore::open(folder / "run", RunStore::Access::write);
}

TEST(FileLock, ARunOfAKilledProcessIsOpenedBesideItsForkedProcesses) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t trainer = ::fork();
  if (trainer == 0) {
    const RunStore store = RunStore::init(folder / "run", trunk);
    const pid_t killed = ::getpid();
    if (::fork() == 0) {
      const pid_t worker = ::getpid();
      [[maybe_unused]] const auto size = ::write(ready[1], &worker, sizeof worker);
      ::kill(killed, SIGKILL);
    }
    for (;;) ::pause();
  }
  pid_t worker = 0;
  ASSERT_EQ(::read(ready[0], &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
  ::waitpid(trainer, nullptr, 0);
  EXPECT_NO_THROW(RunStore::open(folder / "run", RunStore::Access::write));
  ::kill(worker, SIGKILL);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FileLock, ASweepsFileIsOpenedAgainBesideForkedProcesses) {
  const TemporaryFolder folder;
  const SweepAxes axes{{Schedule::parse("linear(steps=10)")}, {}, {}, {}};
  const SweepOptions options;
  std::optional<SweepFile> file(std::in_place, folder / "sweep.csv", axes, options);
  const Sleeper sleeper;
  file.reset();
  SweepFile again(folder / "sweep.csv", axes, options);
  EXPECT_EQ(in_child([&] {
              try {
                again.append({0, BestBaseLr{1.0, 1.0, 10, true, false}, ""});
              } catch (const std::runtime_error&) {
                return 7;  // it is not the child's file
              }
              return 0;
            }),
            7);
  again.append({0, BestBaseLr{1.0, 1.0, 10, true, false}, ""});
  fs::remove(folder / "sweep.csv");
  EXPECT_THROW(again.append({0, BestBaseLr{1.0, 1.0, 10, true, false}, ""}), std::runtime_error);
}

TEST(FileLock, RemovingItsFileLetsNoSecondWriterIn) {
  const TemporaryFolder folder;
  const RunStore store = RunStore::init(folder / "run", trunk);
  fs::remove(folder / "run" / "lock");
  EXPECT_THROW(RunStore::open(folder / "run", RunStore::Access::write), StoreBusy);
}

TEST(FileLock, HoldersAreSaidTruly) {
  const ProcessState self = state_of_process(process_mark());
  EXPECT_EQ(self.number, ::getpid());
  EXPECT_FALSE(self.dead);
  EXPECT_EQ(self.host, "");
  const std::string mark = process_mark();
  EXPECT_TRUE(state_of_process(mark + "1").dead) << "another process has the number now";
  EXPECT_EQ(state_of_process("12 elsewhere 5").host, "elsewhere");
  EXPECT_FALSE(state_of_process("12 elsewhere 5").dead);
  EXPECT_EQ(state_of_process("").number, 0);
  EXPECT_EQ(state_of_process("31951\n").number, 31951) << "as older programs wrote it";

  const TemporaryFolder folder;
  RunStore::init(folder / "run", trunk);
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::waitpid(gone, nullptr, 0);
  const RunStore store = RunStore::open(folder / "run", RunStore::Access::write);
  std::string dead = process_mark();
  dead.replace(0, dead.find(' '), std::to_string(gone));
  write_text(folder / "run" / "lock", dead + "\n");
  EXPECT_TRUE(has(store_error_of([&] { RunStore::open(folder / "run", RunStore::Access::write); }),
                  "(process " + std::to_string(gone) + ", which has ended; a process that it started holds the run)"));
}

TEST(FileLock, AForkedProcessCannotUseTheRun) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  store.log("trunk", std::vector<Metric>{{1, "loss", 2.0}});
  EXPECT_EQ(in_child([&] {
              try {
                commit_weights(store, 10);
              } catch (const StoreError&) {
                store.~RunStore();  // must not write what the parent still holds
                return 7;
              }
              return 0;
            }),
            7);
  store.flush();
  EXPECT_EQ(store.log_of("trunk").rows(), 1U);
  EXPECT_EQ(store.record().checkpoints.size(), 0U);
}

}  // namespace
}  // namespace scheduled
