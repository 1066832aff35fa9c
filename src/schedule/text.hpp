// The neutral form between a spec and its text: an object {"schedule": name, key: value, ...}, whose values are
// numbers, words of the spec language, lists of them, or such an object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace scheduled {

/// Reads `name(key=value, key=[a, b], ...)`, whose values stay texts, or JSON. Throws ArgumentError that quotes the
/// text and says where it went wrong.
Json parse_spec_text(std::string_view text);

/// `name(key=value, ...)`.
std::string print_spec_text(const Json& spec);

/// A number, a word or a list as the spec language writes it.
std::string value_text(const Json& value);

/// The parts of `text` between any of `separators`, none of them empty.
std::vector<std::string_view> split(std::string_view text, std::string_view separators = " \t\r\n");

/// At most 60 characters of user text for a message, so that a table of a million values does not fill the screen.
std::string in_quotes(std::string_view text);

}  // namespace scheduled
