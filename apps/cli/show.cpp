// scheduled show: the rates of schedules as a table, a drawing, CSV, JSON or a figure.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/csv.hpp"
#include "base/csv_record.hpp"
#include "base/error.hpp"
#include "cli/bound_records.hpp"
#include "cli/draw.hpp"
#include "cli/verbs.hpp"
#include "plot/figure.hpp"
#include "scheduled/presets.hpp"
#include "scheduled/schedule.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct ShowOptions {
  SpecOptions specs;
  OutputOptions output;
  std::vector<Duration> at;
  std::optional<std::int64_t> every, until;
  bool list = false;
};

/// Steps to show, each with why it is of interest.
using Steps = std::map<std::int64_t, std::string>;

/// Where a drawing ends: the longest horizon, else --until, else ten warmups but at least 10k steps.
std::int64_t end_of_drawing(const ShowOptions& options) {
  if (options.until) return *options.until;
  std::int64_t horizon = 0;
  std::int64_t warmup = 0;
  for (const NamedSchedule& entry : options.specs.schedules) {
    horizon = std::max(horizon, entry.schedule.steps().value_or(0));
    warmup = std::max(warmup, entry.schedule.layout().warmup_steps);
  }
  return horizon > 0 ? horizon : std::max<std::int64_t>(10'000, 10 * warmup);
}

Steps asked_steps(const std::vector<Duration>& at, const Schedule& schedule) {
  Steps steps;
  renamed({{"mark", "at"}}, [&] {
    for (const Duration step : at) steps[schedule.steps_done(step)];
  });
  return steps;
}

Steps steps_of(const ShowOptions& options, const Schedule& schedule, std::int64_t end) {
  return options.at.empty() ? informative_steps(schedule, end) : asked_steps(options.at, schedule);
}

void print_csv(const ShowOptions& options, std::int64_t end) {
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  Output output;
  std::vector<std::string> header = series_names(Rates());
  if (schedules.size() > 1) {
    header.pop_back();
    for (const NamedSchedule& entry : schedules) header.push_back(entry.name);
  }
  output.write(csv_line(header));
  const auto write_row = [&](std::int64_t step) {
    std::string row = std::to_string(step);
    for (const NamedSchedule& entry : schedules) row += "," + format_number(entry.schedule.lr(step));
    output.write(row + "\n");
  };
  if (!options.at.empty()) {
    Steps steps;
    for (const NamedSchedule& entry : schedules) steps.merge(asked_steps(options.at, entry.schedule));
    for (const auto& [step, why] : steps) write_row(step);
  } else {
    for (std::int64_t step = 0; step < end; step += options.every.value_or(1)) write_row(step);
  }
  output.flush();
}

Shown shown(const ShowOptions& options, const Schedule& schedule, std::int64_t end) {
  Shown found{{schedule}, schedule.layout(), {}};
  const auto add = [&](std::int64_t step) {
    found.rates.step.push_back(step);
    found.rates.lr.push_back(schedule.lr(step));
  };
  if (options.every && options.at.empty()) {
    const std::int64_t own_end = options.until ? end : schedule.steps().value_or(end);
    for (std::int64_t step = 0; step < own_end; step += *options.every) add(step);
  } else {
    for (const auto& [step, why] : steps_of(options, schedule, end)) add(step);
  }
  return found;
}

std::string layout_text(const Schedule& schedule) {
  const Layout& layout = schedule.layout();
  if (!layout.steps) return fmt::format("no horizon; warmup {} steps", layout.warmup_steps);
  const std::int64_t between = *layout.steps - layout.warmup_steps - layout.cooldown_steps;
  return fmt::format("{} steps: warmup {}, {} {}, cooldown {}", *layout.steps, layout.warmup_steps,
                     schedule.flat() ? "stable" : schedule_name(schedule), between, layout.cooldown_steps);
}

std::string table_text(const ShowOptions& options, const NamedSchedule& entry, std::int64_t end) {
  TextTable table({"step", "learning rate", ""});
  for (const auto& [step, why] : steps_of(options, entry.schedule, end)) {
    table.add({std::to_string(step), rounded(entry.schedule.lr(step)), why});
  }
  return entry.name + "\n" + layout_text(entry.schedule) + "\n\n" + table.text() + "\n";
}

std::vector<plot::Line> lines_of(const std::vector<NamedSchedule>& schedules, std::int64_t end) {
  const std::vector<std::string> names = short_names(schedules, true);
  std::vector<plot::Line> lines;
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    const std::int64_t steps = std::min(schedules[k].schedule.steps().value_or(end), end);
    lines.push_back(rate_line(schedules[k].schedule, steps, names[k], k));
  }
  return lines;
}

