// Waiting for other machines: it can be interrupted, and says once what it waits for.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace scheduled::anytime {

/// Told what is waited for; empty: nobody.
using TellWait = std::function<void(const std::string&)>;

class Waiting {
 public:
  explicit Waiting(const TellWait& tell) : tell_(tell) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() = default;

  /// Sleeps. Once the first sleep began `quiet` ago it tells what(), once. Throws Interrupted where it is to end.
  void sleep(double seconds, const std::function<std::string()>& what);
  double waited() const { return waited_; }  ///< seconds slept

  static constexpr double quiet = 2;  ///< seconds

 private:
  const TellWait& tell_;
  double waited_ = 0;
  bool told_ = false;
  std::chrono::steady_clock::time_point begun_ = {};
};

}  // namespace scheduled::anytime
