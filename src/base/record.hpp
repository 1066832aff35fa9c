// A result described once: name, member, unit and meaning of its fields. JSON, CSV, Python's attributes, repr, pickling
// and the tables of the docs come from the description (src/<module>/records.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "base/words.hpp"

namespace scheduled {

/// A field: `get` is a data member or, for what is derived, a member function without arguments or a function of the
/// record. The data members among the fields are all that the record has, in their order: it is built from them again.
template <class Get>
struct Field {
  std::string_view name;
  Get get;
  std::string_view unit;     ///< "loss", "distance^2/loss", "steps", ...; empty: none
  std::string_view meaning;  ///< without a full stop
};
template <class Get>
Field(const char*, Get, const char*, const char*) -> Field<Get>;

/// The description of a result; specialise it with
///   static constexpr std::string_view name, meaning;
///   static constexpr std::tuple fields{Field{"peak", &BestBaseLr::peak, "distance^2/loss", "the best base LR"}, ...};
template <class R>
struct Record;

template <class R>
concept Described = requires {
  Record<R>::fields;
};
template <class E>
concept Worded = requires {
  Words<E>::words;
};

/// call(field) for each field.
template <Described R, class Call>
constexpr void for_each_field(const Call& call) {
  std::apply([&](const auto&... field) { (call(field), ...); }, Record<R>::fields);
}

template <class Get>
inline constexpr bool is_stored = std::is_member_object_pointer_v<Get>;

namespace record_detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

template <class T>
concept Text = std::is_convertible_v<const T&, std::string_view>;
template <class T>
concept Sequence = !Text<T> && !std::is_same_v<T, std::filesystem::path> && requires(const T& value) {
  value.begin();
  value.end();
};
template <class T>
concept Map = Sequence<T> && requires(const T& value) {
  value.begin()->first;
  value.begin()->second;
};

template <class T>
struct Inner {
  using type = T;
};
template <class T>
struct Inner<std::optional<T>> {
  using type = T;
};
/// What a field holds, where it holds something.
template <class R, class Get>
using Value = typename Inner<std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>>::type;

}  // namespace record_detail

template <Described R>
Json to_json(const R& record);

/// Any value of a field as JSON: numbers, texts, null for what is absent (an empty path, too), words of enumerators,
/// records and maps as objects; values with a text of their own, such as schedules, by describe_as_json, which their
/// argument finds.
template <class T>
Json to_json_value(const T& value) {
  using namespace record_detail;
  if constexpr (Described<T>) {
    return to_json(value);
  } else if constexpr (Worded<T>) {
    return word_of(value);
  } else if constexpr (is_optional<T>) {
    return value ? to_json_value(*value) : Json();
  } else if constexpr (is_variant<T>) {
    return std::visit([](const auto& held) { return to_json_value(held); }, value);
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return value.empty() ? Json() : Json(value.string());
  } else if constexpr (std::is_arithmetic_v<T> || Text<T> || std::is_same_v<T, Json>) {
    return value;
  } else if constexpr (Map<T>) {
    Json object = Json::object();
    for (const auto& [key, entry] : value) object.add(key, to_json_value(entry));
    return object;
  } else if constexpr (Sequence<T>) {
    Json array = Json::array();
    for (const auto& entry : value) array.push_back(to_json_value(entry));
    return array;
  } else {
    return describe_as_json(value);
  }
}

template <Described R>
Json to_json(const R& record) {
  Json object = Json::object();
  for_each_field<R>([&](const auto& field) { object.add(field.name, to_json_value(std::invoke(field.get, record))); });
  return object;
}

/// A value as a cell of CSV: numbers that read back exactly ("inf" and "nan", too), texts as they are, nothing for what
/// is absent.
std::string cell_of(const Json& value);

/// The names of the fields that have one cell each; records within a record are spread as "outer.inner", series are
/// left out.
template <Described R>
std::vector<std::string> csv_names(const std::string& prefix = {}) {
  std::vector<std::string> names;
  for_each_field<R>([&](const auto& field) {
    using Value = record_detail::Value<R, std::remove_cvref_t<decltype(field.get)>>;
    const std::string name = prefix + std::string(field.name);
    if constexpr (Described<Value>) {
      for (std::string& inner : csv_names<Value>(name + ".")) names.push_back(std::move(inner));
    } else if constexpr (!record_detail::Sequence<Value>) {
      names.push_back(name);
    }
  });
  return names;
}

/// Their cells; empty ones for a record that is absent.
template <Described R>
std::vector<std::string> csv_cells(const R& record) {
  std::vector<std::string> cells;
  const auto add = [&](std::vector<std::string> inner) {
    for (std::string& cell : inner) cells.push_back(std::move(cell));
  };
  for_each_field<R>([&](const auto& field) {
    using Get = std::remove_cvref_t<decltype(field.get)>;
    using Value = record_detail::Value<R, Get>;
    decltype(auto) value = std::invoke(field.get, record);
    if constexpr (Described<Value> && record_detail::is_optional<std::remove_cvref_t<decltype(value)>>) {
      add(value ? csv_cells(*value) : std::vector<std::string>(csv_names<Value>().size()));
    } else if constexpr (Described<Value>) {
      add(csv_cells(value));
    } else if constexpr (!record_detail::Sequence<Value>) {
      cells.push_back(cell_of(to_json_value(value)));
    }
  });
  return cells;
}

/// A description as values: for Python, for the tables of the docs, and for the test that compares what all of them
/// say.
struct FieldText {
  std::string_view name, unit, meaning;
  bool stored = false;  ///< false: derived from the stored ones
};
template <Described R>
std::vector<FieldText> field_texts() {
  std::vector<FieldText> texts;
  for_each_field<R>([&](const auto& field) {
    texts.push_back({field.name, field.unit, field.meaning, is_stored<std::remove_cvref_t<decltype(field.get)>>});
  });
  return texts;
}

}  // namespace scheduled
