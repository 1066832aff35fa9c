// Fuzz target of base/json.hpp; see targets.hpp.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "fuzz/targets.hpp"

namespace scheduled::fuzz {

/// What is read prints, on one line and indented, to what reads back equal; its texts are valid UTF-8.
inline void json(std::string_view data) {
  const bool comments = data.size() % 2 == 1;
  Json value;
  try {
    value = Json::parse(data, comments);
  } catch (const std::invalid_argument&) {
    return;
  }
  const std::string line = value.dump();
  require(Json::parse(line) == value, "JSON reads back equal");
  require(Json::parse(line).dump() == line, "and prints the same");
  require(Json::parse(value.dump(2)) == value, "indented, too");
  require(line.find('\n') == std::string::npos, "one line is one line");
}

}  // namespace scheduled::fuzz
