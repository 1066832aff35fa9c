// Where the numbers of an axis stand and how they read.
#pragma once

#include <string>
#include <vector>

#include "plot/figure.hpp"

namespace scheduled::plot {

struct Tick {
  double at = 0.0;
  std::string text;  ///< empty: a small tick without a number
};

struct Ticks {
  std::vector<Tick> ticks;
  int exponent = 0;  ///< the texts are in units of 10^exponent, which belongs into the axis label
};

/// About `wanted` numbers at round places within `range`; on a log axis powers of ten, or 1-2-5 where they are few.
Ticks place_ticks(const Axis& axis, Range range, int wanted, bool unicode = true);

/// "10⁻³", or "1e-3" without unicode.
std::string power_of_ten(int exponent, bool unicode = true);

/// The axis label with the power of ten of its numbers: "learning rate (10⁻³)".
std::string axis_caption(const Axis& axis, const Ticks& ticks, bool unicode = true);

}  // namespace scheduled::plot
