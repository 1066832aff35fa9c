// Layout in units of the figure (0 ... 1, from below), because stacked panels must share their left edge and the legend
// must have a place of its own, where it covers no data.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "plot/cells.hpp"
#include "plot/gnuplot.hpp"
#include "plot/legend.hpp"
#include "plot/reach.hpp"
#include "plot/series.hpp"
#include "plot/style.hpp"
#include "plot/ticks.hpp"
#include "scheduled/error.hpp"
#include "shell/text.hpp"

namespace scheduled::plot {
namespace {

std::string number(double value) { return format_number(value); }

/// The cairo terminals take a point as 1/72 inch at 96 dots per inch, the SVG terminal as a dot.
constexpr double cairo_font_scale = 72.0 / 96.0;

std::string terminal(const Figure& figure, Format format) {
  const auto text = [](std::string_view name, double width, double height, std::string_view unit, double font_scale,
                       double lines) {
    return fmt::format("set terminal {} noenhanced size {}{},{}{} font '{},{}' fontscale {} linewidth {}\n", name,
                       number(width), unit, number(height), unit, font, number(font_points), number(font_scale),
                       number(lines));
  };
  const auto dots = [&](std::string_view name, double dots_per_inch, double font_scale) {
    const double scale = dots_per_inch / 72.0;
    return text(name, std::round(figure.width * dots_per_inch), std::round(figure.height * dots_per_inch), "",
                scale * font_scale, scale);
  };
  if (format == Format::png) return dots("pngcairo", 216.0, cairo_font_scale);
  if (format == Format::svg) return dots("svg background '#ffffff'", 96.0, 1.0);
  return text("pdfcairo", figure.width, figure.height, "in", cairo_font_scale, 2.0);  // its lines are half as wide
}

/// The panels of a stack have one x axis: the range that holds all of theirs.
Figure with_shared_axis(Figure figure) {
  if (figure.arrangement != Arrangement::stacked || figure.panels.empty()) return figure;
  Range all = x_range(figure.panels.front());
  for (const Panel& panel : figure.panels) {
    const Range own = x_range(panel);
    all = {std::min(all.low, own.low), std::max(all.high, own.high)};
  }
  for (Panel& panel : figure.panels) panel.x.range = all;
  return figure;
}

/// Edges of one panel in units of the figure.
struct Box {
  double outer;  ///< where the label of the y axis begins
  double left, right, bottom, top;
  bool x_caption;
};

/// What stands at the axes of a panel.
struct PanelTexts {
  Ticks x, y;
  std::vector<std::string> y_caption;  ///< its lines, bottom to top when turned: one where the panel is tall enough
  std::vector<std::string> title;      ///< its lines: one where the panel is wide enough
};

PanelTexts texts_of(const Panel& panel, const Figure& figure, double height) {
  const double width = figure.arrangement == Arrangement::stacked
                           ? figure.width
                           : figure.width / static_cast<double>(figure.panels.size());
  const int x_wanted = std::clamp(static_cast<int>(width / 0.62), 3, 8);
  const int y_wanted = std::clamp(static_cast<int>(height / 0.38), 2, 6);
  PanelTexts texts{
      place_ticks(panel.x, x_range(panel), x_wanted), place_ticks(panel.y, y_range(panel), y_wanted), {}, {}};
  const auto most = static_cast<std::size_t>(std::max(height / character, 4.0));
  if (!panel.y.label.empty()) texts.y_caption = shell::wrapped(axis_caption(panel.y, texts.y), most, 3);
  return texts;
}

/// Room left of a panel for its numbers and label.
double left_margin(const PanelTexts& texts) {
  std::size_t longest = 1;
  for (const Tick& tick : texts.y.ticks) longest = std::max(longest, shell::text_width(tick.text));
  return character * static_cast<double>(longest) + 1.3 * em +
         line_height * static_cast<double>(texts.y_caption.size());
}

constexpr double caption_height = 3.5 * em;  // numbers and label of an x axis
constexpr double right_margin = 1.8 * em;
constexpr double plain_top_margin = 0.9 * em;
constexpr double stack_gap = 1.1 * em;

/// Breaks the titles, so that each stays above its own panel. `height` is that of a panel, nearly.
void wrap_titles(const Figure& figure, double height, std::vector<PanelTexts>& texts) {
  const bool stacked = figure.arrangement == Arrangement::stacked;
  const double share = stacked ? figure.width : figure.width / static_cast<double>(figure.panels.size());
  double widest = 0.0;
  for (const PanelTexts& panel : texts) widest = std::max(widest, left_margin(panel));
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const std::string& title = figure.panels[k].title;
    const double left = stacked ? widest : left_margin(texts[k]);
    const double room = share - left - right_margin - bar_room(figure.panels[k], height);
    const auto most = static_cast<std::size_t>(std::max(room / character, 8.0));
    if (!title.empty()) texts[k].title = shell::wrapped(title, most, 2);
  }
}

/// Room for the titles of the top panels, of so many lines; those of lower panels of a stack stand in the gap above
/// them.
double top_margin(std::size_t lines) { return plain_top_margin + line_height * static_cast<double>(lines); }
double gap(const PanelTexts& below) { return stack_gap + line_height * static_cast<double>(below.title.size()); }

std::size_t top_lines(const Figure& figure, const std::vector<PanelTexts>& texts) {
  std::size_t lines = texts.empty() ? 0 : texts.front().title.size();
  if (figure.arrangement == Arrangement::stacked) return lines;
  for (const PanelTexts& panel : texts) lines = std::max(lines, panel.title.size());
  return lines;
}

std::vector<Box> place_panels(const Figure& figure, const std::vector<PanelTexts>& texts, double legend_height) {
  std::vector<Box> boxes;
  const double bottom = legend_height + caption_height;
  const double top = figure.height - top_margin(top_lines(figure, texts));
  if (figure.arrangement == Arrangement::side_by_side) {
    const double share = figure.width / static_cast<double>(figure.panels.size());
    for (std::size_t k = 0; k < figure.panels.size(); ++k) {
      const double left = share * static_cast<double>(k);
      const double right = left + share - right_margin - bar_room(figure.panels[k], top - bottom);
      boxes.push_back({left, left + left_margin(texts[k]), right, bottom, top, true});
    }
  } else {
    double left = 0.0;
    double bar = 0.0;
    double weights = 0.0;
    for (const PanelTexts& panel : texts) left = std::max(left, left_margin(panel));
    for (const Panel& panel : figure.panels) {
      weights += panel.weight;
      bar = std::max(bar, bar_room(panel, top - bottom));
    }
    double gaps = 0.0;
    for (std::size_t k = 1; k < figure.panels.size(); ++k) gaps += gap(texts[k]);
    double upper = top;
    for (std::size_t k = 0; k < figure.panels.size(); ++k) {
      if (k > 0) upper -= gap(texts[k]);
      const double lower = upper - (top - bottom - gaps) * figure.panels[k].weight / weights;
      boxes.push_back({0.0, left, figure.width - right_margin - bar, lower, upper, k + 1 == figure.panels.size()});
      upper = lower;
    }
  }
  for (Box& box : boxes) {
    box = {box.outer / figure.width,   box.left / figure.width, box.right / figure.width,
           box.bottom / figure.height, box.top / figure.height, box.x_caption};
  }
  return boxes;
}

std::string tick_list(const Ticks& ticks, bool with_text) {
  std::string text;
  for (const Tick& tick : ticks.ticks) {
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", gnuplot_string(with_text ? tick.text : ""),
                        number(tick.at), tick.text.empty() ? 1 : 0);
  }
  return text;
}

