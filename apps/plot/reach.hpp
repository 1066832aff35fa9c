// Figures of numbers near the ends of the range of double, where differences and room beside the data would overflow.
#pragma once

#include "plot/figure.hpp"

namespace scheduled::plot {

/// The same panel; where the largest number of an axis, linear or of less than two decades, is beyond 1e100 or below
/// 1e-100, all its numbers are in units of that one's power of ten (Axis::exponent).
Panel within_reach(Panel panel);

/// All panels; those of a stack, which share their x axis, in the same units of it.
Figure within_reach(Figure figure);

}  // namespace scheduled::plot
