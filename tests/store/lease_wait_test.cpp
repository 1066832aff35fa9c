// Waits for a writer that may be dead: they are told once, and can be interrupted.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "base/interrupt.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/cluster.hpp"
#include "store/lease_fixture.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled::lease_tests {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;
using std::chrono::milliseconds;

TEST_P(Lease, AWaitIsToldOnce) {
  init();
  const pid_t child = in_child([&] {
    const RunStore store = open(8);
    ::raise(SIGSTOP);
    return 0;
  });
  wait_stopped(child);
  // Silent for longer than its lease, so that the second look is what is waited for: a third of it.
  fs::last_write_time(placed(run / "lease/000002"), fs::file_time_type::clock::now() - std::chrono::seconds(9));
  std::vector<std::string> told;
  StoreOptions options{.lease = 8};
  options.on_wait = [&](const std::string& text) { told.push_back(text); };
  const RunStore store = RunStore::open(run, Access::write, options);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(has(told[0], "process " + std::to_string(child)));
  EXPECT_TRUE(has(told[0], "wrote to this run and was not heard of for 8 s; it is taken over where that is so in 3 s"));
  ::kill(child, SIGKILL);
  status_of(child);
  // Where the other one is alive, --wait is: told once, too, and for how long.
  told.clear();
  EXPECT_THROW(open_when_free(run, milliseconds(3700), options), StoreBusy);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(has(told[0], "process " + std::to_string(::getpid())));
  EXPECT_TRUE(has(told[0], "; waiting for it, 1 s at most") || has(told[0], "; waiting for it, 2 s at most"))
      << told[0];
}

TEST_P(Lease, AWaitCanBeInterrupted) {
  init();
  const pid_t child = in_child([&] {
    const RunStore store = open(1000);
    ::raise(SIGSTOP);
    return 0;
  });
  wait_stopped(child);
  fs::last_write_time(placed(run / "lease/000002"), fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto begin = std::chrono::steady_clock::now();
  {
    const Interruption interruption([] { return true; });
    EXPECT_THROW(open(1000), Interrupted);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));  // of 333
  EXPECT_FALSE(fs::exists(run / "lease/000003"));
  EXPECT_TRUE(has(claim("000002"), "scheduled lease held 1000 "));
  ::kill(child, SIGKILL);
  status_of(child);
}

}  // namespace
}  // namespace scheduled::lease_tests
