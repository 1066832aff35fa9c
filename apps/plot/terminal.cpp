// Curves with characters: braille cells hold 2 x 4 dots, an ASCII cell holds one mark.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "plot/reach.hpp"
#include "plot/series.hpp"
#include "plot/ticks.hpp"
#include "shell/text.hpp"

namespace scheduled::plot {
namespace {

constexpr std::string_view marks = "*o+x#@%&";
char mark_of(std::size_t style) { return marks[style % marks.size()]; }

constexpr int dots_across = 2;
constexpr int dots_down = 4;

/// The drawing area in cells, each with its braille dots and, where a curve is marked, a character.
class Canvas {
 public:
  Canvas(int width, int height) : width_(width), height_(height), dots_(cells(), 0), marks_(cells(), '\0') {}

  int width() const { return width_; }
  int height() const { return height_; }

  void dot(int x, int y) {  // y counts from the top
    if (x < 0 || y < 0 || x >= width_ * dots_across || y >= height_ * dots_down) return;
    // Unicode numbers the dots of a cell down the left column, then the right, the fourth row last.
    static constexpr std::array<std::array<unsigned char, 2>, 4> bits = {
        {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
    auto& cell = dots_[index(x / dots_across, y / dots_down)];
    cell = static_cast<unsigned char>(
        cell | bits[static_cast<std::size_t>(y % dots_down)][static_cast<std::size_t>(x % dots_across)]);
  }
  /// An earlier mark stays unless this one has `priority`, so that curves on top of each other all remain visible.
  void mark(int column, int row, char character, bool priority) {
    if (column < 0 || row < 0 || column >= width_ || row >= height_) return;
    char& place = marks_[index(column, row)];
    if (place == '\0' || priority) place = character;
  }
  std::string cell(int column, int row) const {
    const std::size_t k = index(column, row);
    if (marks_[k] != '\0') return std::string(1, marks_[k]);
    if (dots_[k] == 0) return " ";
    std::string braille = "\xe2\xa0\x80";  // U+2800
    braille[1] = static_cast<char>(0xa0 | (dots_[k] >> 6));
    braille[2] = static_cast<char>(0x80 | (dots_[k] & 0x3f));
    return braille;
  }

 private:
  std::size_t cells() const { return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_); }
  std::size_t index(int column, int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(column);
  }
  int width_, height_;
  std::vector<unsigned char> dots_;
  std::vector<char> marks_;
};

/// Position of `value` in [0, 1] along an axis.
double place(Scale scale, Range range, double value) {
  if (scale == Scale::log) {
    return (std::log(value) - std::log(range.low)) / (std::log(range.high) - std::log(range.low));
  }
  return (value - range.low) / (range.high - range.low);
}

struct Window {
  const Panel& panel;
  Range x, y;

