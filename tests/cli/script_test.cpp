// What goes to gnuplot, and what is prepared for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "plot/gnuplot.hpp"
#include "plot/series.hpp"
#include "plot/ticks.hpp"
#include "shell/file.hpp"
#include "shell/text.hpp"

namespace scheduled::plot {
using namespace shell;
namespace {

std::vector<std::string> texts(const Ticks& ticks) {
  std::vector<std::string> out;
  for (const Tick& tick : ticks.ticks) {
    if (!tick.text.empty()) out.push_back(tick.text);
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(GnuplotString, NothingLeavesTheQuotes) {
  EXPECT_EQ(gnuplot_string("plain"), "'plain'");
  EXPECT_EQ(gnuplot_string("it's"), R"("it\047s")");
  EXPECT_EQ(gnuplot_string("''`a` \"b\" \\n"), R"("\047\047\140a\140 \042b\042 \134n")");
  EXPECT_EQ(gnuplot_string("`date` \"x\" @y {z} \\n"), "'`date` \"x\" @y {z} \\n'");
  EXPECT_EQ(gnuplot_string("two\nlines\t\x1b\x7f"), "'two?lines?\?\?'");
  EXPECT_EQ(gnuplot_string("\xff\xc3"), "'?\?'");
  EXPECT_EQ(gnuplot_string("Ω"), "'Ω'");
}

TEST(GnuplotScript, UserTextOnlyAsQuotedStrings) {
  Figure figure;
  figure.panels.push_back({{.label = "x"}, {.label = "y"}, {{"a'b\n!rm", {0, 1}, {0, 1}}}});
  const std::string script = gnuplot_script(figure, Format::svg);
  EXPECT_NE(script.find(R"("a\047b?!rm")"), std::string::npos);
  EXPECT_EQ(script.find("\n!"), std::string::npos);
}

/// Where the labels with these texts stand, upwards [share of the page]; -1 for those that are not there.
std::vector<double> heights_of(const std::string& script, const Texts& labels) {
  std::vector<double> heights;
  for (const std::string& label : labels) {
    const std::size_t at = script.find("set label '" + label + "' at screen ");
    heights.push_back(at == std::string::npos ? -1.0 : std::stod(script.substr(script.find(',', at) + 1)));
  }
  return heights;
}

TEST(GnuplotScript, LongTitlesAreBrokenAboveTheirPanel) {
  Figure figure;
  for (int k = 0; k < 2; ++k) figure.panels.push_back({{}, {}, {{"", {0, 1}, {0, 1}}}});
  figure.width = 3.6;
  const std::string first(30, 'a'), second(30, 'b');
  figure.panels[1].title = first + " " + second;
  const std::string script = gnuplot_script(figure, Format::svg);
  const auto heights = heights_of(script, {first, second});
  EXPECT_GT(heights[0], heights[1] + 0.02) << script;
  EXPECT_GT(heights[1], 0.2);
  figure.panels[1].title += std::string(200, 'x');  // shortened, not drawn over the page's edge
  EXPECT_EQ(gnuplot_script(figure, Format::svg).find(std::string(60, 'x')), std::string::npos);
}

/// A title of a lower panel takes no room above the first one.
TEST(GnuplotScript, RoomForATitleIsAboveItsPanel) {
  Figure figure;
  for (int k = 0; k < 2; ++k) figure.panels.push_back({{}, {}, {{"", {0, 1}, {0, 1}}}});
  const auto first_top = [&] {
    const std::string script = gnuplot_script(figure, Format::svg);
    return std::stod(script.substr(script.find("set tmargin at screen ") + 22));
  };
  const double plain = first_top();
  figure.panels[1].title = "below";
  EXPECT_EQ(first_top(), plain);
  figure.panels[0].title = "above";
  EXPECT_LT(first_top(), plain - 0.02);
}

TEST(GnuplotScript, TheFaceIsSaid) {
  Figure figure;
  figure.panels.push_back({{}, {}, {{"", {0, 1}, {0, 1}}}});
  for (const Format format : {Format::png, Format::svg, Format::pdf}) {
    EXPECT_NE(gnuplot_script(figure, format).find("font 'DejaVu Serif,9'"), std::string::npos);
  }
}

TEST(GnuplotScript, JoinedPointsHaveBothInPlotAndLegend) {
  Figure figure;
  figure.panels.push_back({{}, {}, {{"both", {0, 1}, {0, 1}, 1, Line::Kind::joined}}});
  const std::string script = gnuplot_script(figure, Format::svg);
  EXPECT_NE(script.find("with linespoints pointtype 5"), std::string::npos);
  EXPECT_NE(script.find("nohead"), std::string::npos);
  EXPECT_NE(script.find("point pointtype 5"), std::string::npos);
}

TEST(GnuplotScript, ShadesTakeTheirDashesFromTheStyle) {
  Figure figure;
  figure.panels.push_back({{}, {}, {{.label = "", .x = {0, 1}, .y = {0, 1}, .shade = 0.0}}});
  EXPECT_NE(gnuplot_script(figure, Format::svg).find("linecolor rgb '#440154' dashtype solid"), std::string::npos);
  figure.panels[0].lines[0].style = 2;
  EXPECT_NE(gnuplot_script(figure, Format::svg).find("linecolor rgb '#440154' dashtype (3,3)"), std::string::npos);
}

/// The ends of the range of double: gnuplot draws them, and reads no "inf" or "nan" but the plot of nothing.
TEST(GnuplotScript, HugeAndTinyValues) {
  constexpr double most = std::numeric_limits<double>::max();
  const auto drawn = [](Panel panel) {
    Figure figure;
    figure.panels.push_back(std::move(panel));
    const std::string script = gnuplot_script(figure, Format::svg);
    EXPECT_EQ(script.find("inf"), std::string::npos) << script;
    EXPECT_EQ(script.find("nan"), std::string::npos) << script;
    const std::string picture = render(figure, Format::svg);
    EXPECT_EQ(picture.find("inf"), std::string::npos);
    EXPECT_EQ(picture.find("nan"), std::string::npos);
    return picture;
  };
  for (const auto& [one, other] : std::vector<std::pair<double, double>>{
           {1e308, -1e308}, {most, -most}, {most, 1e-308}, {most, most}, {5e-324, 0.0}, {-1e308, 1.0}}) {
    const std::string picture = drawn({{.label = "x"}, {.label = "rate"}, {{"", {0, 1}, {one, other}}}});
    EXPECT_NE(picture.find(one == 5e-324 ? "rate (10⁻³²⁴)" : "rate (10³⁰⁸)"), std::string::npos) << one;
    drawn({{.label = "x"}, {.scale = Scale::log}, {{"", {std::min(one, other), std::max(one, other)}, {other, one}}}});
  }
  drawn({{.scale = Scale::log}, {.scale = Scale::log}, {{"", {5e-324, most}, {most, 5e-324}}}});
  for (const Scale scale : {Scale::linear, Scale::log}) {
    Panel cells{{.scale = scale}, {.scale = scale}, {}};
    cells.cells = Cells{{1e-308, 1.0, most}, {1.0, most}, {5e-324, 1.0, most, 1.0, -most, 1e-308}, {.scale = scale}};
    drawn(cells);
    cells.cells = Cells{{most}, {5e-324}, {most}, {.label = "bound", .scale = scale}};
    drawn(cells);
  }
}

TEST(GnuplotScript, StacksShareTheUnitsOfTheirAxis) {
  Figure figure;
  figure.panels.push_back({{.label = "x"}, {}, {{"", {0, 1e200}, {0, 1}}}});
  figure.panels.push_back({{.label = "x"}, {}, {{"", {0, 5e199}, {0, 1}}}});
  const std::string script = gnuplot_script(figure, Format::svg);
  EXPECT_NE(script.find("set xlabel 'x (10²⁰⁰)'"), std::string::npos) << script;
  EXPECT_NE(script.find("set xrange [0:1]"), std::string::npos);
  EXPECT_NE(script.find("0.5 1\n"), std::string::npos);
}

TEST(Text, WidthCountsCharacters) {
  EXPECT_EQ(text_width("Ωₜ"), 2U);
  EXPECT_EQ(text_width("\xff\xff"), 2U);
  EXPECT_EQ(text_width("\xed\xa0\x80"), 3U);  // a surrogate is not UTF-8
}

TEST(Text, ShortenedAndWrapped) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 5), "ab…fg");
  EXPECT_EQ(wrapped("one two three", 8, 3), (Texts{"one two", "three"}));
  EXPECT_EQ(wrapped("one two three four", 8, 2), (Texts{"one two", "thre…our"}));
  EXPECT_EQ(wrapped("unbreakable", 6, 3), (Texts{"unb…le"}));
}

TEST(Ticks, RoundPlaces) {
  EXPECT_EQ(texts(place_ticks({}, {0.0, 1.0}, 4)), (Texts{"0", "0.25", "0.50", "0.75", "1.00"}));
  EXPECT_EQ(texts(place_ticks({.ticks = TickStyle::count}, {0.0, 50000.0}, 5)),
            (Texts{"0", "10k", "20k", "30k", "40k", "50k"}));
  const Ticks small = place_ticks({.label = "rate"}, {0.0, 0.002}, 4);
  EXPECT_EQ(texts(small), (Texts{"0", "0.5", "1.0", "1.5", "2.0"}));
  EXPECT_EQ(axis_caption({.label = "rate"}, small), "rate (10⁻³)");
}

TEST(Ticks, LogAxes) {
  const Axis axis{.label = "bound", .scale = Scale::log};
  EXPECT_EQ(texts(place_ticks(axis, {1e-3, 1.0}, 5)), (Texts{"10⁻³", "10⁻²", "10⁻¹", "10⁰"}));
  EXPECT_EQ(texts(place_ticks(axis, {1e-3, 1.0}, 5, false)), (Texts{"1e-3", "1e-2", "1e-1", "1e0"}));
  EXPECT_EQ(texts(place_ticks(axis, {0.1, 1.0}, 5)), (Texts{"0.1", "0.2", "0.5", "1"}));
  EXPECT_EQ(texts(place_ticks(axis, {1.0, 2.0}, 4)), (Texts{"1.00", "1.25", "1.50", "1.75", "2.00"}));
  EXPECT_LE(texts(place_ticks(axis, {1e-300, 1e300}, 5)).size(), 8U);
  const Axis steps{.label = "steps", .scale = Scale::log, .ticks = TickStyle::count};
  EXPECT_EQ(texts(place_ticks(steps, {100.0, 1e6}, 5)), (Texts{"100", "1k", "10k", "100k", "1M"}));
  EXPECT_EQ(texts(place_ticks(steps, {900.0, 21000.0}, 5)), (Texts{"1k", "2k", "5k", "10k", "20k"}));
}

TEST(Ticks, AtLeastTwoNumbers) {
  const auto numbers = [](const Axis& axis, Range range, int wanted) {
    const Texts all = texts(place_ticks(axis, range, wanted));
    return std::count_if(all.begin(), all.end(), [](const std::string& text) { return !text.empty(); });
  };
  for (double low = 1.0; low < 10.0; low *= 1.07) {
    for (double size = 1e-4; size < 10.0; size *= 1.5) {
      EXPECT_GE(numbers({}, {low, low + size}, 2), 2) << low << " " << size;
      EXPECT_GE(numbers({.scale = Scale::log}, {low, low * (1.0 + size)}, 2), 2) << low << " " << size;
    }
  }
}

TEST(Series, ASinglePointIsVisible) {
  EXPECT_EQ(thinned({"one", {5.0}, {2.0}, 0}).kind, Line::Kind::points);
  EXPECT_EQ(thinned({"two", {5.0, 6.0}, {2.0, 2.0}, 0}).kind, Line::Kind::line);
  const Figure empty{{{{}, {.label = "loss"}, {{"none", {}, {}, 0}}}}};
  EXPECT_NE(gnuplot_script(empty, Format::svg).find("nothing to draw"), std::string::npos);
}

TEST(Series, SpikesDoNotSetTheAxis) {
  Line line{"bound", {}, {}, 0};
  for (int k = 0; k < 200; ++k) {
    line.x.push_back(k);
    line.y.push_back(k == 150 || k == 180 ? 1000.0 : 2.0 - k * 0.005);
  }
  const Range range = settled_range(std::span(&line, 1), 0.1, Scale::linear);
  EXPECT_LT(range.high, 2.5);
  EXPECT_GT(range.high, 1.9);
  for (std::size_t k : {150U, 180U}) line.y[k] = 1.0;
  EXPECT_NEAR(settled_range(std::span(&line, 1), 0.1, Scale::linear).high, 1.9, 0.06);
}

TEST(Series, ThinningKeepsTheExtremes) {
  Line line{.label = "spike", .kind = Line::Kind::joined, .shade = 0.5};
  for (int k = 0; k < 100000; ++k) {
    line.x.push_back(k);
    line.y.push_back(k == 54321 ? 7.0 : k == 12345 ? -7.0 : std::sin(k * 1e-4));
  }
  const Line thin = thinned(line, 1000);
  EXPECT_LE(thin.x.size(), 1000U);
  EXPECT_EQ(thin.shade, line.shade);
  EXPECT_EQ(thin.kind, line.kind);
  EXPECT_EQ(thin.x.front(), 0.0);
  EXPECT_EQ(thin.x.back(), 99999.0);
  EXPECT_EQ(*std::max_element(thin.y.begin(), thin.y.end()), 7.0);
  EXPECT_EQ(*std::min_element(thin.y.begin(), thin.y.end()), -7.0);
  EXPECT_TRUE(std::is_sorted(thin.x.begin(), thin.x.end()));
  EXPECT_EQ(thinned(line, 100000), line);
}

TEST(Series, SettledRangeLeavesTheStartOut) {
  const std::vector<Line> lines{{"loss", {0, 1, 5, 10}, {11.0, 5.0, 4.0, 3.0}}};
  const Range range = settled_range(lines, 0.2, Scale::linear);
  EXPECT_DOUBLE_EQ(range.low, 2.95);
  EXPECT_DOUBLE_EQ(range.high, 4.05);
}

TEST(Files, FormatsByExtension) {
  EXPECT_EQ(format_of("a/b.c/figure.png"), Format::png);
  EXPECT_EQ(format_of("figure.pdf"), Format::pdf);
  for (const char* const name : {"figure", "figure.", "figure.jpeg", ".png", ""}) {
    EXPECT_THROW(format_of(name), std::invalid_argument) << name;
  }
}

TEST(Files, LinksStayLinks) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "scheduled-links";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "there");
  std::filesystem::create_symlink("there/new.svg", folder / "link.svg");
  for (const char* bytes : {"one", "two"}) {  // the target does not exist yet, then it does
    check_writable(folder / "link.svg");
    write_file(folder / "link.svg", bytes);
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.svg"));
    std::ifstream file(folder / "there" / "new.svg");
    std::string text;
    file >> text;
    EXPECT_EQ(text, bytes);
  }
}

TEST(Files, FailureNamesTheFile) {
  try {
    write_file("no/such/folder/x.png", "bytes");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "no/such/folder/x.png: cannot be written: No such file or directory");
  }
  EXPECT_THROW(check_writable("no/such/folder/x.png"), std::invalid_argument);
}

}  // namespace
}  // namespace scheduled::plot
