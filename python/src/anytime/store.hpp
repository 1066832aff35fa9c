// The run store as Python has it.
#pragma once

#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "base/arrays.hpp"
#include "base/bind.hpp"
#include "base/interrupt.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/error.hpp"

namespace scheduled::python {

/// A RunStore for Python's threads, which the library leaves to its callers: one call at a time, without the GIL. After
/// a fork the child keeps its hands off: neither the database nor what was logged is its own.
class Store {
 public:
  Store(RunStore store, RunStore::Access access)
      : store_(std::make_unique<RunStore>(std::move(store))), writes_(access == RunStore::Access::write) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() {
    if (::getpid() != process_) [[maybe_unused]]
      auto* const left = store_.release();
  }

  template <class Function>
  auto use(const Function& function) {
    return alone([&] {
      if (!store_) fail({"the run store is closed"});
      return function(*store_);
    });
  }

  /// Writes what was logged and lets go of the run; a second time it does nothing.
  void close() {
    alone([&] {
      const auto store = std::move(store_);  // gone in any case
      if (store && writes_) store->flush();
    });
  }

 private:
  template <class Function>
  auto alone(const Function& function) -> decltype(function()) {
    if (::getpid() != process_) {
      throw std::runtime_error("the run store was opened by process " + std::to_string(process_) +
                               "; a forked process must open its own");
    }
    if (user_ == std::this_thread::get_id()) {
      throw std::runtime_error("the run store cannot be used inside the function that writes a checkpoint");
    }
    return without_gil([&] { return use_alone(function); });
  }

  template <class Function>
  auto use_alone(const Function& function) -> decltype(function()) {
    std::unique_lock lock(mutex_, std::defer_lock);
    while (!lock.try_lock_for(Interruption::pause)) Interruption::poll();
    const struct User {
      explicit User(std::atomic<std::thread::id>& user) : user_(user) { user_ = std::this_thread::get_id(); }
      User(const User&) = delete;
      User& operator=(const User&) = delete;
      ~User() { user_ = std::thread::id(); }
      std::atomic<std::thread::id>& user_;
    } user(user_);
    return function();
  }

  std::unique_ptr<RunStore> store_;
  bool writes_;
  pid_t process_ = ::getpid();
  std::timed_mutex mutex_;
  std::atomic<std::thread::id> user_ = {};
};

}  // namespace scheduled::python
