// A law as JSON text.
#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_keys.hpp"
#include "scheduled/error.hpp"
#include "scheduled/law.hpp"

namespace scheduled {

std::string print_law(const Law& law) {
  check_law(law);
  std::string text =
      concat({"{\"law\":\"", law_name(law.kind), "\",\"reference_rate\":", format_number(law.reference_rate),
              ",\"reference_sum\":", format_number(law.reference_sum), ",\"parameters\":{"});
  const auto table = law_parameters(law.kind);
  for (std::size_t i = 0; i < table.size(); ++i) {
    text += concat({i == 0 ? "\"" : ",\"", table[i].name, "\":", format_number(law.parameters[i])});
  }
  return text + "}}";
}

namespace {

using Json = nlohmann::json;

/// Refuses what is no JSON, e.g. a file that is cut off, and a key that is given twice.
Json parse_json(std::string_view text) {
  KeysOnce once;
  try {
    Json json = Json::parse(text, std::ref(once), false);
    if (json.is_discarded()) fail({"is no valid JSON; the text may be cut off"});
    return json;
  } catch (const std::invalid_argument& error) {
    fail({"law JSON: ", error.what()});
  }
}

double number_at(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end()) fail({"law JSON: no key '", key, "'"});
  if (!found->is_number()) fail({"law JSON: '", key, "' must be a number"});
  return found->get<double>();
}

void allow_only(const Json& object, std::string_view where, const std::vector<std::string_view>& keys) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) fail({"law JSON: unknown key '", key, "' in ", where});
  }
}

Law law_of(const Json& json) {
  if (!json.is_object()) fail({"law JSON: must be an object with law, reference_rate, reference_sum and parameters"});
  allow_only(json, "the law", {"law", "reference_rate", "reference_sum", "parameters"});
  const auto name = json.find("law");
  if (name == json.end() || !name->is_string()) fail({"law JSON: 'law' must be the law's name"});
  Law law;
  law.kind = parse_law_kind(name->get<std::string>());
  law.reference_rate = number_at(json, "reference_rate");
  law.reference_sum = number_at(json, "reference_sum");
  const auto parameters = json.find("parameters");
  if (parameters == json.end() || !parameters->is_object()) fail({"law JSON: 'parameters' must be an object"});
  const auto table = law_parameters(law.kind);
  std::vector<std::string_view> names(table.size());
  std::transform(table.begin(), table.end(), names.begin(), [](const LawParameter& p) { return p.name; });
  allow_only(*parameters, concat({"parameters of the law ", law_name(law.kind)}), names);  // before one that is missing
  for (const std::string_view key : names) law.parameters.push_back(number_at(*parameters, key));
  check_law(law);
  return law;
}

int count_at(const Json& object, std::string_view key) {
  const double value = number_at(object, key);
  if (!(value >= 0.0 && value <= 1e6) || value != std::floor(value)) {
    fail({"law JSON: '", key, "' = ", format_number(value), ": must be a whole number within 0 ... 1000000"});
  }
  return static_cast<int>(value);
}

std::vector<double> numbers_at(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) fail({"law JSON: '", key, "' must be a list of numbers"});
  std::vector<double> values;
  for (const Json& entry : *found) {
    if (!entry.is_number()) fail({"law JSON: '", key, "' must be a list of numbers"});
    values.push_back(entry.get<double>());
  }
  return values;
}

}  // namespace

Law parse_law(std::string_view text) { return law_of(parse_json(text)); }

std::string print_fitted_law(const FittedLaw& fitted) {
  std::string text =
      concat({"{\"fitted\":", print_law(fitted.law), ",\"log_residuals\":", fitted.log_residuals ? "true" : "false",
              ",\"noise\":", format_number(fitted.noise), ",\"time\":", format_number(fitted.time), ",\"inflation\":",
              format_number(fitted.inflation), ",\"decays\":", std::to_string(fitted.decays), ",\"covariance\":["});
  for (std::size_t i = 0; i < fitted.covariance.size(); ++i) {
    text += (i == 0 ? "" : ",") + format_number(fitted.covariance[i]);
  }
  text += "],\"bootstrap\":[";
  for (std::size_t i = 0; i < fitted.bootstrap.size(); ++i)
    text += (i == 0 ? "" : ",") + print_law(fitted.bootstrap[i]);
  return text + "]}";
}

FittedLaw parse_fitted_law(std::string_view text) {
  const Json json = parse_json(text);
  if (!json.is_object() || !json.contains("fitted")) fail({"law JSON: must be an object with the key 'fitted'"});
  allow_only(json, "the fitted law",
             {"fitted", "log_residuals", "noise", "time", "inflation", "decays", "covariance", "bootstrap"});
  FittedLaw fitted;
  fitted.law = law_of(json.at("fitted"));
  const auto log_residuals = json.find("log_residuals");
  if (log_residuals == json.end() || !log_residuals->is_boolean()) {
    fail({"law JSON: 'log_residuals' must be true or false"});
  }
  fitted.log_residuals = log_residuals->get<bool>();
  fitted.noise = number_at(json, "noise");
  fitted.time = number_at(json, "time");
  fitted.inflation = number_at(json, "inflation");
  fitted.decays = count_at(json, "decays");
  fitted.covariance = numbers_at(json, "covariance");
  const auto bootstrap = json.find("bootstrap");
  if (bootstrap == json.end() || !bootstrap->is_array()) fail({"law JSON: 'bootstrap' must be a list of laws"});
  for (const Json& refit : *bootstrap) fitted.bootstrap.push_back(law_of(refit));
  check_fitted(fitted);
  return fitted;
}

}  // namespace scheduled
