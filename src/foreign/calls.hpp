// Schedules that are calls in Python: the functions of a program, and their arguments as settings.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "foreign/config.hpp"

namespace scheduled::foreign {

struct Function {
  std::string_view name;
  std::vector<std::string_view> arguments = {};  ///< in their order
  std::string_view why = {};                     ///< of one that is not translated: the reason
};

/// The name without its module; empty where the value is no call.
std::string_view name_of_call(const Json& value);

/// The function that is called; null for other values.
const Function* function_of(std::span<const Function> functions, const Json& value);

/// An argument by its name, or else its place; null where it is not given.
const Json* argument_of(const Json& call, std::string_view name, std::string_view place);

/// The arguments of a call of `function` by their names, as settings; "function" is its own. Throws ArgumentError for
/// an argument that is none, and for a function that is not translated.
void add_arguments(Config& config, const Function& function, const Json& call, std::int64_t line);

/// Objects among the settings become settings of their own.
Config flattened(const Config& config);

/// Named arguments of calls, as of SchedulerConfig(lr_warmup_iters=500), as settings below the name that the call has,
/// and "_target_" is what is called.
Config open_calls(const Config& config);

}  // namespace scheduled::foreign
