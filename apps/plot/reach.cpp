#include "plot/reach.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "plot/series.hpp"

namespace scheduled::plot {
namespace {

/// The sizes of an axis's numbers.
class Sizes {
 public:
  void add(double number) {
    if (!std::isfinite(number) || number == 0.0) return;
    largest_ = std::max(largest_, std::fabs(number));
    smallest_ = std::min(smallest_, std::fabs(number));
  }
  void add(const std::optional<Range>& range) {
    if (!range) return;
    add(range->low);
    add(range->high);
  }
  void add(const std::vector<double>& numbers) {
    for (const double number : numbers) add(number);
  }

  /// A log axis of two decades and more has a power of ten at each of its numbers.
  int exponent(Scale scale) const {
    if (largest_ == 0.0 || (largest_ >= 1e-100 && largest_ <= 1e100)) return 0;
    if (scale == Scale::log && std::log10(largest_) - std::log10(smallest_) >= 2.0) return 0;
    return static_cast<int>(std::floor(std::log10(largest_)));
  }

 private:
  double largest_ = 0.0;
  double smallest_ = std::numeric_limits<double>::infinity();
};

int exponent_of(const Panel& panel, bool of_x) {
  const Axis& axis = of_x ? panel.x : panel.y;
  Sizes sizes;
  sizes.add(axis.range);
  for (const Line& line : panel.lines) {
    for (std::size_t k = 0; k < line.x.size(); ++k) {
      if (drawable(panel, line, k)) sizes.add(of_x ? line.x[k] : line.y[k]);
    }
  }
  if (panel.cells) sizes.add(of_x ? panel.cells->x : panel.cells->y);
  return sizes.exponent(axis.scale);
}

/// In two steps: 10^308 and more is no double, nor is its inverse a precise one.
double in_units(double number, int exponent) {
  const int half = exponent / 2;
  return number * std::pow(10.0, -half) * std::pow(10.0, half - exponent);
}

void change(std::vector<double>& numbers, int exponent) {
  for (double& number : numbers) number = in_units(number, exponent);
}

void change(Axis& axis, int exponent) {
  axis.exponent += exponent;
  if (axis.range) axis.range = Range{in_units(axis.range->low, exponent), in_units(axis.range->high, exponent)};
}

void change_x(Panel& panel, int exponent) {
  if (exponent == 0) return;
  change(panel.x, exponent);
  for (Line& line : panel.lines) change(line.x, exponent);
  if (panel.cells) change(panel.cells->x, exponent);
}

void change_y(Panel& panel, int exponent) {
  if (exponent == 0) return;
  change(panel.y, exponent);
  for (Line& line : panel.lines) change(line.y, exponent);
  if (panel.cells) change(panel.cells->y, exponent);
}

void change_colours(Panel& panel) {
  if (!panel.cells) return;
  Cells& cells = *panel.cells;
  Sizes sizes;
  sizes.add(cells.colour.range);
  sizes.add(cells.value);
  const int exponent = sizes.exponent(cells.colour.scale);
  if (exponent == 0) return;
  change(cells.colour, exponent);
  change(cells.value, exponent);
}

}  // namespace

Panel within_reach(Panel panel) {
  change_x(panel, exponent_of(panel, true));
  change_y(panel, exponent_of(panel, false));
  change_colours(panel);
  return panel;
}

Figure within_reach(Figure figure) {
  if (figure.arrangement == Arrangement::stacked) {
    std::optional<int> shared;  // the one that the largest numbers of all need
    for (const Panel& panel : figure.panels) shared = std::max(shared, std::optional(exponent_of(panel, true)));
    for (Panel& panel : figure.panels) change_x(panel, shared.value_or(0));
  }
  for (Panel& panel : figure.panels) panel = within_reach(std::move(panel));
  return figure;
}

}  // namespace scheduled::plot
