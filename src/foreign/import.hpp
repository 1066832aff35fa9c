// What import and export share.
#pragma once

#include "foreign/tool.hpp"

namespace scheduled::foreign {

/// Throws ArgumentError with `name` and the tools there are.
const Tool& find_tool(std::string_view name, std::string_view text);

ImportedSchedule import_config(const Config& config, const Tool& tool, std::optional<std::int64_t> updates);

}  // namespace scheduled::foreign
