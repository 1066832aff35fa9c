// The names of what is described in a row.
#pragma once

#include <string_view>
#include <vector>

namespace scheduled {

/// The `name` of each of `row`, such as lint_rules(), which must outlive them.
template <class Row>
std::vector<std::string_view> names_of(const Row& row) {
  std::vector<std::string_view> names;
  for (const auto& one : row) names.push_back(one.name);
  return names;
}

}  // namespace scheduled
