// The only file that includes toml++, which takes seconds to compile.
#include "foreign/config.hpp"

#ifdef SCHEDULED_WITH_TOML
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

#include <algorithm>

namespace scheduled::foreign {
namespace {

Json value_of(const toml::node& node) {
  if (const auto* const number = node.as_integer()) return number->get();
  if (const auto* const number = node.as_floating_point()) return number->get();
  if (const auto* const flag = node.as_boolean()) return flag->get();
  if (const auto* const text = node.as_string()) return text->get();
  Json list = Json::array();
  if (const auto* const array = node.as_array()) {
    for (const auto& entry : *array) list.push_back(value_of(entry));
  }
  return list;  // dates and tables within lists have no say
}

// toml++ bounds values within values, but not dotted keys.
void add_members(Collector& collector, const std::string& prefix, const toml::table& table, int depth) {
  for (const auto& [name, node] : table) {
    const auto line = static_cast<std::int64_t>(name.source().begin.line);
    if (depth > deepest) fail_at(line, "nests more than 32 levels");
    const std::string key = prefix.empty() ? std::string(name.str()) : prefix + "." + std::string(name.str());
    if (const auto* const inner = node.as_table()) {
      add_members(collector, key, *inner, depth + 1);
    } else {
      collector.add(key, value_of(node), line);
    }
  }
}

/// The longest row of names with dots between them: each would be a level, which toml++ makes and frees by recursion.
void check_dots(std::string_view text) {
  std::int64_t line = 1;
  int dots = 0;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (c == '\n') ++line;
    if (c == '.' && k > 0 && text[k - 1] != '.') ++dots;
    if (c == '\n' || c == '=' || c == ',') dots = 0;
    if (dots > 200) fail_at(line, "nests more than 32 levels");
  }
}

/// Where a string that begins at `at` ends: after its last quotes, or at what cannot be within it.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string_view three = quote == '"' ? R"(""")" : "'''";
  const bool lines = text.substr(at).starts_with(three);
  at += lines ? 3 : 1;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (lines ? text.substr(at).starts_with(three) : text[at] == quote) {
      return at + (lines ? 3 : 1);
    } else if (text[at] == '\n' && !lines) {
      return at;
    }
  }
  return text.size();
}

/// Other letters than ASCII's stand in strings and comments only; toml++ 3.3 has undefined behaviour where one begins a
/// value.
void check_letters(std::string_view text) {
  for (std::size_t k = 0; k < text.size();) {
    if (text[k] == '#') {
      k = std::min(text.find('\n', k), text.size());
    } else if (text[k] == '"' || text[k] == '\'') {
      k = end_of_string(text, k);
    } else if (static_cast<unsigned char>(text[k]) >= 0x80U) {
      fail_at(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(k), '\n'),
              "cannot be read as TOML: letters that are not ASCII stand in strings and comments only");
    } else {
      ++k;
    }
  }
}

}  // namespace

Config read_toml(std::string_view text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";  // some editors write it before the text
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  check_dots(text);
  check_letters(text);
  Collector collector("TOML");
  try {
    add_members(collector, "", toml::parse(text), 0);
  } catch (const toml::parse_error& error) {
    fail_at(static_cast<std::int64_t>(error.source().begin.line),
            "cannot be read as TOML: " + std::string(error.description()));
  }
  return collector.take();
}

}  // namespace scheduled::foreign
#else
namespace scheduled::foreign {
Config read_toml(std::string_view) {
  fail_at(0, "looks like TOML, and this build cannot read it (libtomlplusplus-dev was missing); give it as flags");
}
}  // namespace scheduled::foreign
#endif
