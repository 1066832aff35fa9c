#include "figures/logs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "plot/series.hpp"

namespace scheduled::figures {
namespace {

/// Whether `text` matches `pattern`, where "*" stands for anything but "/".
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t star = std::string_view::npos;  // the last one seen: the place to go back to
  std::size_t after = 0;
  std::size_t p = 0;
  for (std::size_t t = 0; t < text.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos && text[after] != '/') {
      p = star + 1;
      t = ++after;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

/// The runs at 3e-3 and with c = .994 were only made with gradient norms.
std::string folder_of(const std::string& folder, double lr, double cooldown) {
  return lr == 0.003 || cooldown == 0.994 ? "grad_norm/" : folder;
}

std::string wsd_pattern(const std::string& folder, double lr, double cooldown, std::int64_t steps) {
  return fmt::format("{}ann124-{}_*_lr{}_*_decay_linear_{}_iter{}_*.json", folder_of(folder, lr, cooldown), cooldown,
                     lr, cooldown, steps);
}

}  // namespace

Logs::Logs(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (folder_.empty()) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           folder_, std::filesystem::directory_options::skip_permission_denied)) {
    if (entry.is_regular_file()) files_.push_back(entry.path().lexically_relative(folder_).generic_string());
  }
  std::sort(files_.begin(), files_.end());
}

bool Logs::has(std::string_view pattern) const {
  return std::any_of(files_.begin(), files_.end(), [&](const std::string& file) { return matches(pattern, file); });
}

std::optional<RunLog> Logs::read(const std::string& pattern) {
  const auto match = [&](const std::string& file) { return matches(pattern, file); };
  const auto first = std::find_if(files_.begin(), files_.end(), match);
  if (first == files_.end()) {
    missing_.insert("looked for " + pattern);
    return std::nullopt;
  }
  const auto second = std::find_if(first + 1, files_.end(), match);
  if (second != files_.end()) {
    throw ArgumentError(
        {.requirement = concat({*first, " and ", *second, " both match ", pattern}), .place = Place{folder_.string()}});
  }
  try {
    return read_log(folder_ / *first);
  } catch (const ArgumentError& error) {
    missing_.insert(std::string("cannot read ") + error.what());
    return std::nullopt;
  }
}

std::optional<RunLog> Logs::read_branch(const std::vector<std::string>& patterns) {
  std::optional<RunLog> joined;
  bool complete = true;
  for (const std::string& pattern : patterns) {
    const std::optional<RunLog> log = read(pattern);  // all of them, so that all that are missing are named
    complete = complete && log;
    if (complete) joined = joined ? merge_branch(*joined, *log) : *log;
  }
  return complete ? joined : std::nullopt;
}

std::optional<RunLog> read_wsd_124m(Logs& logs, const std::string& folder, double lr, double cooldown,
                                    std::int64_t steps) {
  const std::string base = fmt::format("{}stable-124m_*_lr{}_*.json", folder_of(folder, lr, cooldown), lr);
  return logs.read_branch({base, wsd_pattern(folder, lr, cooldown, steps)});
}

std::optional<RunLog> read_cosine_124m(Logs& logs, const std::string& folder, double lr, std::int64_t steps) {
  return logs.read(fmt::format("{}cos-zero-124m_*_lr{}_*_iter{}_*.json", folder_of(folder, lr, 0.0), lr, steps));
}

std::optional<RunLog> read_cooldown_124m(Logs& logs, double lr, double cooldown, std::int64_t steps) {
  return logs.read(wsd_pattern("", lr, cooldown, steps));
}

double final_loss(const RunLog& log) {
  const std::optional<double> loss = log.number("final_val_loss");
  if (!loss) throw ArgumentError({.requirement = "no final-val/loss", .place = Place{log.name}});
  return *loss;
}

plot::Line logged(const RunLog& log, std::string_view column) {
  const Series all = series(log, column);
  return plot::thinned({.x = {all.step.begin(), all.step.end()}, .y = all.value});
}

plot::Line smoothed(plot::Line line, std::size_t window) {
  if (line.y.size() < window || window == 0) return line;
  std::vector<double> sums{0.0};
  for (const double value : line.y) sums.push_back(sums.back() + value);
  plot::Line out = line;
  out.x.assign(line.x.begin() + static_cast<std::ptrdiff_t>(window) - 1, line.x.end());
  out.y.clear();
  for (std::size_t k = window; k < sums.size(); ++k) {
    out.y.push_back((sums[k] - sums[k - window]) / static_cast<double>(window));
  }
  return out;
}

plot::Line between(const plot::Line& line, double low, double high) {
  plot::Line out = line;
  out.x.clear();
  out.y.clear();
  for (std::size_t k = 0; k < line.x.size(); ++k) {
    if (line.x[k] < low || line.x[k] > high) continue;
    out.x.push_back(line.x[k]);
    out.y.push_back(line.y[k]);
  }
  return out;
}

std::int64_t last_loss(const RunLog& log) {
  const Series losses = series(log, "val_loss");
  if (losses.step.empty()) throw ArgumentError({.requirement = "no validation loss", .place = Place{log.name}});
  return losses.step.back();
}

std::vector<double> rates_of(const RunLog& log) { return densify(log, "lr", last_loss(log)); }

plot::Figure losses_and_rates(std::vector<plot::Line> losses, std::vector<plot::Line> rates, plot::Range loss_range,
                              std::optional<plot::Range> steps) {
  const plot::Axis step = {.label = "step", .ticks = plot::TickStyle::count, .range = steps};
  return {.panels = {{step, {.label = "validation loss", .range = loss_range}, std::move(losses), 1.0},
                     {step, {.label = "learning rate"}, std::move(rates), 0.5}},
          .width = 3.6,
          .height = 3.5};
}

}  // namespace scheduled::figures
