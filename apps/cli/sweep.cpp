#include "cli/sweep.hpp"
#include "scheduled/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <memory>
#include <stdexcept>

#include "base/csv.hpp"
#include "cli/draw.hpp"
#include "cli/results.hpp"
#include "scheduled/design.hpp"
#include "shell/output.hpp"
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

/// A:B:N as N values from A to B: evenly spaced, or in equal ratios. Nothing where `text` is no range.
template <class Read>
std::optional<std::vector<double>> range_of(std::string_view name, const std::string& text, bool ratios, Read read) {
  const std::size_t first = text.find(':');
  if (first == std::string::npos) return std::nullopt;
  const std::size_t second = text.find(':', first + 1);
  const auto count = second == std::string::npos ? std::nullopt : parse_number(text.substr(second + 1));
  if (!count || !(*count >= 2.0 && *count <= 1e6) || *count != std::floor(*count)) {
    fail(fmt::format("{} = {}: must be FROM:TO:COUNT with a whole number >= 2 as COUNT", name, text));
  }
  const double from = read(text.substr(0, first));
  const double to = read(text.substr(first + 1, second - first - 1));
  if (!(from > 0.0 && to > from)) fail(fmt::format("{} = {}: must rise from above 0", name, text));
  std::vector<double> values;
  const auto last = static_cast<std::int64_t>(*count) - 1;
  for (std::int64_t k = 0; k <= last; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(last);
    values.push_back(share == 1.0 ? to : ratios ? from * std::pow(to / from, share) : from + share * (to - from));
  }
  return values;
}

template <class Value>
void require_distinct(std::string_view name, std::vector<Value> values) {
  std::sort(values.begin(), values.end());
  if (std::adjacent_find(values.begin(), values.end()) != values.end())
    fail(fmt::format("{}: a value stands twice", name));
}

std::vector<std::int64_t> horizons_of(const std::string& text) {
  std::vector<std::int64_t> horizons;
  if (text.empty()) return horizons;
  const auto read = [](const std::string& entry) {
    return static_cast<double>(read_steps("horizons", entry).value_or(0));
  };
  for (const std::string& entry : read_list("horizons", text)) {
    const auto range = range_of("horizons", entry, true, read);
    for (const double steps : range ? *range : std::vector<double>{read(entry)}) {
      horizons.push_back(static_cast<std::int64_t>(std::llround(steps)));
      check_summable(horizons.back());
    }
  }
  require_distinct("horizons", horizons);
  return horizons;
}

std::vector<double> cooldowns_of(const std::string& text) {
  std::vector<double> cooldowns;
  if (text.empty()) return cooldowns;
  const auto read = [](const std::string& entry) { return read_share("cooldowns", entry); };
  for (const std::string& entry : read_list("cooldowns", text)) {
    const auto range = range_of("cooldowns", entry, false, read);
    for (const double share : range ? *range : std::vector<double>{read(entry)}) cooldowns.push_back(share);
  }
  require_distinct("cooldowns", cooldowns);
  return cooldowns;
}

std::vector<GradNormFamily> norms_of(const std::string& text, std::int64_t longest) {
  std::vector<GradNormFamily> families;
  if (text.empty()) return families;
  for (const std::string& entry : read_list("grad-norms", text)) {
    GradNormFamily family{.name = entry};
    if (entry.starts_with("t^")) {
      family.alpha = read_number("grad-norms exponent", entry.substr(2));
    } else if (const auto number = parse_number(entry)) {
      if (*number != 1.0) family.series.assign(static_cast<std::size_t>(longest), *number);
    } else {
      family.series = read_numbers(entry, read_text(entry));
      if (family.series.empty()) fail(entry + ": holds no grad norms");
    }
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
    if (!axes.cooldowns.empty() && spec.cooldown) spec.cooldown->length = scheduled::percent(50.0);
    try {
      alike.push_back({entry.schedule, print(Schedule(std::move(spec)))});
    } catch (const std::invalid_argument&) {
      alike.push_back(entry);
    }
  }
  if (alike.size() == 1) return {schedule_name(schedules[0].schedule)};
  return short_names(alike, false);
}

/// SPECs without a horizon are read with the longest one.
std::vector<NamedSchedule> schedules_of(SpecOptions specs, const std::vector<std::int64_t>& horizons) {
  if (specs.steps.empty() && !horizons.empty()) {
    specs.steps = std::to_string(*std::max_element(horizons.begin(), horizons.end()));
  }
  return specs.read();
}

