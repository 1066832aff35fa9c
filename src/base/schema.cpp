#include "base/schema.hpp"

#include <algorithm>
#include <stdexcept>

namespace scheduled {

void ObjectSchema::add(std::string_view name, Json schema, const std::string& text, bool required) {
  if (!text.empty()) schema["description"] = text;
  properties_.add(name, std::move(schema));
  if (required) required_.push_back(name);
}

Json ObjectSchema::json(std::string_view meaning) const {
  return Json::object({{"description", meaning},
                       {"type", "object"},
                       {"properties", properties_},
                       {"required", required_},
                       {"additionalProperties", others_}});
}

bool Schemas::begin(std::string_view name, const void* type) {
  const auto [at, made] = types_.emplace(name, type);
  if (!made && at->second != type) throw std::logic_error("two definitions of " + std::string(name));
  if (made) definitions_.add(name, Json());  // keeps its place, and ends a definition that refers to itself
  return made;
}

Json Schemas::record(std::string_view name, std::string_view meaning, const void* type,
                     void (*add)(Schemas&, ObjectSchema&, std::span<const std::string_view> left_out)) {
  if (begin(name, type)) {
    ObjectSchema object;
    add(*this, object, {});
    definitions_[name] = object.json(meaning);
  }
  return Json::object({{"$ref", "#/$defs/" + std::string(name)}});
}

void schema_detail::add_members(Schemas& schemas, ObjectSchema& object, std::span<const Member> members,
                                std::span<const std::string_view> left_out) {
  for (const Member& member : members) {
    if (std::find(left_out.begin(), left_out.end(), member.name) != left_out.end()) continue;
    member.add(schemas, object, member.name, field_text(member.meaning, member.unit), member.required);
  }
}

Json whole_schema(std::string_view id, std::string_view title, std::string_view meaning,
                  std::span<const MakeSchema> forms) {
  Schemas schemas;
  Json::Array made;
  for (const MakeSchema make : forms) made.push_back(make(schemas));
  Json whole = Json::object({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"$id", id},
                             {"title", title},
                             {"description", meaning}});
  const Json any = any_of(made);
  for (const auto& [key, value] : any.members()) whole.add(key, value);
  if (!schemas.definitions().members().empty()) whole.add("$defs", schemas.definitions());
  return whole;
}

std::string field_text(std::string_view meaning, std::string_view unit) {
  return std::string(meaning) + (unit.empty() ? "" : " [" + std::string(unit) + "]");
}

Json nullable(Json schema) {
  const Json* const type = schema.find("type");
  if (type == nullptr) return any_of({std::move(schema), type_schema("null")});
  Json types = type->is_array() ? *type : Json::array({*type});
  if (std::find(types.items().begin(), types.items().end(), Json("null")) != types.items().end()) return schema;
  types.push_back("null");
  schema["type"] = std::move(types);
  return schema;
}

Json words_schema(std::span<const std::string_view> words) {
  return Json::object({{"enum", Json::Array(words.begin(), words.end())}});
}

Json where(std::string_view key, std::span<const std::string_view> words, Json then) {
  return Json::object({{"if", Json::object({{"properties", Json::object({{std::string(key), words_schema(words)}})}})},
                       {"then", std::move(then)}});
}

Json only_members(std::span<const std::string_view> names, std::span<const std::string_view> needed) {
  return Json::object(
      {{"propertyNames", words_schema(names)}, {"required", Json::Array(needed.begin(), needed.end())}});
}

Json any_of(const Json::Array& schemas) {
  Json::Array once;
  for (const Json& schema : schemas) {
    if (std::find(once.begin(), once.end(), schema) == once.end()) once.push_back(schema);
  }
  return once.size() == 1 ? once.front() : Json::object({{"anyOf", std::move(once)}});
}

}  // namespace scheduled
