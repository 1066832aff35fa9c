// All main shapes: one line each, and the name of its struct in `Shape` (scheduled/schedule.hpp).
#pragma once

#include "schedule/registry.hpp"
#include "schedule/shapes/constant.hpp"
#include "schedule/shapes/infinite.hpp"
#include "schedule/shapes/inverse_power.hpp"
#include "schedule/shapes/noam.hpp"
#include "schedule/shapes/piecewise.hpp"
#include "schedule/shapes/power.hpp"
#include "schedule/shapes/restarts.hpp"
#include "schedule/shapes/rsqrt.hpp"
#include "schedule/shapes/stages.hpp"
#include "schedule/shapes/table.hpp"
#include "schedule/shapes/triangular.hpp"
#include "schedule/shapes/wsd_s.hpp"

namespace scheduled::compiled {

/// A main shape with its numbers filled in: absolute LR of the 0-based step i.
using Main = FunctorsOf<Shape, Resolver&>::type;

}  // namespace scheduled::compiled
