#include "cli/draw.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "cli/results.hpp"
#include "plot/series.hpp"

namespace scheduled::cli {
namespace {

int terminal_width() {
  winsize size{};
  const bool known = ::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;  // NOLINT
  return known && size.ws_col > 0 ? std::clamp<int>(size.ws_col, 40, 200) : 72;
}

}  // namespace

std::string drawing(const plot::Panel& panel, int height) {
  const bool unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  return plot::draw_terminal(panel, terminal_width(), height, unicode);
}

std::map<std::int64_t, std::string> informative_updates(const Schedule& schedule, std::int64_t T) {
  std::map<std::int64_t, std::string> updates;
  const auto note = [&](std::int64_t t, std::string_view why) {
    if (t < 1 || t > T) return;
    std::string& notes = updates[t];
    notes += (notes.empty() || why.empty() ? "" : ", ") + std::string(why);
  };
  for (const std::int64_t t : spread(T, 9)) note(t, "");
  const Layout& layout = schedule.layout();
  if (layout.warmup_steps > 0) note(layout.warmup_steps, "last of the warmup");
  if (layout.steps && layout.cooldown_steps > 0 && layout.cooldown_steps < *layout.steps - 1) {
    note(*layout.steps - layout.cooldown_steps, "last before the cooldown");
  }
  return updates;
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

std::vector<std::int64_t> spread(std::int64_t T, std::size_t points) {
  const auto count = std::min(static_cast<std::int64_t>(points), T);
  if (count <= 1) return {T};
  std::vector<std::int64_t> t;
  t.reserve(static_cast<std::size_t>(count));
  // T - 1 = whole (count - 1) + rest, so that no product of two large numbers is needed.
  const std::int64_t whole = (T - 1) / (count - 1);
  const std::int64_t rest = (T - 1) % (count - 1);
  for (std::int64_t k = 0; k < count; ++k) t.push_back(1 + k * whole + k * rest / (count - 1));
  return t;
}

plot::Line bound_line(const Schedule& schedule, const BoundSettings& settings, std::string label, std::size_t style) {
  const std::vector<double> rates = bound_rates(schedule, settings.T);
  const std::vector<std::int64_t> t = spread(static_cast<std::int64_t>(rates.size()), 300);
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
