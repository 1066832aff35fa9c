// Long work that can be stopped from outside: the library's loops poll, and whoever called them has put in place what
// they ask. Where nobody has, a poll is a look at a pointer.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace scheduled {

/// What a stopped computation throws. It is no std::invalid_argument, so that nothing takes it for a wrong value.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// While one lives, poll() in its thread throws Interrupted once `asked` has returned true, and so does poll() in the
/// threads that for_each_index starts from there. `asked` is called in its own thread only, at most once in `pause`.
class Interruption {
 public:
  static constexpr std::chrono::milliseconds pause{20};

  explicit Interruption(std::function<bool()> asked);
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption() { here_ = outer_; }

  /// That of this thread, or null.
  static Interruption* here() noexcept { return here_; }
  /// Throws Interrupted where the work is to end. For loops, after every 10 us of work or more: it may read the clock.
  static void poll() {
    if (here_ != nullptr) [[unlikely]]
      here_->look();
  }

  /// The interruption of another thread, for work that this one does for it; null does nothing.
  class Shared {
   public:
    explicit Shared(Interruption* of) noexcept : outer_(here_) { here_ = of; }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { here_ = outer_; }

   private:
    Interruption* outer_;
  };

 private:
  void look();

  static constinit thread_local Interruption* here_;
  Interruption* outer_;
  std::function<bool()> asked_;
  std::thread::id owner_ = std::this_thread::get_id();
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + pause;
  std::atomic<bool> stopped_ = false;
};

/// poll() once in so many rounds, for loops whose rounds are short.
class SeldomPoll {
 public:
  explicit SeldomPoll(unsigned rounds) noexcept : rounds_(rounds), left_(rounds) {}
  void operator()() {
    if (--left_ != 0) [[likely]]
      return;
    left_ = rounds_;
    Interruption::poll();
  }

 private:
  unsigned rounds_, left_;
};

/// std::vector<double>(count) that can be interrupted: the system takes seconds to give some gigabytes.
inline std::vector<double> interruptible_zeros(std::size_t count) {
  constexpr std::size_t block = std::size_t{1} << 15;
  std::vector<double> zeros;
  zeros.reserve(count);
  while (zeros.size() < count) {
    zeros.resize(std::min(zeros.size() + block, count));
    Interruption::poll();
  }
  return zeros;
}

}  // namespace scheduled
