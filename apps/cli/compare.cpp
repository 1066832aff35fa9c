// scheduled compare: schedules at their best peaks, side by side.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "cli/design_records.hpp"
#include "cli/draw.hpp"
#include "cli/results.hpp"
#include "cli/sweep.hpp"
#include "cli/verbs.hpp"
#include "scheduled/design.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct CompareOptions {
  SpecOptions specs;
  BoundOptions bound;
  SweepVerbOptions sweep;
  OutputOptions output;
};

std::string text_of(const std::vector<std::string>& names, const std::vector<ComparisonRow>& rows,
                    const BoundOptions& bound) {
  const bool averages = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.average.empty(); });
  std::vector<std::string> header{"schedule", "T", "best peak LR", "bound", "ratio to best", "proof"};
  if (!averages) header.pop_back();
  TextTable table(header);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const BestBaseLr& best = rows[k].best;
    std::vector<std::string> cells{names[k], std::to_string(best.T), rounded(best.peak), rounded(best.bound),
                                   fmt::format("{:.3f}", rows[k].ratio)};
    if (averages) cells.push_back(rows[k].average.empty() ? "last iterate" : rows[k].proof);
    table.add(cells);
  }
  return settings_text(bound) + "\n\n" + table.text();
}

std::vector<Compared> printed(const std::vector<ComparisonRow>& rows) {
  std::vector<Compared> all;
  for (const ComparisonRow& row : rows) all.push_back({row});
  return all;
}

plot::Figure draw(const std::vector<std::string>& names, const std::vector<ComparisonRow>& rows,
                  const BoundSettings& settings) {
  std::int64_t end = 1;
  std::vector<plot::Line> rates;
  std::vector<plot::Line> bounds;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Schedule& schedule = rows[k].schedule;
    const std::int64_t T = settings.T.value_or(schedule.steps().value_or(rows[k].best.T));
    end = std::max(end, T);
    rates.push_back(rate_line(schedule, T, names[k], k));
    bounds.push_back(bound_line(schedule, settings, names[k], k));
  }
  return {{rate_panel(std::move(rates), end), bound_panel(std::move(bounds), end, settings)},
          plot::Arrangement::side_by_side,
          6.8,
          2.6};
}

/// The curve of an average over the steps is not defined by its text.
void refuse_averages(const std::vector<NamedSchedule>& schedules, std::string_view what) {
  for (const NamedSchedule& entry : schedules) {
    if (entry.average)
      fail_value("SPEC", entry.full_name(), fmt::format("has an average, which {} does not take", what));
  }
}

void compare_all(const CompareOptions& options) {
  if (options.sweep.asked()) refuse_averages(options.specs.schedules, "a sweep");
  if (options.sweep.asked()) return compare_over(options.sweep, options.specs, options.bound, options.output);
  options.sweep.check_unasked();
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  const BoundArguments arguments(options.bound, schedules);
  std::vector<AveragedSchedule> plain;
  for (const NamedSchedule& entry : schedules) plain.push_back({entry.schedule, entry.average});
  const std::vector<ComparisonRow> rows = [&] {
    const Busy busy;
    return compare(plain, arguments.settings());
  }();
  const std::vector<std::string> names = short_names(schedules, false);
  if (!options.output.figure.empty()) {
    refuse_averages(schedules, "--output");
    plot::write_figure(draw(names, rows, arguments.settings()), options.output.figure);
  }
  if (options.output.json) return print_line(to_json(Comparison{options.bound, printed(rows)}));
  print_text(options.output.csv ? csv_of(printed(rows)) : text_of(names, rows, options.bound));
}

}  // namespace

void add_compare(Verb& command) {
  Verb& verb = command.verb("compare", "Compare schedules, each at its best peak learning rate");
  auto& options = verb.keep<CompareOptions>();
  // Without a horizon of their own, SPECs of a sweep are read with its longest one.
  verb.then([&options] {
    const auto& horizons = options.sweep.horizons.steps;
    if (!options.specs.steps && !horizons.empty()) {
      options.specs.steps = steps(*std::max_element(horizons.begin(), horizons.end()));
    }
  });
  options.specs.add_to(verb, true).required();
  options.bound.add_to(verb, {Criterion::omega, Criterion::standard, Criterion::worst_case});
  options.sweep.add_to(verb);
  options.output.add_to(verb);
  verb.help(
      "Peaks in the SPECs do not matter. The table leaves out the keys on which all agree; --csv and --json have the\n"
      "full specs. The figure shows the schedules beside their bounds.\n\n"
      "\"SPEC | average(last=20%)\" judges the average of the last fifth of the iterates, with --criterion "
      "worst-case.\n\n"
      "With --horizons, --cooldowns or --grad-norms it is a sweep over all combinations; 'over best' is the bound "
      "over\n"
      "the smallest one of the same horizon and grad norm. The figure is then a heat map over horizons and cooldowns,\n"
      "or lines over one of them.\n\n"
      "Examples:\n"
      "  scheduled compare wsd cosine linear 1-sqrt \"rsqrt(warmup=1k)\" constant --steps 50k\n"
      "  scheduled compare \"wsd(cooldown=10%)\" \"wsd(cooldown=40%)\" --steps 10k --csv\n"
      "  scheduled compare wsd \"constant | average(last=20%)\" --steps 10k --criterion worst-case\n"
      "  scheduled compare wsd \"wsd(decay=1-sqrt)\" --steps 10k --cooldowns 10%,20%,40% --grad-norms 1,t^-0.5\n"
      "  scheduled compare wsd --horizons 1k:50k:12 --cooldowns 5%:100%:20 --threads 2 --out sweep.csv -o sweep.png");
  prints<Comparison, Swept>(verb);
  verb.run([&options] { compare_all(options); });
}

}  // namespace scheduled::cli