std::string drawing_style(const Line& line) {
  const Style style = style_of(line);
  if (line.kind == Line::Kind::points) {
    return fmt::format("with points pointtype {} pointsize {} linecolor rgb '{}'", style.marker, number(point_size),
                       style.colour);
  }
  if (line.kind == Line::Kind::joined) {
    return fmt::format("with linespoints pointtype {} pointsize {} linewidth {} linecolor rgb '{}' dashtype {}",
                       style.marker, number(point_size), number(line_width), style.colour, style.dashes);
  }
  return fmt::format("with lines linewidth {} linecolor rgb '{}' dashtype {}", number(line_width), style.colour,
                     style.dashes);
}

void add_axis(std::string& script, char name, const Axis& axis, Range range, const Ticks& ticks, bool with_text) {
  script += fmt::format("{} logscale {}\n", axis.scale == Scale::log ? "set" : "unset", name);
  script += fmt::format("set {}range [{}:{}]\n", name, number(range.low), number(range.high));
  script += fmt::format("set {}tics ({})\n", name, tick_list(ticks, with_text));
}

/// gnuplot puts the label of a y axis beside its numbers; panels below each other want theirs in one line.
void add_captions(std::string& script, const Figure& figure, const Panel& panel, const PanelTexts& texts,
                  const Box& box) {
  const std::string x_caption = box.x_caption ? axis_caption(panel.x, texts.x) : "";
  script += fmt::format("set xlabel {} offset 0,0.3\n", gnuplot_string(x_caption));
  for (std::size_t k = 0; k < texts.y_caption.size(); ++k) {
    const double x = box.outer + (0.25 * em + line_height * (static_cast<double>(k) + 0.5)) / figure.width;
    script += fmt::format("set label {} at screen {:.5f},{:.5f} center rotate by 90 noenhanced\n",
                          gnuplot_string(texts.y_caption[k]), x, 0.5 * (box.bottom + box.top));
  }
}

void add_title(std::string& script, const Figure& figure, const PanelTexts& texts, const Box& box) {
  double up = 0.7 + static_cast<double>(texts.title.size());  // lines above the panel
  for (const std::string& line : texts.title) {
    up -= 1.0;
    script += fmt::format("set label {} at screen {:.5f},{:.5f} center noenhanced\n", gnuplot_string(line),
                          0.5 * (box.left + box.right), box.top + up * line_height / figure.height);
  }
}

