// The laws there are, and what is asked of all of them.
#include <algorithm>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "law/definition.hpp"
#include "law/records.hpp"

namespace scheduled {
namespace law {

// Each law is defined in its file of laws/; the list is in the order of LawKind.
Definition omega_law();
Definition worst_case_law();
Definition momentum_law();
Definition multi_power_law();
Definition angular_law();
Definition bu_law();
Definition noise_law();
Definition functional_law();

std::span<const Definition> definitions() noexcept {
  static const std::vector<Definition> laws{
      omega_law(),   worst_case_law(), momentum_law(), multi_power_law(),
      angular_law(), bu_law(),         noise_law(),    functional_law(),
  };
  return laws;
}

const Definition& definition_of(LawKind kind) noexcept { return definitions()[static_cast<std::size_t>(kind)]; }

std::span<const std::string_view> names() noexcept {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> names;
    for (const Definition& definition : definitions()) names.push_back(definition.name);
    return names;
  }();
  return all;
}

std::vector<std::string_view> names_of(std::span<const LawParameter> table) {
  std::vector<std::string_view> names;
  for (const LawParameter& parameter : table) names.push_back(parameter.name);
  return names;
}

std::size_t parameter_index(LawKind kind, std::string_view name) {
  const std::vector<std::string_view> known = names_of(law_parameters(kind));
  const auto found = std::find(known.begin(), known.end(), name);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  std::string requirement = concat({"the law ", law_name(kind), " has "});
  for (const std::string_view one : known) requirement += (one == known[0] ? "" : ", ") + std::string(one);
  if (const auto meant = nearest_word(name, known)) requirement += concat({"; did you mean '", *meant, "'?"});
  fail_value("parameter", concat({"'", name.substr(0, 60), "'"}), requirement);
}

}  // namespace law

std::span<const LawKind> law_kinds() noexcept {
  static const std::vector<LawKind> all = [] {
    std::vector<LawKind> kinds;
    for (const law::Definition& definition : law::definitions()) kinds.push_back(definition.kind);
    return kinds;
  }();
  return all;
}

std::string_view law_name(LawKind kind) noexcept { return word_of(kind); }
LawKind parse_law_kind(std::string_view name) { return parse_word<LawKind>("law", name); }
std::span<const LawParameter> law_parameters(LawKind kind) noexcept { return law::definition_of(kind).parameters; }

double Law::at(std::string_view parameter) const {
  const std::size_t i = law::parameter_index(kind, parameter);
  if (i >= parameters.size()) check_law(*this);
  return parameters[i];
}

void check_law(const Law& law) {
  require_positive("reference_rate", law.reference_rate);
  require_positive("reference_sum", law.reference_sum);
  const auto table = law_parameters(law.kind);
  if (law.parameters.size() != table.size()) {
    fail_argument("parameters", concat({"has ", std::to_string(law.parameters.size()), " values; the law ",
                                        law_name(law.kind), " has ", std::to_string(table.size())}));
  }
  constexpr double any = std::numeric_limits<double>::max();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double lower = table[i].lower;
    const double upper = table[i].upper;
    const double value = law.parameters[i];
    if (value >= lower && value <= upper) continue;
    std::string range = concat({"must be within [", format_number(lower), ", ", format_number(upper), "]"});
    if (upper == any) range = lower == -any ? "must be finite" : "must be finite and >= " + format_number(lower);
    fail_value(table[i].name, value, range);
  }
}

}  // namespace scheduled
