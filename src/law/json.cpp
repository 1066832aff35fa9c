// A law as JSON text.
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "scheduled/base.hpp"
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

}  // namespace

Law parse_law(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
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
  std::vector<std::string_view> names;
  for (const LawParameter& parameter : law_parameters(law.kind)) {
    names.push_back(parameter.name);
    law.parameters.push_back(number_at(*parameters, parameter.name));
  }
  allow_only(*parameters, "parameters", names);
  check_law(law);
  return law;
}

}  // namespace scheduled
