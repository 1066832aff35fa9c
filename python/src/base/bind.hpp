// Results as Python classes, made from their descriptions (base/record.hpp): attributes with units in their docstrings,
// repr, equality, JSON, pickling. What differs from type to type is a few small functions; the rest is in bind.cpp,
// once.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/arrays.hpp"
#include "base/record.hpp"
#include "base/schema.hpp"

namespace scheduled::python {

/// The Python name of a class that is bound by hand and may stand in a record.
template <class T>
inline constexpr const char* class_name = nullptr;
template <>
inline constexpr const char* class_name<Schedule> = "Schedule";

/// For a class that compares by value: objects that are equal would have different hashes, those of their identity.
void make_unhashable(nb::handle type);

/// An empty path is None.
nb::object python_path(const std::filesystem::path& path);
std::filesystem::path native_path(nb::handle path);

namespace bind_detail {

template <class T>
struct ElementOf;
template <class T>
struct ElementOf<std::optional<T>> {
  using type = T;
};
template <class T>
struct ElementOf<std::vector<T>> {
  using type = T;
};
template <class T>
struct ElementOf<std::map<std::string, T>> {
  using type = T;
};
template <class T>
using Element = typename ElementOf<T>::type;

template <class T>
inline constexpr bool is_array = std::is_same_v<T, std::vector<double>> || std::is_same_v<T, std::vector<std::int64_t>>;

/// The type as stubs say it.
template <class T>
std::string type_text() {
  using namespace record_detail;
  if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (std::is_integral_v<T>) {
    return "int";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "float";
  } else if constexpr (Text<T> || Worded<T>) {
    return "str";
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return "pathlib.Path";
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    return "numpy.typing.NDArray[numpy.float64]";
  } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
    return "numpy.typing.NDArray[numpy.int64]";
  } else if constexpr (Described<T>) {
    return std::string(Record<T>::name);
  } else if constexpr (is_optional<T>) {
    return type_text<Element<T>>() + " | None";
  } else if constexpr (is_variant<T>) {
    return []<class... Held>(const std::variant<Held...>*) {
      std::string text;
      ((text += (text.empty() ? "" : " | ") + type_text<Held>()), ...);
      return text;
    }(static_cast<const T*>(nullptr));
  } else if constexpr (Map<T>) {
    return "dict[str, " + type_text<Element<T>>() + "]";
  } else if constexpr (Sequence<T>) {
    return "list[" + type_text<Element<T>>() + "]";
  } else {
    static_assert(class_name<T> != nullptr);
    return class_name<T>;
  }
}

/// A value as a Python object: a view of `owner`, in which it lives, or a copy where there is none.
template <class T>
nb::object give(const T& value, nb::handle owner) {
  using namespace record_detail;
  if constexpr (std::is_arithmetic_v<T>) {
    return nb::cast(value);
  } else if constexpr (Worded<T>) {
    return python_text(word_of(value));
  } else if constexpr (Text<T>) {
    return python_text(value);
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return python_path(value);
  } else if constexpr (is_array<T>) {
    return view(value, owner);
  } else if constexpr (is_optional<T>) {
    return value ? give(*value, owner) : nb::none();
  } else if constexpr (is_variant<T>) {
    return std::visit([&](const auto& held) { return give(held, owner); }, value);
  } else if constexpr (Map<T>) {
    nb::dict dict;
    for (const auto& [key, entry] : value) dict[python_text(key)] = give(entry, owner);
    return dict;
  } else if constexpr (Sequence<T>) {
    nb::list list;
    for (const auto& entry : value) list.append(give(entry, owner));
    return list;
  } else {
    return owner.is_valid() ? nb::cast(value, nb::rv_policy::reference_internal, owner)
                            : nb::cast(value, nb::rv_policy::copy);
  }
}

/// The way back, for pickles.
template <class T>
T take(nb::handle object) {
  using namespace record_detail;
  if constexpr (std::is_arithmetic_v<T>) {
    return nb::cast<T>(object);
  } else if constexpr (Worded<T>) {
    return parse_word<T>("state", native_text("state", object));
  } else if constexpr (Text<T>) {
    return native_text("state", object);
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return native_path(object);
  } else if constexpr (is_array<T>) {
    return Values<typename T::value_type>(nb::borrow<ArrayLike>(object), "state").copy();
  } else if constexpr (is_optional<T>) {
    if (object.is_none()) return std::nullopt;
    return take<Element<T>>(object);
  } else if constexpr (is_variant<T>) {  // a number or a text
    if (PyFloat_Check(object.ptr())) return take<double>(object);
    return take<std::string>(object);
  } else if constexpr (Map<T>) {
    T map;
    for (const auto& [key, entry] : nb::cast<nb::dict>(object)) {
      map.emplace(native_text("state", key), take<Element<T>>(entry));
    }
    return map;
  } else if constexpr (Sequence<T>) {
    T series;
    for (const nb::handle entry : object) series.push_back(take<Element<T>>(entry));
    return series;
  } else {
    return nb::cast<T>(object);
  }
}

/// A field as data.
struct Access {
  std::string_view name, unit, meaning;
  bool stored;
  std::string (*type)();  ///< as stubs say it
  nb::object (*get)(const void* record, nb::handle owner);
};
/// What a class needs to know of its record's type.
struct Description {
  std::string_view name, meaning;
  std::span<const Access> fields;
  Json (*json)(const void* record);
  MakeSchema schema;  ///< of that
  void (*restore)(void* record, const nb::tuple& state);
};

/// JSON Schema of what a class's to_json writes, as text.
std::string schema_text(std::string_view name, std::string_view meaning, MakeSchema make);
/// Adds all of that to the class; what `description` refers to must live as long as the process.
void add_members(nb::handle type, const Description& description, bool with_repr);
/// "Meaning [unit]."
std::string doc_of(std::string_view meaning, std::string_view unit);

template <class R, std::size_t k>
nb::object get(const void* record, nb::handle owner) {
  const auto& field = field_at<k>(Record<R>::fields);
  decltype(auto) value = std::invoke(field.get, *static_cast<const R*>(record));
  return give(value, std::is_reference_v<decltype(value)> ? owner : nb::handle());
}

/// The places of the stored fields.
template <class R>
constexpr auto stored_places() {
  constexpr std::size_t count = [] {
    std::size_t stored = 0;
    for_each_field<R>([&](const auto& field) { stored += is_stored<std::remove_cvref_t<decltype(field.get)>>; });
    return stored;
  }();
  std::array<std::size_t, count> places{};
  std::size_t place = 0;
  std::size_t next = 0;
  for_each_field<R>([&](const auto& field) {
    if (is_stored<std::remove_cvref_t<decltype(field.get)>>) places[next++] = place;
    ++place;
  });
  return places;
}

template <class R>
void restore(void* record, const nb::tuple& state) {
  static constexpr auto places = stored_places<R>();
  const auto value = [&]<std::size_t j>(std::integral_constant<std::size_t, j>) {
    const auto member = field_at<places[j]>(Record<R>::fields).get;
    return take<std::remove_cvref_t<decltype(std::declval<R&>().*member)>>(nb::object(state[j]));
  };
  [&]<std::size_t... j>(std::index_sequence<j...>) {
    new (record) R{value(std::integral_constant<std::size_t, j>())...};
  }
  (std::make_index_sequence<places.size()>());
}

template <class R, std::size_t k>
constexpr Access access_of() {
  constexpr auto& field = field_at<k>(Record<R>::fields);
  using Get = std::remove_cvref_t<decltype(field.get)>;
  using Value = std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>;
  return {field.name, field.unit, field.meaning, is_stored<Get>, &type_text<Value>, &get<R, k>};
}

template <class R>
const Description& description_of() {
  static constexpr auto fields = []<std::size_t... k>(std::index_sequence<k...>) {
    return std::array<Access, sizeof...(k)>{access_of<R, k>()...};
  }
  (std::make_index_sequence<Record<R>::fields.size>());
  static constexpr Description description{
      Record<R>::name, Record<R>::meaning,
      fields,          [](const void* record) { return to_json(*static_cast<const R*>(record)); },
      &make_schema<R>, &restore<R>};
  return description;
}

}  // namespace bind_detail

enum class Repr { described, own };

/// The class of a result. What it has beside its description is added to what is returned; an attribute that is defined
/// again replaces the described one.
template <Described R>
nb::class_<R> bind(nb::module_& m, const char* doc = nullptr, Repr repr = Repr::described) {
  const std::string meaning = bind_detail::doc_of(Record<R>::meaning, "");
  nb::class_<R> type(m, std::string(Record<R>::name).c_str(), doc != nullptr ? doc : meaning.c_str());
  bind_detail::add_members(type, bind_detail::description_of<R>(), repr == Repr::described);
  return type;
}

/// What every record says of itself, for the tests: _records() -> {class: [(attribute, doc, stored), ...]}.
void bind_descriptions(nb::module_& m);

}  // namespace scheduled::python
