// Curves in the terminal.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "plot/figure.hpp"
#include "shell/text.hpp"

namespace scheduled::plot {
using namespace shell;
namespace {

constexpr int width = 40;
constexpr int height = 12;

Panel panel_of(std::vector<Line> lines) { return {{.label = "step"}, {.label = "rate"}, std::move(lines)}; }

Line falling() { return {"falling", {0.0, 10.0}, {1.0, 0.0}}; }
Line rising() { return {"rising", {0.0, 10.0}, {0.0, 1.0}, 1}; }

std::vector<std::string> rows_of(const std::string& text) {
  std::vector<std::string> rows;
  std::istringstream stream(text);
  for (std::string row; std::getline(stream, row);) rows.push_back(row);
  return rows;
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

TEST(Terminal, AsciiDrawingOfALine) {
  EXPECT_EQ(draw_terminal(panel_of({falling()}), 30, 9, false),
            "rate\n"
            "1 +***\n"
            "  |   ******\n"
            "  |         *******\n"
            "  |                *******\n"
            "0 +                       ****\n"
            "  +---------------------------\n"
            "   0            5           10\n"
            "                          step\n");
}

TEST(Terminal, StaysInItsRoom) {
  for (const bool unicode : {false, true}) {
    for (const int columns : {30, 72, 200}) {
      const std::string text = draw_terminal(panel_of({falling(), rising()}), columns, height, unicode);
      EXPECT_EQ(is_ascii(text), !unicode);
      for (const std::string& row : rows_of(text)) {
        EXPECT_LE(text_width(row), static_cast<std::size_t>(columns)) << row;
      }
    }
  }
}

TEST(Terminal, BrailleCoversEveryColumnOfTheCurve) {
  const std::vector<std::string> rows = rows_of(draw_terminal(panel_of({falling()}), width, height, true));
  std::size_t cells = 0;
  for (const std::string& row : rows) {
    for (std::size_t at = 0; at + 2 < row.size(); ++at) {
      const bool braille = row[at] == '\xe2' && row[at + 1] >= '\xa0' && row[at + 1] <= '\xa3';
      cells += braille ? 1 : 0;
    }
  }
  EXPECT_GE(cells, 35U);
  EXPECT_LE(cells, 2U * 35U);
}

TEST(Terminal, SeveralLinesHaveTheirMarksInALegend) {
  for (const bool unicode : {false, true}) {
    const std::string text = draw_terminal(panel_of({falling(), rising()}), width, height, unicode);
    EXPECT_NE(text.find("  * falling\n"), std::string::npos);
    EXPECT_NE(text.find("  o rising\n"), std::string::npos);
    const std::string drawing = text.substr(0, text.find("  * falling"));
    EXPECT_NE(drawing.find('*'), std::string::npos);
    EXPECT_NE(drawing.find('o'), std::string::npos);
  }
}

TEST(Terminal, LinesOnTopOfEachOtherAreBothSeen) {
  Line same = falling();
  same.label = "same";
  const std::string text = draw_terminal(panel_of({falling(), same}), width, height, false);
  const std::string drawing = text.substr(0, text.find("  * falling"));
  EXPECT_NE(drawing.find('*'), std::string::npos);
  EXPECT_NE(drawing.find('o'), std::string::npos);
}

TEST(Terminal, GapsAndOddValues) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Line gap{"gap", {0, 1, 2, 3}, {1.0, nan, infinity, 2.0}};
  EXPECT_NO_THROW(draw_terminal(panel_of({gap}), width, height, true));
  EXPECT_NO_THROW(draw_terminal(panel_of({{"none", {}, {}}}), width, height, false));
  EXPECT_NO_THROW(draw_terminal(panel_of({{"zero", {0, 1}, {0, 0}}}), width, height, false));
  EXPECT_NO_THROW(draw_terminal(panel_of({{"huge", {0, 1}, {1e300, -1e300}}}), width, height, true));
  EXPECT_NO_THROW(draw_terminal(panel_of({{"tiny", {0, 1}, {1e-300, 2e-300}}}), width, height, true));
  Panel logarithmic = panel_of({{"log", {1, 10, 100}, {0.0, 1e-8, 1.0}}});
  logarithmic.x.scale = logarithmic.y.scale = Scale::log;
  EXPECT_NO_THROW(draw_terminal(logarithmic, width, height, true));
}

/// The ends of the range of double, where a difference overflows.
TEST(Terminal, HugeAndTinyValues) {
  const auto drawn = [](std::vector<double> x, std::vector<double> y, Scale scale = Scale::linear) {
    Panel panel = panel_of({{"", std::move(x), std::move(y)}});
    panel.y.scale = scale;
    const std::string text = draw_terminal(panel, width, height, false);
    EXPECT_EQ(text.find("nan"), std::string::npos) << text;
    EXPECT_EQ(text.find("inf"), std::string::npos) << text;
    return rows_of(text);
  };
  for (const double huge : {1e308, 1.7e308, std::numeric_limits<double>::max()}) {
    const auto rows = drawn({0, 1}, {huge, -huge});
    EXPECT_EQ(rows[0], "rate (1e308)");
    EXPECT_NE(rows[1].find('*'), std::string::npos);
    EXPECT_NE(rows[height - 4].find('*'), std::string::npos);
    EXPECT_EQ(drawn({0, 1}, {huge, huge})[0], "rate (1e308)");
    EXPECT_EQ(drawn({-huge, huge}, {0, 1}).back(), "                            step (1e308)");
  }
  EXPECT_EQ(drawn({0, 1}, {1.5e308, 1e-308}), drawn({0, 1}, {1.5e308, 0.0}));
  EXPECT_EQ(drawn({0, 1}, {2e-310, 0.0})[0], "rate (1e-310)");
  EXPECT_EQ(drawn({0, 1}, {5e-324, 0.0})[0], "rate (1e-324)");
  const auto decades = drawn({0, 1}, {5e-324, 1.7e308}, Scale::log);
  EXPECT_EQ(decades[0], "rate");
  EXPECT_NE(decades[1].find('*'), std::string::npos);
  EXPECT_NE(decades[height - 4].find('*'), std::string::npos);
  EXPECT_EQ(drawn({0, 1}, {1.7e308, 1.7e308}, Scale::log).size(), static_cast<std::size_t>(height));
  EXPECT_EQ(drawn({0, 1}, {5e-324, 5e-324}, Scale::log).size(), static_cast<std::size_t>(height));
}

TEST(Terminal, PowersOfTenMoveIntoTheLabel) {
  const Line small{"small", {0.0, 20000.0}, {0.0, 0.002}};
  Panel panel = panel_of({small});
  panel.x.ticks = TickStyle::count;
  const std::string text = draw_terminal(panel, 72, height, false);
  EXPECT_EQ(text.substr(0, text.find('\n')), "rate (1e-3)");
  EXPECT_NE(text.find("10k"), std::string::npos);
}

TEST(Terminal, NeedsSomeRoom) {
  EXPECT_THROW(draw_terminal(panel_of({falling()}), 29, 10, false), std::invalid_argument);
  EXPECT_THROW(draw_terminal(panel_of({falling()}), 30, 5, false), std::invalid_argument);
}

}  // namespace
}  // namespace scheduled::plot
