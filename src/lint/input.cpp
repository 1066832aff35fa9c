#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "lint/asked.hpp"
#include "scheduled/foreign.hpp"
#include "scheduled/lint.hpp"

namespace scheduled {
namespace {

using linting::leaves_no_room;

/// The schedule of a text, or why it is none.
RateInput input_of_spec(std::string name, std::string_view text, std::optional<Duration> steps) {
  try {
    return {Schedule::parse(text, steps), std::move(name)};
  } catch (const NeedsHorizon&) {
    throw;
  } catch (const ArgumentError& error) {
    RateInput input;
    input.name = std::move(name);
    input.refused = error;
    return input;
  }
}

bool names_a_schedule(std::string_view text) {
  const auto help = schedule_help();
  return std::any_of(help.begin(), help.end(), [text](const ScheduleHelp& line) { return line.name == text; });
}

/// What begins as a spec, or as the JSON of a schedule, is no log.
bool looks_like_a_spec(std::string_view text) {
  if (text.starts_with("preset:")) return true;
  if (text.starts_with('{')) return text.substr(0, 64).find("\"schedule\"") != std::string_view::npos;
  return names_a_schedule(text.substr(0, text.find('(')));
}

/// The beginning of a file; empty where it is none.
std::string head_of(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  std::ifstream file(path, std::ios::binary);
  std::string head(256, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head;
}

std::string text_of(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// Whether a file is a configuration by its name, so that what is wrong with it is said in these words.
bool is_config_by_name(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 5> extensions{".yaml", ".yml", ".toml", ".py", ".sh"};
  return std::find(extensions.begin(), extensions.end(), path.extension().string()) != extensions.end();
}

/// Whether JSON holds a list of objects, as the rows of a log are.
bool holds_rows(std::string_view text) {
  for (std::size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    if (trimmed(text.substr(at + 1)).starts_with('{')) return true;
  }
  return false;
}

/// An import's error with the option that the number of updates has here.
ArgumentError with_steps_for_updates(const ArgumentError& error) {
  ArgumentError::Fields fields = error.fields();
  const std::string theirs = option_text("updates", "N");
  if (const std::size_t at = fields.requirement.find(theirs); at != std::string::npos)
    fields.requirement.replace(at, theirs.size(), option_text("steps", "N"));
  return ArgumentError(std::move(fields));
}

/// A file that is no log, as a configuration; nothing where it is none.
std::optional<RateInput> input_of_config(const std::string& file, const InputOptions& options) {
  ImportOptions import{.tool = {}, .updates = {}, .source = file};
  const std::string text = text_of(file);
  if (options.steps) import.updates = resolve_steps("steps", *options.steps, std::nullopt, {});
  try {
    ImportedSchedule found = import_schedule(text, import);
    RateInput input(std::move(found.schedule), file);
    input.kind = InputKind::config;
    input.updates = found.updates;
    input.notes = std::move(found.differences);
    return input;
  } catch (const ArgumentError& error) {
    if (error.fields().limit == "peak" || leaves_no_room(error)) {  // which lint has words for
      RateInput input;
      input.name = file;
      input.kind = InputKind::config;
      input.refused = error;
      return input;
    }
    const bool of_program = !error.fields().name.empty() && trimmed(text).starts_with('{') && !holds_rows(text);
    if (of_program || is_config_by_name(file)) throw with_steps_for_updates(error);
    return std::nullopt;
  }
}

}  // namespace

RateInput::RateInput(Schedule of, std::string called)
    : name(called.empty() ? print(of) : std::move(called)), schedule(std::move(of)) {}
RateInput::RateInput(RunLog of) : name(of.name), kind(InputKind::log), log(std::move(of)) {}

RateInput read_input(const std::string& text, const InputOptions& options) {
  const std::string_view spec = trimmed(text);
  if (spec.empty()) fail_argument("input", "must not be empty");
  if (names_a_schedule(spec)) return input_of_spec(std::string(spec), spec, options.steps);
  if (const std::string head = head_of(text); looks_like_a_spec(trimmed(head))) {
    const std::string content = text_of(text);
    return input_of_spec(text, trimmed(content), options.steps);
  }
  std::error_code error;
  const bool brackets = spec.find('(') != std::string_view::npos && !std::filesystem::exists(text, error);
  if (brackets || looks_like_a_spec(spec)) return input_of_spec(std::string(spec), spec, options.steps);
  try {
    return options.reader ? options.reader(text, options.read) : read_log(text, options.read);
  } catch (const ArgumentError&) {
    if (!std::filesystem::is_regular_file(text, error)) throw;
    if (auto config = input_of_config(text, options)) return *std::move(config);
    throw;
  }
}

}  // namespace scheduled
