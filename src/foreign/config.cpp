#include "foreign/config.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"
#include "scheduled/error.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::size_t most_settings = 100'000;
constexpr std::size_t longest_text = std::size_t{16} << 20U;

bool is_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/// How many characters of a name the line begins with.
std::size_t name_length(std::string_view line) noexcept {
  return static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_name) - line.begin());
}

/// "name =", but not "name ==".
bool assigns(std::string_view line) noexcept {
  const std::size_t length = name_length(line);
  if (length == 0 || line.front() == '-') return false;
  const std::string_view rest = trimmed(line.substr(length));
  return rest.starts_with('=') && !rest.starts_with("==");
}

/// As shells have it, without blanks around the sign.
bool assigns_in_shell(std::string_view line) noexcept {
  const std::size_t length = name_length(line);
  if (length == 0 || length + 1 >= line.size() || line[length] != '=') return false;
  return line[length + 1] != ' ' && line[length + 1] != '=';
}

/// --key somewhere, or -k where `short_ones` may be, as in train_gpt2cu -l 0.0006 -x 1000.
bool has_flags(std::string_view text, bool short_ones) {
  for (std::size_t at = text.find('-'); at != std::string_view::npos; at = text.find('-', at + 1)) {
    if (at > 0 && std::string_view(" \t\n\r").find(text[at - 1]) == std::string_view::npos) continue;
    const std::string_view rest = text.substr(at + 1);
    if (rest.size() > 1 && rest[0] == '-' && rest[1] != '-' && is_name(rest[1])) return true;
    const bool letter = !rest.empty() && ((rest[0] >= 'a' && rest[0] <= 'z') || (rest[0] >= 'A' && rest[0] <= 'Z'));
    if (short_ones && letter && rest.size() > 1 && rest[1] == ' ') return true;
  }
  return false;
}

/// Words such as a=1 b=2, as Hydra takes them.
bool is_overrides(std::string_view text) {
  text = trimmed(text);
  if (text.find_first_of("\n(") != std::string_view::npos || text.find(" =") != std::string_view::npos) return false;
  const std::size_t equals = text.find('=');
  const std::size_t blank = text.find(' ');
  return equals != std::string_view::npos && blank != std::string_view::npos && equals < blank &&
         text.find('=', blank) != std::string_view::npos;
}

struct Look {
  bool sections = false, assignments = false, plain_assignments = false, mappings = false, call = false, python = false,
       flags = false;
};

/// Without the comment at its end; a # within a word is none.
std::string_view without_comment(std::string_view line) noexcept {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

/// [name] or [[name]], of TOML; a list of Python's begins otherwise.
bool is_section(std::string_view line) noexcept {
  if (!line.starts_with('[') || !line.ends_with(']')) return false;
  const bool twice = line.starts_with("[[") && line.ends_with("]]");
  const std::size_t brackets = twice ? 2 : 1;
  if (line.size() <= 2 * brackets) return false;
  const std::string_view name = trimmed(line.substr(brackets, line.size() - 2 * brackets));
  const auto allowed = [](char c) { return is_name(c) || c == '"' || c == '\'' || c == ' '; };
  const bool begins = !name.empty() && (name.front() < '0' || name.front() > '9');
  return begins && std::all_of(name.begin(), name.end(), allowed);
}

Look look_at(std::string_view text) {
  Look look;
  bool long_flags = false, short_flags = false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    const std::string_view inner = trimmed(without_comment(line));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (inner.empty()) continue;
    long_flags = long_flags || has_flags(inner, false);
    short_flags = short_flags || has_flags(inner, true);
    if (inner.starts_with("def ") || inner.starts_with("import ") || inner.starts_with("from ")) look.python = true;
    if (is_section(inner)) look.sections = true;
    if (assigns(inner)) look.assignments = true;
    if (assigns(inner) && !assigns_in_shell(inner)) look.plain_assignments = true;
    const std::size_t length = name_length(inner);
    if (length == 0) continue;
    const std::string_view after = inner.substr(length);
    if (after == ":" || after.starts_with(": ") || after.starts_with(":\t")) look.mappings = true;
    if (after.starts_with('(') && inner.front() != '-') look.call = true;
  }
  look.flags = long_flags || (short_flags && !look.plain_assignments && !look.mappings) || is_overrides(text);
  return look;
}

}  // namespace

void fail_at(std::int64_t line, const std::string& requirement) {
  ArgumentError::Fields fields{.requirement = requirement};
  if (line > 0) fields.place = Place{{}, line, 0};
  throw ArgumentError(std::move(fields));
}

void Collector::add(const std::string& key, const Json& value, std::int64_t line) {
  if (value.is_object() && !value.contains(called)) {
    for (const auto& [name, member] : value.members()) add(key.empty() ? name : key + "." + name, member, line);
    return;
  }
  if (config_.settings.size() >= most_settings) fail_at(line, "more than 100000 settings");
  config_.settings.push_back({key, value, line});
}

Json plain_value(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text == "~" || text == "null" || text == "None" || text == "Null" || text == "none") return {};
  for (const std::string_view word : {"true", "True", "TRUE", "yes", "on"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE", "no", "off"}) {
    if (text == word) return false;
  }
  std::string digits(text);
  if (text.find("__") == std::string_view::npos && text.front() != '_' && text.back() != '_') std::erase(digits, '_');
  if (digits.starts_with('+')) digits.erase(0, 1);
  const auto number = parse_number(digits);
  if (!number || !std::isfinite(*number)) return text;
  if (std::floor(*number) == *number && std::fabs(*number) <= 0x1p53 &&
      digits.find_first_of(".eE") == std::string::npos) {
    return static_cast<std::int64_t>(*number);
  }
  return *number;
}

Config read_config(std::string_view text) {
  if (text.size() > longest_text) fail_at(0, "is no configuration: it has more than 16 MB");
  if (text.find('\0') != std::string_view::npos) fail_at(0, "is no text: it holds zero bytes");
  const std::string_view inner = trimmed(text);
  if (inner.empty()) fail_at(0, "is empty");
  if (inner.starts_with('{')) return read_json(inner);
  const Look look = look_at(text);
  if (look.flags && !look.python && !look.sections && !(look.mappings && !look.assignments)) return read_flags(text);
  if (look.python) return read_python(text);
  if (look.sections && look.assignments) return read_toml(text);
  if (look.mappings && !look.assignments) return read_yaml(text);
  if (look.call || look.assignments) return read_python(text);
  return read_yaml(text);
}

}  // namespace scheduled::foreign
