// JSON as a value: what we print, and what people and programs give us. nlohmann's parser stays in json.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace scheduled {

/// A JSON value. Objects keep the order of their keys. Numbers are doubles or whole numbers, as they were made or read.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  ///< null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::size_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  template <class T>
  Json(const std::optional<T>& value) {
    if (value) *this = Json(*value);
  }
  template <class T>
  Json(const std::vector<T>& values) : value_(Array(values.begin(), values.end())) {}
  Json(std::span<const double> values) : value_(Array(values.begin(), values.end())) {}

  /// {"key": value, ...}, [value, ...].
  static Json object(std::initializer_list<Member> members = {});
  static Json array(std::initializer_list<Json> values = {}) { return {Array(values)}; }

  /// Reads one value. Throws ArgumentError: no JSON (with the byte, and whether the text ends too soon), a key that is
  /// given twice (with its path), nests of more than 64 levels, text after the value. `comments`: // and /* */ are
  /// skipped. Never crashes on any bytes; O(n log n).
  static Json parse(std::string_view text, bool comments = false);

  bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }
  bool is_array() const noexcept { return std::holds_alternative<Array>(value_); }
  bool is_text() const noexcept { return std::holds_alternative<std::string>(value_); }
  bool is_bool() const noexcept { return std::holds_alternative<bool>(value_); }
  bool is_whole() const noexcept { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const noexcept { return is_whole() || std::holds_alternative<double>(value_); }

  /// The value; only of that kind (std::logic_error). `number` also of whole numbers.
  bool boolean() const;
  double number() const;
  std::int64_t whole() const;
  const std::string& text() const;
  const Array& items() const;
  const Object& members() const;

  /// The member of an object; null where there is none, or this is no object.
  const Json* find(std::string_view key) const noexcept;
  bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }

  /// The member with this key, made where it is missing; null becomes an object.
  Json& operator[](std::string_view key);
  /// Appends; null becomes an array, or an object.
  void push_back(Json value);
  /// Appends a member, whose key must be new: without the search of operator[]. Null becomes an object.
  void add(std::string_view key, Json value);
  void append(const Json& object);  ///< all members of another object

  /// On one line, or indented. Numbers read back exactly; what is not finite is null; bytes that are no UTF-8 are
  /// replaced. Doubles are written as format_number does, whole ones with ".0", so that their type stays.
  std::string dump(int indent = -1) const;

  bool operator==(const Json&) const = default;

 private:
  explicit Json(Object value) : value_(std::move(value)) {}
  void dump_to(std::string& out, int indent, int depth) const;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// `text` as a JSON string with its quotes.
std::string json_quoted(std::string_view text);

}  // namespace scheduled
