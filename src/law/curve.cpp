// A law's losses after given updates.
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "law/curve.hpp"
#include "law/definition.hpp"

namespace scheduled {

namespace law {

void check_series(std::span<const double> lr, std::span<const std::int64_t> step) {
  if (lr.empty()) fail_argument("lr", "must hold at least one rate");
  require_non_negative("lr", lr);
  if (step.empty()) fail_argument("step", "must hold at least one step");
  const auto wrong = [&](std::size_t i, std::string requirement) {
    throw ArgumentError({.name = "step",
                         .index = static_cast<std::int64_t>(i),
                         .value = std::to_string(step[i]),
                         .requirement = std::move(requirement)});
  };
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] < 1 || std::cmp_greater(step[i], lr.size())) {
      wrong(i, concat({"must be within 1 ... ", std::to_string(lr.size()), ", the updates that lr has"}));
    }
    if (i > 0 && step[i] <= step[i - 1]) wrong(i, concat({"must be above step[", std::to_string(i - 1), "]"}));
  }
  std::size_t first = 0;
  while (first < lr.size() && lr[first] == 0.0) ++first;
  if (std::cmp_less(step[0], first + 1)) {
    wrong(0, concat({"must be after the first positive rate",
                     first < lr.size() ? concat({", of update ", std::to_string(first + 1)}) : " (there is none)"}));
  }
}

}  // namespace law

struct law::Evaluator {
  Evaluate evaluate;
};

namespace {

void check_places(std::string_view name, std::size_t places, std::size_t needed) {
  if (places == needed) return;
  fail_argument(name, concat({"has ", std::to_string(places), " places; must have ", std::to_string(needed)}));
}

}  // namespace

LawCurve::LawCurve(LawKind kind, std::span<const double> lr, std::span<const std::int64_t> step, double reference_rate,
                   double reference_sum)
    : size_(step.size()) {
  require_positive("reference_rate", reference_rate);
  require_positive("reference_sum", reference_sum);
  law::check_series(lr, step);
  lr = lr.first(static_cast<std::size_t>(step.back()));  // so that no later rate moves a loss's last bits
  evaluator_.reset(new law::Evaluator{law::definition_of(kind).prepare({{lr, reference_rate, reference_sum}, step})});
}

LawCurve::~LawCurve() = default;
LawCurve::LawCurve(LawCurve&&) noexcept = default;
LawCurve& LawCurve::operator=(LawCurve&&) noexcept = default;

void LawCurve::evaluate(std::span<const double> parameters, std::span<double> loss, std::span<double> jacobian) const {
  Interruption::poll();
  check_places("loss", loss.size(), size_);
  if (!jacobian.empty()) check_places("jacobian", jacobian.size(), size_ * parameters.size());
  evaluator_->evaluate(parameters, {loss, jacobian.empty() ? nullptr : jacobian.data()});
}

std::vector<double> law_curve(const Law& law, std::span<const double> lr, std::span<const std::int64_t> step) {
  check_law(law);
  const LawCurve curve(law.kind, lr, step, law.reference_rate, law.reference_sum);
  std::vector<double> loss(step.size());
  curve.evaluate(law.parameters, loss);
  return loss;
}

}  // namespace scheduled
