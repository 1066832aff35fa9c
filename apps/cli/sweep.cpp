#include "cli/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <memory>
#include <stdexcept>

#include "base/error.hpp"
#include "cli/design_records.hpp"
#include "cli/results.hpp"
#include "shell/progress.hpp"

namespace scheduled::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

/// The first Ctrl-C (or SIGTERM) asks the sweep to end, the second ends the process.
void watch_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

/// FROM:TO:COUNT as so many values: evenly spaced, or in equal ratios.
template <class Read>
std::vector<double> range_of(std::string_view name, std::string_view text, bool ratios, const Read& read) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  const auto count = second == std::string_view::npos ? std::nullopt : parse_number(text.substr(second + 1));
  if (!count || !(*count >= 2.0 && *count <= 1e6) || *count != std::floor(*count)) {
    fail_value(name, text, "must be FROM:TO:COUNT with a whole number >= 2 as COUNT");
  }
  const double from = read(text.substr(0, first));
  const double to = read(text.substr(first + 1, second - first - 1));
  if (!(from > 0.0 && to > from)) fail_value(name, text, "must rise from above 0");
  std::vector<double> values;
  const auto last = static_cast<std::int64_t>(*count) - 1;
  for (std::int64_t k = 0; k <= last; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(last);
    values.push_back(share == 1.0 ? to : ratios ? from * std::pow(to / from, share) : from + share * (to - from));
  }
  return values;
}

/// The values of all entries of a list, each once.
template <class Read>
std::vector<double> values_of(std::string_view name, std::string_view text, bool ratios, const Read& read) {
  std::vector<double> values;
  for (const std::string& entry : read_list(name, text)) {
    if (entry.find(':') == std::string::npos) {
      values.push_back(read(entry));
    } else {
      for (const double value : range_of(name, entry, ratios, read)) values.push_back(value);
    }
  }
  return values;
}

template <class Value>
void require_distinct(std::string_view name, std::vector<Value> values) {
  std::sort(values.begin(), values.end());
  if (std::adjacent_find(values.begin(), values.end()) != values.end()) fail_argument(name, "a value stands twice");
}

std::vector<GradNormFamily> families_of(const std::vector<AskedGradNorm>& asked, std::int64_t longest) {
  using Kind = AskedGradNorm::Kind;
  std::vector<GradNormFamily> families;
  for (const AskedGradNorm& norm : asked) {
    GradNormFamily family{.name = norm.text};
    if (norm.kind == Kind::power) family.alpha = norm.value;
    if (norm.kind == Kind::number && norm.value != 1.0) {
      family.series.assign(static_cast<std::size_t>(longest), norm.value);
    }
    if (norm.kind == Kind::series) family.series = norm.series;
    families.push_back(std::move(family));
  }
  return families;
}

/// Names without the horizon, and without the cooldown's length where that is an axis.
std::vector<std::string> names_of(const std::vector<NamedSchedule>& schedules, const SweepAxes& axes) {
  std::vector<NamedSchedule> alike;
  for (const NamedSchedule& entry : schedules) {
    ScheduleSpec spec = entry.schedule.spec();
    if (!axes.horizons.empty()) spec.steps = steps(axes.horizons.front());
    if (!axes.cooldowns.empty() && spec.cooldown) spec.cooldown->length = percent(50.0);
    try {
      alike.push_back({entry.schedule, print(Schedule(std::move(spec)))});
    } catch (const ArgumentError&) {
      alike.push_back(entry);
    }
  }
  if (alike.size() == 1 && axes.cooldowns.empty()) return {schedule_name(schedules[0].schedule)};
  if (alike.size() == 1) return {alike[0].name.substr(0, alike[0].name.find('('))};  // `linear` with one is a wsd
  return short_names(alike, false);
}

SweepAxes axes_of(const SweepVerbOptions& options, const std::vector<NamedSchedule>& schedules) {
  SweepAxes axes;
  axes.horizons = options.horizons.steps;
  axes.cooldowns = options.cooldowns.shares;
  std::int64_t longest = 0;
  for (const std::int64_t horizon : axes.horizons) longest = std::max(longest, horizon);
  for (const NamedSchedule& entry : schedules) {
    axes.schedules.push_back(entry.schedule);
    if (axes.horizons.empty()) longest = std::max(longest, entry.schedule.steps().value_or(0));
  }
  check_summable(longest);
  axes.grad_norms = families_of(options.grad_norms, longest);
  return axes;
}

