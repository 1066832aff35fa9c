// A grid of coloured cells and the colour bar that explains it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plot/figure.hpp"

namespace scheduled::plot {

/// Edges of the cells with these centres, one more than centres: half-way between them (on a log axis, between their
/// logarithms), the outer ones mirrored; a single cell gets some room.
std::vector<double> cell_edges(const std::vector<double>& centres, Scale scale);

/// The range of the colours: as given, or that of the values.
Range colour_range(const Cells& cells);

/// Inches that the colour bar of `panel` takes at its right; 0 where it has no cells.
double bar_room(const Panel& panel, double height);

/// Right edge, bottom and height of a panel in units of the figure, and the figure's size in inches.
struct BarPlace {
  double right, bottom, top;
  double figure_width, figure_height;
};

/// Sets up the bar (palette, ticks, caption) and defines the data block `$cellsN`.
std::string cells_commands(std::size_t block, const Panel& panel, const BarPlace& place);

/// The element of the plot command that draws the block.
std::string cells_element(std::size_t block);

}  // namespace scheduled::plot
