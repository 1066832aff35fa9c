// Settings as text.
#pragma once

#include <string>

#include "foreign/tool.hpp"

namespace scheduled::foreign {

/// In the form that `written` says; `tool` has habits of its own in its flags.
std::string render(const Written& written, const Tool& tool);

}  // namespace scheduled::foreign
