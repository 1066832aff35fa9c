// A figure as gnuplot commands, and the process that runs them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plot/figure.hpp"

namespace scheduled::plot {

/// Commands that draw `figure` to standard output. User text occurs only inside single quotes, where gnuplot neither
/// expands nor executes anything.
std::string gnuplot_script(const Figure& figure, Format format);

/// Commands that draw the frames as one GIF to standard output.
std::string gnuplot_animation(const std::vector<Figure>& frames, double seconds);

/// `text` as one gnuplot string: single quotes doubled, control characters and broken UTF-8 replaced.
std::string gnuplot_string(std::string_view text);

/// What gnuplot writes for `script`. Throws std::runtime_error where it is missing or fails.
std::string run_gnuplot(std::string_view script);

}  // namespace scheduled::plot
