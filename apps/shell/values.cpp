#include "shell/values.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"

namespace scheduled::shell {

std::vector<std::string> read_list(std::string_view name, std::string_view text) {
  std::vector<std::string> entries;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view entry = trimmed(text.substr(begin, end - begin));
    if (entry.empty()) fail_value(name, text, "an entry is empty");
    entries.emplace_back(entry);
    begin = end + 1;
  }
  return entries;
}

std::pair<std::string, std::string> read_pair(std::string_view name, std::string_view text, std::string_view form) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    fail_value(name, text, concat({"must be ", form}));
  }
  return {std::string(trimmed(text.substr(0, equals))), std::string(trimmed(text.substr(equals + 1)))};
}

double Argument<double>::read(std::string_view name, std::string_view text) {
  const auto number = parse_number(text);
  if (!number) fail_value(name, text, "must be a number");
  return *number;
}

std::int64_t Argument<std::int64_t>::read(std::string_view name, std::string_view text) {
  const Duration duration = parse_duration(name, text);
  if (duration.unit != Duration::Unit::steps) fail_value(name, text, "must be a number of steps");
  return resolve_steps(name, duration, std::nullopt, {});
}

std::string Argument<std::int64_t>::show(std::int64_t value) { return print_duration(steps(value)); }

Share Argument<Share>::read(std::string_view name, std::string_view text) {
  const bool percent = text.ends_with('%');
  const auto number = parse_number(text.substr(0, text.size() - (percent ? 1 : 0)));
  if (!number) fail_value(name, text, "must be a share such as 20% or 0.2");
  if (!percent && *number > 1.0) {
    fail_value(name, text, concat({"must be a share such as 20% or 0.2; did you mean '", text, "%'?"}));
  }
  return {percent ? *number / 100.0 : *number};
}

Threads Argument<Threads>::read(std::string_view name, std::string_view text) {
  const auto number = parse_number(text);
  if (!number || !(*number >= 1.0 && *number <= 256.0) || *number != std::floor(*number)) {
    fail_value(name, text, "must be a whole number between 1 and 256");
  }
  return {static_cast<int>(*number)};
}

}  // namespace scheduled::shell
