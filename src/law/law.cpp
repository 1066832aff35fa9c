#include "scheduled/law.hpp"

#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "law/curves.hpp"
#include "scheduled/error.hpp"

namespace scheduled {
namespace {

void check_series(std::span<const double> lr, std::span<const std::int64_t> step) {
  if (lr.empty()) fail({"lr: must hold at least one rate"});
  require_non_negative("lr", lr);
  if (step.empty()) fail({"step: must hold at least one step"});
  for (std::size_t i = 0; i < step.size(); ++i) {
    const auto wrong = [&](std::string_view requirement) {
      fail({"step[", std::to_string(i), "] = ", std::to_string(step[i]), ": ", requirement});
    };
    if (step[i] < 1 || std::cmp_greater(step[i], lr.size())) {
      wrong(concat({"must be within 1 ... ", std::to_string(lr.size()), ", the updates that lr has"}));
    }
    if (i > 0 && step[i] <= step[i - 1]) wrong(concat({"must be above step[", std::to_string(i - 1), "]"}));
  }
  std::size_t first = 0;
  while (first < lr.size() && lr[first] == 0.0) ++first;
  if (std::cmp_less(step[0], first + 1)) {
    fail({"step[0] = ", std::to_string(step[0]), ": must be after the first positive rate",
          first < lr.size() ? concat({", of update ", std::to_string(first + 1)}) : std::string(" (there is none)")});
  }
}

law::Evaluator make(LawKind kind, const law::Series& series) {
  switch (kind) {
    case LawKind::omega:
      return {law::OmegaCurve(series)};
    case LawKind::worst_case:
      return {law::WorstCaseCurve(series)};
    case LawKind::momentum:
      return {law::MomentumCurve(series)};
    case LawKind::multi_power:
      return {law::PowerCurve(series, false)};
    case LawKind::angular:
      return {law::PowerCurve(series, true)};
    case LawKind::bu:
      return {law::BuCurve(series)};
  }
  fail({"law: unknown kind"});
}

}  // namespace

LawCurve::LawCurve(LawKind kind, std::span<const double> lr, std::span<const std::int64_t> step, double reference_rate,
                   double reference_sum)
    : size_(step.size()) {
  require_positive("reference_rate", reference_rate);
  require_positive("reference_sum", reference_sum);
  check_series(lr, step);
  evaluator_ = std::make_unique<const law::Evaluator>(make(kind, {lr, step, reference_rate, reference_sum}));
}

LawCurve::~LawCurve() = default;
LawCurve::LawCurve(LawCurve&&) noexcept = default;
LawCurve& LawCurve::operator=(LawCurve&&) noexcept = default;

void LawCurve::evaluate(std::span<const double> parameters, std::span<double> loss, std::span<double> jacobian) const {
  if (loss.size() != size_) {
    fail({"loss: has ", std::to_string(loss.size()), " places for ", std::to_string(size_), " steps"});
  }
  if (!jacobian.empty() && jacobian.size() != size_ * parameters.size()) {
    fail({"jacobian: has ", std::to_string(jacobian.size()), " places; must have ",
          std::to_string(size_ * parameters.size())});
  }
  const law::Output out{loss, jacobian.empty() ? nullptr : jacobian.data()};
  std::visit([&](const auto& curve) { curve.evaluate(parameters, out); }, evaluator_->curve);
}

std::vector<double> law_curve(const Law& law, std::span<const double> lr, std::span<const std::int64_t> step) {
  check_law(law);
  const LawCurve curve(law.kind, lr, step, law.reference_rate, law.reference_sum);
  std::vector<double> loss(step.size());
  curve.evaluate(law.parameters, loss);
  return loss;
}

}  // namespace scheduled
