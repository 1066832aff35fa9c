// scheduled extend: how to go on after a trunk, to one or several longer horizons.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/csv.hpp"
#include "base/csv_record.hpp"
#include "base/error.hpp"
#include "cli/design_records.hpp"
#include "cli/draw.hpp"
#include "cli/log_options.hpp"
#include "cli/results.hpp"
#include "cli/verbs.hpp"
#include "scheduled/design.hpp"
#include "scheduled/trunk.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

/// A new horizon: steps, or a multiple of what was planned.
struct Target {
  std::optional<std::int64_t> steps;
  double factor = 0.0;
};

struct ExtendOptions {
  SpecOptions specs;
  LogOptions run;
  std::optional<std::int64_t> at;
  std::vector<Target> to;
  std::optional<Duration> cooldown;
  std::optional<Decay> decay;
  ExtendRule rule = ExtendRule::match_base_lr;
  BoundOptions bound;
  OutputOptions output;

  bool distance_given() const { return bound.distance && !bound.distance->automatic; }
};

/// The trunk: a schedule, or rates of a log with the cooldown that is planned.
struct Trained {
  std::string name;
  std::optional<Schedule> schedule;
  std::optional<Trunk> trunk;
  Cooldown cooldown;
  std::int64_t at = 0;
  std::int64_t planned = 0;  ///< what 1x is
};

Trained trained_of(const ExtendOptions& options) {
  if (options.run.given()) {
    const RunLog log = options.run.read(options.run.logs.front());
    const Trunk trunk(trunk_rates(log, options.at, options.run.dense()));
    Cooldown planned;
    if (options.cooldown) planned.length = *options.cooldown;
    if (options.decay) planned.decay = *options.decay;
    check_cooldown(planned);
    return {log.name, {}, trunk, planned, trunk.step(), trunk.step()};
  }
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  if (schedules.size() != 1) fail_argument("SPEC", "exactly one trunk can be extended");
  if (!options.at) fail_argument("--at", "is missing: how many steps of the trunk are done");
  const NamedSchedule& trunk = schedules[0];
  return {trunk.name, trunk.schedule, {}, {}, *options.at, trunk.schedule.steps().value_or(*options.at)};
}

