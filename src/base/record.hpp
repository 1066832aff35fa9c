// A result described once: name, member, unit and meaning of its fields. JSON, CSV, Python's attributes, repr, pickling
// and the tables of the docs come from the description (src/<module>/records.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/words.hpp"
#include "scheduled/error.hpp"

namespace scheduled {

/// A field: `get` is a data member or, for what is derived, a member function without arguments or a function of the
/// record. Data members alone are pickled, so that all of them must be among the fields, in their order.
template <class Get>
struct Field {
  std::string_view name;
  Get get;
  std::string_view unit;  ///< "loss", "distance^2/loss", "steps", ...; empty: none
  std::string_view meaning;
};
template <class Get>
Field(const char*, Get, const char*, const char*) -> Field<Get>;

/// The description of a result; specialise it with
///   static constexpr std::string_view name, meaning;
///   static constexpr std::tuple fields{Field{"peak", &BestBaseLr::peak, "distance^2/loss", "The best base LR."}, ...};
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

template <Described R>
Json to_json(const R& record);

/// Any value of a field as JSON: numbers, texts, null for what is absent, words of enumerators, records as objects.
template <class T>
Json to_json_value(const T& value) {
  if constexpr (Described<T>) {
    return to_json(value);
  } else if constexpr (Worded<T>) {
    return Json(word_of(value));
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return Json(value.string());
  } else if constexpr (requires {
                         value.has_value();
                         *value;
                       }) {
    return value ? to_json_value(*value) : Json();
  } else if constexpr (std::is_convertible_v<const T&, Json> && !std::is_enum_v<T>) {
    return Json(value);
  } else if constexpr (requires {
                         value.begin();
                         value.begin()->first;
                       }) {
    Json object = Json::object();
    for (const auto& [key, entry] : value) object[key] = to_json_value(entry);
    return object;
  } else if constexpr (requires { value.begin(); }) {
    Json array = Json::array();
    for (const auto& entry : value) array.push_back(to_json_value(entry));
    return array;
  } else {
    return describe_as_json(value);  // found by its argument: schedules and other values with a text of their own
  }
}

template <Described R>
Json to_json(const R& record) {
  Json object = Json::object();
  for_each_field<R>([&](const auto& field) { object[field.name] = to_json_value(std::invoke(field.get, record)); });
  return object;
}

/// A value on one line of text: a cell of CSV, or within a repr.
inline std::string cell_of(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_text()) return value.text();
  if (value.is_number() && !value.is_whole()) return format_number(value.number());
  return value.dump();
}

namespace record_detail {
template <class T>
struct Inner {
  using type = T;
};
template <class T>
struct Inner<std::optional<T>> {
  using type = T;
};
template <class R, class Get>
using Value = typename Inner<std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>>::type;

/// Texts are no series.
template <class T>
inline constexpr bool is_series = requires(const T& value) {
  value.begin();
}
&&!std::is_convertible_v<const T&, std::string_view> && !std::is_same_v<T, std::filesystem::path>;
}  // namespace record_detail

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
    } else if constexpr (!record_detail::is_series<Value>) {
      names.push_back(name);
    }
  });
  return names;
}

/// Their cells: numbers that read back exactly, texts, true or false, empty for what is absent.
template <Described R>
std::vector<std::string> csv_cells(const R& record) {
  std::vector<std::string> cells;
  for_each_field<R>([&](const auto& field) {
    using Value = record_detail::Value<R, std::remove_cvref_t<decltype(field.get)>>;
    const auto& value = std::invoke(field.get, record);
    if constexpr (Described<Value>) {
      if constexpr (requires { value.has_value(); }) {
        if (!value) {
          cells.resize(cells.size() + csv_names<Value>().size());
          return;
        }
        for (std::string& inner : csv_cells(*value)) cells.push_back(std::move(inner));
      } else {
        for (std::string& inner : csv_cells(value)) cells.push_back(std::move(inner));
      }
    } else if constexpr (!record_detail::is_series<Value>) {
      cells.push_back(cell_of(to_json_value(value)));
    }
  });
  return cells;
}

/// "BestBaseLr(peak=0.001, bound=0.5, closed_form=True)": as Python writes values; of a series its length.
std::string repr_of(const Json& value);
template <Described R>
std::string repr(const R& record) {
  std::string text(Record<R>::name);
  text += '(';
  bool first = true;
  for_each_field<R>([&](const auto& field) {
    using Value = record_detail::Value<R, std::remove_cvref_t<decltype(field.get)>>;
    const auto& value = std::invoke(field.get, record);
    text += first ? "" : ", ";
    first = false;
    text += std::string(field.name) + "=";
    if constexpr (Described<Value>) {
      if constexpr (requires { value.has_value(); }) {
        text += value ? repr(*value) : "None";
      } else {
        text += repr(value);
      }
    } else {
      text += repr_of(to_json_value(value));
    }
  });
  return text + ')';
}

}  // namespace scheduled
