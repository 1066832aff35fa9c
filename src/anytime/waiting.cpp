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
  const double before = waited_;
  for (;;) {
    const double passed = std::chrono::duration<double>(Clock::now() - begin).count();
    waited_ = before + passed;
    if (!told_ && waited_ >= quiet) {
      told_ = true;
      if (tell_) tell_(what());
    }
    if (passed >= seconds) return;
    Interruption::poll();
    std::this_thread::sleep_for(std::min(slice, std::chrono::duration<double>(seconds - passed)));
  }
}

}  // namespace scheduled::anytime
