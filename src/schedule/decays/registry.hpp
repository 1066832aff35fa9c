// All decays: one line each, and the name of its struct in `Decay` (scheduled/schedule.hpp).
#pragma once

#include "schedule/decays/cosine.hpp"
#include "schedule/decays/exponential.hpp"
#include "schedule/decays/exponential_to_zero.hpp"
#include "schedule/decays/half_cosine.hpp"
#include "schedule/decays/inverse_proportional.hpp"
#include "schedule/decays/linear.hpp"
#include "schedule/decays/lowered_linear.hpp"
#include "schedule/decays/mirror_cosine.hpp"
#include "schedule/decays/one_minus_sqrt.hpp"
#include "schedule/decays/polynomial.hpp"
#include "schedule/decays/square.hpp"
#include "schedule/registry.hpp"

namespace scheduled::compiled {

/// A decay with its numbers filled in: absolute LR of cooldown step j = 1 ... C.
using Decay = FunctorsOf<scheduled::Decay, const Descent&, const Resolver&>::type;

}  // namespace scheduled::compiled
