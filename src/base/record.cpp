#include "base/record.hpp"

namespace scheduled {

std::string repr_of(const Json& value) {
  constexpr std::size_t longest = 120;
  if (value.is_null()) return "None";
  if (value.is_bool()) return value.boolean() ? "True" : "False";
  if (value.is_array()) return "[" + std::to_string(value.items().size()) + " values]";
  if (value.is_text()) {
    const std::string& text = value.text();
    return "'" + (text.size() > longest ? text.substr(0, longest) + "..." : text) + "'";
  }
  return cell_of(value);
}

}  // namespace scheduled
