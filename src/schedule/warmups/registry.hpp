// All warmups: one line each, and the name of its struct in `WarmupCurve` (scheduled/schedule.hpp).
#pragma once

#include "schedule/registry.hpp"
#include "schedule/warmups/cosine.hpp"
#include "schedule/warmups/linear.hpp"
#include "schedule/warmups/log.hpp"
#include "schedule/warmups/one_minus_sqrt.hpp"

namespace scheduled::compiled {

/// A warmup with its numbers filled in: absolute LR of step i = 0 ... W - 1.
using Warmup = FunctorsOf<WarmupCurve, const Climb&>::type;

}  // namespace scheduled::compiled
