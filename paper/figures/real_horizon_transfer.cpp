// Runs of 50k steps made longer: with the same LR, with a lower one (two-stage), with a longer cooldown.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "figures/fits.hpp"
#include "figures/list.hpp"
#include "figures/logs.hpp"
#include "figures/shared.hpp"

namespace scheduled::figures {
namespace {

struct Model {
  std::string name, layers;
  plot::Range losses;                       ///< shown, of all runs
  plot::Range late_losses;                  ///< shown, of the runs of 100k steps from 40k on
  std::array<const char*, 3> final_losses;  ///< published: same LR, lower LR, cooldown of 60 %
  std::array<const char*, 2> steps_needed;  ///< published: in the runs of 100k and 200k steps
};

const std::array<Model, 2> models = {{
    {"124m", "12", {2.8, 3.25}, {2.84, 3.14}, {"2.90369", "2.89754", "2.88781"}, {"6461", "14620"}},
    {"210m", "24", {2.68, 3.15}, {2.73, 3.05}, {"2.79352", "2.78434", "2.77181"}, {"5758", "14501"}},
}};

struct Run {
  std::string name;
  std::size_t style = 0;
  RunLog log;
};
using Found = std::optional<Run>;

class ModelRuns {
 public:
  ModelRuns(Logs& logs, const Model& model) : logs_(&logs), layers_(model.layers) {}

  Found base() { return run("50k steps", 4, {trunk()}); }
  Found same(int thousands) {
    std::vector<std::string> chain = {trunk(), extension("wsd", "0.2", thousands)};
    // The 210M run of 200k steps logs from 80k on: before, it is the run of 100k, whose cooldown starts there.
    if (thousands == 200) chain.insert(chain.begin() + 1, extension("wsd", "0.2", 100));
    return run("same LR", 0, chain);
  }
  Found lower(int thousands) { return run("lower LR", 1, {trunk(), extension("wsd_twostage", "0.2", thousands)}); }
  Found longer_cooldown() { return run("cooldown 60 %", 2, {trunk(), extension("wsd", "0.6", 100)}); }

 private:
  std::string trunk() const {
    return fmt::format("horizon_transfer/slimpajama_chunk1_*_nlayers{}_*_iter50000_*.json", layers_);
  }
  std::string extension(const char* scheduler, const char* cooldown, int thousands) const {
    return fmt::format("horizon_transfer/extend-50k_*_nlayers{}_*_sched_{}_warmup*_decay_linear_{}_iter{}000_*.json",
                       layers_, scheduler, cooldown, thousands);
  }
  Found run(std::string name, std::size_t style, const std::vector<std::string>& patterns) {
    std::optional<RunLog> log = logs_->read_branch(patterns);
    if (!log) return std::nullopt;
    return Run{std::move(name), style, std::move(*log)};
  }

