// Gradient norms of real runs: 124M models, 50k steps, cosine and WSD at five LRs.
#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "figures/fits.hpp"
#include "figures/list.hpp"
#include "figures/logs.hpp"
#include "figures/norm_fit.hpp"
#include "figures/shared.hpp"
#include "plot/series.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T = 50000;
const std::vector<double> peaks = {1e-4, 5e-4, 1e-3, 2e-3, 3e-3};

struct Run {
  double lr = 0.0;
  double shade = 0.0;
  plot::Line norms;           ///< every row that logged one
  std::vector<double> rates;  ///< of all updates
  std::string label() const { return fmt::format("γ = {}", lr); }
};

struct Schedule124m {
  std::string name;
  std::size_t style = 0;
  std::vector<Run> runs;
  const char* label;  ///< that the paper's code gives its fit, "G ~ gamma^-label", to the two digits it prints
};

Run run_of(const RunLog& log, std::size_t k) {
  const Series norms = series(log, "grad_norm");
  Run run{peaks[k], static_cast<double>(k) / static_cast<double>(peaks.size() - 1), {}, {}};
  run.norms = {.x = {norms.step.begin(), norms.step.end()}, .y = norms.value};
  run.rates = densify(log, "lr", norms.step.back());
  return run;
}

std::vector<Schedule124m> read_all(Logs& logs) {
  std::vector<Schedule124m> all = {{"cosine", 0, {}, "1.08"}, {"WSD", 1, {}, "1.03"}};
  for (std::size_t k = 0; k < peaks.size(); ++k) {
    const std::optional<RunLog> cosine = read_cosine_124m(logs, "grad_norm/", peaks[k], T);
    if (cosine) all[0].runs.push_back(run_of(*cosine, k));
    const std::optional<RunLog> wsd = read_wsd_124m(logs, "grad_norm/", peaks[k], 0.2, T);
    if (wsd) all[1].runs.push_back(run_of(*wsd, k));
  }
  std::erase_if(all, [](const Schedule124m& schedule) { return schedule.runs.empty(); });
  return all;
}

constexpr std::size_t window = 20;  // rows, as in the paper's figure

plot::Figure one_panel_each(const std::vector<Schedule124m>& all, const plot::Axis& x, const plot::Axis& y,
                            std::vector<plot::Line> (*lines)(const Schedule124m&)) {
  plot::Figure figure{.panels = {}, .width = 3.6, .height = 4.0};
  for (const Schedule124m& schedule : all) {
    figure.panels.push_back({x, y, lines(schedule), 1.0, schedule.name});
  }
  return figure;
}

const plot::Axis step_axis = {.label = "step", .ticks = plot::TickStyle::count, .range = plot::Range{0.0, T}};
const plot::Axis norm_axis = {.label = "gradient norm", .scale = plot::Scale::log, .range = plot::Range{0.07, 2.0}};

std::vector<plot::Line> norm_lines(const Schedule124m& schedule) {
  std::vector<plot::Line> lines;
  for (const Run& run : schedule.runs) {
    lines.push_back(named_shade(plot::thinned(smoothed(run.norms, window), 600), run.label(), run.shade));
  }
  return lines;
}

std::vector<plot::Line> fitted_lines(const Schedule124m& schedule) {
  std::vector<plot::Line> lines;
  std::vector<plot::Line> fits;
  for (const Run& run : schedule.runs) {
    if (run.lr > 0.0025) continue;  // the run at 3e-3 has bursts, which the function does not: left out in the paper
    std::vector<double> share;
    for (const double step : run.norms.x) share.push_back(step / run.norms.x.back());
    const NormFit fit = fit_norm(share, run.norms.y);
    std::vector<double> fitted;
    for (const double s : share) fitted.push_back(fit(s));
    lines.push_back(named_shade(plot::thinned(smoothed(run.norms, window), 600), run.label(), run.shade));
    fits.push_back(plot::thinned(line("fit", run.norms.x, fitted, 4), 200));
  }
  lines.insert(lines.end(), fits.begin(), fits.end());
  return lines;
}

