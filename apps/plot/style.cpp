#include "plot/style.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace scheduled::plot {
namespace {

struct Colour {
  double red, green, blue;
};

std::string shaded(double shade) {
  static constexpr std::array<Colour, 6> anchors = {
      {{68, 1, 84}, {68, 65, 130}, {45, 113, 142}, {32, 155, 136}, {85, 198, 103}, {176, 216, 48}}};
  const double place = std::clamp(shade, 0.0, 1.0) * (anchors.size() - 1);
  const auto lower = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
  const double share = place - static_cast<double>(lower);
  const auto mixed = [&](double Colour::*part) {
    return static_cast<int>(std::lround((1.0 - share) * anchors[lower].*part + share * anchors[lower + 1].*part));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mixed(&Colour::red), mixed(&Colour::green), mixed(&Colour::blue));
}

}  // namespace

Style style_of(const Line& line) {
  static const std::array<Style, 7> styles = {{
      {"#0072B2", "solid", 7},
      {"#D55E00", "(12,4)", 5},
      {"#009E73", "(3,3)", 9},
      {"#CC79A7", "(12,4,3,4)", 13},
      {"#000000", "(6,3)", 11},
      {"#E69F00", "(18,4)", 15},
      {"#56B4E9", "(6,3,2,3,2,3)", 6},
  }};
  Style style = styles[line.style % styles.size()];
  if (line.shade) style.colour = shaded(*line.shade);
  return style;
}

}  // namespace scheduled::plot
