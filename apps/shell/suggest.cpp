// How a SPEC can go on: names, keys and words from schedule_help().
#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "scheduled/presets.hpp"
#include "shell/arguments.hpp"

namespace scheduled::shell {
namespace {

constexpr std::string_view preset_prefix = "preset:";
constexpr std::array<std::string_view, 2> preset_key_names = {"steps", "peak"};

const ScheduleHelp* find_help(std::span<const ScheduleHelp> all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const ScheduleHelp& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<Suggestion> names_of(std::span<const ScheduleHelp> all, std::string_view after, bool open) {
  std::vector<Suggestion> names;
  for (const ScheduleHelp& one : all) names.push_back({concat({one.name, after}), std::string(one.meaning), open});
  return names;
}

/// Names of schedules and of published ones.
std::vector<Suggestion> names_of_specs(std::string_view after, bool open) {
  std::vector<Suggestion> names = names_of(schedule_help(), after, open);
  for (const Preset& preset : presets()) {
    names.push_back({concat({preset_prefix, preset.name, after}), std::string(preset.source), open});
  }
  return names;
}

/// @FILE, which shells do not take for a file's name.
std::vector<Suggestion> suggest_files(std::string_view typed) {
  const std::string folder(typed.substr(0, typed.rfind('/') + 1));
  std::vector<Suggestion> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && typed.substr(folder.size()).empty()) continue;
    const bool within = entry.is_directory(error);
    files.push_back({concat({"@", folder, name, within ? "/" : ""}), {}, within});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
  return files;
}

/// "wsd(steps=50k, decay=po" in parts.
struct TypedSpec {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> said;  ///< keys and values before the last comma
  std::string_view before;                                          ///< all up to the last comma or bracket, and blanks
  std::string_view last;                                            ///< what follows

  explicit TypedSpec(std::string_view typed) : name(trimmed(typed.substr(0, typed.find('(')))) {
    std::size_t begin = typed.find('(') + 1;
    int lists = 0;
    for (std::size_t k = begin; k < typed.size(); ++k) {
      lists += typed[k] == '[' || typed[k] == '(' ? 1 : typed[k] == ']' || typed[k] == ')' ? -1 : 0;
      if (typed[k] != ',' || lists > 0) continue;
      const std::string_view part = typed.substr(begin, k - begin);
      const std::size_t equals = std::min(part.find('='), part.size());
      said.emplace_back(trimmed(part.substr(0, equals)), trimmed(part.substr(std::min(equals + 1, part.size()))));
      begin = k + 1;
    }
    begin = std::min(typed.find_first_not_of(' ', begin), typed.size());
    before = typed.substr(0, begin);
    last = typed.substr(begin);
  }
  bool says(std::string_view key) const {
    return std::any_of(said.begin(), said.end(), [&](const auto& pair) { return pair.first == key; });
  }
};

/// The schedule's keys, and those that come with the decay and the curve that are said.
std::vector<KeyHelp> keys_of(const ScheduleHelp& help, const TypedSpec& typed) {
  std::vector<KeyHelp> keys = help.keys;
  for (const auto& [key, value] : typed.said) {
    const ScheduleHelp* const part = key == "decay"          ? find_help(decay_help(), value)
                                     : key == "warmup_curve" ? find_help(warmup_help(), value)
                                                             : nullptr;
    if (part == nullptr) continue;
    for (const KeyHelp& own : part->keys) {
      const auto same = [&](const KeyHelp& one) { return one.key == own.key; };
      if (std::none_of(keys.begin(), keys.end(), same)) keys.push_back(own);
    }
  }
  return keys;
}

/// Those of a published schedule: its horizon and its peak.
std::vector<KeyHelp> preset_keys() {
  const std::vector<KeyHelp>& keys = schedule_help().front().keys;
  std::vector<KeyHelp> own;
  for (const std::string_view key : preset_key_names) {
    own.push_back(*std::find_if(keys.begin(), keys.end(), [&](const KeyHelp& one) { return one.key == key; }));
  }
  return own;
}

std::vector<Suggestion> values_of_key(const KeyHelp& key, std::string_view before) {
  std::vector<Suggestion> values;
  for (const std::string_view word : key.words) values.push_back({concat({before, word}), {}, true});
  if (values.empty() && !key.usual.empty()) values.push_back({concat({before, key.usual}), "as without it", true});
  return values;
}

}  // namespace

std::vector<Suggestion> suggest_schedules(std::string_view typed, bool quoted) {
  if (typed.starts_with('@')) return suggest_files(typed.substr(1));
  if (typed.find('(') == std::string_view::npos) return names_of_specs(quoted ? "(" : "", quoted);
  const TypedSpec spec(typed);
  const ScheduleHelp* const help = find_help(schedule_help(), spec.name);
  if (help == nullptr && !spec.name.starts_with(preset_prefix)) return {};
  std::vector<Suggestion> suggestions;
  const std::size_t equals = spec.last.find('=');
  for (const KeyHelp& key : help == nullptr ? preset_keys() : keys_of(*help, spec)) {
    if (equals == std::string_view::npos) {
      if (!spec.says(key.key)) {
        suggestions.push_back({concat({spec.before, key.key, "="}), std::string(key.meaning), true});
      }
    } else if (trimmed(spec.last.substr(0, equals)) == key.key) {
      return values_of_key(key, concat({spec.before, spec.last.substr(0, equals + 1)}));
    }
  }
  return suggestions;
}

std::vector<Suggestion> suggest_decays(std::string_view, bool) { return names_of(decay_help(), {}, false); }

}  // namespace scheduled::shell
