// The loss at the end of a run and its derivative in every rate.
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "law/definition.hpp"
#include "scheduled/bound.hpp"

namespace scheduled {

LawGradient law_end_gradient(const Law& law, std::span<const double> lr, Falls falls) {
  Interruption::poll();
  check_law(law);
  if (lr.empty()) fail_argument("lr", "must hold at least one rate");
  require_non_negative("lr", lr);
  if (last_positive_step(lr) == 0) fail_argument("lr", "must hold a positive rate");
  const law::Definition& definition = law::definition_of(law.kind);
  if (definition.end_gradient == nullptr) {
    fail_value("law", definition.name, "has kinks, so no derivative in the rates");
  }
  return definition.end_gradient(law.parameters, {lr, law.reference_rate, law.reference_sum}, falls);
}

}  // namespace scheduled
