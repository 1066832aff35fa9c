// docs/anytime.md from the logs of tools/experiment.py, and its pictures anytime-losses.png and anytime-bound.png.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "figures/fits.hpp"
#include "figures/shared.hpp"
#include "reports/experiment_logs.hpp"
#include "reports/reports.hpp"
#include "scheduled/design.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled::reports {
namespace {

using namespace experiment;

void print_setting(const Experiment& experiment) {
  const auto& about = experiment.about;
  const auto& model = member(about, "model");
  const auto context = member(model, "context").whole();
  const auto batch = member(about, "batch").whole();
  const std::int64_t tokens = batch * context;
  const std::int64_t evaluated =
      std::min(member(about, "evaluate_batches").whole() * batch * context, member(about, "validation_bytes").whole());
  fmt::print(
      "# Anytime training on real text\n\n"
      "Written by `scheduled-paper anytime docs/anytime-logs docs/images > docs/anytime.md` from the logs in "
      "docs/anytime-logs;\n"
      "`make experiment` trains the models and makes the logs again ([guide](guide/train.md)).\n\n"
      "The model is a decoder-only transformer of {} weights ({} layers, width {}, {} heads, context {}, bytes as\n"
      "tokens), AdamW (.9, .95), weight decay .1, clipping at 1, warmup of {} updates, {} tokens an update. The text "
      "is "
      "the\n"
      "Linux kernel's documentation, {:.1f} MB; no byte is read twice, and the longest run reads {:.1f} MB. Losses are "
      "in "
      "nats per\n"
      "byte, of {} bytes spread over the last {} that no run trains on, means over {} seeds. All this is small: what "
      "holds\n"
      "here need not hold for large models, and the other way round.\n\n"
      "Two trunks have no horizon: rsqrt (peak √(warmup/step)) and a constant rate. For each result a branch cools "
      "down\n"
      "to 0. Beside them are runs that were planned for the horizon: cosine and linear decay to 0. Each planned run "
      "has "
      "the\n"
      "best learning rate of its own sweep at its own horizon; a trunk has one for all horizons, since it does not "
      "know\n"
      "them.\n\n",
      member(about, "parameters").whole(), member(model, "layers").whole(), member(model, "width").whole(),
      member(model, "heads").whole(), context, member(about, "warmup").whole(), tokens,
      member(about, "corpus_bytes").number() / 1e6, static_cast<double>(experiment.horizons.back() * tokens) / 1e6,
      evaluated, member(about, "validation_bytes").whole(), experiment.seeds.size());
}

void print_losses(const Experiment& experiment) {
  fmt::print("## Losses\n\nAfter the given number of updates in all, and in brackets the difference to cosine:\n\n| |");
  for (const std::int64_t horizon : experiment.horizons) fmt::print(" {} |", horizon);
  fmt::print("\n|---|");
  for (std::size_t k = 0; k < experiment.horizons.size(); ++k) fmt::print("---:|");
  fmt::print("\n");
  const auto row = [&](const std::string& name, const Method& method, bool before) {
    fmt::print("| {} |", name);
    for (const std::int64_t horizon : experiment.horizons) {
      fmt::print(" {:.4f} ({:+.4f}) |", experiment.loss(method, horizon, before),
                 experiment.gap(method, horizon, before));
    }
    fmt::print("\n");
  };
  for (const Method& method : methods()) {
    if (method.decay == "linear") {
      row(fmt::format("{} trunk, where the cooldown of {} % begins", method.family, method.share), method, true);
    }
    row(method.name(), method, false);
  }
  fmt::print(
      "\nFrom seed to seed (other first weights, another order of the text) losses change by up to {:.4f}, differences "
      "to\n"
      "cosine of the same seed by up to {:.4f}. Learning rates were chosen with the first seed.\n\n",
      experiment.seed_change(false), experiment.seed_change(true));
}

/// Mean and range over the horizons.
struct Summary {
  double mean = 0.0, low = HUGE_VAL, high = -HUGE_VAL;
};

Summary summary(const Experiment& experiment, const Method& method, bool before = false) {
  Summary out;
  for (const std::int64_t horizon : experiment.horizons) {
    const double gap = experiment.gap(method, horizon, before);
    out.mean += gap / static_cast<double>(experiment.horizons.size());
    out.low = std::min(out.low, gap);
    out.high = std::max(out.high, gap);
  }
  return out;
}

void print_claims(const Experiment& experiment) {
  fmt::print(
      "## What it says of the claims\n\n"
      "Differences to cosine, mean over the horizons and range:\n\n| | before the cooldown | after |\n|---|---|---|\n");
  for (const Method& method : methods()) {
    if (method.decay.empty()) continue;
    const Summary before = summary(experiment, method, true);
    const Summary after = summary(experiment, method);
    fmt::print("| {} | {:+.4f} ({:+.4f} … {:+.4f}) | {:+.4f} ({:+.4f} … {:+.4f}) |\n", method.name(), before.mean,
               before.low, before.high, after.mean, after.low, after.high);
  }
  fmt::print("\n");
  for (const char* const family : {"rsqrt", "constant"}) {
    const auto of = [&](const char* decay, int share) { return summary(experiment, {family, decay, share}); };
    std::array<Method, 4> ways = {
        {{family, "linear", 10}, {family, "1-sqrt", 10}, {family, "linear", 20}, {family, "1-sqrt", 20}}};
    const Method best = *std::min_element(ways.begin(), ways.end(), [&](const Method& a, const Method& b) {
      return summary(experiment, a).mean < summary(experiment, b).mean;
    });
    const Summary gap = summary(experiment, best);
    std::size_t behind = 0;  // horizons at which it is behind with every seed
    std::string gaps;
    for (const std::int64_t horizon : experiment.horizons) {
      bool always = true;
      std::string each;
      for (const int seed : experiment.seeds) {
        const double one = experiment.gap_of(best, horizon, seed);
        always = always && one > 0.0;
        each += fmt::format("{}{:+.4f}", each.empty() ? "" : " and ", one);
      }
      behind += always ? 1 : 0;
      gaps += fmt::format("{}{} at {}", gaps.empty() ? "" : ", ", each, horizon);
    }
    const char* const verdict = behind == 0                           ? "Holds here"
                                : behind < experiment.horizons.size() ? "Holds at some horizons only"
                                                                      : "Does not hold here";
    const double trend =
        experiment.gap(best, experiment.horizons.back()) - experiment.gap(best, experiment.horizons.front());
    fmt::print(
        "- *{} trunk: with a cooldown about as good as cosine.* {}: the best way, {} with\n"
        "  {} %, is {:+.4f} from cosine on average; by seed {}.\n"
        "  The difference {} with the horizon. Where the cooldown begins it is {:+.4f} behind the finished cosine "
        "run.\n",
        family, verdict, best.decay, best.share, gap.mean, gaps, trend > 0.0 ? "grows" : "falls",
        summary(experiment, best, true).mean);
    const double at10 = of("1-sqrt", 10).mean - of("linear", 10).mean;
    const double at20 = of("1-sqrt", 20).mean - of("linear", 20).mean;
    const char* const both = at10 <= 0.0 && at20 <= 0.0   ? "Holds here"
                             : at10 <= 0.0 || at20 <= 0.0 ? "Holds in part"
                                                          : "Does not hold here";
    fmt::print(
        "- *{} trunk: a 1-sqrt cooldown is at least as good as a linear one.* {}: {:+.4f} at 10 %, {:+.4f} at 20 %.\n",
        family, both, at10, at20);
  }
  const double trunk_lr = experiment.lr({"constant", "linear", 20}, experiment.horizons.back());
  std::size_t at_half = 0;
  std::string cosine_lr;
  for (const std::int64_t horizon : experiment.horizons) {
    const double lr = experiment.lr({"cosine", ""}, horizon);
    if (trunk_lr < 0.75 * lr) ++at_half;
    cosine_lr += fmt::format("{}{:g} (at {})", cosine_lr.empty() ? "" : ", ", lr, horizon);
  }
  fmt::print(
      "- *A constant rate is best at about half the best peak of cosine.* {}: the trunk's is {:g}, cosine's are\n"
      "  {}, on a grid of factors 2.\n\n",
      at_half == experiment.horizons.size() ? "Holds here"
      : at_half > 0                         ? "Holds at some horizons"
                                            : "Does not hold here",
      trunk_lr, cosine_lr);
}

void print_cost(const Experiment& experiment) {
  std::int64_t sum = 0;
  for (const std::int64_t horizon : experiment.horizons) sum += horizon;
  const std::int64_t longest = experiment.horizons.back();
  fmt::print(
      "## Cost\n\nUpdates for one result at each of the {} horizons:\n\n| | updates | saved |\n|---|---:|---:|\n"
      "| separate runs | {} | |\n",
      experiment.horizons.size(), sum);
  for (const int share : {10, 20}) {
    std::int64_t cost = longest - longest * share / 100;
    for (const std::int64_t horizon : experiment.horizons) cost += horizon * share / 100;
    fmt::print("| one trunk, cooldowns of {} % | {} | {:.0f} % |\n", share, cost,
               100.0 * (1.0 - static_cast<double>(cost) / static_cast<double>(sum)));
  }
  fmt::print("\n");
}

void print_sweeps(const Experiment& experiment) {
  fmt::print(
      "## Sweeps\n\nValidation loss by peak learning rate, first seed (trunks: mean over the horizons with the "
      "linear\ncooldown of 20 %):\n\n| | |\n|---|---|\n");
  const auto row = [](const std::string& name, const std::map<double, double>& found) {
    fmt::print("| {} |", name);
    const char* separator = " ";
    for (const auto& [lr, loss] : found) {
      fmt::print("{}{:g}: {:.4f}", separator, lr, loss);
      separator = ", ";
    }
    fmt::print(" |\n");
  };
  for (const char* const family : {"rsqrt", "constant"}) row(family, experiment.sweep(family, std::nullopt));
  for (const std::int64_t horizon : experiment.horizons) {
    for (const char* const family : {"cosine", "linear"}) {
      row(fmt::format("{}, {} updates", family, horizon), experiment.sweep(family, horizon));
    }
  }
  fmt::print("\n");
}

/// The whole log of a branch, its trunk's included.
RunLog whole(const Experiment& experiment, const Method& method, std::int64_t horizon, int seed) {
  const RunLog& log = experiment.line(method, horizon, seed).log;
  return method.decay.empty() ? log : merge_branch(experiment.trunk(method.family, seed).log, log);
}

/// Rates and measured gradient norms of every update; the first rate is logged some updates after a linear warmup
/// from 0 began.
std::vector<double> dense(const RunLog& log, const char* column) {
  const std::int64_t first = series(log, column).step.front();
  return densify(log, column, log.step.back(), {.warmup = std::string(column) == "lr" ? first : 0});
}

/// What is drawn: one log with its name and style.
struct Shown {
  std::string name;
  std::size_t style = 0;
  RunLog log;
};

std::vector<Shown> shown_logs(const Experiment& experiment) {
  const int seed = experiment.seeds.front();
  std::vector<Shown> shown;
  for (const std::int64_t horizon : experiment.horizons) {
    shown.push_back({"cosine", 1, whole(experiment, methods().front(), horizon, seed)});
  }
  for (const auto& [family, style] : {std::pair("constant", 2U), std::pair("rsqrt", 0U)}) {
    shown.push_back({family, style, experiment.trunk(family, seed).log});
    for (const std::int64_t horizon : experiment.horizons) {
      shown.push_back({family, style, whole(experiment, {family, "1-sqrt", 20}, horizon, seed)});
    }
  }
  return shown;
}

/// Losses, the bound with one D for all, and rates.
struct Curves {
  std::vector<plot::Line> loss, bound, rate;
  double distance = 1.0;
  double correlation = 0.0;  ///< of bound and loss over all runs
};

Curves curves_of(const Experiment& experiment) {
  using figures::line;
  Curves curves;
  const std::vector<Shown> shown = shown_logs(experiment);
  double logs = 0.0;
  for (const Shown& one : shown) {
    std::vector<double> lr = dense(one.log, "lr");
    std::vector<double> norms = dense(one.log, "grad_norm");
    if (lr.back() == 0.0) {  // a last rate of 0 changes nothing
      lr.pop_back();
      norms.pop_back();
    }
    logs += std::log(scheduled::matching_distance(lr, norms));
  }
  curves.distance = std::exp(logs / static_cast<double>(shown.size()));
  std::vector<double> all_losses;
  std::vector<double> all_bounds;
  for (const Shown& one : shown) {
    const std::vector<double> norms = dense(one.log, "grad_norm");
    const Series losses = series(one.log, "val_loss");
    std::vector<std::int64_t> steps;
    std::vector<double> y;
    for (std::size_t k = 0; k < losses.step.size(); ++k) {
      if (losses.step[k] < experiment.horizons.front() / 4) continue;
      steps.push_back(losses.step[k]);
      y.push_back(losses.value[k]);
    }
    const std::vector<double> bounds =
        scheduled::bound_at(dense(one.log, "lr"), {.grad_norm = norms, .distance = curves.distance}, steps);
    const std::vector<double> x(steps.begin(), steps.end());
    curves.loss.push_back(line(one.name, x, y, one.style));
    curves.bound.push_back(line(one.name, x, bounds, one.style));
    const Series rates = series(one.log, "lr");
    curves.rate.push_back(line(one.name, {rates.step.begin(), rates.step.end()}, rates.value, one.style));
    all_losses.insert(all_losses.end(), y.begin(), y.end());
    all_bounds.insert(all_bounds.end(), bounds.begin(), bounds.end());
  }
  curves.correlation = figures::correlation(all_bounds, all_losses);
  return curves;
}

/// Of a run's live bound, as logged, and its validation loss.
double live_correlation(const Experiment& experiment, const RunLog& log) {
  std::vector<double> bound;
  std::vector<double> loss;
  for (std::size_t k = 0; k < log.rows(); ++k) {
    const double x = log.at("omega")[k];
    const double y = log.at("val_loss")[k];
    if (log.step[k] < experiment.horizons.front() / 4 || std::isnan(x) || std::isnan(y)) continue;
    bound.push_back(x);
    loss.push_back(y);
  }
  return figures::correlation(bound, loss);
}

void print_bound(const Experiment& experiment, const Curves& curves) {
  fmt::print(
      "## The bound beside the loss\n\n![Validation loss, bound and learning rate](images/anytime-bound.png)\n\n"
      "The single spikes of the bound are single large gradient norms. Ω_t from the rates and the measured gradient "
      "norms, first seed, 1-sqrt cooldowns of 20 %, with D = {:.3g} for "
      "all runs\n(the geometric mean of those at which their peaks would be the best ones). Over all of them, from {} "
      "updates on, its\ncorrelation with the validation loss is {:.3f}. The trainer's live Ω_t has the D of the "
      "config, "
      "here 1; its correlation\nwith the loss along each run:\n\n| | correlation |\n|---|---:|\n",
      curves.distance, experiment.horizons.front() / 4, curves.correlation);
  const int seed = experiment.seeds.front();
  for (const std::int64_t horizon : experiment.horizons) {
    fmt::print("| cosine, {} | {:.3f} |\n", horizon,
               live_correlation(experiment, experiment.line(methods().front(), horizon, seed).log));
  }
  for (const char* const family : {"rsqrt", "constant"}) {
    fmt::print("| {} trunk | {:.3f} |\n", family, live_correlation(experiment, experiment.trunk(family, seed).log));
  }
}

void draw(const Curves& curves, const fs::path& folder) {
  using figures::single;
  const plot::Axis step = {.label = "update", .ticks = plot::TickStyle::count};
  plot::Figure losses = single(step, {.label = "validation loss, nats per byte"}, curves.loss);
  losses.height = 3.0;
  write_figure(losses, folder / "anytime-losses.png");
  plot::Figure all = losses;
  all.height = 4.8;
  const plot::Axis bound = {.label = "bound Ω"};
  all.panels.push_back(figures::panel(step, bound, curves.bound));
  all.panels.push_back(figures::panel(step, {.label = "learning rate"}, curves.rate));
  all.panels.back().weight = 0.65;
  write_figure(all, folder / "anytime-bound.png");
}

}  // namespace

void anytime(const fs::path& logs, const fs::path& pictures) {
  const Experiment experiment(logs);
  print_setting(experiment);
  fmt::print(
      "![Validation losses](images/anytime-losses.png)\n\n"
      "First seed: cosine runs, and both trunks with 1-sqrt cooldowns of 20 %. The tables below are means over the "
      "seeds.\n\n");
  print_losses(experiment);
  print_claims(experiment);
  print_cost(experiment);
  print_sweeps(experiment);
  const Curves curves = curves_of(experiment);
  print_bound(experiment, curves);
  if (!pictures.empty()) draw(curves, pictures);
}

}  // namespace scheduled::reports
