// A run whose writers have leases, in a place where every process gets every lock.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "scheduled/anytime.hpp"
#include "support/run_folder.hpp"
#include "support/temporary_folder.hpp"

/// How the file system gives a file a name that another process may have: see place_new.
enum class Naming { link, rename, folder };

extern bool locks_hold;  ///< false: flock succeeds whoever has the lock (lease_test.cpp)
extern Naming naming;    ///< what link and renameat2 can do there

namespace scheduled::lease_tests {

inline const Schedule trunk = Schedule::parse("constant(peak=1e-3)");
constexpr double short_lease = 0.3;

class Lease : public ::testing::TestWithParam<Naming> {
 protected:
  void SetUp() override {
    locks_hold = false;
    naming = GetParam();
  }
  void TearDown() override {
    locks_hold = true;
    naming = Naming::link;
  }

  RunStore open(double seconds = short_lease) const {
    return RunStore::open(run, RunStore::Access::write, {.lease = seconds});
  }
  void init() const { RunStore::init(run, trunk, {.lease = short_lease}); }
  std::string claim(const char* number) const { return read_text(placed(run / "lease" / number)); }
  /// Where the bytes of a claim or a later segment are.
  std::filesystem::path placed(const std::filesystem::path& path) const {
    return std::filesystem::is_directory(path) ? path / "it" : path;
  }

  const TemporaryFolder folder;
  const std::filesystem::path run = folder / "run";
};

/// What it returns is the exit code; nothing of this process is written or given back.
template <class Work>
pid_t in_child(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 99;
    try {
      code = work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    ::_exit(code);
  }
  return child;
}

inline int status_of(pid_t child, int options = 0) {
  int status = 0;
  ::waitpid(child, &status, options);
  return status;
}

/// Waits until the child has stopped itself.
inline void wait_stopped(pid_t child) { ASSERT_TRUE(WIFSTOPPED(status_of(child, WUNTRACED))); }

}  // namespace scheduled::lease_tests