std::vector<std::int64_t> targets_of(const std::vector<Target>& to, std::int64_t planned) {
  std::vector<std::int64_t> targets;
  for (const Target& target : to) {
    const double steps = std::round(target.factor * static_cast<double>(planned));
    if (!target.steps && !(steps >= 1.0 && steps <= 1e12)) {
      fail_value("to", format_number(target.factor) + "x", "must be a positive multiple such as 1.5x");
    }
    targets.push_back(target.steps ? *target.steps : static_cast<std::int64_t>(steps));
    check_summable(targets.back());
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

std::string choice_text(const ExtendRow& row) {
  const std::string limit = row.at_limit ? " (limit)" : "";
  switch (row.method) {
    case ExtendMethod::naive:
    case ExtendMethod::adapted_cooldown:
      return "cooldown " + percent_text(row.parameter) + limit;
    case ExtendMethod::drop:
      return row.parameter == 1.0 ? "no lower plateau" + limit
                                  : fmt::format("plateau at {:.3g} of the peak{}", row.parameter, limit);
    case ExtendMethod::optimal:
      break;
  }
  return fmt::format("next LR {:.3g} of the last", row.parameter);
}

std::string text_of(const Extended& found, const ExtendOptions& options) {
  const std::string distance = options.distance_given()
                                   ? rounded(found.distance())
                                   : rounded(found.distance()) + " (the trunk's LR is the best one for its plan)";
  std::string text = fmt::format("trunk {}, {} steps done\nlast-iterate bound, distance {}, grad norm {}\n\n",
                                 found.name, found.at, distance, found.grad_norm.text);
  std::vector<std::string> header{"method", "to", "bound Ω", "over best", "worst case"};
  const bool several = found.targets.size() > 1;
  for (std::size_t k = 0; several && k + 1 < found.targets.size(); ++k) {
    header.push_back(fmt::format("at {}", found.targets[k]));
  }
  header.emplace_back("");
  TextTable table(header);
  for (const ExtendRow& row : found.rows) {
    std::vector<std::string> cells{std::string(name_of(row.method)), std::to_string(row.steps), rounded(row.omega),
                                   fmt::format("{:.4f}", beside_others(found, row).ratio), rounded(row.worst_case)};
    for (std::size_t k = 0; several && k + 1 < found.targets.size(); ++k) {
      cells.push_back(found.targets[k] < row.steps ? rounded(row.stopped[k]) : "-");
    }
    cells.push_back(choice_text(row));
    table.add(std::move(cells));
  }
  text += table.text();
  if (several) text += "\nat N: the bound if this plan is stopped at step N, without a cooldown of its own\n";
  if (std::any_of(found.rows.begin(), found.rows.end(), [](const ExtendRow& row) { return row.at_limit; })) {
    text += "\n(limit): nothing that can still be chosen makes the trunk's LR the best one; this comes nearest\n";
  }
  text += "\nto paste\n";
  for (const ExtendRow& row : found.rows) {
    const bool nearest = row.method == ExtendMethod::optimal;
    text += fmt::format("  {} {}: {}{}\n", name_of(row.method), row.steps, row.spec,
                        nearest ? fmt::format(" (nearest plain one, bound {} more)",
                                              percent_text(std::max(row.spec_omega / row.omega - 1.0, 0.0)))
                                : "");
  }
  return text + "\n";
}

/// With a column for each horizon: the bound of a plan that is stopped there.
std::string csv_with_targets(const Extended& found) {
  std::string text;
  for (const ExtendRow& row : found.rows) {
    if (text.empty()) {
      std::vector<std::string> header = csv_names(row);
      for (std::string& compared : csv_names(beside_others(found, row))) header.push_back(std::move(compared));
      for (const std::int64_t target : found.targets) header.push_back(fmt::format("stopped_{}", target));
      text = csv_line(header);
    }
    std::vector<std::string> cells = csv_cells(row);
    for (std::string& compared : csv_cells(beside_others(found, row))) cells.push_back(std::move(compared));
    for (const double value : row.stopped) cells.push_back(std::isfinite(value) ? format_number(value) : "");
    text += csv_line(cells);
  }
  return text;
}

/// The four ways to the horizon `target`, on an axis that ends at `end`.
plot::Panel rates_of(const Extended& found, std::size_t target, std::int64_t end) {
  std::vector<plot::Line> lines;
  for (const ExtendRow& row : found.rows) {
    if (row.steps != found.targets[target]) continue;
    const auto T = static_cast<std::int64_t>(row.lr.size());
    lines.push_back(rate_line(Schedule::table(row.lr), T, std::string(name_of(row.method)), lines.size()));
  }
  plot::Panel panel = rate_panel(std::move(lines), end);
  panel.title = fmt::format("to {} steps, {} of them done", found.targets[target], found.at);
  return panel;
}

/// The bound along the four ways to the only horizon.
plot::Panel bounds_along(const Extended& found, const BoundSettings& settings) {
  std::vector<plot::Line> lines;
  for (const ExtendRow& row : found.rows) {
    lines.push_back(bound_line(Schedule::table(row.lr), settings, std::string(name_of(row.method)), lines.size()));
  }
  return bound_panel(std::move(lines), found.targets.back(), settings);
}

/// Where the four ways end, over the horizon.
plot::Panel bounds_at_ends(const Extended& found, const BoundSettings& settings) {
  std::vector<plot::Line> lines;
  for (const std::string_view method : Words<ExtendMethod>::words) {
    plot::Line line{std::string(method), {}, {}, lines.size(), plot::Line::Kind::joined};
    for (const ExtendRow& row : found.rows) {
      if (word_of(row.method) != method) continue;
      line.x.push_back(static_cast<double>(row.steps));
      line.y.push_back(row.omega);
    }
    lines.push_back(std::move(line));
  }
  return {
      step_axis(found.targets.back()), {.label = bound_label(settings), .scale = plot::Scale::log}, std::move(lines)};
}

/// The rates to each horizon above the bounds.
plot::Figure draw(const Extended& found, const BoundSettings& settings) {
  plot::Figure figure{{}, plot::Arrangement::stacked, 4.6, 0.0};
  for (std::size_t k = 0; k < found.targets.size(); ++k) {
    figure.panels.push_back(rates_of(found, k, found.targets.back()));
  }
  const bool one = found.targets.size() == 1;
  figure.panels.push_back(one ? bounds_along(found, settings) : bounds_at_ends(found, settings));
  figure.height = one ? 4.0 : 1.5 * static_cast<double>(figure.panels.size()) + 0.5;
  return figure;
}

void check(const ExtendOptions& options) {
  if (options.run.given() == !options.specs.specs.empty()) {
    fail_argument("SPEC or --log", "one of them must be given; see scheduled extend --help");
  }
  if (!options.run.given() && (options.cooldown || options.decay)) {
    fail_argument("--cooldown, --decay", "only with --log; a SPEC says its own");
  }
}

void run(const ExtendOptions& options) {
  check(options);
  const Trained trunk = trained_of(options);
  Extended found{
      trunk.name, trunk.at, options.bound.grad_norm_or_1(), options.rule, targets_of(options.to, trunk.planned), {}};
  // A power of t must be known for the plan, too; its cooldown may be longer than the trunk.
  const Duration& cooldown = trunk.cooldown.length;
  const std::int64_t tail = cooldown.unit == Duration::Unit::steps ? static_cast<std::int64_t>(cooldown.value) : 0;
  const std::int64_t longest = std::max({2 * trunk.planned, trunk.at + tail, found.targets.back()});
  check_summable(longest);
  const GradNorms norms(found.grad_norm, longest);
  {
    Progress progress("extensions", Words<ExtendMethod>::words.size() * found.targets.size());
    ExtendSettings settings{norms.view(), {}, options.rule, [&](std::int64_t done, std::int64_t) {
                              progress.done(static_cast<std::size_t>(done));
                            }};
    if (options.distance_given()) settings.distance = options.bound.distance->value;
    found.rows = renamed({{"m", "at"}, {"horizons", "to"}}, [&] {
      return trunk.schedule ? extend(*trunk.schedule, trunk.at, found.targets, settings)
                            : extend(trunk.trunk->values(trunk.at), found.targets, settings, trunk.cooldown);
    });
  }
  if (!options.output.figure.empty()) {
    plot::write_figure(draw(found, {norms.view(), found.distance()}), options.output.figure);
  }
  if (options.output.json) return print_line(to_json(found));
  if (options.output.csv) return print_text(csv_with_targets(found));
  const plot::Panel to_last = rates_of(found, found.targets.size() - 1, found.targets.back());
  print_text(text_of(found, options) + to_last.title + "\n" + drawing(to_last, 16));
}

}  // namespace
}  // namespace scheduled::cli

