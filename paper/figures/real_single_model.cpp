// One model, 124M, in one view: cosine and WSD at four LRs and two horizons, and the bound fitted to the short runs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "figures/fits.hpp"
#include "figures/list.hpp"
#include "figures/logs.hpp"
#include "figures/shared.hpp"
#include "plot/series.hpp"

namespace scheduled::figures {
namespace {

const std::vector<double> peaks = {1e-4, 5e-4, 1e-3, 2e-3};
constexpr double settled = 5000.0;  // steps after which losses are fitted, a fifth of the short runs

struct Run {
  double lr = 0.0;
  double shade = 0.0;
  RunLog log;
  std::string label() const { return fmt::format("γ = {}", lr); }
};

struct Group {
  std::string schedule;
  std::int64_t steps = 0;
  std::vector<Run> runs;
};

std::vector<Group> read_all(Logs& logs) {
  std::vector<Group> groups;
  for (const std::int64_t steps : {25000, 50000}) {
    Group cosine{"cosine", steps, {}};
    Group wsd{"WSD", steps, {}};
    for (std::size_t k = 0; k < peaks.size(); ++k) {
      const double shade = static_cast<double>(k) / static_cast<double>(peaks.size() - 1);
      if (auto log = read_cosine_124m(logs, "", peaks[k], steps)) cosine.runs.push_back({peaks[k], shade, *log});
      if (auto log = read_wsd_124m(logs, "", peaks[k], 0.2, steps)) wsd.runs.push_back({peaks[k], shade, *log});
    }
    groups.push_back(std::move(cosine));
    groups.push_back(std::move(wsd));
  }
  return groups;
}

/// The bound with one G in what it is linear in: Omega_t = D^2 inverse + G^2 noise.
struct Parts {
  std::vector<double> step, loss, inverse, noise;
};

Parts parts_of(const RunLog& log) {
  const std::vector<double> lr = rates_of(log);
  const Series losses = series(log, "val_loss");
  Parts parts;
  std::vector<std::int64_t> steps;
  for (std::size_t k = 0; k < losses.step.size(); ++k) {
    if (static_cast<double>(losses.step[k]) < settled) continue;
    steps.push_back(losses.step[k]);
    parts.step.push_back(static_cast<double>(losses.step[k]));
    parts.loss.push_back(losses.value[k]);
  }
  const std::vector<double> bounds = bound_at(lr, {}, steps);
  double sum = 0.0;
  std::size_t next = 0;
  for (std::size_t t = 1; t <= lr.size() && next < steps.size(); ++t) {
    sum += lr[t - 1];
    if (static_cast<std::int64_t>(t) != steps[next]) continue;
    parts.inverse.push_back(0.5 / sum);
    parts.noise.push_back(bounds[next++] - 0.5 / sum);
  }
  return parts;
}

/// loss = C + D^2 inverse + G^2 noise, by least squares.
using Law = std::vector<double>;
Law fit_law(const Parts& parts) {
  std::vector<std::vector<double>> basis;
  for (std::size_t k = 0; k < parts.step.size(); ++k) basis.push_back({1.0, parts.inverse[k], parts.noise[k]});
  return least_squares(basis, parts.loss);
}
plot::Line predicted(const Law& law, const Parts& parts) {
  plot::Line out{.label = "bound fitted to the run of 25k steps", .x = parts.step, .style = 4};
  for (std::size_t k = 0; k < parts.step.size(); ++k) {
    out.y.push_back(law[0] + law[1] * parts.inverse[k] + law[2] * parts.noise[k]);
  }
  return out;
}

const plot::Axis step_axis = {.label = "step", .ticks = plot::TickStyle::count};
constexpr plot::Range shown = {2.9, 3.7};

void add_curves(Result& result, const std::vector<Group>& groups) {
  for (const char* schedule : {"cosine", "WSD"}) {
    std::vector<plot::Line> losses;
    std::vector<plot::Line> rates;
    for (const Group& group : groups) {
      if (group.schedule != schedule) continue;
      for (const Run& run : group.runs) {
        losses.push_back(named_shade(logged(run.log, "val_loss"), run.label(), run.shade));
        rates.push_back(named_shade(logged(run.log, "lr"), run.label(), run.shade));
      }
    }
    if (losses.empty()) continue;
    const std::string name = schedule[0] == 'c' ? "cosine" : "wsd";
    result.pictures.push_back(
        {"real-single-model-" + name, losses_and_rates(std::move(losses), std::move(rates), shown)});
  }
}

/// The runs of 50k steps beside what the bound says that was fitted to 25k at the same LR and schedule.
void add_prediction(Result& result, const std::vector<Group>& groups) {
  plot::Figure figure{.panels = {}, .width = 3.6, .height = 4.4};
  for (std::size_t k = 0; k < 2; ++k) {
    const Group& fitted = groups[k];
    const Group& longer = groups[k + 2];
    plot::Panel panel{step_axis, {.label = "validation loss", .range = plot::Range{2.9, 3.5}}, {}, 1.0, {}};
    double largest = 0.0;
    std::vector<plot::Line> predictions;
    for (const Run& run : longer.runs) {
      const auto same = [&](const Run& other) { return other.lr == run.lr; };
      const auto source = std::find_if(fitted.runs.begin(), fitted.runs.end(), same);
      if (source == fitted.runs.end()) continue;
      const Parts parts = parts_of(run.log);
      plot::Line line = predicted(fit_law(parts_of(source->log)), parts);
      largest = std::max(largest, std::fabs(line.y.back() - parts.loss.back()));
      panel.lines.push_back(named_shade(logged(run.log, "val_loss"), run.label(), run.shade));
      line.shade = run.shade;
      predictions.push_back(std::move(line));
    }
    panel.lines.insert(panel.lines.end(), predictions.begin(), predictions.end());
    panel.title = fmt::format("{}, 50k steps: at the end off by at most {:.3f}", longer.schedule, largest);
    if (!panel.lines.empty()) figure.panels.push_back(std::move(panel));
  }
  if (!figure.panels.empty()) result.pictures.push_back({"real-single-model-prediction", std::move(figure)});
}

void add_final(Result& result, const std::vector<Group>& groups) {
  std::vector<plot::Line> lines;
  for (std::size_t k = 0; k < groups.size(); ++k) {
    plot::Line line{.label = fmt::format("{}, {}k", groups[k].schedule, groups[k].steps / 1000),
                    .style = k,
                    .kind = plot::Line::Kind::joined};
    for (const Run& run : groups[k].runs) {
      line.x.push_back(run.lr);
      line.y.push_back(final_loss(run.log));
    }
    if (!line.x.empty()) lines.push_back(std::move(line));
  }
  if (lines.empty()) return;
  result.pictures.push_back(
      {"real-single-model-final", single({.label = "base learning rate γ", .scale = plot::Scale::log},
                                         {.label = "final validation loss"}, std::move(lines))});
}

}  // namespace

Result real_single_model(const Inputs& inputs) {
  Result result;
  Logs logs(inputs.logs);
  const std::vector<Group> groups = read_all(logs);
  add_curves(result, groups);
  add_prediction(result, groups);
  add_final(result, groups);
  result.missing = logs.missing();
  return result;
}

}  // namespace scheduled::figures
