// Cooldown lengths of real runs: 124M models, 50k steps, seven cooldowns at five LRs each.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "figures/fits.hpp"
#include "figures/list.hpp"
#include "figures/logs.hpp"
#include "figures/shared.hpp"
#include "plot/series.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T = 50000;
const std::vector<double> peaks = {1e-4, 5e-4, 1e-3, 2e-3, 3e-3};

struct Share {
  double cooldown;
  const char* best_lr;  ///< published
};
const std::vector<Share> shares = {{0.1, "7.42e-4"},  {0.2, "8.62e-4"},  {0.4, "1.051e-3"},  {0.6, "1.232e-3"},
                                   {0.8, "1.428e-3"}, {0.9, "1.573e-3"}, {0.994, "1.681e-3"}};

/// Final losses over the LRs of one cooldown.
struct Sweep {
  std::vector<double> lr, loss;
  double best() const {
    return lr[static_cast<std::size_t>(std::min_element(loss.begin(), loss.end()) - loss.begin())];
  }
};
using Sweeps = std::map<double, Sweep>;

std::string name_of(double cooldown) { return fmt::format("{:g} %", 100.0 * cooldown); }

Sweeps read_sweeps(Logs& logs) {
  Sweeps sweeps;
  for (const Share& share : shares) {
    for (const double lr : peaks) {
      const std::optional<RunLog> log = read_cooldown_124m(logs, lr, share.cooldown, T);
      if (!log) continue;
      sweeps[share.cooldown].lr.push_back(lr);
      sweeps[share.cooldown].loss.push_back(final_loss(*log));
    }
  }
  return sweeps;
}

/// Each cooldown at the LR with the lowest final loss.
void add_convergence(Result& result, Logs& logs, const Sweeps& sweeps) {
  std::vector<plot::Line> losses;
  std::vector<plot::Line> rates;
  for (const auto& [cooldown, sweep] : sweeps) {
    const std::optional<RunLog> log = read_wsd_124m(logs, "", sweep.best(), cooldown, T);
    if (!log) continue;
    const std::string label = fmt::format("{}, γ = {}", name_of(cooldown), sweep.best());
    losses.push_back(named_shade(logged(*log, "val_loss"), label, cooldown));
    rates.push_back(named_shade(logged(*log, "lr"), label, cooldown));
  }
  if (losses.empty()) return;
  result.pictures.push_back(
      {"real-cooldown-length-convergence", losses_and_rates(std::move(losses), std::move(rates), {2.9, 3.5})});
}

void add_fixed_rates(Result& result, const Sweeps& sweeps) {
  std::vector<plot::Line> lines;
  const std::vector<double> shown = {1e-3, 2e-3, 3e-3};
  for (std::size_t k = 0; k < shown.size(); ++k) {
    plot::Line line{.label = fmt::format("γ = {}", shown[k]), .style = k, .kind = plot::Line::Kind::joined};
    for (const auto& [cooldown, sweep] : sweeps) {
      const auto at = std::find(sweep.lr.begin(), sweep.lr.end(), shown[k]);
      if (at == sweep.lr.end()) continue;
      line.x.push_back(cooldown);
      line.y.push_back(sweep.loss[static_cast<std::size_t>(at - sweep.lr.begin())]);
    }
    lines.push_back(std::move(line));
  }
  result.pictures.push_back(
      {"real-cooldown-length-fixed-lr", single({.label = "cooldown, share of the run", .range = plot::Range{0.0, 1.0}},
                                               {.label = "final validation loss"}, std::move(lines))});
}

/// loss = A/gamma + B gamma + C for each cooldown; the best LRs.
std::map<double, double> add_fits(Result& result, const Sweeps& sweeps) {
  std::map<double, double> best;
  std::vector<plot::Line> lines;
  const std::vector<double> fine = log_spaced(9e-5, 3.6e-3, 100);
  for (const auto& [cooldown, sweep] : sweeps) {
    lines.push_back(shaded(name_of(cooldown), sweep.lr, sweep.loss, cooldown));
    lines.back().kind = plot::Line::Kind::points;
    if (sweep.lr.size() < peaks.size()) continue;  // another set of LRs has another best one: not the published fit
    const LrFit fit = fit_lr(sweep.lr, sweep.loss);
    best[cooldown] = fit.best();
    std::vector<double> fitted;
    for (const double lr : fine) fitted.push_back(fit(lr));
    lines.push_back(shaded("", fine, fitted, cooldown));
  }
  result.pictures.push_back({"real-cooldown-length-lr-fit",
                             single({.label = "base learning rate γ", .scale = plot::Scale::log},
                                    {.label = "final validation loss", .range = plot::Range{2.94, 3.15}}, lines)});
  return best;
}

/// The best LRs over the cooldown, and how far each is from linear decay's, beside what the bound says.
void add_best(Result& result, const std::map<double, double>& best) {
  if (best.empty()) return;
  plot::Line found{.label = "runs", .kind = plot::Line::Kind::joined};
  plot::Line ratios{.label = "runs", .kind = plot::Line::Kind::joined};
  for (const auto& [cooldown, lr] : best) {
    found.x.push_back(cooldown);
    found.y.push_back(lr);
  }
  const auto linear = best.find(0.994);
  for (const auto& [cooldown, lr] : best) {
    if (linear == best.end()) break;
    ratios.x.push_back(cooldown);
    ratios.y.push_back(std::log(linear->second / lr));
  }
  std::vector<double> limit;
  const std::vector<double> fine = spaced(0.05, 1.0, 96);
  for (const double share : fine) limit.push_back(lr_transfer_limit(share));
  const plot::Axis cooldown = {.label = "cooldown c, share of the run", .range = plot::Range{0.0, 1.0}};
  plot::Figure figure{.panels = {}, .width = 3.6, .height = 3.6};
  figure.panels.push_back(panel(cooldown, {.label = "best learning rate γ(c)"}, {found}));
  figure.panels.push_back(
      panel(cooldown, {.label = "ln γ(.994)/γ(c)"}, {ratios, line("bound, T → ∞: ln γ*(1)/γ*(c)", fine, limit, 1)}));
  result.pictures.push_back({"real-cooldown-length-best-lr", std::move(figure)});
}

}  // namespace

// Which values the published best LRs rest on: T = 50k, all five LRs, "final-val/loss" (the loss on the whole
// validation set after the last step), the runs of the main folder where a run was made twice, and least squares
// without weights. The last logged val_loss instead gives 7.27e-4 ... 1.653e-3, four LRs without 1e-4 8.14e-4
// ... 1.524e-3.
Result real_cooldown_length(const Inputs& inputs) {
  Result result;
  Logs logs(inputs.logs);
  const Sweeps sweeps = read_sweeps(logs);
  if (!sweeps.empty()) {
    add_convergence(result, logs, sweeps);
    add_fixed_rates(result, sweeps);
    const std::map<double, double> best = add_fits(result, sweeps);
    add_best(result, best);
    for (const Share& share : shares) {
      const auto at = best.find(share.cooldown);
      if (at == best.end()) continue;
      result.checks.push_back(
          {fmt::format("best LR √(A/B), cooldown {:g}", share.cooldown), share.best_lr, at->second});
    }
    const auto short_one = best.find(0.2);
    const auto linear = best.find(0.994);
    if (short_one != best.end() && linear != best.end()) {
      result.checks.push_back({"ln γ(.994) − ln γ(.2)", ".668", std::log(linear->second / short_one->second)});
    }
  }
  result.missing = logs.missing();
  return result;
}

}  // namespace scheduled::figures