void add_data(std::string& script, std::size_t block, const Panel& panel, const Line& line) {
  script += fmt::format("$data{} << EOD\n", block);
  for (std::size_t k = 0; k < line.x.size(); ++k) {
    // An empty record interrupts the line.
    script += drawable(panel, line, k) ? fmt::format("{} {}\n", number(line.x[k]), number(line.y[k])) : "\n";
  }
  script += "EOD\n";
}

void add_panel(std::string& script, const Figure& figure, const Panel& panel, const PanelTexts& texts, const Box& box) {
  script += fmt::format(
      "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset bmargin at screen {:.5f}\nset tmargin at screen "
      "{:.5f}\n",
      box.left, box.right, box.bottom, box.top);
  add_axis(script, 'x', panel.x, x_range(panel), texts.x, box.x_caption);
  add_axis(script, 'y', panel.y, y_range(panel), texts.y, true);
  add_captions(script, figure, panel, texts, box);
  add_title(script, figure, texts, box);
  // An undefined function keeps gnuplot content where no line has a point to draw.
  std::string command = "plot NaN notitle";
  if (panel.cells) {
    script += cells_commands(0, panel, {box.right, box.bottom, box.top, figure.width, figure.height});
    command += ", " + cells_element(0);
  }
  bool empty = !panel.cells;
  for (std::size_t k = 0; k < panel.lines.size(); ++k) {
    const Line& line = panel.lines[k];
    bool any = false;
    for (std::size_t point = 0; point < line.x.size() && !any; ++point) any = drawable(panel, line, point);
    if (!any) continue;
    empty = false;
    add_data(script, k, panel, line);
    command += fmt::format(", $data{} using 1:2 {} notitle", k, drawing_style(line));
  }
  if (empty) script += "set label 'nothing to draw' at graph 0.5,0.5 center\n";
  script += command + "\n";
}

}  // namespace

namespace {

/// What is laid out: the figure with room for its legend.
struct Page {
  Figure figure;
  Legend legend;
};

/// One page, without the terminal it goes to. The legend's entries point into page.figure.
std::string page_commands(const Page& page) {
  const Figure& figure = page.figure;
  std::vector<PanelTexts> texts;
  double weights = 0.0;
  for (const Panel& panel : figure.panels) weights += panel.weight;
  const bool titled =
      std::any_of(figure.panels.begin(), figure.panels.end(), [](const Panel& panel) { return !panel.title.empty(); });
  const double usable = figure.height - page.legend.height - caption_height - top_margin(titled ? 1 : 0);
  for (const Panel& panel : figure.panels) {
    const bool stacked = figure.arrangement == Arrangement::stacked;
    texts.push_back(texts_of(panel, figure, stacked ? usable * panel.weight / weights : usable));
  }
  wrap_titles(figure, usable, texts);
  const std::vector<Box> boxes = place_panels(figure, texts, page.legend.height);
  std::string script =
      "set multiplot\nunset key\nset samples 2\n"
      "set border 3 linecolor rgb '#333333' linewidth 0.6\n"
      "set tics nomirror out scale 0.6,0.3\n"
      "set grid linetype 1 linecolor rgb '#e2e2e2' linewidth 0.5, linetype 1 linecolor rgb '#f2f2f2' linewidth 0.4\n";
  script += legend_commands(page.legend, figure);
  for (std::size_t k = 0; k < figure.panels.size(); ++k) {
    add_panel(script, figure, figure.panels[k], texts[k], boxes[k]);
    script += "unset arrow\nunset label\n";  // the legend is drawn with the first panel
  }
  return script + "unset multiplot\n";
}

Page make_page(const Figure& given) {
  Page page{with_shared_axis(within_reach(given)), {}};
  page.legend = plan_legend(page.figure);
  page.figure.height += page.legend.height;
  return page;
}

}  // namespace

std::string gnuplot_script(const Figure& figure, Format format) {
  const Page page = make_page(figure);
  return "set encoding utf8\n" + terminal(page.figure, format) + page_commands(page);
}

std::string gnuplot_animation(const std::vector<Figure>& frames, double seconds) {
  std::string script = "set encoding utf8\n";
  for (std::size_t k = 0; k < frames.size(); ++k) {
    const Page page = make_page(frames[k]);
    if (k == 0) {
      constexpr double dots_per_inch = 108.0;
      const auto dots = [](double inches) { return std::lround(inches * dots_per_inch); };
      script += fmt::format("set terminal gif animate delay {} loop 0 optimize noenhanced size {},{} font '{},{}'\n",
                            std::lround(100.0 * seconds), dots(page.figure.width), dots(page.figure.height), font,
                            number(font_points));
    }
    script += page_commands(page);
  }
  return script + "unset output\n";
}

}  // namespace scheduled::plot
