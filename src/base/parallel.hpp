// Independent pieces of work on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/interrupt.hpp"

namespace scheduled {

/// Calls work(0) ... work(count - 1), each once, on `threads` >= 1 threads, this one among them, as far as there is
/// work for so many and the system gives them; in no fixed order. The first exception ends it and is thrown on. It can
/// be interrupted between the pieces, and where they poll.
template <class Work>
void for_each_index(std::size_t count, int threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t running = 0;
  std::exception_ptr failure;
  const auto attempt = [&](const auto& piece) {
    try {
      Interruption::poll();
      piece();
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) attempt([&] { work(i); });
  };
  const auto helper = [&, interruption = Interruption::here()] {
    const Interruption::Shared shared(interruption);
    loop();
    const std::scoped_lock lock(mutex);
    --running;
    ended.notify_one();
  };
  {
    const std::size_t most = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
    std::vector<std::jthread> others;
    try {
      for (std::size_t k = 1; k < most; ++k) {
        others.emplace_back(helper);
        const std::scoped_lock lock(mutex);
        ++running;
      }
    } catch (const std::system_error&) {
      // As many as there are do all of it.
    }
    loop();
    // The others may be long at their last pieces, and only this thread can ask whether they are to stop.
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, Interruption::pause, [&] { return running == 0; })) {
      lock.unlock();
      attempt([] {});
      lock.lock();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace scheduled
