// A result described once: name, member, unit and meaning of its fields. JSON, CSV (csv_record.hpp), Python's
// attributes, repr, pickling and the tables of the docs come from the description (src/<module>/records.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "base/words.hpp"

namespace scheduled {

/// A field: `get` is a data member or, for what is derived, a member function without arguments or a function of the
/// record. The data members among the fields are all that the record has, in their order: it is built from them again
/// (but for what a verb of the command composes only to print it).
template <class Get>
struct Field {
  std::string_view
      name;  ///< empty: the fields of the record, or entries of the map, that `get` gives stand in this one
  Get get;
  std::string_view unit;     ///< "loss", "distance^2/loss", "steps", ...; empty: none
  std::string_view meaning;  ///< without a full stop
};
template <class Get>
Field(const char*, Get, const char*, const char*) -> Field<Get>;

/// Fields in their order. No std::tuple: the checks in its constructors would take a second for every file that
/// includes the records of a module.
template <std::size_t k, class Get>
struct FieldAt {
  Field<Get> field;
};
template <class Order, class... Gets>
struct FieldList;
template <std::size_t... k, class... Gets>
struct FieldList<std::index_sequence<k...>, Gets...> : FieldAt<k, Gets>... {
  static constexpr std::size_t size = sizeof...(Gets);

  constexpr explicit FieldList(Field<Gets>... field) : FieldAt<k, Gets>{field}... {}

  template <class Call>
  constexpr void for_each(const Call& call) const {
    (call(static_cast<const FieldAt<k, Gets>&>(*this).field), ...);
  }
};
template <class... Gets>
FieldList(Field<Gets>...) -> FieldList<std::index_sequence_for<Gets...>, Gets...>;

template <std::size_t k, class Get>
constexpr const Field<Get>& field_at(const FieldAt<k, Get>& fields) {
  return fields.field;
}

/// The description of a result; specialise it with
///   static constexpr std::string_view name, meaning;
///   static constexpr FieldList fields{Field{"peak", &BestBaseLr::peak, "distance^2/loss", "the best base LR"}, ...};
template <class R>
struct Record;

template <class R>
concept Described = requires {
  Record<R>::fields;
};

/// What is there only where it was asked for: else JSON and CSV leave the field out. Alike in all rows of a table.
template <class T>
struct Asked : std::optional<T> {
  using std::optional<T>::optional;
};

/// A text as an argument of a template.
template <std::size_t size>
struct FixedText {
  std::array<char, size> letters{};
  constexpr FixedText(const char (&text)[size]) { std::copy_n(static_cast<const char*>(text), size, letters.begin()); }
  constexpr std::string_view view() const { return {letters.data(), size - 1}; }
};

template <class E>
concept Worded = requires {
  Words<E>::words;
};

/// call(field) for each field.
template <Described R, class Call>
constexpr void for_each_field(const Call& call) {
  Record<R>::fields.for_each(call);
}

/// Whether each of the names is a field of R.
template <Described R>
constexpr bool has_fields(std::span<const std::string_view> names) {
  std::size_t found = 0;
  for_each_field<R>([&](const auto& field) {
    if (std::find(names.begin(), names.end(), field.name) != names.end()) ++found;
  });
  return found == names.size();
}

/// A record to print without the fields of these names. `record` lives on elsewhere.
template <class R, FixedText... names>
struct Without {
  using Of = R;
  static constexpr std::array<std::string_view, sizeof...(names)> left_out{names.view()...};
  static_assert(has_fields<R>(left_out), "what is left out is no field");

  const R& record;
};

/// A record and, behind its fields, those of another: what a result was asked for. Both live on elsewhere.
template <class R, class More>
struct With {
  const R& record;
  const More& more;
};

template <class Get>
inline constexpr bool is_stored = std::is_member_object_pointer_v<Get>;

template <class R, class More>
struct Record<With<R, More>> : Record<R> {
  using X = With<R, More>;
  static constexpr FieldList fields{
      Field{"", [](const X& x) -> const R& { return x.record; }, "", "The result"},
      Field{"", [](const X& x) -> const More& { return x.more; }, "", "What was asked for"}};
};

namespace record_detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_asked = false;
template <class T>
inline constexpr bool is_asked<Asked<T>> = true;
template <class T>
inline constexpr bool is_optional<Asked<T>> = true;
template <class T>
inline constexpr bool is_without = false;
template <class R, FixedText... names>
inline constexpr bool is_without<Without<R, names...>> = true;
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
template <class T>
struct Inner<Asked<T>> {
  using type = T;
};
/// What a field holds, where it holds something.
template <class R, class Get>
using Value = typename Inner<std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>>::type;

}  // namespace record_detail

template <Described R>
Json to_json(const R& record);
template <class R, FixedText... names>
Json to_json(const Without<R, names...>& shown);

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
  } else if constexpr (is_without<T>) {
    return to_json(value);
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

/// Adds the field to an object. Another one for a type, found by its argument, may add more than one member.
template <class T>
void add_member(Json& object, std::string_view name, const T& value) {
  object.add(name, to_json_value(value));
}

template <Described R>
void add_members(Json& object, const R& record, std::span<const std::string_view> left_out = {}) {
  using namespace record_detail;
  for_each_field<R>([&](const auto& field) {
    if (std::find(left_out.begin(), left_out.end(), field.name) != left_out.end()) return;
    decltype(auto) value = std::invoke(field.get, record);
    using Got = std::remove_cvref_t<decltype(value)>;
    if constexpr (is_without<Got>) {
      add_members(object, value.record, value.left_out);
    } else if constexpr (is_asked<Got>) {
      if (value) add_member(object, field.name, *value);
    } else {
      if constexpr (Described<Got>) {
        if (field.name.empty()) return add_members(object, value);
      }
      if constexpr (Map<Got>) {
        if (field.name.empty()) {
          for (const auto& [key, entry] : value) object.add(key, to_json_value(entry));
          return;
        }
      }
      add_member(object, field.name, value);
    }
  });
}

template <Described R>
Json to_json(const R& record) {
  Json object = Json::object();
  add_members(object, record);
  return object;
}
template <class R, FixedText... names>
Json to_json(const Without<R, names...>& shown) {
  Json object = Json::object();
  add_members(object, shown.record, shown.left_out);
  return object;
}

}  // namespace scheduled
