// Pieces that several figures share: ranges, schedules of one horizon, lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plot/figure.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::figures {

/// `count` >= 2 numbers from `low` to `high`, evenly spaced; by ratio for log_spaced.
std::vector<double> spaced(double low, double high, std::size_t count);
std::vector<double> log_spaced(double low, double high, std::size_t count);

/// `spec` without its horizon, such as "wsd(cooldown=20%)" or "cosine", at T + 1 steps: the paper spends the last one,
/// whose rate is 0, after T (docs/theory.md, section 0).
Schedule at_horizon(const std::string& spec, std::int64_t T);

plot::Line line(std::string label, std::vector<double> x, std::vector<double> y, std::size_t style);
plot::Line shaded(std::string label, std::vector<double> x, std::vector<double> y, double shade);
plot::Line points(std::string label, std::vector<double> x, std::vector<double> y, std::size_t style);

/// The bound after T steps over the peak: t1/gamma + t2 gamma. For rates that are proportional to the peak.
plot::Line sweep(const Schedule& schedule, std::int64_t T, const BoundSettings& settings,
                 const std::vector<double>& peaks);

/// The rates of the first T steps, and the bound along them at up to 300 of them.
plot::Line rates(const Schedule& schedule, std::int64_t T);
plot::Line along(const Schedule& schedule, std::int64_t T, const BoundSettings& settings);

/// `line` with what names it.
plot::Line named(plot::Line line, std::string label, std::size_t style);
plot::Line named_shade(plot::Line line, std::string label, double shade);

/// Rates above bounds, one column wide.
plot::Figure rates_and_bounds(std::vector<plot::Line> rates, std::vector<plot::Line> bounds, const std::string& bound);

plot::Panel panel(plot::Axis x, plot::Axis y, std::vector<plot::Line> lines, std::string title = {});

/// One panel, one column wide.
plot::Figure single(plot::Axis x, plot::Axis y, std::vector<plot::Line> lines);

/// Label of the bound's axis.
std::string bound_name(Criterion criterion);

/// "0.01", with up to `digits` significant digits.
std::string short_number(double value, int digits = 3);

}  // namespace scheduled::figures
