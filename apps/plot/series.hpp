// Preparing data for a panel.
#pragma once

#include <cstddef>
#include <span>

#include "plot/figure.hpp"

namespace scheduled::plot {

/// At most about `points` points that look the same, a single one as a point: of each stretch the first, smallest,
/// largest and last value, so that no jump or spike is lost. Finite y only.
Line thinned(Line line, std::size_t points = 1200);

/// The y values at x beyond the first `skipped` share of the common x range, with 5 % of room: a loss that starts at 11
/// and ends at 3 shows its end. A few spikes among many values reach beyond the range.
Range settled_range(std::span<const Line> lines, double skipped, Scale scale);

/// The range of an axis: as given, or all drawable values with room (on a log axis a factor).
Range x_range(const Panel& panel);
Range y_range(const Panel& panel);

/// Whether the point k of `line` can be drawn on the axes of `panel`.
bool drawable(const Panel& panel, const Line& line, std::size_t k);

}  // namespace scheduled::plot
