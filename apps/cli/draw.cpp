#include "cli/draw.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "cli/results.hpp"
#include "plot/series.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::cli {
namespace {

int terminal_width() {
  winsize size{};
  const bool known = ::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;  // NOLINT
  return known && size.ws_col > 0 ? std::clamp<int>(size.ws_col, 40, 200) : 72;
}

}  // namespace

void OutputOptions::add_to(Verb& verb) {
  const Option as_json = verb.add("--json", json, "Print JSON; numbers read back exactly");
  verb.add("--csv", csv, "Print CSV; numbers read back exactly").excludes(as_json);
  verb.add_calls(
          "-o,--output",
          [this](std::string_view, std::string_view text) {
            if (text.empty()) fail_argument("-o", "must name a file ending in .png, .svg or .pdf");
            figure = text;
            plot::check_figure_path(figure);
          },
          "Draw a figure (needs gnuplot)")
      .type("FILE.{png,svg,pdf}");
}

std::string drawing(const plot::Panel& panel, int height) {
  const bool unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  return plot::draw_terminal(panel, terminal_width(), height, unicode);
}

plot::Line rate_line(const Schedule& schedule, std::int64_t steps, std::string label, std::size_t style) {
  constexpr std::int64_t most = 1 << 20;  // rates to look at; beyond that at even distances
  const std::int64_t every = (steps + most - 1) / most;
  plot::Line line{std::move(label), {}, {}, style};
  for (std::int64_t i = 0; i < steps; i += every) {
    line.x.push_back(static_cast<double>(i));
    line.y.push_back(schedule.lr(i));
  }
  return plot::thinned(std::move(line));
}

plot::Line bound_line(const Schedule& schedule, const BoundSettings& settings, std::string label, std::size_t style) {
  const std::vector<double> rates = bound_rates(schedule, settings.T);
  const std::vector<std::int64_t> t = spread_steps(static_cast<std::int64_t>(rates.size()), 300);
  return {std::move(label), {t.begin(), t.end()}, bound_at(rates, settings, t), style};
}

plot::Axis step_axis(std::int64_t end) {
  return {.label = "step", .ticks = plot::TickStyle::count, .range = plot::Range{0.0, static_cast<double>(end)}};
}

plot::Panel rate_panel(std::vector<plot::Line> lines, std::int64_t end) {
  return {step_axis(end), {.label = "learning rate"}, std::move(lines)};
}

plot::Panel bound_panel(std::vector<plot::Line> lines, std::int64_t end, const BoundSettings& settings) {
  const plot::Range range = plot::settled_range(lines, 0.05, plot::Scale::log);
  return {
      step_axis(end), {.label = bound_label(settings), .scale = plot::Scale::log, .range = range}, std::move(lines)};
}

}  // namespace scheduled::cli
