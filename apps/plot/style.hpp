// Sizes and styles of figures, in inches unless said otherwise.
#pragma once

#include <string>

#include "plot/figure.hpp"

namespace scheduled::plot {

/// Has all signs that labels use (Ω, √, 10⁻³), and every Debian with gnuplot has it: the machine's 'Times' may be any
/// face, and one without a superscript minus borrows it from another.
constexpr const char* font = "DejaVu Serif";
constexpr double font_points = 9.0;
constexpr double em = font_points / 72.0;
constexpr double character = 0.6 * em;  // the face is wide, so that others fit too
constexpr double line_height = 1.45 * em;
constexpr double line_width = 1.3;  // points
constexpr double point_size = 0.9;  // in gnuplot's unit

struct Style {
  std::string colour;
  std::string dashes;  ///< gnuplot's dashtype
  int marker = 0;      ///< gnuplot's pointtype
};

/// Of Line::style, which cycles: colours of Okabe and Ito (safe for the colour-blind), told apart in grey by dashes and
/// markers. Of Line::shade: the lower nine tenths of viridis, whose lightness grows evenly.
Style style_of(const Line& line);

}  // namespace scheduled::plot
