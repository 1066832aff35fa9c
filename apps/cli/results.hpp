// How the results of design read, in every verb alike.
#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "scheduled/design.hpp"

namespace scheduled::cli {

/// "closed form", "numeric", "numeric, at the limit".
std::string method(const BestBaseLr& best);

/// The bound's name.
std::string bound_name(Criterion criterion);

/// The bound at an axis, with its unit or what it was computed for.
std::string bound_label(const BoundSettings& settings);

/// "7.4 %" for 0.074.
std::string percent(double share);

/// What a ratio is in words: "7.4 % lower", "76 % higher", "46 times as large".
std::string against(double ratio);

/// Grad norms as asked for: a number where one was given, else the text.
Json grad_norm_json(const std::string& text);

/// spec, schedule, T, peak, bound, closed_form, at_limit of a schedule at its best peak.
Json to_json(const Schedule& tuned, const BestBaseLr& best);

/// criterion, distance and grad_norm as asked for.
void add_settings(Json& json, const BoundOptions& options);

/// The same in words.
std::string settings_text(const BoundOptions& options);

}  // namespace scheduled::cli
