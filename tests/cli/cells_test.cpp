// Heat maps: where the cells lie, what their colours mean, and how gnuplot is told.
#include "plot/cells.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "plot/gnuplot.hpp"
#include "plot/series.hpp"

namespace scheduled::plot {
namespace {

Panel map_of(std::vector<double> values) {
  Panel panel{{.label = "steps"}, {.label = "cooldown"}, {}};
  panel.cells = Cells{{1.0, 2.0, 4.0}, {10.0, 20.0}, std::move(values), {.label = "ratio"}};
  return panel;
}

TEST(Cells, EdgesLieHalfWay) {
  EXPECT_EQ(cell_edges({1.0, 2.0, 4.0}, Scale::linear), (std::vector<double>{0.5, 1.5, 3.0, 5.0}));
  const std::vector<double> log = cell_edges({1.0, 100.0}, Scale::log);
  ASSERT_EQ(log.size(), 3U);
  EXPECT_NEAR(log[0], 0.1, 1e-12);
  EXPECT_NEAR(log[1], 10.0, 1e-12);
  EXPECT_NEAR(log[2], 1000.0, 1e-9);
  EXPECT_EQ(cell_edges({}, Scale::linear), std::vector<double>{});
  for (const double single : {0.0, 5.0, -5.0}) {
    const std::vector<double> edges = cell_edges({single}, Scale::linear);
    EXPECT_LT(edges[0], single);
    EXPECT_GT(edges[1], single);
  }
}

TEST(Cells, ColoursSpanTheValues) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(colour_range(*map_of({3, nan, 1, 2, 5, 4}).cells), (Range{1.0, 5.0}));
  const Range same = colour_range(*map_of({2, 2, 2, 2, 2, 2}).cells);
  EXPECT_LT(same.low, 2.0);
  EXPECT_GT(same.high, 2.0);
  const Range none = colour_range(*map_of({nan, nan, nan, nan, nan, nan}).cells);
  EXPECT_LT(none.low, none.high);
  Cells given = *map_of({1, 2, 3, 4, 5, 6}).cells;
  given.colour.range = Range{0.0, 10.0};
  EXPECT_EQ(colour_range(given), (Range{0.0, 10.0}));
}

TEST(Cells, ThePanelEndsWhereTheCellsDo) {
  const Panel panel = map_of({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(x_range(panel), (Range{0.5, 5.0}));
  EXPECT_EQ(y_range(panel), (Range{5.0, 25.0}));
  EXPECT_GT(bar_room(panel, 2.0), 0.2);
  EXPECT_EQ(bar_room(Panel{}, 2.0), 0.0);
}

TEST(Cells, Script) {
  Figure figure;
  Panel panel = map_of({1, std::numeric_limits<double>::infinity(), 3, 4, 5, 6});
  panel.cells->colour.label = "it's\n!rm";
  figure.panels.push_back(panel);
  const std::string script = gnuplot_script(figure, Format::svg);
  EXPECT_NE(script.find("set cbrange [1:6]"), std::string::npos);
  EXPECT_NE(script.find("\n1 10 0.5 1.5 5 15 1\n"), std::string::npos);
  EXPECT_EQ(script.find("\n2 10 "), std::string::npos);  // no value, no cell
  EXPECT_NE(script.find("with boxxyerror"), std::string::npos);
  EXPECT_NE(script.find(R"("it\047s?!rm")"), std::string::npos);
  EXPECT_EQ(script.find("\n!"), std::string::npos);
  EXPECT_EQ(gnuplot_script({{Panel{{}, {}, {}}}}, Format::svg).find("colorbox user"), std::string::npos);
}

}  // namespace
}  // namespace scheduled::plot
