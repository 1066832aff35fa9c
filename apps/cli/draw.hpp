// What several verbs draw, and the options that say where to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "plot/figure.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/schedule.hpp"
#include "shell/options.hpp"

namespace scheduled::cli {
using namespace shell;

/// --json, --csv and -o. Whether the figure can be written is checked before any computing.
struct OutputOptions {
  bool json = false;
  bool csv = false;
  std::string figure;

  void add_to(Verb& verb);
};

/// The rates of steps 0 ... steps-1 as a line, thinned to what a figure can show.
plot::Line rate_line(const Schedule& schedule, std::int64_t steps, std::string label, std::size_t style);

/// The panel in characters, as wide as the terminal.
std::string drawing(const plot::Panel& panel, int height);

/// The bound of `schedule` at its own peak along the run, about 300 points.
plot::Line bound_line(const Schedule& schedule, const BoundSettings& settings, std::string label, std::size_t style);

/// Steps from 0 to `end`.
plot::Axis step_axis(std::int64_t end);

plot::Panel rate_panel(std::vector<plot::Line> lines, std::int64_t end);

/// The bound over the step, on a log axis whose range is that of the settled part.
plot::Panel bound_panel(std::vector<plot::Line> lines, std::int64_t end, const BoundSettings& settings);

}  // namespace scheduled::cli
