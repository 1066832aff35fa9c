// Layout in units of the figure (0 ... 1, from below), because stacked panels must share their left edge and the legend
// must have a place of its own, where it covers no data.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "plot/gnuplot.hpp"
#include "plot/legend.hpp"
#include "plot/series.hpp"
#include "plot/style.hpp"
#include "plot/text.hpp"
#include "plot/ticks.hpp"
#include "scheduled/base.hpp"

namespace scheduled::plot {
namespace {

std::string number(double value) { return format_number(value); }

/// The cairo terminals take a point as 1/72 inch at 96 dots per inch, the SVG terminal as a dot.
constexpr double cairo_font_scale = 72.0 / 96.0;

std::string terminal(const Figure& figure, Format format) {
  const auto text = [](std::string_view name, double width, double height, std::string_view unit, double font_scale,
                       double lines) {
    return fmt::format("set terminal {} noenhanced size {}{},{}{} font 'Times,{}' fontscale {} linewidth {}\n", name,
                       number(width), unit, number(height), unit, number(font_points), number(font_scale),
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
};

PanelTexts texts_of(const Panel& panel, const Figure& figure, double height) {
  const double width = figure.arrangement == Arrangement::stacked
                           ? figure.width
                           : figure.width / static_cast<double>(figure.panels.size());
  const int x_wanted = std::clamp(static_cast<int>(width / 0.62), 3, 8);
  const int y_wanted = std::clamp(static_cast<int>(height / 0.38), 2, 6);
  PanelTexts texts{place_ticks(panel.x, x_range(panel), x_wanted), place_ticks(panel.y, y_range(panel), y_wanted), {}};
  const auto most = static_cast<std::size_t>(std::max(height / character, 4.0));
  if (!panel.y.label.empty()) texts.y_caption = wrapped(axis_caption(panel.y, texts.y), most, 3);
  return texts;
}

/// Room left of a panel for its numbers and label.
double left_margin(const PanelTexts& texts) {
  std::size_t longest = 1;
  for (const Tick& tick : texts.y.ticks) longest = std::max(longest, text_width(tick.text));
  return character * static_cast<double>(longest) + 1.3 * em +
         line_height * static_cast<double>(texts.y_caption.size());
}

constexpr double caption_height = 3.5 * em;  // numbers and label of an x axis
constexpr double right_margin = 1.8 * em;
constexpr double top_margin = 0.9 * em;
constexpr double stack_gap = 1.1 * em;

std::vector<Box> place_panels(const Figure& figure, const std::vector<PanelTexts>& texts, double legend_height) {
  std::vector<Box> boxes;
  const double bottom = legend_height + caption_height;
  const double top = figure.height - top_margin;
  if (figure.arrangement == Arrangement::side_by_side) {
    const double share = figure.width / static_cast<double>(figure.panels.size());
    for (std::size_t k = 0; k < figure.panels.size(); ++k) {
      const double left = share * static_cast<double>(k);
      boxes.push_back({left, left + left_margin(texts[k]), left + share - right_margin, bottom, top, true});
    }
  } else {
    double left = 0.0;
    double weights = 0.0;
    for (const PanelTexts& panel : texts) left = std::max(left, left_margin(panel));
    for (const Panel& panel : figure.panels) weights += panel.weight;
    const double gaps = stack_gap * static_cast<double>(figure.panels.size() - 1);
    double upper = top;
    for (std::size_t k = 0; k < figure.panels.size(); ++k) {
      const double lower = upper - (top - bottom - gaps) * figure.panels[k].weight / weights;
      boxes.push_back({0.0, left, figure.width - right_margin, lower, upper, k + 1 == figure.panels.size()});
      upper = lower - stack_gap;
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
  const Style& style = style_of(line.style);
  if (line.kind == Line::Kind::points) {
    return fmt::format("with points pointtype {} pointsize {} linecolor rgb '{}'", style.marker, number(point_size),
                       style.colour);
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
  // An undefined function keeps gnuplot content where no line has a point to draw.
  std::string command = "plot NaN notitle";
  for (std::size_t k = 0; k < panel.lines.size(); ++k) {
    const Line& line = panel.lines[k];
    bool any = false;
    for (std::size_t point = 0; point < line.x.size() && !any; ++point) any = drawable(panel, line, point);
    if (!any) continue;
    add_data(script, k, panel, line);
    command += fmt::format(", $data{} using 1:2 {} notitle", k, drawing_style(line));
  }
  script += command + "\n";
}

}  // namespace

std::string gnuplot_script(const Figure& given, Format format) {
  Figure figure = with_shared_axis(given);
  const Legend legend = plan_legend(figure);
  figure.height += legend.height;
  std::vector<PanelTexts> texts;
  double weights = 0.0;
  for (const Panel& panel : figure.panels) weights += panel.weight;
  const double usable = figure.height - legend.height - caption_height - top_margin;
  for (const Panel& panel : figure.panels) {
    const bool stacked = figure.arrangement == Arrangement::stacked;
    texts.push_back(texts_of(panel, figure, stacked ? usable * panel.weight / weights : usable));
  }
  const std::vector<Box> boxes = place_panels(figure, texts, legend.height);

  std::string script = "set encoding utf8\n" + terminal(figure, format);
  script +=
      "set multiplot\nunset key\nset samples 2\n"
      "set border 3 linecolor rgb '#333333' linewidth 0.6\n"
      "set tics nomirror out scale 0.6,0.3\n"
      "set grid linetype 1 linecolor rgb '#e2e2e2' linewidth 0.5, linetype 1 linecolor rgb '#f2f2f2' linewidth 0.4\n";
  script += legend_commands(legend, figure);
  for (std::size_t k = 0; k < figure.panels.size(); ++k) {
    add_panel(script, figure, figure.panels[k], texts[k], boxes[k]);
    script += "unset arrow\nunset label\n";  // the legend is drawn with the first panel
  }
  script += "unset multiplot\n";
  return script;
}

}  // namespace scheduled::plot
