// What the laws' parameters are, and the checks on them.
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "scheduled/law.hpp"

namespace scheduled {
namespace {

constexpr double any = std::numeric_limits<double>::max();
constexpr double tiny = 1e-12;

// Starts and priors: round numbers, the same for every model. Where they come from is told in docs/laws.md.
constexpr LawParameter floor_loss{"L0", "loss of endless training", -any, any, false, true, 0.0, 0.0};
constexpr LawParameter progress{
    "A", "loss that progress can still win at the reference sum", tiny, any, true, true, 0.2, 0.0};
constexpr LawParameter exponent{"alpha", "exponent of progress", 0.01, 5.0, true, false, 0.55, 0.2};
constexpr LawParameter drop{"B", "most that a decay from the reference rate to 0 wins", tiny, any, true, true, 0.2,
                            0.6};
constexpr LawParameter speed{"C", "how soon a decay pays, per reference sum", tiny, any, true, false, 0.02, 1.0};
constexpr LawParameter late{"beta", "exponent of a decay's late gains", 0.01, 50.0, true, false, 0.45, 0.5};
constexpr LawParameter slower{"gamma", "how much sooner decays to low rates pay", -1.0, 3.0, false, false, 0.7, 0.4};

constexpr std::array<LawParameter, 7> omega_parameters{{
    {"C", "loss of endless training", -any, any, false, true, 0.0, 0.0},
    {"M", "loss per unit of the bound", 0.0, any, false, true, 1.0, 0.0},
    {"G_1", "part of the grad norm that decays exponentially", 0.0, any, false, false, 1.0, 0.0},
    {"A_1", "its rate per step", -1.0, 0.0, false, false, -10.0, 0.0},
    {"G_2", "part of the grad norm that follows a power of t", 0.0, any, false, false, 1.0, 0.0},
    {"A_2", "its exponent", -3.0, 1.0, false, false, -0.5, 0.5},
    {"B", "grad norm that stays", 0.0, any, false, false, 0.5, 0.0},
}};
constexpr std::array<LawParameter, 3> worst_case_parameters{{
    {"C", "loss of endless training", -any, any, false, true, 0.0, 0.0},
    {"M", "loss per unit of the bound", 0.0, any, false, true, 1.0, 0.0},
    {"G", "grad norm", tiny, any, true, false, 1.0, 1.0},
}};
constexpr std::array<LawParameter, 5> momentum_parameters{{
    floor_loss,
    progress,
    exponent,
    drop,
    {"memory", "steps over which a change of rate takes effect, 1/(1 - lambda)", 1.0, 1e9, true, false, 1000.0, 1.0},
}};
constexpr std::array<LawParameter, 7> multi_power_parameters{
    {floor_loss, progress, exponent, drop, speed, late, slower}};
constexpr std::array<LawParameter, 9> angular_parameters{{
    floor_loss,
    progress,
    exponent,
    drop,
    speed,
    late,
    {"kappa", "exponent of what holding a rate costs", 0.2, 5.0, true, false, 0.8, 0.1},
    {"lambda", "weight decay", 1e-6, 100.0, true, false, 0.1, 0.5},
    {"v0", "squared norm of the weights at the start, in units of its equilibrium at the reference rate", 1e-4, 1e4,
     true, false, 0.2, 0.7},
}};
constexpr std::array<LawParameter, 3> bu_parameters{{
    {"L_inf", "loss of endless training", -any, any, false, true, 0.0, 0.0},
    {"a", "loss that progress can still win at the reference sum", 0.0, any, false, true, 0.2, 0.0},
    {"b", "loss that the reference rate costs", 0.0, any, false, true, 0.2, 0.0},
}};

constexpr std::array<std::string_view, law_kinds> names{"omega",       "worst-case", "momentum",
                                                        "multi-power", "angular",    "bu"};

}  // namespace

std::string_view law_name(LawKind kind) noexcept { return names[static_cast<std::size_t>(kind)]; }

LawKind parse_law_kind(std::string_view name) {
  std::string known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<LawKind>(i);
    known += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  fail({"law = '", name, "': must be one of ", known});
}

std::span<const LawParameter> law_parameters(LawKind kind) noexcept {
  switch (kind) {
    case LawKind::omega:
      return omega_parameters;
    case LawKind::worst_case:
      return worst_case_parameters;
    case LawKind::momentum:
      return momentum_parameters;
    case LawKind::multi_power:
      return multi_power_parameters;
    case LawKind::angular:
      return angular_parameters;
    case LawKind::bu:
      return bu_parameters;
  }
  return {};
}

double Law::at(std::string_view parameter) const {
  std::string known;
  const auto table = law_parameters(kind);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].name == parameter && i < parameters.size()) return parameters[i];
    known += (i == 0 ? "" : ", ") + std::string(table[i].name);
  }
  fail({"parameter '", parameter, "': the law ", law_name(kind), " has ", known});
}

void check_law(const Law& law) {
  require_positive("reference_rate", law.reference_rate);
  require_positive("reference_sum", law.reference_sum);
  const auto table = law_parameters(law.kind);
  if (law.parameters.size() != table.size()) {
    fail({"parameters: has ", std::to_string(law.parameters.size()), " values; the law ", law_name(law.kind), " has ",
          std::to_string(table.size())});
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double value = law.parameters[i];
    if (value >= table[i].lower && value <= table[i].upper) continue;
    if (table[i].upper == any && table[i].lower != -any) {
      fail_value(table[i].name, value, concat({"must be finite and >= ", format_number(table[i].lower)}));
    }
    if (table[i].upper == any) fail_value(table[i].name, value, "must be finite");
    fail_value(table[i].name, value,
               concat({"must be within [", format_number(table[i].lower), ", ", format_number(table[i].upper), "]"}));
  }
}

}  // namespace scheduled