  double across(double value) const { return place(panel.x.scale, x, value); }
  double down(double value) const { return 1.0 - place(panel.y.scale, y, value); }
};

/// Calls draw(x, y) for the dots of the curve on a grid of `width` x `height` dots.
template <class Draw>
void trace(const Window& window, const Line& line, int width, int height, Draw draw) {
  bool joined = false;
  double last_x = 0.0;
  double last_y = 0.0;
  for (std::size_t k = 0; k < line.x.size(); ++k) {
    if (!drawable(window.panel, line, k)) {
      joined = false;
      continue;
    }
    const double x = std::clamp(window.across(line.x[k]), -1.0, 2.0) * (width - 1);
    const double y = std::clamp(window.down(line.y[k]), -1.0, 2.0) * (height - 1);
    const bool join = joined && line.kind != Line::Kind::points;
    const int moves = join ? static_cast<int>(std::ceil(std::max(std::fabs(x - last_x), std::fabs(y - last_y)))) : 0;
    for (int move = 0; move <= moves; ++move) {
      const double share = moves == 0 ? 1.0 : static_cast<double>(move) / moves;
      const double from_x = join ? last_x : x;
      const double from_y = join ? last_y : y;
      draw(static_cast<int>(std::lround(from_x + share * (x - from_x))),
           static_cast<int>(std::lround(from_y + share * (y - from_y))));
    }
    joined = true;
    last_x = x;
    last_y = y;
  }
}

void draw_lines(Canvas& canvas, const Window& window, bool unicode) {
  const int count = static_cast<int>(window.panel.lines.size());
  const int across = unicode ? dots_across : 1;
  const int down = unicode ? dots_down : 1;
  // With several braille curves, a mark here and there tells which is which; the offsets keep them apart.
  const int every = unicode ? std::max(9, 3 * count) : 1;
  for (int n = 0; n < count; ++n) {
    const Line& line = window.panel.lines[static_cast<std::size_t>(n)];
    int marked = -1;  // the column of the last mark: one for each is enough, also where the curve is steep
    trace(window, line, canvas.width() * across, canvas.height() * down, [&](int x, int y) {
      const int column = x / across;
      if (unicode) canvas.dot(x, y);
      if (unicode && (count == 1 || column % every != 3 * (n + 1) % every || column == marked)) return;
      canvas.mark(column, y / down, mark_of(static_cast<std::size_t>(n)), unicode || column % count == n);
      marked = column;
    });
  }
}

/// Numbers below the axis, within its `width`, left out where they would touch.
std::string x_numbers(const Window& window, const Ticks& ticks, int width) {
  std::string row(static_cast<std::size_t>(width), ' ');
  std::size_t free_from = 0;
  for (const Tick& tick : ticks.ticks) {
    const auto size = static_cast<int>(tick.text.size());
    const auto middle = static_cast<int>(std::lround(window.across(tick.at) * (width - 1)));
    const auto from = static_cast<std::size_t>(std::clamp(middle - size / 2, 0, std::max(width - size, 0)));
    if (tick.text.empty() || from < free_from || from + tick.text.size() > row.size()) continue;
    row.replace(from, tick.text.size(), tick.text);
    free_from = from + tick.text.size() + 1;
  }
  row.erase(row.find_last_not_of(' ') + 1);
  return row;
}

}  // namespace

std::string draw_terminal(const Panel& given, int width, int height, bool unicode) {
  if (width < 30 || height < 6) {
    fail_value("size", fmt::format("{} x {}", width, height), "a terminal drawing needs 30 x 6 characters");
  }
  const Panel panel = within_reach(given);
  const Window window{panel, x_range(panel), y_range(panel)};
  const int rows = height - 4;  // caption, axis, numbers, label
  // Powers of ten as "1e-3" in the numbers: superscripts are hard to read in a terminal.
  const Ticks y_ticks = place_ticks(panel.y, window.y, std::clamp(rows / 3, 2, 6), false);
  std::size_t margin = 1;
  for (const Tick& tick : y_ticks.ticks) margin = std::max(margin, tick.text.size());
  const int columns = width - static_cast<int>(margin) - 2;
  const Ticks x_ticks = place_ticks(panel.x, window.x, std::clamp(columns / 12, 2, 8), false);

  Canvas canvas(columns, rows);
  draw_lines(canvas, window, unicode);
  std::vector<std::string> numbers(static_cast<std::size_t>(rows));
  for (const Tick& tick : y_ticks.ticks) {
    const int per_row = unicode ? dots_down : 1;
    const long row = std::lround(window.down(tick.at) * (rows * per_row - 1)) / per_row;
    if (row >= 0 && row < rows && !tick.text.empty()) numbers[static_cast<std::size_t>(row)] = tick.text;
  }

  std::string out = fmt::format("{}\n", axis_caption(panel.y, y_ticks, false));
  for (int row = 0; row < rows; ++row) {
    const std::string& number = numbers[static_cast<std::size_t>(row)];
    std::string line =
        fmt::format("{:>{}} {}", number, margin, number.empty() ? (unicode ? "│" : "|") : (unicode ? "┤" : "+"));
    std::string cells;
    for (int column = 0; column < columns; ++column) cells += canvas.cell(column, row);
    cells.erase(cells.find_last_not_of(' ') + 1);
    out += line + cells + "\n";
  }
  out += std::string(margin + 1, ' ') + (unicode ? "└" : "+");
  for (int column = 0; column < columns; ++column) out += unicode ? "─" : "-";
  out += "\n" + std::string(margin + 2, ' ') + x_numbers(window, x_ticks, columns) + "\n";
  const std::string caption = axis_caption(panel.x, x_ticks, false);
  const std::size_t indent =
      margin + 2 + static_cast<std::size_t>(columns) - std::min(caption.size(), static_cast<std::size_t>(columns));
  out += std::string(indent, ' ') + caption + "\n";
  if (panel.lines.size() > 1) {
    for (std::size_t n = 0; n < panel.lines.size(); ++n) {
      out += fmt::format("  {} {}\n", mark_of(n),
                         shell::shortened(panel.lines[n].label, static_cast<std::size_t>(width - 4)));
    }
  }
  return out;
}

}  // namespace scheduled::plot