/// Computes what is not in the file yet. Throws std::runtime_error where it was interrupted.
std::vector<SweepResult> results_of(const SweepAxes& axes, SweepOptions& settings, const std::string& path) {
  const std::int64_t size = axes.size();
  Progress progress("combinations", static_cast<std::size_t>(size));
  std::unique_ptr<SweepFile> file;
  std::int64_t before = 0;
  std::stop_source stop;
  settings.stop = stop.get_token();
  if (!path.empty()) {
    check_axes(axes, settings);
    file = std::make_unique<SweepFile>(path, axes, settings);
    before = static_cast<std::int64_t>(file->found().size());
    settings.skip = [&](std::int64_t combination) { return file->holds(combination); };
  }
  watch_for_interrupts();
  auto synced = std::chrono::steady_clock::now();
  settings.on_result = [&](const SweepResult& result, std::int64_t done, std::int64_t) {
    progress.done(static_cast<std::size_t>(before + done));
    if (interrupted != 0) stop.request_stop();
    if (!file) return;
    file->append(result);
    if (const auto now = std::chrono::steady_clock::now(); now - synced > std::chrono::seconds(1)) {
      synced = now;
      file->sync();
    }
  };
  std::vector<SweepResult> results = sweep(axes, settings);
  if (!file) {
    if (static_cast<std::int64_t>(results.size()) == size) return results;
    throw std::runtime_error(fmt::format(
        "interrupted: {} of {} combinations were done; --out FILE keeps them, and goes on from there the next time",
        results.size(), size));
  }
  file->sync();
  results.insert(results.end(), file->found().begin(), file->found().end());
  if (static_cast<std::int64_t>(results.size()) < size) {
    throw std::runtime_error(
        fmt::format("interrupted: {} of {} combinations are done and kept in {}; the same command "
                    "goes on from there",
                    results.size(), size, path));
  }
  std::sort(results.begin(), results.end(),
            [](const SweepResult& a, const SweepResult& b) { return a.combination < b.combination; });
  return results;
}

std::string text_of(const SweepTable& table, const BoundOptions& bound) {
  constexpr std::size_t most = 40;
  const SweepAxes& axes = table.axes;
  const bool all = table.results.size() <= most;
  TextTable text({"schedule", "steps", "cooldown", "grad norm", "best peak LR", "bound", "over best", ""});
  std::size_t left_out = 0;
  std::size_t shown = 0;
  for (std::size_t k = 0; k < table.results.size(); ++k) {
    const SweepResult& result = table.results[k];
    if ((!all && table.ratios[k] != 1.0) || shown == most) {
      ++left_out;
      continue;
    }
    ++shown;
    const SweepPlace place = sweep_place(axes, result.combination);
    const std::int64_t own = axes.schedules[place.schedule].steps().value_or(0);
    const bool failed = !result.error.empty();
    text.add({table.schedule_names[place.schedule],
              std::to_string(axes.horizons.empty() ? own : axes.horizons[place.horizon]),
              axes.cooldowns.empty() ? "own" : percent_text(axes.cooldowns[place.cooldown]),
              table.norms[place.grad_norm].text, failed ? "-" : rounded(result.best->peak),
              failed ? "-" : rounded(result.best->bound), failed ? "-" : fmt::format("{:.4f}", table.ratios[k]),
              result.error});
  }
  std::string out = fmt::format("{}; {} combination{}\n\n{}", settings_text(bound), table.results.size(),
                                table.results.size() == 1 ? "" : "s", text.text());
  if (left_out > 0) {
    out += fmt::format("\nthe best of each horizon and grad norm; {} rows are left out: --csv and --out have all\n",
                       left_out);
  }
  return out;
}

