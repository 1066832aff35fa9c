// SPEC arguments: where they come from, and how they are named in tables and legends.
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_keys.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "scheduled/error.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::cli {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// What `show`, `tune` and `bound` print with --json holds the JSON of a schedule as "schedule"; other text is left
/// alone.
std::string without_wrapper(std::string_view text) {
  if (text.starts_with('{')) {
    KeysOnce once;
    try {
      const Json json = Json::parse(text, std::ref(once), false);
      if (json.is_object() && json.contains("schedule") && json["schedule"].is_object()) return json["schedule"].dump();
    } catch (const std::invalid_argument&) {
      return std::string(text);  // Schedule::parse refuses it with all that there is to say
    }
  }
  return std::string(text);
}

/// The name that a schedule goes by: `given` where its canonical spec is very long.
std::string name_of(const Schedule& schedule, std::string_view given) {
  constexpr std::size_t longest = 240;  // beyond that it is a table, which nobody reads
  std::string canonical = print(schedule);
  return canonical.size() <= longest ? std::move(canonical) : std::string(given);
}

/// Reads a spec that goes by `name`; `steps` is the horizon of one that has none.
NamedSchedule read_spec(std::string_view spec, const std::string& steps, std::string_view name) {
  const std::string text = without_wrapper(spec);
  std::optional<Duration> horizon;
  if (!steps.empty()) horizon = parse_duration("steps", steps);
  try {
    Schedule schedule = Schedule::parse(text, horizon);
    std::string shown = name_of(schedule, name);
    return {std::move(schedule), std::move(shown), Schedule::says_peak(text)};
  } catch (const std::invalid_argument& error) {
    constexpr std::string_view lacks = "needs a horizon, steps=...";
    const std::string_view what = error.what();
    if (!what.ends_with(lacks)) throw;
    fail(std::string(name) + ": has no horizon; give --steps N, or steps=N in the SPEC");
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

void read_lines(std::string_view text, const std::string& steps, std::vector<NamedSchedule>& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && !line.starts_with('#')) out.push_back(read_spec(line, steps, line));
  }
}

NamedSchedule read_file(const std::string& file, const std::string& steps) {
  const std::string text = read_text(file);
  const std::string name = "@" + file;
  try {
    if (!is_rates(text)) return read_spec(trimmed(text), steps, name);
    Schedule table = Schedule::table(read_numbers(file, text));
    std::string shown = name_of(table, name);
    return {std::move(table), std::move(shown)};
  } catch (const std::invalid_argument& error) {
    const std::string what = error.what();
    throw std::invalid_argument(what.starts_with(file) ? what : file + ": " + what);
  }
}

}  // namespace

CLI::Option* SpecOptions::add_to(CLI::App& verb) {
  verb.add_option("--steps", steps, "Horizon of every SPEC that has none, e.g. 50k")->type_name("N");
  return verb.add_option("SPEC", specs,
                         "Schedule, e.g. \"wsd(steps=50k, cooldown=20%)\"; - reads one per line from standard input; "
                         "@FILE reads a spec, the JSON that show prints, or one rate per line");
}

std::vector<NamedSchedule> SpecOptions::read() const {
  std::vector<NamedSchedule> schedules;
  for (const std::string& text : specs) {
    if (text == "-") {
      read_lines(read_text("-"), steps, schedules);
    } else if (text == "@") {
      throw std::invalid_argument("@: must be followed by a file name");
    } else if (text.starts_with('@')) {
      schedules.push_back(read_file(text.substr(1), steps));
    } else {
      schedules.push_back(read_spec(trimmed(text), steps, trimmed(text)));
    }
  }
  return schedules;
}

std::vector<std::string> short_names(const std::vector<NamedSchedule>& schedules, bool with_peak) {
  std::vector<std::string> specs;
  for (const NamedSchedule& entry : schedules) specs.push_back(entry.name);
  return scheduled::short_names(specs, with_peak);
}

}  // namespace scheduled::cli
