#include "schedule/fields.hpp"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_keys.hpp"

namespace scheduled {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// At most 60 characters of user text for a message, so that a table of a million values does not fill the screen.
std::string quote(std::string_view text) {
  constexpr std::size_t most = 60;
  return concat({"'", text.substr(0, most), text.size() > most ? "..." : "", "'"});
}

/// One parse of `name(key=value, ...)`; `at_` is the next character.
class CallParser {
 public:
  explicit CallParser(std::string_view text) : text_(trim(text)) {}

  Call run() {
    Call call;
    call.name = trim(until("("));
    if (call.name.empty()) reject("starts with the schedule's name, such as wsd(steps=50k)");
    if (call.name.find_first_of("=,)[]") != std::string::npos) reject("name(key=value, ...) is expected");
    if (at_ == text_.size()) return call;
    ++at_;  // (
    if (skip_blanks() && text_[at_] == ')') {
      ++at_;
    } else {
      while (true) {
        call.fields.push_back(field());
        const char separator = next("',' or ')'");
        if (separator == ')') break;
        if (separator != ',') reject("',' or ')' is expected");
      }
    }
    if (at_ != text_.size()) reject("text after the closing ')'");
    return call;
  }

 private:
  [[noreturn]] void reject(std::string_view why) const {
    fail({"schedule ", quote(text_), ": at character ", std::to_string(at_ + 1), ": ", why});
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

  Field field() {
    Field field;
    field.key = trim(until("=,()[]"));
    if (field.key.empty() || at_ == text_.size() || text_[at_] != '=') reject("key=value is expected");
    ++at_;  // =
    if (skip_blanks() && text_[at_] == '[') {
      field.is_list = true;
      ++at_;
      while (true) {
        const std::string_view item = trim(until(",]"));
        const char separator = next("']'");
        if (!item.empty()) field.items.emplace_back(item);
        if (separator == ']') break;
        if (item.empty()) reject("a value is expected before ','");
      }
    } else {
      field.items.emplace_back(trim(until(",()[]")));
      if (field.items.front().empty()) reject(concat({"a value is expected after ", field.key, "="}));
    }
    return field;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string json_scalar(const nlohmann::json& value, std::string_view key) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  if (value.is_number()) return format_number(value.get<double>());
  fail({key, ": must be a number, a text or a list of them"});
}

}  // namespace

Call parse_call(std::string_view text) { return CallParser(text).run(); }

std::string print_call(const Call& call) {
  std::string text = call.name + "(";
  std::string_view separator;
  for (const Field& field : call.fields) {
    text += separator;
    text += field.key + "=";
    if (field.is_list) text += "[";
    for (std::size_t k = 0; k < field.items.size(); ++k) text += (k > 0 ? ", " : "") + field.items[k];
    if (field.is_list) text += "]";
    separator = ", ";
  }
  return text + ")";
}

Call parse_call_json(std::string_view text) {
  KeysOnce once;
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(text, std::ref(once), false);
  } catch (const std::invalid_argument& error) {
    fail({"schedule ", quote(text), ": ", error.what()});
  }
  if (json.is_discarded() || !json.is_object()) fail({"schedule ", quote(text), ": not a JSON object"});
  Call call;
  for (const auto& [key, value] : json.items()) {
    if (key == "schedule") {
      if (!value.is_string()) fail({R"(schedule: must be the name as a text, such as "wsd")"});
      call.name = value.get<std::string>();
      continue;
    }
    Field field{key, {}, value.is_array()};
    if (field.is_list) {
      for (const auto& item : value) field.items.push_back(json_scalar(item, key));
    } else {
      field.items.push_back(json_scalar(value, key));
    }
    call.fields.push_back(std::move(field));
  }
  if (call.name.empty()) fail({"schedule ", quote(text), ": the key \"schedule\" with the name is missing"});
  return call;
}

std::string print_call_json(const Call& call) {
  // Values are numbers or words of the spec language, which need no escapes; nlohmann prints neither "1e-5" nor a
  // million values as compactly as they are at hand.
  const auto scalar = [](const std::string& item) { return parse_number(item) ? item : "\"" + item + "\""; };
  std::string text = "{\"schedule\":\"" + call.name + "\"";
  for (const Field& field : call.fields) {
    text += ",\"" + field.key + "\":";
    if (field.is_list) text += "[";
    for (std::size_t k = 0; k < field.items.size(); ++k) text += (k > 0 ? "," : "") + scalar(field.items[k]);
    if (field.is_list) text += "]";
  }
  return text + "}";
}

FieldReader::FieldReader(const Call& call) : call_(call), used_(call.fields.size(), false) {
  for (std::size_t i = 0; i < call.fields.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (call.fields[k].key == call.fields[i].key) {
        fail({call.name, ": key ", quote(call.fields[i].key), " is given twice"});
      }
    }
  }
}

const Field* FieldReader::take(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (std::size_t k = 0; k < call_.fields.size(); ++k) {
    if (call_.fields[k].key != key) continue;
    used_[k] = true;
    return &call_.fields[k];
  }
  return nullptr;
}

bool FieldReader::has(std::string_view key) const {
  return std::any_of(call_.fields.begin(), call_.fields.end(), [key](const Field& field) { return field.key == key; });
}

std::optional<std::string> FieldReader::text(std::string_view key) {
  const Field* const field = take(key);
  if (!field) return std::nullopt;
  if (field->is_list) fail({key, ": must be one value, not a list"});
  return field->items.front();
}

std::optional<std::vector<std::string>> FieldReader::list(std::string_view key) {
  const Field* const field = take(key);
  if (!field) return std::nullopt;
  if (!field->is_list) fail({key, " = ", quote(field->items.front()), ": must be a list such as [1, 2]"});
  return field->items;
}

std::optional<double> FieldReader::number(std::string_view key) {
  const std::optional<std::string> value = text(key);
  return value ? std::optional(read_number(key, *value)) : std::nullopt;
}

std::optional<Duration> FieldReader::duration(std::string_view key) {
  const std::optional<std::string> value = text(key);
  return value ? std::optional(parse_duration(key, *value)) : std::nullopt;
}

std::optional<Rate> FieldReader::rate(std::string_view key) {
  const std::optional<std::string> value = text(key);
  if (!value) return std::nullopt;
  if (value->ends_with('%')) {
    const std::optional<double> share = parse_number(std::string_view(*value).substr(0, value->size() - 1));
    if (share) return percent_of_peak(*share);
  } else if (const std::optional<double> rate = parse_number(*value)) {
    return absolute_lr(*rate);
  }
  fail({key, " = ", quote(*value), ": must be an LR such as 1e-5 or a share of the peak such as 10%"});
}

void FieldReader::missing(std::string_view key, std::string_view example) const {
  fail({call_.name, ": key ", key, " is missing, such as ", example});
}

void FieldReader::finish() const {
  for (std::size_t k = 0; k < used_.size(); ++k) {
    if (used_[k]) continue;
    std::string allowed;
    for (const std::string& key : known_) allowed += (allowed.empty() ? "" : ", ") + key;
    fail({call_.name, ": unknown key ", quote(call_.fields[k].key), "; allowed: ", allowed});
  }
}

double read_number(std::string_view key, std::string_view text) {
  const std::optional<double> value = parse_number(text);
  if (!value) fail({key, " = ", quote(text), ": must be a number"});
  return *value;
}

}  // namespace scheduled
