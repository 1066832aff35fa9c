// The legend of a figure: rows of entries below the panels, where they cover no data.
#pragma once

#include <string>
#include <vector>

#include "plot/figure.hpp"

namespace scheduled::plot {

struct LegendEntry {
  const Line* line = nullptr;      ///< of the figure, which must outlive the legend
  std::vector<std::string> texts;  ///< its lines of text
  double width = 0.0;              ///< inches, with its sample
};

struct LegendRow {
  std::vector<LegendEntry> entries;
  double width() const;
  std::size_t lines() const;
};

struct Legend {
  std::vector<LegendRow> rows;
  double height = 0.0;  ///< inches
};

/// One entry for each label, in the order of the lines.
Legend plan_legend(const Figure& figure);

/// Labels and arrows at places on the page: gnuplot's own key knows neither entries of unequal width nor several
/// panels.
std::string legend_commands(const Legend& legend, const Figure& figure);

}  // namespace scheduled::plot
