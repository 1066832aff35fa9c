// scheduled tune: the peak learning rate with the smallest bound.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <stdexcept>

#include "cli/arguments.hpp"
#include "cli/draw.hpp"
#include "cli/explain.hpp"
#include "cli/output.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "scheduled/design.hpp"

namespace scheduled::cli {
namespace {

struct TuneOptions {
  SpecOptions specs;
  BoundOptions bound;
  OutputOptions output;
  bool explain = false;
};

struct Tuned {
  Schedule schedule;  ///< at its best peak
  BestBaseLr best;
  std::optional<double> at_half, at_twice;  ///< bound at half and twice the best peak; nothing: not allowed
};

std::optional<double> bound_at_peak(const Schedule& schedule, double peak, const BoundSettings& settings) {
  if (!(peak >= schedule.smallest_peak() && std::isfinite(peak) && peak > 0.0)) return std::nullopt;
  return bound(schedule.with_peak(peak), settings);
}

Tuned tune_one(const Schedule& schedule, const BoundSettings& settings) {
  const BestBaseLr best = best_base_lr(schedule, settings);
  return {schedule.with_peak(best.peak), best, bound_at_peak(schedule, 0.5 * best.peak, settings),
          bound_at_peak(schedule, 2.0 * best.peak, settings)};
}

std::string beside(const std::optional<double>& bound, double best) {
  return bound ? fmt::format("{} ({:.4g} times the best)", rounded(*bound), *bound / best)
               : "below the absolute LRs of the schedule";
}

std::string text_of(const NamedSchedule& entry, const Tuned& tuned) {
  const bool short_enough = print(entry.schedule) == entry.name;
  return fmt::format(
      "{}\n  best peak LR   {} ({})\n  bound          {} at T = {}\n  at half of it  {}\n  at twice it    {}\n  tuned "
      "         {}\n",
      entry.name, rounded(tuned.best.peak), method(tuned.best), rounded(tuned.best.bound), tuned.best.T,
      beside(tuned.at_half, tuned.best.bound), beside(tuned.at_twice, tuned.best.bound),
      short_enough ? print(tuned.schedule) : entry.name + " with this peak");
}

Json json_of(const Tuned& tuned, const BoundOptions& bound) {
  Json json = to_json(tuned.schedule, tuned.best);
  json["at_half"] = tuned.at_half ? Json(*tuned.at_half) : Json();
  json["at_twice"] = tuned.at_twice ? Json(*tuned.at_twice) : Json();
  add_settings(json, bound);
  return json;
}

/// The bound over the peak around each optimum, which is marked.
plot::Figure draw(const std::vector<NamedSchedule>& schedules, const std::vector<Tuned>& tuned,
                  const BoundSettings& settings) {
  constexpr int points = 121;
  constexpr double decades = 1.2;  // each way
  const std::vector<std::string> names = short_names(schedules, false);
  std::vector<plot::Line> lines;
  std::vector<plot::Line> optima;
  for (std::size_t k = 0; k < tuned.size(); ++k) {
    plot::Line line{names[k], {}, {}, k};
    for (int n = 0; n < points; ++n) {
      const double peak = tuned[k].best.peak * std::pow(10.0, decades * (2.0 * n / (points - 1) - 1.0));
      const auto value = bound_at_peak(tuned[k].schedule, peak, settings);
      if (!value) continue;
      line.x.push_back(peak);
      line.y.push_back(*value);
    }
    lines.push_back(std::move(line));
    optima.push_back({"", {tuned[k].best.peak}, {tuned[k].best.bound}, k, plot::Line::Kind::points});
  }
  lines.insert(lines.end(), optima.begin(), optima.end());
  const plot::Axis x{.label = "peak learning rate", .scale = plot::Scale::log};
  const plot::Axis y{.label = bound_label(settings), .scale = plot::Scale::log};
  return {{{x, y, std::move(lines)}}, plot::Arrangement::stacked, 4.4, 2.7};
}

void tune(const TuneOptions& options) {
  options.output.check();
  if (options.explain && options.output.csv) throw std::invalid_argument("--explain: not with --csv");
  const std::vector<NamedSchedule> schedules = options.specs.read();
  const BoundArguments arguments(options.bound, schedules);
  std::vector<Tuned> tuned;
  for (const NamedSchedule& entry : schedules) tuned.push_back(tune_one(entry.schedule, arguments.settings()));
  if (!options.output.figure.empty()) {
    plot::write_figure(draw(schedules, tuned, arguments.settings()), options.output.figure);
  }
  std::string text;
  if (options.output.csv) text = csv_line({"schedule", "T", "peak", "bound", "at_half", "at_twice", "closed_form"});
  const auto number = [](const std::optional<double>& value) { return value ? format_number(*value) : ""; };
  for (std::size_t k = 0; k < tuned.size(); ++k) {
    const Tuned& row = tuned[k];
    if (options.output.json) {
      Json json = json_of(row, options.bound);
      if (options.explain) json["closed_forms"] = to_json(bound_facts(row.schedule, arguments.settings()));
      print_line(json);
    } else if (options.output.csv) {
      text += csv_line({print(row.schedule), std::to_string(row.best.T), number(row.best.peak), number(row.best.bound),
                        number(row.at_half), number(row.at_twice), row.best.closed_form ? "true" : "false"});
    } else {
      text += text_of(schedules[k], row);
      if (options.explain) text += explanation(bound_facts(row.schedule, arguments.settings()));
    }
  }
  print_text(text);
}

}  // namespace

void add_tune(CLI::App& app) {
  auto* const verb = app.add_subcommand("tune", "Find the peak learning rate with the smallest bound");
  const auto options = std::make_shared<TuneOptions>();
  options->specs.add_to(*verb)->required();
  options->bound.add_to(*verb);
  verb->add_flag("--explain", options->explain, "Also what the closed forms say, and what that means in words");
  options->output.add_to(*verb);
  verb->footer(
      "The SPEC's own peak does not matter. The figure shows the bound over the peak.\n\n"
      "Examples:\n"
      "  scheduled tune \"wsd(steps=50k, cooldown=20%)\"\n"
      "  scheduled tune \"cosine(steps=50k)\" --explain\n"
      "  scheduled tune \"cosine(steps=10k, warmup=300, final=1e-5)\" --grad-norm t^-0.5 --json");
  verb->callback([options] { tune(*options); });
}

}  // namespace scheduled::cli
