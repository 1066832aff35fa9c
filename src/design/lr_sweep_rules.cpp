#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "design/lr_sweep_records.hpp"
#include "scheduled/lr_sweep.hpp"

namespace scheduled {

double batch_factor(BatchRule rule, double from, double to, std::optional<double> critical_batch) {
  require_positive("from", from);
  require_positive("to", to);
  const bool takes_one = rule == BatchRule::critical || rule == BatchRule::surge;
  if (takes_one && !critical_batch) {
    fail_argument("critical_batch", concat({"must be given for the batch rule ", word_of(rule)}));
  }
  if (!takes_one && critical_batch) {
    fail_value("critical_batch", *critical_batch, concat({"the batch rule ", word_of(rule), " has none"}));
  }
  if (critical_batch) require_positive("critical_batch", *critical_batch);
  switch (rule) {
    case BatchRule::square_root:
      return std::sqrt(to / from);
    case BatchRule::linear:
      return to / from;
    case BatchRule::critical:
      return (1.0 + *critical_batch / from) / (1.0 + *critical_batch / to);
    case BatchRule::surge:
      break;
  }
  const auto slowed = [&](double batch) {
    return std::sqrt(*critical_batch / batch) + std::sqrt(batch / *critical_batch);
  };
  return slowed(from) / slowed(to);
}

LrTransfer transfer_base_lr(const Schedule& tuned, const Schedule& target, const BoundSettings& settings,
                            const TransferRules& rules) {
  double more = 1.0;
  if (!rules.batch_rule && rules.critical_batch) {
    fail_value("critical_batch", *rules.critical_batch, "needs a batch rule that has one, critical or surge");
  }
  if (!rules.batch_rule && rules.batch_from != rules.batch_to) {
    fail_value("batch_to", rules.batch_to, "needs a batch rule where it is another than batch_from");
  }
  if (rules.batch_rule) more = batch_factor(*rules.batch_rule, rules.batch_from, rules.batch_to, rules.critical_batch);
  if (rules.exponent && !std::isfinite(*rules.exponent)) fail_value("exponent", *rules.exponent, "must be finite");
  if (rules.exponent && settings.grad_norm.data() != nullptr) {
    fail_value("exponent", *rules.exponent, "must not be given where grad norms change: these say another one");
  }
  LrTransfer moved = transfer_base_lr(tuned, target, settings);
  if (rules.exponent) {
    const double ratio = static_cast<double>(moved.to.T) / static_cast<double>(moved.from.T);
    more *= std::pow(ratio, *rules.exponent + 0.5);
  }
  moved.factor *= more;
  moved.peak = tuned.peak() * moved.factor;
  if (moved.limit) *moved.limit *= more;
  return moved;
}

std::optional<double> LrSweepFit::loss_at(const LrSweepBudget& budget, double peak) const {
  require_positive("peak", peak);
  if (!budget.peak || !budget.loss) return std::nullopt;
  const double longer = static_cast<double>(budget.steps) / static_cast<double>(reference);
  return *budget.loss +
         curvature.value * std::pow(longer, curvature_exponent) * square(std::log(peak / budget.peak->value));
}

std::span<const HorizonRule> horizon_rules() {
  static const std::array<HorizonRule, 3> rules{
      HorizonRule{"theory", -0.5, "docs/theory.md, section 3: gradient norms that stay"},
      HorizonRule{"Delphi", -0.3, "(T0/T)^0.3 of the Delphi suite"},
      HorizonRule{"HyperP", -0.32, "2603.28743: AdamW and Muon"}};
  return rules;
}

}  // namespace scheduled
