#include "figures/shared.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plot/series.hpp"

namespace scheduled::figures {

std::vector<double> spaced(double low, double high, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t k = 0; k < count; ++k) {
    values[k] = low + (high - low) * static_cast<double>(k) / static_cast<double>(count - 1);
  }
  return values;
}

std::vector<double> log_spaced(double low, double high, std::size_t count) {
  std::vector<double> values = spaced(std::log(low), std::log(high), count);
  for (double& value : values) value = std::exp(value);
  return values;
}

Schedule at_horizon(const std::string& spec, std::int64_t T) { return Schedule::parse(spec, steps(T + 1)); }

plot::Line line(std::string label, std::vector<double> x, std::vector<double> y, std::size_t style) {
  return {std::move(label), std::move(x), std::move(y), style};
}

plot::Line shaded(std::string label, std::vector<double> x, std::vector<double> y, double shade) {
  return {.label = std::move(label), .x = std::move(x), .y = std::move(y), .shade = shade};
}

plot::Line points(std::string label, std::vector<double> x, std::vector<double> y, std::size_t style) {
  return {std::move(label), std::move(x), std::move(y), style, plot::Line::Kind::points};
}

plot::Line sweep(const Schedule& schedule, std::int64_t T, const BoundSettings& settings,
                 const std::vector<double>& peaks) {
  const std::vector<double> shape = bound_rates(schedule.with_peak(1.0), T);
  const BoundTerms terms = settings.criterion == Criterion::omega
                               ? omega_terms(shape, settings.grad_norm, settings.distance)
                               : standard_terms(shape, settings.grad_norm, settings.distance);
  plot::Line out{.x = peaks, .y = peaks};
  for (double& value : out.y) value = terms.inverse / value + terms.linear * value;
  return out;
}

plot::Line rates(const Schedule& schedule, std::int64_t T) {
  plot::Line out;
  for (std::int64_t i = 0; i < T; ++i) {
    out.x.push_back(static_cast<double>(i + 1));
    out.y.push_back(schedule.lr(i));
  }
  return plot::thinned(std::move(out), 600);
}

plot::Line along(const Schedule& schedule, std::int64_t T, const BoundSettings& settings) {
  const std::vector<double> lr = bound_rates(schedule, T);
  const auto last = static_cast<std::int64_t>(lr.size());
  const std::int64_t count = std::min<std::int64_t>(last, 300);
  std::vector<std::int64_t> t;
  for (std::int64_t k = 1; k <= count; ++k) t.push_back(k * last / count);
  return {.x = {t.begin(), t.end()}, .y = bound_at(lr, settings, t)};
}

plot::Line named(plot::Line line, std::string label, std::size_t style) {
  line.label = std::move(label);
  line.style = style;
  return line;
}

plot::Line named_shade(plot::Line line, std::string label, double shade) {
  line.label = std::move(label);
  line.shade = shade;
  return line;
}

plot::Figure rates_and_bounds(std::vector<plot::Line> rates, std::vector<plot::Line> bounds, const std::string& bound) {
  const plot::Range range = plot::settled_range(bounds, 0.08, plot::Scale::log);
  const plot::Axis step = {.label = "step", .ticks = plot::TickStyle::count};
  return {.panels = {{step, {.label = "learning rate"}, std::move(rates), 0.7},
                     {step, {.label = bound, .scale = plot::Scale::log, .range = range}, std::move(bounds), 1.0}},
          .width = 3.6,
          .height = 3.4};
}

plot::Panel panel(plot::Axis x, plot::Axis y, std::vector<plot::Line> lines, std::string title) {
  return {std::move(x), std::move(y), std::move(lines), 1.0, std::move(title)};
}

plot::Figure single(plot::Axis x, plot::Axis y, std::vector<plot::Line> lines) {
  return {.panels = {{std::move(x), std::move(y), std::move(lines)}}, .width = 3.6, .height = 2.5};
}

std::string bound_name(Criterion criterion) {
  return criterion == Criterion::omega ? "bound Ω" : "average-iterate bound";
}

std::string short_number(double value, int digits) { return fmt::format("{:.{}g}", value, digits); }

}  // namespace scheduled::figures