/// Blocks of 25 rows against the sum of all rates up to their last.
std::vector<plot::Line> sum_points(const Schedule124m& schedule) {
  constexpr std::size_t block = 25;
  std::vector<plot::Line> lines;
  for (const Run& run : schedule.runs) {
    std::vector<double> sums(run.rates.size());
    std::partial_sum(run.rates.begin(), run.rates.end(), sums.begin());
    plot::Line points{.label = run.label(), .kind = plot::Line::Kind::points, .shade = run.shade};
    for (std::size_t k = 0; k + block <= run.norms.y.size(); k += block) {
      const auto first = run.norms.y.begin() + static_cast<std::ptrdiff_t>(k);
      const auto last_step = static_cast<std::size_t>(run.norms.x[k + block - 1]);
      points.x.push_back(sums[last_step - 1]);
      points.y.push_back(std::accumulate(first, first + block, 0.0) / block);
    }
    lines.push_back(std::move(points));
  }
  return lines;
}

/// Mean norm of a run over its LR, with power laws. The paper's code fits B exp(-beta log10 gamma) and labels it
/// gamma^-beta; that function is gamma^(-beta/ln 10).
void add_scaling(Result& result, const std::vector<Schedule124m>& all) {
  std::vector<plot::Line> lines;
  const std::vector<double> fine = log_spaced(8e-5, 4e-3, 60);
  for (const Schedule124m& schedule : all) {
    std::vector<double> lr;
    std::vector<double> means;
    for (const Run& run : schedule.runs) {
      lr.push_back(run.lr);
      means.push_back(std::accumulate(run.norms.y.begin(), run.norms.y.end(), 0.0) /
                      static_cast<double>(run.norms.y.size()));
    }
    lines.push_back(points(schedule.name, lr, means, schedule.style));
    if (lr.size() < peaks.size()) continue;
    const PowerLaw law = fit_power_law(lr, means);
    std::vector<double> fitted;
    for (const double value : fine) fitted.push_back(law(value));
    const double labelled = -law.exponent * std::numbers::ln10;
    lines.push_back(line(fmt::format("{}: γ^{:.2f} (in the paper γ^-{:.2f})", schedule.name, law.exponent, labelled),
                         fine, fitted, schedule.style));
    result.checks.push_back({schedule.name + ": β of mean norm ~ B e^(−β log10 γ), labelled γ^−β", schedule.label,
                             labelled, "the paper's formula applied to its logs"});
    result.checks.push_back({schedule.name + ": exponent of γ", "-" + std::string(schedule.label), law.exponent,
                             "the paper's label takes log10 γ for ln γ: e^(−β log10 γ) = γ^(−β/ln 10)"});
  }
  result.pictures.push_back({"real-gradient-norms-scaling",
                             single({.label = "base learning rate γ", .scale = plot::Scale::log},
                                    {.label = "mean gradient norm", .scale = plot::Scale::log}, std::move(lines))});
}

}  // namespace

Result real_gradient_norms(const Inputs& inputs) {
  Result result;
  Logs logs(inputs.logs);
  const std::vector<Schedule124m> all = read_all(logs);
  if (!all.empty()) {
    result.pictures.push_back({"real-gradient-norms", one_panel_each(all, step_axis, norm_axis, norm_lines)});
    add_scaling(result, all);
    result.pictures.push_back({"real-gradient-norms-fit", one_panel_each(all, step_axis, norm_axis, fitted_lines)});
    result.pictures.push_back({"real-gradient-norms-sum",
                               one_panel_each(all, {.label = "sum of the learning rates", .scale = plot::Scale::log},
                                              norm_axis, sum_points)});
  }
  result.missing = logs.missing();
  return result;
}

}  // namespace scheduled::figures
