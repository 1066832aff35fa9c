#include "anytime/waiting.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/interrupt.hpp"

namespace scheduled::anytime {

void Waiting::sleep(double seconds, const std::function<std::string()>& what) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::duration<double> slice(0.02);
  const Clock::time_point begin = Clock::now();
  if (begun_ == Clock::time_point()) begun_ = begin;
  const double before = waited_;
  for (;;) {
    const Clock::time_point now = Clock::now();
    const double passed = std::chrono::duration<double>(now - begin).count();
    waited_ = before + passed;
    // What is tried between the sleeps is part of the wait: it may take longer than they do.
    if (!told_ && std::chrono::duration<double>(now - begun_).count() >= quiet) {
      told_ = true;
      if (tell_) tell_(what());
    }
    if (passed >= seconds) return;
    Interruption::poll();
    std::this_thread::sleep_for(std::min(slice, std::chrono::duration<double>(seconds - passed)));
  }
}

}  // namespace scheduled::anytime
