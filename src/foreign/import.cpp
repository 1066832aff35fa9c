// Which program a configuration is of, and its schedule.
#include <algorithm>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/names.hpp"
#include "base/words.hpp"
#include "foreign/import.hpp"

namespace scheduled::foreign {
namespace {

/// How many of the tool's keys are there, those that hardly any other tool has apart.
struct Match {
  const Tool* tool = nullptr;
  int telling = 0, all = 0;
};

Match match(const Tool& tool, const Config& config) {
  Match found{&tool};
  for (const ForeignKey& key : tool.about.keys) {
    const bool there = std::any_of(config.settings.begin(), config.settings.end(),
                                   [&](const Setting& setting) { return is_key(setting, key); });
    if (!there) continue;
    ++found.all;
    if (key.telling) ++found.telling;
  }
  return found;
}

std::string listed(std::span<const Match> matches) {
  std::vector<std::string_view> names;
  for (const Match& one : matches) names.push_back(one.tool->about.name);
  return word_list(names);
}

/// LLaMA-Factory's files are the Trainer's, with keys of their own.
bool is_llama_factory(const Config& config) {
  return std::any_of(config.settings.begin(), config.settings.end(), [](const Setting& setting) {
    return setting.key == "finetuning_type" || setting.key == "cutoff_len" || setting.key == "stage";
  });
}

const Tool& recognise(const Config& config) {
  for (const Tool* const tool : tools()) {
    if (tool->call != nullptr && tool->call(config)) return *tool;
  }
  std::vector<Match> matches;
  for (const Tool* const tool : tools()) {
    if (tool == &llama_factory || tool->call != nullptr) continue;
    if (Match found = match(*tool, tool->open != nullptr ? tool->open(config) : config); found.all > 0)
      matches.push_back(found);
  }
  const auto better = [](const Match& a, const Match& b) {
    return a.telling != b.telling ? a.telling > b.telling : a.all > b.all;
  };
  std::stable_sort(matches.begin(), matches.end(), better);
  const std::string how = concat({"; say which with ", option_text("from", "TOOL")});
  if (matches.empty()) {
    fail_at(0, concat({"has no key of a learning-rate schedule that is known (", config.form, "); the tools are ",
                       word_list(names_of(foreign_tools())), how}));
  }
  std::vector<Match> best;
  for (const Match& one : matches) {
    if (!better(matches.front(), one)) best.push_back(one);
  }
  if (best.size() > 1) fail_at(0, concat({"may be of ", listed(best), how}));
  if (best.front().tool == &huggingface && is_llama_factory(config)) return llama_factory;
  return *best.front().tool;
}

}  // namespace

const Tool& find_tool(std::string_view name, std::string_view text) {
  return *tools()[find_word(name, text, names_of(foreign_tools()))];
}

ImportedSchedule import_config(const Config& config, const Tool& tool, std::optional<std::int64_t> updates) {
  Values values(config, tool.about, updates);
  Schedule schedule = tool.read(values);
  return values.finish(std::move(schedule));
}

}  // namespace scheduled::foreign

namespace scheduled {

ImportedSchedule import_schedule(std::string_view text, const ImportOptions& options) {
  if (options.updates && *options.updates < 1)
    fail_value("updates", std::to_string(*options.updates), "must be 1 or more");
  const foreign::Tool* const asked = options.tool.empty() ? nullptr : &foreign::find_tool("from", options.tool);
  try {
    foreign::Config config = foreign::read_config(text);
    const foreign::Tool& tool = asked != nullptr ? *asked : foreign::recognise(config);
    if (tool.call != nullptr) {
      auto settings = tool.call(config);
      if (!settings) foreign::fail_at(0, concat({"calls no schedule of ", tool.about.title, " that is known"}));
      config = std::move(*settings);
    }
    if (tool.open != nullptr) config = tool.open(config);
    return foreign::import_config(config, tool, options.updates);
  } catch (const ArgumentError& error) {
    Place place = error.fields().place.value_or(Place{});
    place.source = options.source;
    throw error.at(std::move(place));
  }
}

}  // namespace scheduled
