// How the results of design read, in every verb alike.
#pragma once

#include <string>

#include "scheduled/design.hpp"

namespace scheduled::cli {

/// "closed form", "numeric", "numeric, at the limit".
std::string method(const BestBaseLr& best);

/// The bound's name.
std::string bound_name(Criterion criterion);

/// The bound at an axis, with its unit or what it was computed for.
std::string bound_label(const BoundSettings& settings);

}  // namespace scheduled::cli
