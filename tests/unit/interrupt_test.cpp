#include "base/interrupt.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/parallel.hpp"
#include "scheduled/bound.hpp"

namespace scheduled {
namespace {

using Clock = std::chrono::steady_clock;

/// Polls until that throws, for at most a minute.
void work() {
  const Clock::time_point end = Clock::now() + std::chrono::minutes(1);
  while (Clock::now() < end) Interruption::poll();
}

TEST(Interruption, NothingIsAskedWithoutOne) {
  EXPECT_EQ(Interruption::here(), nullptr);
  EXPECT_NO_THROW(Interruption::poll());
}

TEST(Interruption, EndsTheWorkOnceItIsAskedFor) {
  int asked = 0;
  {
    const Interruption stop([&] { return ++asked == 3; });
    EXPECT_THROW(work(), Interrupted);
    EXPECT_EQ(asked, 3);
    EXPECT_THROW(Interruption::poll(), Interrupted);  // from then on
    EXPECT_EQ(asked, 3);
  }
  EXPECT_EQ(Interruption::here(), nullptr);
}

TEST(Interruption, IsAskedSeldom) {
  int asked = 0;
  const Interruption watch([&] { return ++asked < 0; });
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::milliseconds(200);
  while (Clock::now() < end) Interruption::poll();
  EXPECT_GE(asked, 1);
  EXPECT_LE(asked, 1 + (Clock::now() - begin) / Interruption::pause);
}

TEST(Interruption, TheInnermostOneCounts) {
  const Interruption outer([] { return true; });
  {
    const Interruption inner([] { return false; });
    std::this_thread::sleep_for(2 * Interruption::pause);
    EXPECT_NO_THROW(Interruption::poll());
  }
  std::this_thread::sleep_for(2 * Interruption::pause);
  EXPECT_THROW(Interruption::poll(), Interrupted);
}

TEST(Interruption, StopsAllThreadsAndIsAskedInItsOwn) {
  const std::thread::id own = std::this_thread::get_id();
  std::atomic<int> ended{0};
  bool elsewhere = false;
  const Interruption stop([&, end = Clock::now() + std::chrono::milliseconds(100)] {
    elsewhere = elsewhere || std::this_thread::get_id() != own;
    return Clock::now() > end;
  });
  const auto piece = [&](std::size_t i) {
    const struct Count {
      std::atomic<int>& ended;
      ~Count() { ++ended; }
    } count{ended};
    if (i > 0) work();  // the first is done at once, so that the thread that asks only waits
  };
  EXPECT_THROW(for_each_index(100, 3, piece), Interrupted);
  EXPECT_GE(ended, 2);
  EXPECT_LE(ended, 6);  // the others are not begun
  EXPECT_FALSE(elsewhere);
}

TEST(Interruption, AnotherErrorIsThrownOn) {
  const Interruption watch([] { return false; });
  EXPECT_THROW(for_each_index(9, 3,
                              [](std::size_t i) {
                                if (i == 4) throw std::runtime_error("4");
                              }),
               std::runtime_error);
}

TEST(Interruption, ZerosCanBeInterrupted) {
  EXPECT_EQ(interruptible_zeros(0), std::vector<double>());
  EXPECT_EQ(interruptible_zeros(100'000), std::vector<double>(100'000));
}

TEST(Interruption, ResultsAreTheSameWithOne) {
  std::vector<double> lr(50'000);
  for (std::size_t k = 0; k < lr.size(); ++k) lr[k] = 1.0 / static_cast<double>(k + 1);
  const double alone = omega(lr, 1.0, 1.0);
  std::vector<double> plain(lr.size()), watched(lr.size());
  omega_curve(lr, 1.0, 1.0, plain);
  const Interruption watch([] { return false; });
  EXPECT_EQ(omega(lr, 1.0, 1.0), alone);
  omega_curve(lr, 1.0, 1.0, watched, {.threads = 3});
  EXPECT_EQ(watched, plain);
}

}  // namespace
}  // namespace scheduled
