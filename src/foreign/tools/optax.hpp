// Calls of optax as settings.
#pragma once

#include "foreign/tool.hpp"

namespace scheduled::foreign {

bool is_optax(const Config& config);

/// The arguments of the call by their names; "function" is its own. Throws ArgumentError for an argument that is none.
Config optax_settings(const Config& config);

}  // namespace scheduled::foreign
