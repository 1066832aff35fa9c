#include "plot/legend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "plot/gnuplot.hpp"
#include "plot/style.hpp"
#include "scheduled/error.hpp"
#include "shell/text.hpp"

namespace scheduled::plot {
namespace {

constexpr double sample_width = 2.4 * em;
constexpr double sample_gap = 0.6 * em;
constexpr double entry_gap = 1.8 * em;

LegendEntry make_entry(const Line& line, double usable) {
  const auto most = static_cast<std::size_t>(std::max((usable - sample_width - sample_gap) / character, 8.0));
  LegendEntry entry{&line, shell::wrapped(line.label, most, 3), 0.0};
  std::size_t longest = 0;
  for (const std::string& text : entry.texts) longest = std::max(longest, shell::text_width(text));
  entry.width = sample_width + sample_gap + character * static_cast<double>(longest);
  return entry;
}

void add_entry(std::string& commands, const Figure& figure, const LegendEntry& entry, double x, double y) {
  const Style style = style_of(*entry.line);
  const auto at = [&](double across, double up) {
    return fmt::format("screen {:.5f},{:.5f}", across / figure.width, up / figure.height);
  };
  if (entry.line->kind != Line::Kind::points) {
    commands += fmt::format("set arrow from {} to {} nohead linewidth {} linecolor rgb '{}' dashtype {}\n", at(x, y),
                            at(x + sample_width, y), format_number(line_width), style.colour, style.dashes);
  }
  if (entry.line->kind != Line::Kind::line) {
    commands += fmt::format("set label '' at {} point pointtype {} pointsize {} linecolor rgb '{}'\n",
                            at(x + 0.5 * sample_width, y), style.marker, format_number(point_size), style.colour);
  }
  for (const std::string& text : entry.texts) {
    commands +=
        fmt::format("set label {} at {} left noenhanced\n", gnuplot_string(text), at(x + sample_width + sample_gap, y));
    y -= line_height;
  }
}

}  // namespace

double LegendRow::width() const {
  double sum = entry_gap * (static_cast<double>(entries.size()) - 1.0);
  for (const LegendEntry& entry : entries) sum += entry.width;
  return sum;
}

std::size_t LegendRow::lines() const {
  std::size_t most = 0;
  for (const LegendEntry& entry : entries) most = std::max(most, entry.texts.size());
  return most;
}

Legend plan_legend(const Figure& figure) {
  const double usable = figure.width - 2.0 * em;
  Legend legend;
  std::set<std::string> seen{""};
  for (const Panel& panel : figure.panels) {
    for (const Line& line : panel.lines) {
      if (!seen.insert(line.label).second) continue;
      LegendEntry entry = make_entry(line, usable);
      const bool fits = !legend.rows.empty() && legend.rows.back().width() + entry_gap + entry.width <= usable;
      if (!fits) legend.rows.emplace_back();
      legend.rows.back().entries.push_back(std::move(entry));
    }
  }
  for (const LegendRow& row : legend.rows) legend.height += line_height * static_cast<double>(row.lines());
  if (!legend.rows.empty()) legend.height += 0.6 * em;
  return legend;
}

std::string legend_commands(const Legend& legend, const Figure& figure) {
  std::string commands;
  double widest = 0.0;
  bool column = true;
  for (const LegendRow& row : legend.rows) {
    widest = std::max(widest, row.width());
    column = column && row.entries.size() == 1;
  }
  double y = legend.height - 0.5 * line_height - 0.2 * em;
  for (const LegendRow& row : legend.rows) {
    double x = 0.5 * (figure.width - (column ? widest : row.width()));
    for (const LegendEntry& entry : row.entries) {
      add_entry(commands, figure, entry, x, y);
      x += entry.width + entry_gap;
    }
    y -= line_height * static_cast<double>(row.lines());
  }
  return commands;
}

}  // namespace scheduled::plot
