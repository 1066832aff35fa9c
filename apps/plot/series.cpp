#include "plot/series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "plot/cells.hpp"

namespace scheduled::plot {
namespace {

using Limits = std::numeric_limits<double>;

bool fits(Scale scale, double value) { return std::isfinite(value) && (scale == Scale::linear || value > 0.0); }

struct Extent {
  double low = Limits::infinity();
  double high = -Limits::infinity();

  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

/// Some room around the data, so that lines do not lie on the frame; a constant gets a range around it.
Range with_room(const Extent& extent, Scale scale, double share) {
  if (extent.empty()) return scale == Scale::log ? Range{1.0, 10.0} : Range{0.0, 1.0};
  if (scale == Scale::log) {
    const double ratio = extent.high / extent.low;
    const double power =
        std::isfinite(ratio) ? std::pow(ratio, share) : std::pow(extent.high, share) / std::pow(extent.low, share);
    const double factor = std::max(power, 1.05);
    return {std::max(extent.low / factor, Limits::denorm_min()), std::min(extent.high * factor, Limits::max())};
  }
  const double magnitude = std::max(std::fabs(extent.low), std::fabs(extent.high));
  if (magnitude == 0.0) return {0.0, 1.0};
  const double size = std::min(extent.high - extent.low, Limits::max());
  const double room = size > 1e-9 * magnitude ? share * size : 0.1 * magnitude;
  // A learning rate or loss is never negative: the axis then starts at 0 rather than below.
  const double low = extent.low >= 0.0 ? std::max(extent.low - room, 0.0) : extent.low - room;
  return {std::max(low, Limits::lowest()), std::min(extent.high + room, Limits::max())};
}

Extent extent_of(const Panel& panel, bool of_x) {
  Extent extent;
  for (const Line& line : panel.lines) {
    for (std::size_t k = 0; k < line.x.size(); ++k) {
      if (drawable(panel, line, k)) extent.add(of_x ? line.x[k] : line.y[k]);
    }
  }
  if (panel.cells) {
    const Cells& cells = *panel.cells;
    for (const double edge : of_x ? cell_edges(cells.x, panel.x.scale) : cell_edges(cells.y, panel.y.scale)) {
      extent.add(edge);
    }
  }
  return extent;
}

/// The extent of the values. Where a few of them, at most 3 %, lie further out than the others are apart, it ends a
/// little beyond the others: one spike would flatten all else.
Extent without_spikes(std::vector<double> values, Scale scale) {
  Extent all;
  for (const double value : values) all.add(value);
  constexpr std::size_t fewest = 20;
  constexpr double few = 0.03;
  if (values.size() < fewest) return all;
  const auto at = [&](double share) {
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return scale == Scale::log ? std::log(*place) : *place;
  };
  const double low = at(few);
  const double high = at(1.0 - few);
  const double room = std::max(high - low, 1e-9 * std::max(std::fabs(high), std::fabs(low)));
  const auto back = [&](double value) { return scale == Scale::log ? std::exp(value) : value; };
  Extent usual = all;
  constexpr double beyond = 0.2;  // of the others' spread
  if (all.low < back(low - room)) usual.low = back(low - beyond * room);
  if (all.high > back(high + room)) usual.high = back(high + beyond * room);
  return usual;
}

void append(Line& to, const Line& from, std::size_t k) {
  if (!to.x.empty() && to.x.back() == from.x[k] && to.y.back() == from.y[k]) return;
  to.x.push_back(from.x[k]);
  to.y.push_back(from.y[k]);
}

}  // namespace

Line thinned(Line line, std::size_t points) {
  const std::size_t size = line.x.size();
  if (size == 1) line.kind = Line::Kind::points;  // a line through it has no length
  if (size <= points) return line;
  Line out{line.label, {}, {}, line.style, line.kind, line.shade};
  const std::size_t stretches = std::max<std::size_t>(points / 4, 1);
  for (std::size_t s = 0; s < stretches; ++s) {
    const std::size_t begin = size * s / stretches;
    const std::size_t end = size * (s + 1) / stretches;
    const auto at = [&](auto iterator) { return static_cast<std::size_t>(iterator - line.y.begin()); };
    const auto first = line.y.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = line.y.begin() + static_cast<std::ptrdiff_t>(end);
    const auto [smallest, largest] = std::minmax_element(first, last);
    append(out, line, begin);
    append(out, line, std::min(at(smallest), at(largest)));
    append(out, line, std::max(at(smallest), at(largest)));
    append(out, line, end - 1);
  }
  return out;
}

bool drawable(const Panel& panel, const Line& line, std::size_t k) {
  return fits(panel.x.scale, line.x[k]) && fits(panel.y.scale, line.y[k]);
}

Range settled_range(std::span<const Line> lines, double skipped, Scale scale) {
  Extent x;
  for (const Line& line : lines) {
    for (const double value : line.x) x.add(value);
  }
  const double from = x.low + skipped * (x.high - x.low);
  std::vector<double> values;
  for (const Line& line : lines) {
    for (std::size_t k = 0; k < line.x.size(); ++k) {
      if (line.x[k] >= from && fits(scale, line.y[k])) values.push_back(line.y[k]);
    }
  }
  return with_room(without_spikes(std::move(values), scale), scale, 0.05);
}

Range x_range(const Panel& panel) {
  if (panel.x.range) return *panel.x.range;
  const Extent extent = extent_of(panel, true);
  if (extent.empty() || !(extent.high > extent.low)) return with_room(extent, panel.x.scale, 0.05);
  return {extent.low, extent.high};
}

Range y_range(const Panel& panel) {
  if (panel.y.range) return *panel.y.range;
  const Extent extent = extent_of(panel, false);
  if (panel.cells && !extent.empty()) return {extent.low, extent.high};  // cells lie on the frame
  return with_room(extent, panel.y.scale, 0.05);
}

}  // namespace scheduled::plot
