// A law as JSON text.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "law/definition.hpp"
#include "law/records.hpp"

namespace scheduled {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view source = "law JSON";  // what errors call the text

/// Refuses what is no JSON, e.g. a file that is cut off, and a key that is given twice.
Json parse_json(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const ArgumentError& error) {
    throw error.named(source);
  }
}

const Json& member(const Json& object, std::string_view key) {
  const Json* const found = object.find(key);
  if (found == nullptr) fail_argument(source, concat({"no key '", key, "'"}));
  return *found;
}

/// The key as it is now, or as files of before name it.
std::string_view key_in(const Json& object, std::string_view key, std::string_view before) {
  return object.contains(before) && !object.contains(key) ? before : key;
}

[[noreturn]] void fail_member(std::string_view key, std::string_view requirement) {
  fail_argument(source, concat({"'", key, "' ", requirement}));
}

double number_at(const Json& object, std::string_view key) {
  const Json& found = member(object, key);
  if (!found.is_number()) fail_member(key, "must be a number");
  return found.number();
}

void allow_only(const Json& object, std::string_view where, std::span<const std::string_view> keys) {
  for (const auto& [key, value] : object.members()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const auto meant = nearest_word(key, keys);
    fail_argument(source, concat({"unknown key '", key, "' in ", where, meant ? "; did you mean '" : "",
                                  meant.value_or(""), meant ? "'?" : ""}));
  }
}

Law law_of(const Json& json) {
  if (!json.is_object()) {
    fail_argument(source, "must be an object with kind, reference_rate, reference_sum and parameters");
  }
  const std::string_view kind = key_in(json, "kind", "law");
  allow_only(json, "the law", std::array{kind, "reference_rate"sv, "reference_sum"sv, "parameters"sv});
  const Json* const name = json.find(kind);
  if (name == nullptr || !name->is_text()) fail_member(kind, "must be the law's name");
  Law law;
  law.kind = parse_law_kind(name->text());
  law.reference_rate = number_at(json, "reference_rate");
  law.reference_sum = number_at(json, "reference_sum");
  const Json* const parameters = json.find("parameters");
  if (parameters == nullptr || !parameters->is_object()) fail_member("parameters", "must be an object");
  const std::vector<std::string_view> names = law::names_of(law_parameters(law.kind));
  allow_only(*parameters, concat({"parameters of the law ", law_name(law.kind)}), names);  // before one that is missing
  for (const std::string_view key : names) law.parameters.push_back(number_at(*parameters, key));
  check_law(law);
  return law;
}

int count_at(const Json& object, std::string_view key) {
  const double value = number_at(object, key);
  if (!(value >= 0.0 && value <= 1e6) || value != std::floor(value)) {
    fail_argument(source,
                  concat({"'", key, "' = ", format_number(value), ": must be a whole number within 0 ... 1000000"}));
  }
  return static_cast<int>(value);
}

std::vector<double> numbers_at(const Json& object, std::string_view key) {
  constexpr std::string_view wanted = "must be a list of numbers";
  const Json* const found = object.find(key);
  if (found == nullptr || !found->is_array()) fail_member(key, wanted);
  std::vector<double> values;
  for (const Json& entry : found->items()) {
    if (!entry.is_number()) fail_member(key, wanted);
    values.push_back(entry.number());
  }
  return values;
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

std::string print_law(const Law& law) { return describe_as_json(law).dump(); }
Law parse_law(std::string_view text) { return law_of(parse_json(text)); }
std::string print_fitted_law(const FittedLaw& fitted) { return to_json(fitted).dump(); }

FittedLaw parse_fitted_law(std::string_view text) {
  const Json json = parse_json(text);
  const std::string_view law = key_in(json, "law", "fitted");
  if (!json.contains(law)) fail_argument(source, "must be an object with the key 'law'");
  std::vector<std::string_view> keys{law};
  for_each_field<FittedLaw>([&](const auto& field) {
    if (field.name != "law") keys.push_back(field.name);
  });
  allow_only(json, "the fitted law", keys);
  FittedLaw fitted;
  fitted.law = law_of(member(json, law));
  const Json* const log_residuals = json.find("log_residuals");
  if (log_residuals == nullptr || !log_residuals->is_bool()) fail_member("log_residuals", "must be true or false");
  fitted.log_residuals = log_residuals->boolean();
  fitted.noise = number_at(json, "noise");
  fitted.time = number_at(json, "time");
  fitted.inflation = number_at(json, "inflation");
  fitted.decays = count_at(json, "decays");
  fitted.covariance = numbers_at(json, "covariance");
  const Json* const bootstrap = json.find("bootstrap");
  if (bootstrap == nullptr || !bootstrap->is_array()) fail_member("bootstrap", "must be a list of laws");
  for (const Json& refit : bootstrap->items()) fitted.bootstrap.push_back(law_of(refit));
  check_fitted(fitted);
  return fitted;
}

}  // namespace scheduled