void print_list() {
  std::string text;
  for (const ScheduleHelp& help : schedule_help()) {
    text += fmt::format("{}: {}\n    {}\n", help.name, help.meaning, help.example);
  }
  text += "\npublished, at their own length or with steps=... scaled to another, and with peak=...:\n";
  for (const Preset& preset : presets()) {
    std::string spec(preset.spec);
    if (preset.needs_steps) spec.insert(spec.find('(') + 1, "steps=50k, ");
    text += fmt::format("preset:{}: {}{}{}\n    {}\n", preset.name, preset.source, preset.caution.empty() ? "" : "; ",
                        preset.caution, spec);
  }
  print_text(text);
}

void show(const ShowOptions& options) {
  if (options.list) {
    const OutputOptions& output = options.output;
    if (output.json || output.csv || !output.figure.empty())
      fail_argument("--list", "is text; not with --json, --csv or -o");
    if (!options.specs.schedules.empty()) fail_argument("--list", "lists all schedules; give no SPEC");
    return print_list();
  }
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  if (schedules.empty()) fail_argument("SPEC", "none given; see scheduled show --help");
  require_count("until", options.until);
  require_count("every", options.every);
  const std::int64_t end = end_of_drawing(options);
  // Check what only the printing needs, too, before a figure is written.
  for (const NamedSchedule& entry : schedules) steps_of(options, entry.schedule, end);
  const auto panel = [&] { return rate_panel(lines_of(schedules, end), end); };
  if (!options.output.figure.empty()) {
    plot::write_figure({{panel()}, plot::Arrangement::stacked, 4.4, 2.4}, options.output.figure);
  }
  if (options.output.csv) return print_csv(options, end);
  std::string text;
  for (const NamedSchedule& entry : schedules) {
    if (options.output.json) {
      print_line(to_json(shown(options, entry.schedule, end)));
    } else {
      text += table_text(options, entry, end);
    }
  }
  if (options.output.json) return;
  print_text(text + drawing(panel(), 18));
}

}  // namespace

void add_show(Verb& command) {
  Verb& verb = command.verb("show", "Print and draw schedules");
  auto& options = verb.keep<ShowOptions>();
  options.specs.add_to(verb);
  verb.add("--list", options.list, "List the schedules, each with an example");
  verb.add("--at", options.at, "Only these steps, e.g. 0,300,10k,50% (0 is the first update)").type("STEP,STEP");
  verb.add("--every", options.every, "Every N-th step, with --csv (default 1) or --json").type("N");
  verb.add("--until", options.until,
           "End of the drawing and the CSV; default: the longest horizon, without one ten warmups but at least "
           "10k steps")
      .type("N");
  options.output.add_to(verb);
  verb.help(
      "Steps count from 0: step 0 is the first update. Several SPECs give one JSON object per line.\n\n"
      "A cooldown decays linearly unless decay= says otherwise, in power and infinite exponentially: give it a final\n"
      "rate > 0, or decay=linear. A share in the cooldown of wsd-s is of the step count of each result. All keys stand "
      "in\n"
      "docs/guide/schedules.md.\n\n"
      "Examples:\n"
      "  scheduled show \"wsd(steps=50k, warmup=300, cooldown=20%, decay=1-sqrt, peak=1e-3)\"\n"
      "  scheduled show \"wsd(steps=20Mtok, cooldown=20%, batch=[0:8, 4Mtok:16], seq_length=1k)\"\n"
      "  scheduled show wsd cosine --steps 10k --csv --every 1k\n"
      "  scheduled show \"rsqrt(warmup=1k, peak=1e-3)\" --until 20k --at 0,1k,10k --json");
  prints<Shown>(verb);
  verb.run([&options] { show(options); });
}

}  // namespace scheduled::cli
