#include "schedule/text.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace scheduled {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// One parse of `name(key=value, ...)`, where a value can be of this form, too; `at_` is the next character.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json run() {
    const std::string_view name = trimmed(until("("));
    if (name.empty()) reject("starts with the schedule's name, such as wsd(steps=50k)");
    if (name.find_first_of("=,)[]") != std::string_view::npos) reject("name(key=value, ...) is expected");
    if (at_ == text_.size()) return Json::object({{"schedule", name}});
    Json spec = keys_of(name);
    if (at_ != text_.size()) reject("text after the closing ')'");
    return spec;
  }

 private:
  /// From the '(' after the name to its ')'.
  Json keys_of(std::string_view name) {
    constexpr int deepest = 64;
    if (++depth_ > deepest) reject("too many schedules within schedules");
    Json spec = Json::object({{"schedule", name}});
    ++at_;  // (
    if (skip_blanks() && text_[at_] == ')') {
      ++at_;
    } else {
      while (true) {
        read_key(spec);
        const char separator = next("',' or ')'");
        if (separator == ')') break;
        if (separator != ',') reject("',' or ')' is expected");
      }
    }
    --depth_;
    return spec;
  }

  [[noreturn]] void reject(std::string_view why) const {
    fail_value("schedule", in_quotes(text_), concat({"at character ", std::to_string(at_ + 1), ": ", why}));
  }

  bool skip_blanks() {
    at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size());
    return at_ < text_.size();
  }

  char next(std::string_view wanted) {
    if (!skip_blanks()) reject(concat({wanted, " is missing"}));
    return text_[at_++];
  }

  std::string_view until(std::string_view stops) {
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(stops, at_), text_.size());
    return text_.substr(begin, at_ - begin);
  }

  void read_key(Json& spec) {
    const std::string_view key = trimmed(until("=,()[]"));
    if (key.empty() || at_ == text_.size() || text_[at_] != '=') reject("key=value is expected");
    if (key == "schedule") reject("a schedule has no key of this name");
    if (spec.contains(key)) fail_argument(beginning_of(key, 60), "is given twice");
    ++at_;  // =
    spec[key] = skip_blanks() && text_[at_] == '[' ? list() : value(key);
  }

  Json value(std::string_view key) {
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) return quoted();
    const std::string_view text = trimmed(until(",()[]"));
    if (text.empty()) reject(concat({"a value is expected after ", key, "="}));
    if (at_ < text_.size() && text_[at_] == '(') return keys_of(text);
    return text;
  }

  /// A text that may hold what separates others.
  Json quoted() {
    const std::string_view mark = text_.substr(at_++, 1);
    const std::string_view text = trimmed(until(mark));
    if (at_ == text_.size()) reject(concat({mark, " is missing"}));
    if (text.empty()) reject("a value is expected within the quotes");
    ++at_;
    return text;
  }

  Json list() {
    Json items = Json::array();
    ++at_;  // [
    while (true) {
      const std::string_view item = trimmed(until(",]"));
      const char separator = next("']'");
      if (!item.empty()) items.push_back(item);
      if (separator == ']') return items;
      if (item.empty()) reject("a value is expected before ','");
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

Json parse_json(std::string_view text) {
  const Json spec = [&] {
    try {
      return Json::parse(text);
    } catch (const ArgumentError& error) {
      fail_value("schedule", in_quotes(text), error.fields().requirement);
    }
  }();
  const Json* const name = spec.find("schedule");
  if (name == nullptr) fail_value("schedule", in_quotes(text), "the key \"schedule\" with the name is missing");
  if (!name->is_text()) fail_argument("schedule", R"(must be the name as a text, such as "wsd")");
  return spec;
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return parts;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  return concat({"'", beginning_of(text, most), text.size() > most ? "..." : "", "'"});
}

Json parse_spec_text(std::string_view text) {
  text = trimmed(text);
  return text.starts_with('{') ? parse_json(text) : Parser(text).run();
}

std::string value_text(const Json& value) {
  if (value.is_text()) return value.text();
  if (value.is_number()) return value.is_whole() ? std::to_string(value.whole()) : format_number(value.number());
  if (value.is_object() && value.contains("schedule") && value.find("schedule")->is_text())
    return print_spec_text(value);
  if (!value.is_array()) return value.dump();
  std::string text = "[";
  for (std::size_t k = 0; k < value.items().size(); ++k) text += (k > 0 ? ", " : "") + value_text(value.items()[k]);
  return text + "]";
}

std::string print_spec_text(const Json& spec) {
  std::string text = spec.find("schedule")->text() + "(";
  std::string_view separator;
  for (const auto& [key, value] : spec.members()) {
    if (key == "schedule") continue;
    text += concat({separator, key, "=", value_text(value)});
    separator = ", ";
  }
  return text + ")";
}

}  // namespace scheduled