std::vector<SweptRow> rows_of(const SweepTable& table, const SweepOptions& settings) {
  std::vector<SweptRow> rows;
  for (std::size_t k = 0; k < table.results.size(); ++k) {
    const SweepResult& result = table.results[k];
    SweptRow row{sweep_row(table.axes, settings, result), {}, {}};
    if (result.best) {
      row.tuned = sweep_schedule(table.axes, result.combination).with_peak(result.best->peak);
      row.ratio = table.ratios[k];
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

void SweepVerbOptions::add_to(Verb& verb) {
  verb.add("--horizons", horizons, "Sweep: these horizons, e.g. 10k,50k or 1k:100k:20 (20 in equal ratios)")
      .type("N,...");
  verb.add("--cooldowns", cooldowns,
           "Sweep: these cooldowns as shares of the run, e.g. 10%,20% or 5%:100%:20 (20 evenly spaced)")
      .type("SHARE,...");
  verb.add("--grad-norms", grad_norms, "Sweep: these grad norms, each as in --grad-norm").type("G,...");
  verb.add("--threads", threads, "Of a sweep; default 1").type("N");
  verb.add("--out", out,
           "Of a sweep: append each result to this CSV file; after Ctrl-C the same command goes on from it")
      .type("FILE.csv");
  verb.add("--value", value,
           concat({"What the figure of a sweep shows: ", word_list(Words<SweepValue>::words), "; default ratio"}))
      .type("WORD");
}

void SweepVerbOptions::check_unasked() const {
  if (threads || !out.empty() || value) {
    fail_argument("--threads, --out, --value", "only with --horizons, --cooldowns or --grad-norms");
  }
}

void compare_over(const SweepVerbOptions& options, const SpecOptions& specs, const BoundOptions& bound,
                  const OutputOptions& output) {
  if (bound.T || bound.grad_norm) fail_argument("--T, --grad-norm", "not in a sweep; see --horizons, --grad-norms");
  if (options.value && output.figure.empty()) fail_argument("--value", "only with -o");
  SweepTable table{axes_of(options, specs.schedules), {}, {}, {}, options.grad_norms};
  table.schedule_names = names_of(specs.schedules, table.axes);
  if (table.norms.empty()) table.norms.emplace_back();
  if (!output.figure.empty()) check_drawable(table.axes);
  SweepOptions settings{.distance = bound.distance_or_1(), .criterion = bound.criterion};
  if (options.threads) settings.threads = options.threads->count;
  table.results = results_of(table.axes, settings, options.out);
  const auto failed = [](const SweepResult& result) { return !result.error.empty(); };
  if (std::all_of(table.results.begin(), table.results.end(), failed)) {
    fail_argument("SPEC", "no combination could be computed: " + table.results.front().error);
  }
  table.ratios = sweep_ratios(table.axes, table.results);
  if (!output.figure.empty()) {
    plot::write_figure(draw_sweep(table, options.value.value_or(SweepValue::ratio), bound.criterion), output.figure);
  }
  if (output.json) return print_line(to_json(Swept{bound, table.axes.size(), rows_of(table, settings)}));
  print_text(output.csv ? csv_of(rows_of(table, settings)) : text_of(table, bound));
}

}  // namespace scheduled::cli

namespace scheduled::shell {

cli::Horizons Argument<cli::Horizons>::read(std::string_view name, std::string_view text) {
  const auto read = [name](std::string_view entry) {
    return static_cast<double>(Argument<std::int64_t>::read(name, entry));
  };
  cli::Horizons horizons;
  for (const double steps : cli::values_of(name, text, true, read)) {
    horizons.steps.push_back(static_cast<std::int64_t>(std::llround(steps)));
    check_summable(horizons.steps.back());
  }
  cli::require_distinct(name, horizons.steps);
  return horizons;
}

cli::Cooldowns Argument<cli::Cooldowns>::read(std::string_view name, std::string_view text) {
  const auto read = [name](std::string_view entry) { return Argument<Share>::read(name, entry).value; };
  cli::Cooldowns cooldowns{cli::values_of(name, text, false, read)};
  cli::require_distinct(name, cooldowns.shares);
  return cooldowns;
}

}  // namespace scheduled::shell
