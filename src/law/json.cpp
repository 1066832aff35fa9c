// A law as JSON text.
#include <array>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/object.hpp"
#include "base/schema.hpp"
#include "law/definition.hpp"
#include "law/records.hpp"

namespace scheduled {
namespace {

/// Calls `read`, and calls the text "law JSON" in errors that name no key of it.
template <class Read>
auto read_law_text(std::string_view text, const Read& read) {
  try {
    const Json json = Json::parse(text);  // refuses a file that is cut off, and a key that is given twice
    return read(ObjectReader(json, {}));
  } catch (const ArgumentError& error) {
    throw error.fields().name.empty() ? error.named("law JSON") : error;
  }
}

/// The key as it is now, or as files of before name it.
std::string_view key_in(const ObjectReader& object, std::string_view key, std::string_view before) {
  return object.has(before) && !object.has(key) ? before : key;
}

Law law_of(const ObjectReader& json) {
  const std::string_view kind = key_in(json, "kind", "law");
  json.only(std::array<std::string_view, 4>{kind, "reference_rate", "reference_sum", "parameters"});
  Law law;
  law.kind = parse_law_kind(json.text(kind));
  law.reference_rate = json.number("reference_rate");
  law.reference_sum = json.number("reference_sum");
  const ObjectReader parameters = json.object("parameters");
  const std::vector<std::string_view> names = law::names_of(law_parameters(law.kind));
  parameters.only(names);
  for (const std::string_view key : names) law.parameters.push_back(parameters.number(key));
  check_law(law);
  return law;
}

const Json::Array& list_at(const ObjectReader& json, std::string_view key, std::string_view wanted) {
  const Json& found = json.at(key, wanted);
  if (!found.is_array()) json.fail(key, wanted);
  return found.items();
}

std::vector<double> numbers_at(const ObjectReader& json, std::string_view key) {
  constexpr std::string_view wanted = "a list of numbers";
  std::vector<double> values;
  for (const Json& entry : list_at(json, key, wanted)) {
    if (!entry.is_number()) json.fail(key, wanted);
    values.push_back(entry.number());
  }
  return values;
}

constexpr std::int64_t most_steps = 1'000'000'000'000'000;

/// What files of before do not say is such that nothing is told of it.
void read_later_fields(const ObjectReader& json, SeenRun& run) {
  constexpr double nearly = 0.15;
  const double last = run.shape.empty() ? 1.0 : run.shape.back();
  const bool known = json.has("warmup");
  run.warmup = known ? json.number("warmup") : 1.0;
  run.rise = known ? json.number("rise") : 1.0;
  run.spike = known ? json.number("spike") : 0.0;
  run.final = known ? json.number("final") : last;
  run.to_zero = known ? json.flag("to_zero") : last <= nearly;
  run.first = known ? json.whole("first", 0, most_steps) : 0;
}

std::vector<SeenRun> seen_at(const ObjectReader& json) {
  std::vector<SeenRun> seen;
  if (!json.has("seen") || json.at("seen", "").is_null()) return seen;  // a file of before
  for (const Json& one : list_at(json, "seen", "a list of runs")) {
    const ObjectReader run(one, {}, concat({"seen[", std::to_string(seen.size()), "]"}));
    std::vector<std::string_view> keys;
    for_each_field<SeenRun>([&](const auto& field) { keys.push_back(field.name); });
    run.only(keys);
    SeenRun read{run.text("name"),   run.whole("steps", 0, most_steps), run.number("peak"), run.number("decay"),
                 run.number("drop"), numbers_at(run, "shape")};
    read_later_fields(run, read);
    seen.push_back(std::move(read));
  }
  return seen;
}

std::map<std::string, std::string> how_at(const ObjectReader& json) {
  std::map<std::string, std::string> how;
  if (!json.has("how")) return how;  // a file of before
  const Json& found = json.at("how", "an object of texts");
  if (!found.is_object()) json.fail("how", "an object of texts");
  for (const auto& [name, value] : found.members()) {
    if (!value.is_text()) json.fail("how", "an object of texts");
    how[name] = value.text();
  }
  return how;
}

FittedLaw fitted_of(const ObjectReader& json) {
  const std::string_view law = key_in(json, "law", "fitted");
  std::vector<std::string_view> keys{law};
  for_each_field<FittedLaw>([&](const auto& field) {
    if (field.name != "law") keys.push_back(field.name);
  });
  if (!json.has(law)) json.fail_whole("must be an object with the key 'law'");
  json.only(keys);
  FittedLaw fitted;
  fitted.law = law_of(json.object(law));
  fitted.log_residuals = json.flag("log_residuals");
  fitted.noise = json.number("noise");
  fitted.time = json.number("time");
  fitted.inflation = json.number("inflation");
  constexpr std::int64_t most_runs = 1'000'000;
  fitted.decays = static_cast<int>(json.whole("decays", 0, most_runs));
  fitted.covariance = numbers_at(json, "covariance");
  fitted.seen = seen_at(json);
  fitted.how = how_at(json);
  std::size_t k = 0;
  for (const Json& refit : list_at(json, "bootstrap", "a list of laws")) {
    fitted.bootstrap.push_back(law_of(ObjectReader(refit, {}, concat({"bootstrap[", std::to_string(k++), "]"}))));
  }
  check_fitted(fitted);
  return fitted;
}

}  // namespace

Json describe_as_json(const Law& law) {
  check_law(law);
  Json parameters = Json::object();
  const auto table = law_parameters(law.kind);
  for (std::size_t i = 0; i < table.size(); ++i) parameters.add(table[i].name, law.parameters[i]);
  return Json::object({{"kind", law_name(law.kind)},
                       {"reference_rate", law.reference_rate},
                       {"reference_sum", law.reference_sum},
                       {"parameters", std::move(parameters)}});
}

Json describe_schema(Schemas& schemas, const Law*) {
  return schemas.reference<Law>("Law", [](Schemas&) {
    ObjectSchema law;
    law.add("kind", words_schema(law::names()), "Which law", true);
    law.add("reference_rate", type_schema("number"), "Unit of rates [distance^2/loss]", true);
    law.add("reference_sum", type_schema("number"), "Unit of sums of rates [distance^2/loss]", true);
    law.add("parameters", Json::object({{"type", "object"}, {"additionalProperties", type_schema("number")}}),
            "By their names", true);
    Json json = law.json("A loss law with its parameters");
    for (std::size_t k = 0; k < law::names().size(); ++k) {
      const auto names = law::names_of(law_parameters(static_cast<LawKind>(k)));
      Json parameters = Json::object({{"properties", Json::object({{"parameters", only_members(names, names)}})}});
      json["allOf"].push_back(where("kind", law::names().subspan(k, 1), std::move(parameters)));
    }
    return json;
  });
}

std::string print_law(const Law& law) { return describe_as_json(law).dump(); }
Law parse_law(std::string_view text) { return read_law_text(text, law_of); }
std::string print_fitted_law(const FittedLaw& fitted) { return to_json(fitted).dump(); }

FittedLaw parse_fitted_law(std::string_view text) { return read_law_text(text, fitted_of); }

}  // namespace scheduled
