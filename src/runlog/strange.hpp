// Files that are no logs. Private.
#pragma once

#include <string_view>

namespace scheduled::runlog {

/// What a file is that is surely no log: "a PNG picture", "a Markdown text", ...; empty where it may be one.
std::string_view strange_file(std::string_view content);

}  // namespace scheduled::runlog