  Logs* logs_;
  std::string layers_;
};

plot::Figure losses_and_schedules(const std::vector<const Found*>& runs, plot::Range losses,
                                  std::optional<plot::Range> steps) {
  std::vector<plot::Line> loss_lines;
  std::vector<plot::Line> rate_lines;
  for (const Found* run : runs) {
    if (!*run) continue;
    std::string label = (*run)->name;
    if (steps) label += fmt::format(": {:.4f} on the whole set", final_loss((*run)->log));
    loss_lines.push_back(named(logged((*run)->log, "val_loss"), label, (*run)->style));
    rate_lines.push_back(named(logged((*run)->log, "lr"), label, (*run)->style));
  }
  return losses_and_rates(std::move(loss_lines), std::move(rate_lines), losses, steps);
}

/// Steps in which the loss falls by .01, from the least-squares line through the validation losses of some steps.
struct Slope {
  double first = 0.0, last = 0.0;
  std::vector<double> fit;
  double steps() const { return 0.01 / std::fabs(fit[1]); }
  plot::Line drawn(std::string label, std::size_t style) const {
    return line(std::move(label), {first, last}, {fit[0], polynomial(fit, last - first)}, style);
  }
};
Slope slope_of(const RunLog& log, double first, double last) {
  const Series losses = series(log, "val_loss");
  const plot::Line window = between({.x = {losses.step.begin(), losses.step.end()}, .y = losses.value}, first, last);
  std::vector<double> x;
  for (const double step : window.x) x.push_back(step - first);
  return {first, last, fit_polynomial(x, window.y, 1)};
}

/// The paper's code takes the 20k steps around the plateau's end, 16k on it and 4k in the cooldown, where the loss
/// falls faster anyway. The plateau alone, which is what more steps at the same LR give, is shown beside it.
void add_slopes(Result& result, const Model& model, const std::vector<const Found*>& runs) {
  plot::Figure figure{.panels = {}, .arrangement = plot::Arrangement::side_by_side, .width = 3.6, .height = 2.2};
  for (std::size_t k = 0; k < runs.size(); ++k) {
    if (!*runs[k]) continue;
    const RunLog& log = (*runs[k])->log;
    const int thousands = k == 0 ? 100 : 200;
    const double cooldown = 800.0 * thousands;
    const Slope across = slope_of(log, cooldown - 16000.0, cooldown + 4000.0);
    const Slope plateau = slope_of(log, cooldown - 16000.0, cooldown);
    result.checks.push_back(
        {fmt::format("{}, {}k steps at the same LR: steps per .01 of loss", model.name, thousands),
         model.steps_needed[k], across.steps(),
         fmt::format("over {:.0f}k … {:.0f}k, of which the last 4k are cooldown; on the plateau alone {:.0f}",
                     across.first / 1000.0, across.last / 1000.0, plateau.steps())});
    const plot::Line losses = between(logged(log, "val_loss"), across.first - 10000.0, across.last);
    figure.panels.push_back(panel({.label = "step", .ticks = plot::TickStyle::count}, {.label = "validation loss"},
                                  {named(losses, "", 0), across.drawn("per .01, with 4k cooldown (the paper)", 1),
                                   plateau.drawn("per .01, plateau alone", 4)},
                                  fmt::format("{:.0f} or {:.0f} steps", across.steps(), plateau.steps())));
  }
  if (!figure.panels.empty()) {
    result.pictures.push_back({"real-horizon-transfer-" + model.name + "-steps", std::move(figure)});
  }
}

void add_model(Result& result, Logs& logs, const Model& model) {
  ModelRuns runs(logs, model);
  const Found base = runs.base();
  const Found same_100 = runs.same(100);
  const Found same_200 = runs.same(200);
  const Found lower_100 = runs.lower(100);
  const Found lower_200 = runs.lower(200);
  const Found cooldown = runs.longer_cooldown();
  const std::string name = "real-horizon-transfer-" + model.name;
  const std::vector<const Found*> by_lr = {&same_200, &lower_200, &same_100, &lower_100, &base};
  const std::vector<const Found*> by_cooldown = {&same_100, &lower_100, &cooldown};
  const auto any = [](const Found* run) { return run->has_value(); };
  if (std::any_of(by_lr.begin(), by_lr.end(), any)) {
    result.pictures.push_back({name, losses_and_schedules(by_lr, model.losses, {})});
  }
  if (std::any_of(by_cooldown.begin(), by_cooldown.end(), any)) {
    result.pictures.push_back(
        {name + "-cooldown", losses_and_schedules(by_cooldown, model.late_losses, plot::Range{40000.0, 100000.0})});
  }
  for (std::size_t k = 0; k < by_cooldown.size(); ++k) {
    const Found& run = *by_cooldown[k];
    if (!run) continue;
    result.checks.push_back({fmt::format("{}, 100k steps, {}: final validation loss", model.name, run->name),
                             model.final_losses[k], final_loss(run->log)});
  }
  add_slopes(result, model, {&same_100, &same_200});
}

}  // namespace

Result real_horizon_transfer(const Inputs& inputs) {
  Result result;
  Logs logs(inputs.logs);
  for (const Model& model : models) {
    const auto& asked = inputs.variants;
    if (asked.empty() || std::find(asked.begin(), asked.end(), model.name) != asked.end()) {
      add_model(result, logs, model);
    }
  }
  result.missing = logs.missing();
  return result;
}

}  // namespace scheduled::figures
