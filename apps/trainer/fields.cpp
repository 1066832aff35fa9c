#include "trainer/fields.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "scheduled/error.hpp"

namespace scheduled::trainer {
namespace {

/// Levenshtein's distance.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

std::string shown(const nlohmann::json& value) {
  constexpr std::size_t longest = 60;
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return text;
}

}  // namespace

Fields::Fields(std::string file, std::string path, const nlohmann::json& json, const Keys& known)
    : file_(std::move(file)), path_(std::move(path)), json_(json) {
  if (!json.is_object()) refuse(path_.empty() ? "must be an object {...}" : path_ + " must be an object {...}");
  if (!path_.empty()) path_ += '.';
  for (const auto& [key, value] : json_.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto nearest = std::min_element(known.begin(), known.end(), [&, &wrong = key](const auto& a, const auto& b) {
      return edits(wrong, a) < edits(wrong, b);
    });
    std::string text = "unknown key '" + path_ + key + "'";
    if (edits(key, *nearest) <= 2) text += ", did you mean '" + *nearest + "'";
    text += "; there are";
    for (const std::string& other : known) text += (other == known.front() ? " " : ", ") + other;
    refuse(text);
  }
}

void Fields::refuse(const std::string& text) const { throw std::invalid_argument(file_ + ": " + text); }

void Fields::fail(const std::string& key, const std::string& allowed) const {
  refuse(path_ + key + " = " + shown(json_.at(key)) + ": must be " + allowed);
}

const nlohmann::json& Fields::require(const std::string& key, const std::string& allowed) const {
  if (!has(key)) refuse(path_ + key + " is missing: must be " + allowed);
  return json_.at(key);
}

std::int64_t Fields::whole(const std::string& key, std::int64_t least, std::int64_t most) const {
  const std::string allowed = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const nlohmann::json& value = require(key, allowed);
  const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                                               : value.is_number_integer();
  if (!fits || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most) fail(key, allowed);
  return value.get<std::int64_t>();
}

std::int64_t Fields::whole(const std::string& key, std::int64_t least, std::int64_t most,
                           std::int64_t otherwise) const {
  return has(key) ? whole(key, least, most) : otherwise;
}

double Fields::number(const std::string& key, bool positive, double otherwise) const {
  if (!has(key)) return otherwise;
  const nlohmann::json& value = json_.at(key);
  const double number = value.is_number() ? value.get<double>() : -1.0;
  if (!std::isfinite(number) || number < 0.0 || (positive && number == 0.0)) {
    fail(key, positive ? "a number > 0" : "a number >= 0");
  }
  return number;
}

bool Fields::flag(const std::string& key, bool otherwise) const {
  if (!has(key)) return otherwise;
  if (!json_.at(key).is_boolean()) fail(key, "true or false");
  return json_.at(key).get<bool>();
}

std::string Fields::text(const std::string& key) const {
  const nlohmann::json& value = require(key, "text");
  if (!value.is_string()) fail(key, "text");
  return value.get<std::string>();
}

std::string Fields::text(const std::string& key, const std::string& otherwise) const {
  return has(key) ? text(key) : otherwise;
}

std::vector<std::string> Fields::names(const std::string& key) const {
  constexpr const char* allowed = "a list of one or more names of files, [\"a.txt\", ...]";
  const nlohmann::json& value = require(key, allowed);
  if (!value.is_array() || value.empty()) fail(key, allowed);
  std::vector<std::string> names;
  for (const nlohmann::json& name : value) {
    if (!name.is_string() || name.get<std::string>().empty()) fail(key, allowed);
    names.push_back(name.get<std::string>());
  }
  return names;
}

Fields Fields::object(const std::string& key, const Keys& known) const {
  return {file_, path_ + key, require(key, "an object {...}"), known};
}

}  // namespace scheduled::trainer
