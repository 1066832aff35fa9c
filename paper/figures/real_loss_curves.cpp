// Loss curves of cosine and WSD runs with the bound beside them: the paper's title figure, and the same on
// OpenWebText2.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "figures/fits.hpp"
#include "figures/list.hpp"
#include "figures/logs.hpp"
#include "figures/shared.hpp"
#include "plot/series.hpp"
#include "scheduled/along.hpp"

namespace scheduled::figures {
namespace {

struct Run {
  std::string schedule;
  std::size_t style = 0;
  RunLog log;
};

/// Runs that are there, of those looked for.
class Runs {
 public:
  explicit Runs(const std::filesystem::path& folder) : logs(folder) {}
  void add(const std::string& schedule, std::size_t style, const std::vector<std::string>& patterns) {
    std::optional<RunLog> log = logs.read_branch(patterns);
    if (log) found.push_back({schedule, style, std::move(*log)});
  }
  Logs logs;
  std::vector<Run> found;
};

/// The bound at the steps that logged a validation loss, with G = 1; without a distance at the one at which the run's
/// peak would be the best.
RunBound bound_of(const Run& run, std::optional<double> distance = {}) {
  return bound_along(run.log, {.T = last_loss(run.log), .grad_norm = GradNorm(1.0), .distance = distance});
}

/// One D for all runs: the geometric mean of their own.
double common_distance(const std::vector<Run>& runs) {
  double logs = 0.0;
  for (const Run& run : runs) logs += std::log(bound_of(run).distance);
  return std::exp(logs / static_cast<double>(runs.size()));
}

/// loss = offset + slope bound over all runs from a tenth of the longest on, and how well that holds.
struct Agreement {
  double offset = 0.0, slope = 1.0, correlation = 0.0;
};
Agreement agreement(const std::vector<plot::Line>& losses, const std::vector<plot::Line>& bounds, double from) {
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t k = 0; k < losses.size(); ++k) {
    const plot::Line later = between(losses[k], from, HUGE_VAL);
    const plot::Line later_bound = between(bounds[k], from, HUGE_VAL);
    y.insert(y.end(), later.y.begin(), later.y.end());
    x.insert(x.end(), later_bound.y.begin(), later_bound.y.end());
  }
  const std::vector<double> line = fit_polynomial(x, y, 1);
  return {line[0], line[1], correlation(x, y)};
}

void add_picture(Result& result, const std::string& name, const std::vector<Run>& runs) {
  if (runs.empty()) return;
  const double distance = common_distance(runs);
  std::vector<plot::Line> losses;
  std::vector<plot::Line> bounds;
  std::vector<plot::Line> rates;
  double last = 0.0;
  for (const Run& run : runs) {
    const RunBound found = bound_of(run, distance);
    const std::vector<double> step(found.step.begin(), found.step.end());
    last = std::max(last, step.back());
    losses.push_back({run.schedule, step, found.loss, run.style});
    bounds.push_back({run.schedule, step, found.bound, run.style});
    rates.push_back(named(logged(run.log, "lr"), run.schedule, run.style));
  }
  const double from = 0.1 * last;
  const Agreement agree = agreement(losses, bounds, from);
  // Both panels show the same range, the bound's through loss = offset + slope bound.
  std::vector<plot::Line> together;
  for (const plot::Line& loss : losses) together.push_back(between(loss, from, last));
  for (const plot::Line& bound : bounds) {
    together.push_back(between(bound, from, last));
    for (double& value : together.back().y) value = agree.offset + agree.slope * value;
  }
  const plot::Range range = plot::settled_range(together, 0.0, plot::Scale::linear);
  plot::Range of_bound = plot::settled_range(bounds, 0.1, plot::Scale::linear);
  if (agree.slope > 0.0) {
    of_bound = {(range.low - agree.offset) / agree.slope, (range.high - agree.offset) / agree.slope};
  }
  const plot::Axis step = {.label = "step", .ticks = plot::TickStyle::count};
  plot::Figure figure{.panels = {{step, {.label = "validation loss", .range = range}, std::move(losses), 1.0},
                                 {step, {.label = "bound Ω", .range = of_bound}, std::move(bounds), 1.0},
                                 {step, {.label = "learning rate"}, std::move(rates), 0.65}},
                      .width = 3.6,
                      .height = 4.8};
  figure.panels[1].title =
      fmt::format("D = {:.3g}, G = 1; correlation with the loss {:.3f}", distance, agree.correlation);
  result.pictures.push_back({name, std::move(figure)});
}

struct Size {
  std::string name, layers, heads;
  std::vector<std::int64_t> steps;
  std::string cosine_lr, wsd_lr;
};

/// Sizes of the paper's runs on OpenWebText2. Those of 166M are not among the published logs.
std::vector<Size> openwebtext2_sizes() {
  return {{"60m", "10", "8", {7500, 12500, 17500}, "0.002", "0.001"},
          {"93m", "12", "10", {10000, 17500, 25000}, "0.002", "0.001"},
          {"166m", "16", "12", {15000, 25000, 30000}, "0.001", "0.0005"}};
}

}  // namespace

Result loss_210m(const Inputs& inputs) {
  Runs runs(inputs.logs);
  for (const int steps : {22222, 33333, 44444}) {
    runs.add("cosine, peak 0.001", 0, {fmt::format("cos-210m_*_lr0.001_*_iter{}_*.json", steps)});
    runs.add("WSD, peak 0.0005", 1,
             {"stable-210m_*_lr0.0005_*.json", fmt::format("ann210-0.2_*_lr0.0005_*_iter{}_*.json", steps)});
  }
  Result result;
  add_picture(result, "loss-210m", runs.found);
  result.missing = runs.logs.missing();
  return result;
}

Result loss_openwebtext2(const Inputs& inputs) {
  Result result;
  bool any = false;
  std::set<std::string> missing;
  for (const Size& size : openwebtext2_sizes()) {
    const bool asked = std::find(inputs.variants.begin(), inputs.variants.end(), size.name) != inputs.variants.end();
    if (!inputs.variants.empty() && !asked) continue;
    Runs runs(inputs.logs);
    const std::string model = fmt::format("openwebtext2_*_nlayers{}_nhead{}", size.layers, size.heads);
    if (!asked && !runs.logs.has("*" + model + "_*.json")) {
      if (!any) missing.insert("looked for *" + model + "_*.json");
      continue;
    }
    any = true;
    for (const std::int64_t steps : size.steps) {
      runs.add("cosine, peak " + size.cosine_lr, 0,
               {fmt::format("{}_lr{}_sched_cos_*_iter{}_*.json", model, size.cosine_lr, steps)});
      runs.add("WSD, peak " + size.wsd_lr, 1,
               {fmt::format("{}_lr{}_sched_wsd_*.json", model, size.wsd_lr),
                fmt::format("ann0.2_{}_lr{}_sched_wsd_*_iter{}_*.json", model, size.wsd_lr, steps)});
    }
    add_picture(result, "loss-openwebtext2-" + size.name, runs.found);
    for (const std::string& each : runs.logs.missing()) missing.insert(each);
  }
  // A size without any log is no fault as long as there is another: only 60M and 93M were published.
  if (any) std::erase_if(missing, [](const std::string& each) { return each.starts_with("looked for *"); });
  result.missing = {missing.begin(), missing.end()};
  return result;
}

}  // namespace scheduled::figures
