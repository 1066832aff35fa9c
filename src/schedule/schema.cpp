// JSON Schema of a spec as an object: by a visitor of its keys.
#include <algorithm>
#include <map>

#include "base/schema.hpp"
#include "schedule/keys.hpp"
#include "schedule/records.hpp"

namespace scheduled {
namespace {

Json number_or_text() { return Json::object({{"type", Json::array({"number", "string"})}}); }
Json list_of(Json items) { return Json::object({{"type", "array"}, {"items", std::move(items)}}); }

// What to_value (schedule/value.hpp) makes of each.
Json schema_of(Schemas&, const double*) { return type_schema("number"); }
Json schema_of(Schemas&, const Duration*) { return number_or_text(); }
Json schema_of(Schemas&, const Rate*) { return number_or_text(); }
Json schema_of(Schemas&, const std::vector<Stage>*) { return list_of(type_schema("string")); }
Json schema_of(Schemas&, const std::vector<Duration>*) { return list_of(number_or_text()); }
Json schema_of(Schemas&, const std::vector<double>*) { return list_of(type_schema("number")); }
Json schema_of(Schemas&, const std::shared_ptr<const std::vector<double>>*) { return list_of(type_schema("number")); }
Json schema_of(Schemas& schemas, const std::shared_ptr<const ScheduleSpec>*) { return schemas.of<ScheduleObject>(); }
template <class Number>
Json schema_of(Schemas&, const WholeCount<Number>*) {
  return type_schema("number");
}
template <class Size>
Json schema_of(Schemas&, const BatchOf<Size>*) {
  return any_of({type_schema("number"), list_of(type_schema("string"))});
}
template <class E>
requires std::is_enum_v<E> Json schema_of(Schemas&, const E*) { return words_schema(Words<E>::words); }
template <class... Parts>
Json schema_of(Schemas&, const std::variant<Parts...>*) {
  return words_schema(part_names<std::variant<Parts...>>());
}
template <class T>
Json schema_of(Schemas& schemas, const std::optional<T>*) {
  return schema_of(schemas, static_cast<const T*>(nullptr));  // not written where there is none
}

/// What a key is in all schedules that have it: of one name they may mean different things.
struct Meanings {
  Json::Array schemas;
  std::vector<std::string_view> texts;

  Json json() const {
    Json json = any_of(schemas);
    std::string text;
    for (const std::string_view one : texts) text += concat({text.empty() ? "" : "; or ", one});
    json["description"] = text;
    return json;
  }
};

/// The keys of all schedules, and those of one.
class Collector {
 public:
  explicit Collector(Schemas& schemas) : schemas_(schemas) {}

  void begin() {
    own = {"schedule"};
    needed = {"schedule"};
  }
  template <class K, class T, class U>
  void operator()(const K& key, const T&, const U&) {
    if (std::find(own.begin(), own.end(), key.key) == own.end()) own.push_back(key.key);
    if (!key.needed.empty() && may_need) needed.push_back(key.key);
    const auto [at, made] = meanings_.try_emplace(key.key);
    if (made) order_.push_back(key.key);
    at->second.schemas.push_back(schema_of(schemas_, static_cast<const U*>(nullptr)));
    auto& texts = at->second.texts;
    if (std::find(texts.begin(), texts.end(), key.meaning) == texts.end()) texts.push_back(key.meaning);
  }
  void add_to(ObjectSchema& object) const {
    for (const std::string_view key : order_) object.add(key, meanings_.at(key).json(), {}, false);
  }

  std::vector<std::string_view> own, needed;
  bool may_need = true;

 private:
  Schemas& schemas_;
  std::map<std::string_view, Meanings> meanings_;
  std::vector<std::string_view> order_;
};

/// The keys of all decays, or curves, that a schedule may name; which of them come with one is not said.
template <class... Parts>
void visit_all(Collector& collect, const std::variant<Parts...>*) {
  collect.may_need = false;
  const auto visit = [&]<class P>(const P& part) { visit_members(Part<P>::parameters, part, part, collect); };
  (visit(Parts{}), ...);
  collect.may_need = true;
}

/// Names with the same keys.
struct Group {
  std::vector<std::string_view> keys, needed, names;
};

Json make(Schemas& schemas) {
  Collector collect(schemas);
  std::vector<Group> groups;
  Json names = Json::array();
  for (const SpecName& name : schedule_names()) {
    collect.begin();
    visit_keys(name, name.usual, collect);
    if (name.usual.cooldown && !name.whole_run) visit_all(collect, static_cast<const Decay*>(nullptr));
    if (name.takes_warmup) visit_all(collect, static_cast<const WarmupCurve*>(nullptr));
    names.push_back(name.name);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& one) {
      return one.keys == collect.own && one.needed == collect.needed;
    });
    if (group == groups.end()) group = groups.insert(group, {collect.own, collect.needed, {}});
    group->names.push_back(name.name);
  }
  ObjectSchema object;
  object.add("schedule", Json::object({{"enum", std::move(names)}}), "The schedule's name", true);
  collect.add_to(object);
  Json json = object.json("A schedule as an object: its name, and its keys as a spec has them");
  for (const Group& group : groups) {
    json["allOf"].push_back(where("schedule", group.names, only_members(group.keys, group.needed)));
  }
  return json;
}

}  // namespace

Json describe_schema(Schemas&, const Schedule*) { return type_schema("string"); }
Json describe_schema(Schemas& schemas, const ScheduleObject*) {
  return schemas.reference<ScheduleObject>("Schedule", make);
}

}  // namespace scheduled
