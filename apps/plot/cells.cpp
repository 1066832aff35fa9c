#include "plot/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "plot/gnuplot.hpp"
#include "plot/style.hpp"
#include "plot/ticks.hpp"
#include "scheduled/error.hpp"
#include "shell/text.hpp"

namespace scheduled::plot {
namespace {

constexpr double bar_gap = 1.0 * em;
constexpr double bar_width = 1.1 * em;

Ticks bar_ticks(const Cells& cells, double height) {
  return place_ticks(cells.colour, colour_range(cells), std::clamp(static_cast<int>(height / 0.38), 2, 6));
}

/// Width of the numbers beside the bar.
double numbers_width(const Ticks& ticks) {
  std::size_t longest = 1;
  for (const Tick& tick : ticks.ticks) longest = std::max(longest, shell::text_width(tick.text));
  return character * static_cast<double>(longest) + 0.9 * em;
}

std::string ticks_text(const Ticks& ticks) {
  std::string text;
  for (const Tick& tick : ticks.ticks) {
    if (tick.text.empty()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", gnuplot_string(tick.text), format_number(tick.at));
  }
  return text;
}

}  // namespace

std::vector<double> cell_edges(const std::vector<double>& centres, Scale scale) {
  const bool log = scale == Scale::log;
  const auto to = [log](double x) { return log ? std::log(x) : x; };
  using Limits = std::numeric_limits<double>;
  const auto from = [log](double x) { return log ? std::clamp(std::exp(x), Limits::denorm_min(), Limits::max()) : x; };
  if (centres.empty()) return {};
  if (centres.size() == 1) {
    const double x = to(centres[0]);
    const double half = log ? 0.1 : x == 0.0 ? 0.5 : 0.1 * std::fabs(x);
    return {from(x - half), from(x + half)};
  }
  std::vector<double> edges(centres.size() + 1);
  for (std::size_t k = 1; k < centres.size(); ++k) edges[k] = 0.5 * (to(centres[k - 1]) + to(centres[k]));
  edges.front() = 2.0 * to(centres.front()) - edges[1];
  edges.back() = 2.0 * to(centres.back()) - edges[centres.size() - 1];
  for (double& edge : edges) edge = from(edge);
  return edges;
}

Range colour_range(const Cells& cells) {
  if (cells.colour.range) return *cells.colour.range;
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const double value : cells.value) {
    if (!std::isfinite(value) || (cells.colour.scale == Scale::log && !(value > 0.0))) continue;
    range = {std::min(range.low, value), std::max(range.high, value)};
  }
  if (!(range.low <= range.high)) return {1.0, 2.0};
  if (range.high - range.low > 1e-12 * std::fabs(range.high)) return range;
  const double room = range.low == 0.0 ? 0.5 : 0.05 * std::fabs(range.low);  // all values are the same
  return {range.low - room, range.high + room};
}

double bar_room(const Panel& panel, double height) {
  if (!panel.cells) return 0.0;
  const double caption = panel.cells->colour.label.empty() ? 0.0 : line_height;
  return bar_gap + bar_width + numbers_width(bar_ticks(*panel.cells, height)) + caption;
}

std::string cells_commands(std::size_t block, const Panel& panel, const BarPlace& place) {
  const Cells& cells = *panel.cells;
  const Range range = colour_range(cells);
  const double height = (place.top - place.bottom) * place.figure_height;
  const Ticks ticks = bar_ticks(cells, height);
  std::string script = "set palette defined (";
  constexpr int anchors = 6;
  for (int k = 0; k < anchors; ++k) {
    Line line;
    line.shade = static_cast<double>(k) / (anchors - 1);
    script += fmt::format("{}{} '{}'", k > 0 ? ", " : "", k, style_of(line).colour);
  }
  script += fmt::format(")\n{} logscale cb\nset cbrange [{}:{}]\nset cbtics ({}) scale 0.4\n",
                        cells.colour.scale == Scale::log ? "set" : "unset", format_number(range.low),
                        format_number(range.high), ticks_text(ticks));
  const double left = place.right + bar_gap / place.figure_width;
  script += fmt::format("set colorbox vertical user origin screen {:.5f},{:.5f} size screen {:.5f},{:.5f} noborder\n",
                        left, place.bottom, bar_width / place.figure_width, place.top - place.bottom);
  if (!cells.colour.label.empty()) {
    const double x = left + (bar_width + numbers_width(ticks) + 0.5 * line_height) / place.figure_width;
    script += fmt::format("set label {} at screen {:.5f},{:.5f} center rotate by 90 noenhanced\n",
                          gnuplot_string(axis_caption(cells.colour, ticks)), x, 0.5 * (place.bottom + place.top));
  }
  const std::vector<double> x = cell_edges(cells.x, panel.x.scale);
  const std::vector<double> y = cell_edges(cells.y, panel.y.scale);
  script += fmt::format("$cells{} << EOD\n", block);
  for (std::size_t row = 0; row < cells.y.size(); ++row) {
    for (std::size_t column = 0; column < cells.x.size(); ++column) {
      const double value = cells.value[row * cells.x.size() + column];
      if (!std::isfinite(value)) continue;
      script += fmt::format("{} {} {} {} {} {} {}\n", format_number(cells.x[column]), format_number(cells.y[row]),
                            format_number(x[column]), format_number(x[column + 1]), format_number(y[row]),
                            format_number(y[row + 1]), format_number(std::clamp(value, range.low, range.high)));
    }
  }
  return script + "EOD\n";
}

std::string cells_element(std::size_t block) {
  return fmt::format(
      "$cells{} using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid 1.0 border linewidth 0.2 linecolor palette notitle",
      block);
}

}  // namespace scheduled::plot
