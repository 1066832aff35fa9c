// JSON Schema (draft 2020-12) of what results are as JSON: from their descriptions (base/record.hpp), as the JSON
// itself.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/json.hpp"
#include "base/record.hpp"

namespace scheduled {

/// What an object may hold, and which of it is always there.
class ObjectSchema {
 public:
  /// `text`: what the member is.
  void add(std::string_view name, Json schema, const std::string& text, bool required);
  /// Other members may be there, too, and are all of this schema.
  void others(Json schema) { others_ = std::move(schema); }
  Json json(std::string_view meaning) const;

 private:
  Json properties_ = Json::object(), required_ = Json::array(), others_ = false;
};

/// Collects the definitions to which the schemas that it makes refer: one for each record, by its name.
class Schemas {
 public:
  /// The schema of what to_json_value makes of a T.
  template <class T>
  Json of();
  /// A reference to the definition of this name, which `make(*this)` makes where it is not there yet. Throws
  /// std::logic_error where the name is that of another type's.
  template <class T, class Make>
  Json reference(std::string_view name, const Make& make) {
    if (begin(name, &mark<T>)) definitions_[name] = make(*this);
    return Json::object({{"$ref", "#/$defs/" + std::string(name)}});
  }
  const Json& definitions() const { return definitions_; }

 private:
  template <class T>
  static constexpr char mark = 0;  // its address tells types apart

  bool begin(std::string_view name, const void* type);
  Json record(std::string_view name, std::string_view meaning, const void* type,
              void (*add)(Schemas&, ObjectSchema&, std::span<const std::string_view> left_out));

  Json definitions_ = Json::object();
  std::map<std::string, const void*, std::less<>> types_;
};

/// A schema that is made when it is asked for.
using MakeSchema = Json (*)(Schemas&);
template <class T>
Json make_schema(Schemas& schemas) {
  return schemas.of<T>();
}

/// A whole schema of one of these forms: with its $schema, `id`, title, description and definitions.
Json whole_schema(std::string_view id, std::string_view title, std::string_view meaning,
                  std::span<const MakeSchema> forms);

/// "Meaning [unit]".
std::string field_text(std::string_view meaning, std::string_view unit);

/// The same schema, or null.
Json nullable(Json schema);
/// One of the words.
Json words_schema(std::span<const std::string_view> words);
/// Any of these, each once.
Json any_of(const Json::Array& schemas);
/// What holds besides where the member `key` is one of the words.
Json where(std::string_view key, std::span<const std::string_view> words, Json then);
/// An object with no other members than these, of which some are always there.
Json only_members(std::span<const std::string_view> names, std::span<const std::string_view> needed);
inline Json type_schema(const char* type) { return Json::object({{"type", type}}); }

/// Adds the field to an object. Another one for a type, found by its argument, may add more than one member
/// (add_member).
template <class T>
void add_member_schema(Schemas& schemas, ObjectSchema& object, std::string_view name, const std::string& text,
                       bool required, const T* type) {
  static_cast<void>(type);
  object.add(name, schemas.of<T>(), text, required);
}

namespace schema_detail {

/// A field as data: what follows from its type is a function of that type, not of the field.
struct Member {
  std::string_view name, meaning, unit;
  bool required;  ///< always there
  void (*add)(Schemas&, ObjectSchema&, std::string_view name, const std::string& text, bool required);
};

/// Adds those whose names are not left out.
void add_members(Schemas& schemas, ObjectSchema& object, std::span<const Member> members,
                 std::span<const std::string_view> left_out);

template <Described R>
void add_members(Schemas& schemas, ObjectSchema& object, std::span<const std::string_view> left_out = {});

template <class T>
void add_member(Schemas& schemas, ObjectSchema& object, std::string_view name, const std::string& text, bool required) {
  add_member_schema(schemas, object, name, text, required, static_cast<const T*>(nullptr));
}
template <Described R>
void add_inner(Schemas& schemas, ObjectSchema& object, std::string_view, const std::string&, bool) {
  add_members<R>(schemas, object);
}
template <class Some>
void add_some(Schemas& schemas, ObjectSchema& object, std::string_view, const std::string&, bool) {
  add_members<typename Some::Of>(schemas, object, Some::left_out);
}
template <class Map>
void add_others(Schemas& schemas, ObjectSchema& object, std::string_view, const std::string&, bool) {
  object.others(schemas.of<typename Map::mapped_type>());
}

template <class R, class Get>
constexpr auto adder_of(bool nameless) {
  using namespace record_detail;
  using Got = std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>;
  if constexpr (is_without<Got>) {
    return &add_some<Got>;
  } else {
    if constexpr (Described<Got>) {
      if (nameless) return &add_inner<Got>;
    }
    if constexpr (Map<Got>) {
      if (nameless) return &add_others<Got>;
    }
    return &add_member<std::conditional_t<is_asked<Got>, Value<R, Get>, Got>>;
  }
}

template <class R, class Get>
constexpr Member member_of(const Field<Get>& field) {
  using Got = std::remove_cvref_t<std::invoke_result_t<const Get&, const R&>>;
  return {field.name, field.meaning, field.unit, !record_detail::is_asked<Got>, adder_of<R, Get>(field.name.empty())};
}

template <Described R>
void add_members(Schemas& schemas, ObjectSchema& object, std::span<const std::string_view> left_out) {
  static constexpr auto members = []<std::size_t... k>(std::index_sequence<k...>) {
    return std::array<Member, sizeof...(k)>{member_of<R>(field_at<k>(Record<R>::fields))...};
  }
  (std::make_index_sequence<Record<R>::fields.size>());
  add_members(schemas, object, members, left_out);
}

template <class... Held>
Json of_any(Schemas& schemas, const std::variant<Held...>*) {
  return any_of({schemas.of<Held>()...});
}

}  // namespace schema_detail

template <class T>
Json Schemas::of() {
  using namespace record_detail;
  static_assert(!std::is_same_v<T, Json>, "any value: give it a type that says which");
  if constexpr (Described<T>) {
    return record(Record<T>::name, Record<T>::meaning, &mark<T>, &schema_detail::add_members<T>);
  } else if constexpr (Worded<T>) {
    return words_schema(Words<T>::words);
  } else if constexpr (is_optional<T>) {
    return nullable(of<typename Inner<T>::type>());
  } else if constexpr (is_variant<T>) {
    return schema_detail::of_any(*this, static_cast<const T*>(nullptr));
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return nullable(type_schema("string"));  // an empty one
  } else if constexpr (std::is_same_v<T, bool>) {
    return type_schema("boolean");
  } else if constexpr (std::is_integral_v<T>) {
    return type_schema("integer");
  } else if constexpr (std::is_floating_point_v<T>) {
    return nullable(type_schema("number"));  // what is not finite
  } else if constexpr (Text<T>) {
    return type_schema("string");
  } else if constexpr (Map<T>) {
    return Json::object({{"type", "object"}, {"additionalProperties", of<typename T::mapped_type>()}});
  } else if constexpr (Sequence<T>) {
    return Json::object({{"type", "array"}, {"items", of<typename T::value_type>()}});
  } else {
    return describe_schema(*this, static_cast<const T*>(nullptr));
  }
}

}  // namespace scheduled
