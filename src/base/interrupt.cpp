#include "base/interrupt.hpp"

#include <utility>

namespace scheduled {

constinit thread_local Interruption* Interruption::here_ = nullptr;

Interruption::Interruption(std::function<bool()> asked) : outer_(here_), asked_(std::move(asked)) { here_ = this; }

void Interruption::look() {
  if (!stopped_.load(std::memory_order_relaxed)) {
    if (std::this_thread::get_id() != owner_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + pause;
    if (!asked_()) return;
    stopped_.store(true, std::memory_order_relaxed);
  }
  throw Interrupted();
}

}  // namespace scheduled
