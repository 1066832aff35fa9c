#include "base/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "base/text.hpp"

namespace scheduled {
namespace {

constexpr std::size_t deepest = 64;  // what is parsed cannot be printed without as much stack as it is deep

/// Builds the value from the parser's events.
class Builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  bool null() { return add({}); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(number_integer_t value) { return add(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) {
    constexpr auto most = static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max());
    return value <= most ? add(static_cast<std::int64_t>(value)) : add(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) { return add(value); }
  bool string(string_t& value) { return add(std::move(value)); }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool key(string_t& key) {
    Level& level = open_.back();
    level.key = std::move(key);
    if (!level.keys.insert(level.key).second) fail({"key '", path(), "' is given twice"});
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception&) {
    error_at = position;
    error_token = token;
    return false;
  }

  Json result;
  std::size_t error_at = 0;
  std::string error_token;

 private:
  struct Level {
    Json value;
    std::set<std::string> keys;
    std::string key;  // the last one; none of an array
  };

  bool add(Json value) {
    if (open_.empty()) {
      result = std::move(value);
    } else if (open_.back().value.is_array()) {
      open_.back().value.push_back(std::move(value));
    } else {
      open_.back().value.add(open_.back().key, std::move(value));
    }
    return true;
  }
  bool open(Json value) {
    if (open_.size() >= deepest) fail({"is nested more than ", std::to_string(deepest), " deep"});
    open_.push_back({std::move(value), {}, {}});
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  /// Shortened, so that a key of a million characters does not fill the screen.
  std::string path() const {
    constexpr std::size_t most = 60;
    std::string text;
    for (const Level& level : open_) text += (text.empty() || level.key.empty() ? "" : ".") + level.key;
    return text.size() > most ? concat({beginning_of(text, most), "..."}) : text;
  }

  std::vector<Level> open_;
};

template <class T>
const T& get(
    const std::variant<std::monostate, bool, std::int64_t, double, std::string, Json::Array, Json::Object>& value) {
  const T* const found = std::get_if<T>(&value);
  if (found == nullptr) throw std::logic_error("a JSON value of another kind");
  return *found;
}

/// Length of the valid UTF-8 sequence that `text` begins with, or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0U) != 0x80) return 0;
  }
  if (first == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (first == 0xED && byte(1) > 0x9F) return 0;  // a surrogate
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = 1;
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\b') {
      out += "\\b";
    } else if (c == '\f') {
      out += "\\f";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(c);
      out += {'\\', 'u', '0', '0', digits[code >> 4U], digits[code & 15U]};
    } else if (c == '\xC2' && text.size() > 1 && static_cast<unsigned char>(text[1]) >= 0x80 &&
               static_cast<unsigned char>(text[1]) < 0xA0) {  // U+0080 ... U+009F command terminals, too
      constexpr std::string_view digits = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(text[1]);
      out += {'\\', 'u', '0', '0', digits[code >> 4U], digits[code & 15U]};
      length = 2;
    } else if ((length = utf8_length(text)) == 0) {
      out += "\xEF\xBF\xBD";  // the replacement character
      length = 1;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out + '"';
}

Json Json::object(std::initializer_list<Member> members) { return Json(Object(members)); }

Json Json::parse(std::string_view text, bool comments) {
  Builder builder;
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder, nlohmann::json::input_format_t::json, true,
                                comments)) {
    return std::move(builder.result);
  }
  if (builder.error_at > text.size() || builder.error_token.empty()) {
    fail({"is no valid JSON: it ends too soon; the text may be cut off"});
  }
  fail({"is no valid JSON, at byte ", std::to_string(builder.error_at)});
}

bool Json::boolean() const { return get<bool>(value_); }
double Json::number() const { return is_whole() ? static_cast<double>(whole()) : get<double>(value_); }
std::int64_t Json::whole() const { return get<std::int64_t>(value_); }
const std::string& Json::text() const { return get<std::string>(value_); }
const Json::Array& Json::items() const { return get<Array>(value_); }
const Json::Object& Json::members() const { return get<Object>(value_); }

const Json* Json::find(std::string_view key) const noexcept {
  const Object* const members = std::get_if<Object>(&value_);
  if (members == nullptr) return nullptr;
  const auto found = std::find_if(members->begin(), members->end(), [&](const Member& m) { return m.first == key; });
  return found == members->end() ? nullptr : &found->second;
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object();
  Object& members = std::get<Object>(value_);
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.first == key; });
  return found == members.end() ? members.emplace_back(key, Json()).second : found->second;
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array();
  std::get<Array>(value_).push_back(std::move(value));
}

void Json::add(std::string_view key, Json value) {
  if (is_null()) value_ = Object();
  std::get<Object>(value_).emplace_back(key, std::move(value));
}

void Json::append(const Json& object) {
  if (is_null()) value_ = Object();
  Object& members = std::get<Object>(value_);
  members.insert(members.end(), object.members().begin(), object.members().end());
}

void Json::dump_to(std::string& out, int indent, int depth) const {
  const auto line = [&](int level) {
    if (indent >= 0) out.append(1, '\n').append(static_cast<std::size_t>(indent * level), ' ');
  };
  if (is_null()) {
    out += "null";
  } else if (is_bool()) {
    out += boolean() ? "true" : "false";
  } else if (is_whole()) {
    out += std::to_string(whole());
  } else if (const double* const value = std::get_if<double>(&value_)) {
    if (!std::isfinite(*value)) {
      out += "null";
    } else {
      const std::string number = format_number(*value);
      out += number;
      if (number.find_first_of(".e") == std::string::npos) out += ".0";
    }
  } else if (is_text()) {
    out += json_quoted(text());
  } else if (is_array()) {
    out += '[';
    for (std::size_t k = 0; k < items().size(); ++k) {
      if (k > 0) out += ',';
      line(depth + 1);
      items()[k].dump_to(out, indent, depth + 1);
    }
    if (!items().empty()) line(depth);
    out += ']';
  } else {
    out += '{';
    for (std::size_t k = 0; k < members().size(); ++k) {
      if (k > 0) out += ',';
      line(depth + 1);
      out += json_quoted(members()[k].first) + (indent >= 0 ? ": " : ":");
      members()[k].second.dump_to(out, indent, depth + 1);
    }
    if (!members().empty()) line(depth);
    out += '}';
  }
}

std::string Json::dump(int indent) const {
  std::string out;
  dump_to(out, indent, 0);
  return out;
}

}  // namespace scheduled