SweepAxes axes_of(const SweepVerbOptions& options, std::vector<std::int64_t> horizons,
                  const std::vector<NamedSchedule>& schedules) {
  SweepAxes axes;
  axes.horizons = std::move(horizons);
  axes.cooldowns = cooldowns_of(options.cooldowns);
  std::int64_t longest = 0;
  for (const std::int64_t horizon : axes.horizons) longest = std::max(longest, horizon);
  for (const NamedSchedule& entry : schedules) {
    axes.schedules.push_back(entry.schedule);
    if (axes.horizons.empty()) longest = std::max(longest, entry.schedule.steps().value_or(0));
  }
  check_summable(longest);
  axes.grad_norms = norms_of(options.grad_norms, longest);
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
              table.norm_names[place.grad_norm], failed ? "-" : rounded(result.best->peak),
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

std::string csv_of(const SweepTable& table, const SweepOptions& settings) {
  std::vector<std::string> header = sweep_columns();
  header.emplace_back("ratio");
  std::string text = csv_line(header);
  for (std::size_t k = 0; k < table.results.size(); ++k) {
    std::vector<std::string> cells = sweep_cells(table.axes, settings, table.results[k]);
    cells.push_back(table.results[k].error.empty() ? format_number(table.ratios[k]) : "");
    text += csv_line(cells);
  }
  return text;
}

Json json_of(const SweepTable& table, const BoundOptions& bound) {
  Json json;
  json["criterion"] = bound.criterion;
  json["distance"] = bound.distance.empty() ? 1.0 : read_number("distance", bound.distance);
  json["combinations"] = table.axes.size();
  json["rows"] = Json::array();
  for (std::size_t k = 0; k < table.results.size(); ++k) {
    const SweepResult& result = table.results[k];
    const SweepPlace place = sweep_place(table.axes, result.combination);
    Json row;
    row["schedule"] = table.schedule_names[place.schedule];
    if (!table.axes.horizons.empty()) row["steps"] = table.axes.horizons[place.horizon];
    if (!table.axes.cooldowns.empty()) row["cooldown"] = table.axes.cooldowns[place.cooldown];
    row["grad_norm"] = grad_norm_json(table.norm_names[place.grad_norm]);
    if (!result.error.empty()) {
      row["error"] = result.error;
    } else {
      row["spec"] = print(sweep_schedule(table.axes, result.combination).with_peak(result.best->peak));
      row["T"] = result.best->T;
      row["peak"] = result.best->peak;
      row["bound"] = result.best->bound;
      row["ratio"] = table.ratios[k];
    }
    json["rows"].push_back(std::move(row));
  }
  return json;
}

SweepValue value_of(const std::string& text) {
  return text == "bound" ? SweepValue::bound : text == "peak" ? SweepValue::peak : SweepValue::ratio;
}

}  // namespace

void SweepVerbOptions::add_to(CLI::App& verb) {
  verb.add_option("--horizons", horizons, "Sweep: these horizons, e.g. 10k,50k or 1k:100k:20 (20 in equal ratios)")
      ->type_name("N,...");
  verb.add_option("--cooldowns", cooldowns,
                  "Sweep: these cooldowns as shares of the run, e.g. 10%,20% or 5%:100%:20 (20 evenly spaced)")
      ->type_name("SHARE,...");
  verb.add_option("--grad-norms", grad_norms, "Sweep: these grad norms, each as in --grad-norm")->type_name("G,...");
  verb.add_option("--threads", threads, "Of a sweep; default 1")->type_name("N");
  verb.add_option("--out", out,
                  "Of a sweep: append each result to this CSV file; after Ctrl-C the same command goes on from it")
      ->type_name("FILE.csv");
  verb.add_option("--value", value, "What the figure of a sweep shows: ratio (default), bound or peak")
      ->check(CLI::IsMember({"ratio", "bound", "peak"}));
}

void SweepVerbOptions::check_unasked() const {
  if (!(threads.empty() && out.empty() && value.empty())) {
    fail("--threads, --out, --value: only with --horizons, --cooldowns or --grad-norms");
  }
}

void compare_over(const SweepVerbOptions& options, const SpecOptions& specs, const BoundOptions& bound,
                  const OutputOptions& output) {
  if (!bound.T.empty() || !bound.grad_norm.empty())
    fail("--T, --grad-norm: not in a sweep; see --horizons, --grad-norms");
  if (!options.value.empty() && output.figure.empty()) fail("--value: only with -o");
  std::vector<std::int64_t> horizons = horizons_of(options.horizons);
  const std::vector<NamedSchedule> schedules = schedules_of(specs, horizons);
  SweepTable table{axes_of(options, std::move(horizons), schedules), {}, {}, {}, {}};
  table.schedule_names = names_of(schedules, table.axes);
  for (const GradNormFamily& family : table.axes.grad_norms) table.norm_names.push_back(family.name);
  if (table.norm_names.empty()) table.norm_names.emplace_back("1");
  if (!output.figure.empty()) check_drawable(table.axes);
  SweepOptions settings;
  settings.distance = bound.distance.empty() ? 1.0 : read_number("distance", bound.distance);
  settings.criterion = bound.which();
  if (!options.threads.empty()) {
    const double threads = read_number("threads", options.threads);
    if (!(threads >= 1.0 && threads <= 256.0) || threads != std::floor(threads)) {
      fail("threads = " + options.threads + ": must be between 1 and 256");
    }
    settings.threads = static_cast<int>(threads);
  }
  table.results = results_of(table.axes, settings, options.out);
  const auto failed = [](const SweepResult& result) { return !result.error.empty(); };
  if (std::all_of(table.results.begin(), table.results.end(), failed)) {
    fail("no combination could be computed: " + table.results.front().error);
  }
  table.ratios = sweep_ratios(table.axes, table.results);
  if (!output.figure.empty()) {
    plot::write_figure(draw_sweep(table, value_of(options.value), bound.which()), output.figure);
  }
  if (output.json) return print_line(json_of(table, bound));
  print_text(output.csv ? csv_of(table, settings) : text_of(table, bound));
}

}  // namespace scheduled::cli
