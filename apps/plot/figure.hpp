// A figure as a value: lines in panels, drawn by gnuplot into a file or with characters into a terminal.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/words.hpp"

namespace scheduled::plot {

struct Range {
  double low = 0.0;
  double high = 1.0;
  bool operator==(const Range&) const = default;
};

enum class Scale { linear, log };

/// How numbers stand at an axis: 0.002 (a common power of ten moves into the axis label) or 20k (counts of steps).
enum class TickStyle { number, count };

struct Axis {
  std::string label = {};
  Scale scale = Scale::linear;
  TickStyle ticks = TickStyle::number;
  std::optional<Range> range = {};  ///< nothing: what the data need
  int exponent = 0;                 ///< its numbers are in units of 10^exponent, as the caption says
  bool operator==(const Axis&) const = default;
};

/// Points (x, y), joined or not. A y that is not finite, or not > 0 on a log axis, interrupts the line.
struct Line {
  enum class Kind { line, points, joined };  ///< joined: points with lines between them
  std::string label = {};                    ///< in the legend, once per label; empty: none
  std::vector<double> x = {}, y = {};        ///< same length
  std::size_t style = 0;                     ///< colour and dashes (or marker); cycles
  Kind kind = Kind::line;
  /// Place of an ordered family of lines, 0 ... 1: a colour from dark to light instead of style's, whose dashes stay.
  std::optional<double> shade = {};
  bool operator==(const Line&) const = default;
};

/// Values on a grid as coloured cells, explained by a colour bar beside the panel. Drawn below the lines, in files
/// only.
struct Cells {
  std::vector<double> x = {}, y = {};  ///< centres, strictly increasing; edges lie half-way between them
  std::vector<double> value = {};      ///< value[row * x.size() + column], rows along y; not finite: no cell
  Axis colour = {};                    ///< of the bar
  bool operator==(const Cells&) const = default;
};

struct Panel {
  Axis x, y;
  std::vector<Line> lines;
  double weight = 1.0;     ///< height relative to the other panels of a stack
  std::string title = {};  ///< above the panel; empty: none
  std::optional<Cells> cells = {};
  bool operator==(const Panel&) const = default;
};

/// Stacked panels share their x axis.
enum class Arrangement { stacked, side_by_side };

struct Figure {
  std::vector<Panel> panels;
  Arrangement arrangement = Arrangement::stacked;
  double width = 4.6;   ///< inches; text is 9 pt, as in a paper's figure
  double height = 3.0;  ///< inches, without the legend, which is put below
};

enum class Format { png, svg, pdf };

/// By the extension of `path`; throws ArgumentError on any other than .png, .svg, .pdf.
Format format_of(const std::filesystem::path& path);

/// Throws ArgumentError where `path` has no known extension or write_file could not write it.
void check_figure_path(const std::filesystem::path& path);

/// The bytes of the picture, the same for the same figure. Labels are drawn as they are: nothing in them is markup or a
/// command. Throws std::runtime_error where gnuplot is missing or fails.
std::string render(const Figure& figure, Format format);

/// The frames one after the other, each for `seconds` > 0, as an endless GIF. All frames have the size of the first.
std::string render_animation(const std::vector<Figure>& frames, double seconds);

/// render into `path`, all or nothing. Throws as render and write_file.
void write_figure(const Figure& figure, const std::filesystem::path& path);

/// `width` x `height` characters and a legend below; with `unicode` in braille dots, else in ASCII. Throws
/// ArgumentError where there is no room (width < 30 or height < 6).
std::string draw_terminal(const Panel& panel, int width, int height, bool unicode);

}  // namespace scheduled::plot

namespace scheduled {

template <>
struct Words<plot::Format> {
  static constexpr std::array<std::string_view, 3> words{"png", "svg", "pdf"};
};

}  // namespace scheduled
