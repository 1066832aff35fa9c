// How far long work is: one line on standard error, where that is a terminal, once it takes more than a second.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <thread>

namespace scheduled::shell {

/// May be used by several threads.
class Progress {
 public:
  /// `unit` names what is counted: "figures".
  Progress(std::string_view unit, std::size_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  ///< removes the line

  void done(std::size_t count);  ///< so many of the total

 private:
  using Clock = std::chrono::steady_clock;
  std::mutex mutex_;
  std::string_view unit_;
  std::size_t total_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
};

/// For work whose length is not known: while it lives, and once it has lived for a second, the line says for how long.
class Busy {
 public:
  Busy();
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy();  ///< removes the line

 private:
  bool shown_ = false;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace scheduled::shell
