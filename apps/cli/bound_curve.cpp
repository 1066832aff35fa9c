#include "cli/bound_curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "cli/bound_records.hpp"
#include "cli/results.hpp"
#include "plot/series.hpp"

namespace scheduled::cli {
namespace {

struct Curve {
  std::vector<double> rates;     ///< of updates 1 ... T
  std::vector<double> bound;     ///< Omega_1 ... Omega_T; empty: not asked for
  std::vector<double> gradient;  ///< dOmega_T / d lr_t; empty: not asked for

  std::int64_t T() const { return static_cast<std::int64_t>(rates.size()); }
};

CurveOptions accuracy(const CurveVerbOptions& options) {
  CurveOptions result;
  if (options.tolerance) result.tolerance = *options.tolerance;
  if (options.threads) result.threads = options.threads->count;
  return result;
}

Curve evaluate(const Schedule& schedule, const BoundSettings& settings, const CurveVerbOptions& options) {
  Curve result{bound_rates(schedule, settings.T), {}, {}};
  if (options.curve) {
    result.bound.resize(result.rates.size());
    omega_curve(result.rates, settings.grad_norm, settings.distance, result.bound, accuracy(options));
  }
  if (options.gradient) {
    result.gradient.resize(result.rates.size());
    omega_gradient(result.rates, settings.grad_norm, settings.distance, result.gradient);
  }
  return result;
}

std::string text_of(const NamedSchedule& entry, const Curve& curve, const BoundOptions& bound,
                    const CurveVerbOptions& options) {
  std::vector<std::string> names{"step", "learning rate"};
  if (options.curve) names.emplace_back("bound");
  if (options.gradient) names.emplace_back("gradient");
  names.emplace_back("");
  TextTable table(names);
  for (const auto& [t, why] : informative_updates(entry.schedule, curve.T())) {
    const auto k = static_cast<std::size_t>(t) - 1;
    std::vector<std::string> row{std::to_string(t), rounded(curve.rates[k])};
    if (options.curve) row.push_back(rounded(curve.bound[k]));
    if (options.gradient) row.push_back(rounded(curve.gradient[k]));
    row.push_back(why);
    table.add(std::move(row));
  }
  const std::string what = options.gradient ? "; gradient: change of the bound at T per unit of the step's rate" : "";
  return fmt::format("{}\n{} up to T = {}{}\n\n{}\n", entry.name, settings_text(bound), curve.T(), what, table.text());
}

/// Every `every`-th step and the last.
BoundCurve every_nth(const Schedule& schedule, const Curve& curve, std::int64_t every) {
  BoundCurve rows{{schedule}, schedule.peak(), curve.T(), {}, {}, {}, {}};
  if (!curve.bound.empty()) rows.bound.emplace();
  if (!curve.gradient.empty()) rows.gradient.emplace();
  for (std::int64_t t = 1; t <= curve.T(); ++t) {
    if (t % every != 0 && t != curve.T()) continue;
    const auto k = static_cast<std::size_t>(t) - 1;
    rows.step.push_back(t);
    rows.lr.push_back(curve.rates[k]);
    if (rows.bound) rows.bound->push_back(curve.bound[k]);
    if (rows.gradient) rows.gradient->push_back(curve.gradient[k]);
  }
  return rows;
}

/// --csv and --json.
void print_rows(const std::vector<NamedSchedule>& schedules, const std::vector<Curve>& curves,
                const BoundOptions& bound, std::int64_t every, bool csv) {
  std::vector<BoundCurve> rows;
  rows.reserve(curves.size());
  for (std::size_t k = 0; k < curves.size(); ++k) rows.push_back(every_nth(schedules[k].schedule, curves[k], every));
  if (!csv) return print_lines(rows, bound);
  const bool several = rows.size() > 1;
  print_series(rows, [&](std::size_t k) {
    return OfSchedule{several ? Asked<PrintedSchedule>(rows[k].schedule) : Asked<PrintedSchedule>()};
  });
}

plot::Line line_of(const std::string& name, const std::vector<double>& values, std::size_t style) {
  std::vector<double> steps(values.size());
  std::iota(steps.begin(), steps.end(), 1.0);
  return plot::thinned({name, std::move(steps), values, style});
}

/// The last few steps weigh thousands of times as much as any other, and would leave a flat line of these.
plot::Range middle_range(std::vector<plot::Line> lines) {
  constexpr double shown = 0.97;
  for (plot::Line& line : lines) {
    const auto kept = std::max<std::size_t>(1, static_cast<std::size_t>(shown * static_cast<double>(line.x.size())));
    line.x.resize(kept);
    line.y.resize(kept);
  }
  return plot::settled_range(lines, 0.02, plot::Scale::linear);
}

/// Rates, then what was asked for.
std::vector<plot::Panel> panels_of(const std::vector<NamedSchedule>& schedules, const std::vector<Curve>& curves,
                                   const BoundSettings& settings) {
  const std::vector<std::string> names = short_names(schedules, true);
  std::vector<plot::Line> rates, bounds, gradients;
  std::int64_t end = 1;
  for (std::size_t k = 0; k < curves.size(); ++k) {
    end = std::max(end, curves[k].T());
    rates.push_back(line_of(names[k], curves[k].rates, k));
    if (!curves[k].bound.empty()) bounds.push_back(line_of(names[k], curves[k].bound, k));
    if (!curves[k].gradient.empty()) gradients.push_back(line_of(names[k], curves[k].gradient, k));
  }
  std::vector<plot::Panel> panels{rate_panel(std::move(rates), end)};
  if (!bounds.empty()) panels.push_back(bound_panel(std::move(bounds), end, settings));
  if (!gradients.empty()) {
    panels.push_back(
        {step_axis(end), {.label = "dΩ / d learning rate", .range = middle_range(gradients)}, std::move(gradients)});
  }
  return panels;
}

}  // namespace

void CurveVerbOptions::add_to(Verb& verb) {
  verb.add("--curve", curve, "The bound after every step, drawn beside the learning rate");
  verb.add("--gradient", gradient, "How the bound at T changes with the learning rate of every step");
  verb.add("--every", every, "With --curve, --gradient and --csv or --json, or --stream: every N-th step").type("N");
  verb.add("--tolerance", tolerance, "Relative error allowed in --curve, 1e-14 to 0.1; default 1e-12").type("EPS");
  verb.add("--threads", threads, "Threads for --curve; the numbers are the same for any; default 1").type("N");
}

void CurveVerbOptions::check(const BoundOptions& bound, const OutputOptions& output) const {
  if (!curve && (tolerance || threads)) fail_argument("--tolerance, --threads", "only with --curve");
  if (asked() && bound.criterion != Criterion::omega) {
    fail_argument("--curve, --gradient",
                  "only for the last-iterate bound (--criterion omega); worst cases along a run: worst-case --at");
  }
  if (asked() && every && !output.csv && !output.json) fail_argument("--every", "only with --csv or --json");
  require_count("every", every);
}

void bound_along_schedules(const SpecOptions& specs, const BoundOptions& bound, const CurveVerbOptions& options,
                           const OutputOptions& output) {
  const std::int64_t every = options.every.value_or(1);
  const std::vector<NamedSchedule>& schedules = specs.schedules;
  const BoundArguments arguments(bound, schedules);
  const BoundSettings& settings = arguments.settings();
  std::vector<Curve> curves;
  curves.reserve(schedules.size());
  for (const NamedSchedule& entry : schedules) curves.push_back(evaluate(entry.schedule, settings, options));
  if (!output.figure.empty()) {
    std::vector<plot::Panel> panels = panels_of(schedules, curves, settings);
    const double height = 1.9 * static_cast<double>(panels.size());
    plot::write_figure({std::move(panels), plot::Arrangement::stacked, 4.6, height}, output.figure);
  }
  if (output.csv || output.json) return print_rows(schedules, curves, bound, every, output.csv);
  std::string text;
  for (std::size_t k = 0; k < curves.size(); ++k) {
    text += text_of(schedules[k], curves[k], bound, options);
  }
  const std::vector<plot::Panel> panels = panels_of(schedules, curves, settings);
  for (std::size_t k = 0; k < panels.size(); ++k) text += (k > 0 ? "\n" : "") + drawing(panels[k], 11);
  print_text(text);
}

}  // namespace scheduled::cli
