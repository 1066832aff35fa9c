#include "foreign/calls.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "foreign/values.hpp"

namespace scheduled::foreign {
namespace {

void open_call(Collector& opened, const std::string& key, const Json& call, std::int64_t line, int depth) {
  if (depth > deepest) return;
  const auto below = [&](const std::string& name) { return key.empty() ? name : concat({key, ".", name}); };
  // run.Config(CosineAnnealingScheduler, warmup_steps=500) of nemo_run
  const std::string_view name = name_of_call(call);
  const Json* const first = call.find("0");
  const bool holds = (name == "Config" || name == "Partial") && first != nullptr && first->is_text();
  opened.add(below("_target_"), holds ? *first : *call.find(called), line);
  for (const auto& [argument, value] : call.members()) {
    if (argument == called || argument.find_first_not_of("0123456789") == std::string::npos) continue;
    if (!name_of_call(value).empty()) {
      open_call(opened, below(argument), value, line, depth + 1);
    } else {
      opened.add(below(argument), value, line);
    }
  }
}

}  // namespace

Config open_calls(const Config& config) {
  Collector opened(config.form);
  for (const Setting& setting : config.settings) {
    if (name_of_call(setting.value).empty()) {
      opened.add(setting.key, setting.value, setting.line);
    } else {
      open_call(opened, setting.key, setting.value, setting.line, 0);
    }
  }
  return opened.take();
}

std::string_view name_of_call(const Json& value) {
  if (!value.is_object() || !value.contains(called)) return {};
  const std::string_view name = value.find(called)->text();
  return name.substr(name.find_last_of('.') + 1);
}

const Function* function_of(std::span<const Function> functions, const Json& value) {
  const std::string_view name = name_of_call(value);
  if (name.empty()) return nullptr;
  const auto found =
      std::find_if(functions.begin(), functions.end(), [&](const Function& one) { return one.name == name; });
  return found == functions.end() ? nullptr : &*found;
}

const Json* argument_of(const Json& call, std::string_view name, std::string_view place) {
  const Json* const named = call.find(name);
  return named != nullptr ? named : call.find(place);
}

void add_arguments(Config& config, const Function& function, const Json& call, std::int64_t line) {
  if (!function.why.empty()) fail_at(line, concat({function.name, " is not translated: ", function.why}));
  config.settings.push_back({"function", std::string(function.name), line});
  for (const auto& [name, value] : call.members()) {
    if (name == called) continue;
    std::string key = name;
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      const std::size_t place = name.size() > 2 ? 99 : std::stoul(name);
      if (place >= function.arguments.size()) fail_at(line, concat({function.name, " has no such many arguments"}));
      key = std::string(function.arguments[place]);
    } else if (std::find(function.arguments.begin(), function.arguments.end(), name) == function.arguments.end()) {
      fail_value(name, shown(value), concat({"is no argument of ", function.name}));
    }
    config.settings.push_back({key, value, line});
  }
}

Config flattened(const Config& config) {
  Collector flat(config.form);
  for (const Setting& setting : config.settings) flat.add(setting.key, setting.value, setting.line);
  return flat.take();
}

}  // namespace scheduled::foreign
