// The figure of a sweep.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "cli/results.hpp"
#include "cli/sweep.hpp"

namespace scheduled::cli {
namespace {

constexpr std::size_t most_panels = 6;

std::size_t entries(std::size_t size) { return std::max<std::size_t>(size, 1); }

plot::Axis value_axis(SweepValue value, Criterion criterion) {
  if (value == SweepValue::peak) return {.label = "best peak learning rate", .scale = plot::Scale::log};
  if (value == SweepValue::bound) return {.label = bound_name(criterion), .scale = plot::Scale::log};
  return {.label = bound_name(criterion) + " over the best of the horizon"};
}

class Drawing {
 public:
  Drawing(const SweepTable& table, SweepValue value, Criterion criterion)
      : table_(table), axes_(table.axes), axis_(value_axis(value, criterion)) {
    values_.assign(static_cast<std::size_t>(axes_.size()), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t k = 0; k < table.results.size(); ++k) {
      const SweepResult& result = table.results[k];
      if (!result.error.empty()) continue;
      values_[static_cast<std::size_t>(result.combination)] = value == SweepValue::ratio   ? table.ratios[k]
                                                              : value == SweepValue::bound ? result.best->bound
                                                                                           : result.best->peak;
    }
  }

  plot::Figure heat_maps() const {
    const std::vector<std::size_t> columns = order(axes_.horizons);
    const std::vector<std::size_t> rows = order(axes_.cooldowns);
    plot::Figure figure{{}, plot::Arrangement::side_by_side, 0.0, 3.0};
    for (std::size_t s = 0; s < axes_.schedules.size(); ++s) {
      for (std::size_t f = 0; f < entries(axes_.grad_norms.size()); ++f) {
        plot::Panel panel{horizon_axis(), cooldown_axis(), {}, 1.0, label(s, f), plot::Cells{}};
        for (const std::size_t h : columns) panel.cells->x.push_back(static_cast<double>(axes_.horizons[h]));
        for (const std::size_t c : rows) {
          panel.cells->y.push_back(100.0 * axes_.cooldowns[c]);
          for (const std::size_t h : columns) panel.cells->value.push_back(at(s, h, c, f));
        }
        panel.cells->colour = axis_;
        panel.cells->colour.range = axis_range();
        figure.panels.push_back(std::move(panel));
      }
    }
    figure.width = std::max(4.4, 3.5 * static_cast<double>(figure.panels.size()));
    return figure;
  }

  plot::Figure lines() const {
    const bool over_cooldown = axes_.cooldowns.size() > 1;
    plot::Panel panel{over_cooldown ? cooldown_axis() : horizon_axis(), axis_, {}};
    const std::vector<std::size_t> places = over_cooldown ? order(axes_.cooldowns) : order(axes_.horizons);
    for (std::size_t s = 0; s < axes_.schedules.size(); ++s) {
      for (std::size_t f = 0; f < entries(axes_.grad_norms.size()); ++f) {
        plot::Line line{label(s, f), {}, {}, panel.lines.size()};
        for (const std::size_t k : places) {
          line.x.push_back(over_cooldown ? 100.0 * axes_.cooldowns[k] : static_cast<double>(axes_.horizons[k]));
          line.y.push_back(over_cooldown ? at(s, 0, k, f) : at(s, k, 0, f));
        }
        panel.lines.push_back(std::move(line));
      }
    }
    return {{std::move(panel)}, plot::Arrangement::stacked, 4.6, 2.8};
  }

 private:
  /// Places of the values in rising order.
  template <class Value>
  static std::vector<std::size_t> order(const std::vector<Value>& values) {
    std::vector<std::size_t> places(values.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    return places;
  }

  double at(std::size_t s, std::size_t h, std::size_t c, std::size_t f) const {
    const std::size_t H = entries(axes_.horizons.size());
    const std::size_t C = entries(axes_.cooldowns.size());
    return values_[((s * H + h) * C + c) * entries(axes_.grad_norms.size()) + f];
  }

  plot::Axis horizon_axis() const {
    return {.label = "steps", .scale = plot::Scale::log, .ticks = plot::TickStyle::count};
  }
  plot::Axis cooldown_axis() const { return {.label = "cooldown (% of the steps)"}; }

  std::string label(std::size_t s, std::size_t f) const {
    const bool many_norms = axes_.grad_norms.size() > 1;
    const bool many_schedules = axes_.schedules.size() > 1;
    std::string norm = many_norms ? "G = " + table_.norms[f].text : "";
    if (!many_schedules && many_norms) return norm;
    return table_.schedule_names[s] + (many_norms ? ", " : "") + norm;
  }

  /// One for all panels, so that their colours compare.
  plot::Range axis_range() const {
    plot::Range range{std::numeric_limits<double>::infinity(), 0.0};
    for (const double value : values_) {
      if (!std::isfinite(value)) continue;
      range = {std::min(range.low, value), std::max(range.high, value)};
    }
    if (!(range.low < range.high))
      return std::isfinite(range.low) ? plot::Range{range.low, 1.1 * range.low} : plot::Range{};
    return range;
  }

  const SweepTable& table_;
  const SweepAxes& axes_;
  plot::Axis axis_;
  std::vector<double> values_;
};

}  // namespace

void check_drawable(const SweepAxes& axes) {
  const bool horizons = axes.horizons.size() > 1;
  const bool cooldowns = axes.cooldowns.size() > 1;
  if (!horizons && !cooldowns) {
    fail_argument("-o", "needs --horizons or --cooldowns with at least two values to draw over");
  }
  const std::size_t parts = axes.schedules.size() * entries(axes.grad_norms.size());
  if (horizons && cooldowns && parts > most_panels) {
    fail_argument("-o", concat({"there would be ", std::to_string(parts),
                                " heat maps, one for each schedule and grad norm; at most ",
                                std::to_string(most_panels), " can be drawn"}));
  }
}

plot::Figure draw_sweep(const SweepTable& table, SweepValue value, Criterion criterion) {
  check_drawable(table.axes);
  const Drawing drawing(table, value, criterion);
  return table.axes.horizons.size() > 1 && table.axes.cooldowns.size() > 1 ? drawing.heat_maps() : drawing.lines();
}

}  // namespace scheduled::cli
