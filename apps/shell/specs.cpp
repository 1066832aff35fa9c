// SPEC arguments: where they come from, and how they are named in tables and legends.
#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "shell/arguments.hpp"
#include "shell/file.hpp"

namespace scheduled::shell {
namespace {

/// What `show`, `tune` and `bound` print with --json holds the JSON of a schedule as "schedule", and a row of `average`
/// or `compare` its average; other text is left alone.
std::string schedule_within(std::string_view text) {
  if (!text.starts_with('{')) return std::string(text);
  try {
    const Json json = Json::parse(text);
    if (const Json* const inner = json.find("schedule"); inner != nullptr && inner->is_object()) {
      const Json* const average = json.find("average");
      const bool averaged = average != nullptr && average->is_text() && !average->text().empty();
      return averaged ? concat({inner->dump(), " | ", average->text()}) : inner->dump();
    }
  } catch (const ArgumentError&) {
    // Schedule::parse refuses it with all that there is to say
  }
  return std::string(text);
}

/// The name that a schedule goes by: `given` where its canonical spec is very long.
std::string name_of(const Schedule& schedule, std::string_view given) {
  constexpr std::size_t longest = 240;  // beyond that it is a table, which nobody reads
  std::string canonical = print(schedule);
  return canonical.size() <= longest ? std::move(canonical) : std::string(given);
}

/// Reads a spec that goes by `name`; `horizon` is that of one that has none.
NamedSchedule parse_spec(std::string_view spec, std::optional<Duration> horizon, std::string_view name) {
  const std::string text = schedule_within(spec);
  try {
    AveragedSchedule read = parse_averaged(text, horizon);
    std::string shown = name_of(read.schedule, name);
    const bool says_peak = Schedule::says_peak(split_average(text).first);
    return {std::move(read.schedule), std::move(shown), says_peak, read.average};
  } catch (const NeedsHorizon&) {
    fail_argument(name, "has no horizon; give --steps N, or steps=N in the SPEC");
  }
}

/// The first line that counts reads as a number: then the file holds one rate per line.
bool is_rates(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, std::min(end, text.find('#'))));
    if (!line.empty()) return parse_number(line).has_value();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

std::vector<NamedSchedule> read_lines(std::string_view text, std::optional<Duration> horizon) {
  std::vector<NamedSchedule> schedules;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && !line.starts_with('#')) schedules.push_back(parse_spec(line, horizon, line));
  }
  return schedules;
}

NamedSchedule read_file(const std::string& file, std::optional<Duration> horizon) {
  const std::string source = source_name(file);
  const std::string text = read_text(file);
  const std::string name = "@" + file;
  return located(source, [&]() -> NamedSchedule {
    if (!is_rates(text)) return parse_spec(trimmed(text), horizon, name);
    Schedule table = Schedule::table(read_numbers(source, text));
    std::string shown = name_of(table, name);
    return {std::move(table), std::move(shown)};
  });
}

/// "@FILE", or "@FILE | average(...)" where the file holds no average itself.
NamedSchedule read_named_file(std::string_view spec, std::optional<Duration> horizon) {
  const auto [file, average] = split_average(spec);
  const bool averaged = average.size() > 1 && trimmed(average.substr(1)).starts_with("average");  // else a name's bar
  if (!averaged) return read_file(std::string(spec.substr(1)), horizon);
  NamedSchedule entry = read_file(std::string(file.substr(1)), horizon);
  if (entry.average) fail_value("SPEC", spec, concat({"holds an average already, ", print(*entry.average)}));
  entry.average = parse_average(average.substr(1));
  return entry;
}

std::vector<NamedSchedule> read_any(const std::string& spec, std::optional<Duration> horizon) {
  if (spec == "-") return read_lines(read_text("-"), horizon);
  if (spec == "@") fail_argument("@", "must be followed by a file name");
  if (spec.starts_with('@')) return {read_named_file(spec, horizon)};
  return {parse_spec(trimmed(spec), horizon, trimmed(spec))};
}

}  // namespace

std::vector<NamedSchedule> read_spec(const std::string& spec, std::optional<Duration> horizon, bool averages) {
  std::vector<NamedSchedule> schedules = read_any(spec, horizon);
  for (const NamedSchedule& entry : schedules) {
    if (entry.average && !averages) {
      fail_value("SPEC", entry.full_name(), "has an average of iterates, which only average and compare take");
    }
  }
  return schedules;
}

Option SpecOptions::add_to(Verb& verb, bool averages) {
  verb.add("--steps", steps, "Horizon of every SPEC that has none, e.g. 50k").type("N");
  verb.then([this, averages] {
    for (const std::string& spec : specs) {
      for (NamedSchedule& schedule : read_spec(spec, steps, averages)) schedules.push_back(std::move(schedule));
    }
  });
  return verb
      .add_each("SPEC", specs,
                "Schedule, e.g. \"wsd(steps=50k, cooldown=20%)\"; - reads one per line from standard input; "
                "@FILE reads a spec, the JSON that show prints, or one rate per line")
      .suggest(suggest_schedules);
}

std::vector<std::string> short_names(const std::vector<NamedSchedule>& schedules, bool with_peak) {
  std::vector<std::string> specs;
  for (const NamedSchedule& entry : schedules) specs.push_back(entry.name);
  std::vector<std::string> names = scheduled::short_names(specs, with_peak);
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (schedules[k].average) names[k] += " | " + print(*schedules[k].average);
  }
  return names;
}

}  // namespace scheduled::shell
