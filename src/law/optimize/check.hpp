// What is asked of schedules that a law calls best.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace scheduled::law {

inline void check_optimum(std::int64_t steps, std::int64_t warmup, double cap) {
  if (steps < 1) fail_value("steps", std::to_string(steps), "must be >= 1");
  if (warmup < 0 || warmup >= steps) {
    fail_value("warmup", std::to_string(warmup),
               concat({"must be within 0 ... ", std::to_string(steps - 1), ", below the number of steps"}));
  }
  require_positive("cap", cap);
}

}  // namespace scheduled::law
