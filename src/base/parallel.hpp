// Independent pieces of work on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace scheduled {

/// Calls work(0) ... work(count - 1), each once, on `threads` >= 1 threads, this one among them, as far as there is
/// work for so many and the system gives them; in no fixed order. The first exception ends it and is thrown on.
template <class Work>
void for_each_index(std::size_t count, int threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  {
    const std::size_t most = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
    std::vector<std::jthread> others;
    try {
      for (std::size_t k = 1; k < most; ++k) others.emplace_back(loop);
    } catch (const std::system_error&) {
      // As many as there are do all of it.
    }
    loop();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace scheduled