namespace scheduled::shell {

template <>
struct Argument<cli::Target> {
  static cli::Target read(std::string_view name, std::string_view text) {
    if (!text.ends_with('x')) return {Argument<std::int64_t>::read(name, text)};
    return {{}, Argument<double>::read(name, text.substr(0, text.size() - 1))};
  }
  static std::string show(const cli::Target&) { return {}; }
};

}  // namespace scheduled::shell

namespace scheduled::cli {

void add_extend(Verb& command) {
  Verb& verb = command.verb("extend", "Go on training beyond the planned horizon");
  auto& options = verb.keep<ExtendOptions>();
  options.specs.add_to(verb);
  verb.add("--at", options.at, "Steps of the trunk that are done; with --log default: all").type("N");
  verb.add("--to", options.to,
           "New horizons: steps (100k), or multiples of the SPEC's horizon (1.5x; with --log of the steps done)")
      .type("N|Fx,...")
      .required();
  verb.add("--rule", options.rule,
           "How drop and adapted-cooldown choose: match-base-lr (such that the trunk's LR is the best one, as in arXiv "
           "2501.18965) or smallest-bound")
      .type("RULE");
  options.run.add_one_to(verb);
  verb.add("--cooldown", options.cooldown, "With --log: the planned cooldown; default 20%").type("LENGTH");
  verb.add("--decay", options.decay, "With --log: its shape, as in wsd(decay=...); default linear")
      .type("SHAPE")
      .suggest(suggest_decays);
  options.bound.add_settings_to(verb, {Criterion::omega}, Automatic::distance);
  options.output.add_to(verb);
  verb.help(
      "The trunk is a SPEC (its cooldown is the one planned; where it has left its peak, its rate at --at goes on), "
      "or\n"
      "the rates of a log.\n"
      "naive: same LR, same cooldown share; drop: a lower plateau from the old cooldown on; adapted-cooldown: same "
      "LR,\n"
      "longer cooldown; optimal: the smallest bound there is, and the plain spec nearest to it (the optimal rates\n"
      "themselves: scheduled optimize --prefix). --distance is by default the one at which the trunk's LR is the best\n"
      "for its plan; the spec after a log counts from the start of the run.\n\n"
      "Examples:\n"
      "  scheduled extend \"wsd(steps=50k, warmup=300, peak=1e-3)\" --at 40k --to 1.5x,2x,4x\n"
      "  scheduled extend \"constant(peak=1e-3)\" --at 40k --to 60k --rule smallest-bound --csv\n"
      "  scheduled extend --log run.csv --at 800 --to 2k");
  prints<Extended>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
