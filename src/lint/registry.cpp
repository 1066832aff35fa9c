// The rules, in the order of the guide.
#include "lint/rule.hpp"

namespace scheduled {
namespace linting {

// One for each file of rules/.
Rule first_update_zero_rule();
Rule warmup_share_rule();
Rule warmup_fills_run_rule();
Rule peak_not_reached_rule();
Rule scaled_peak_rule();
Rule min_above_peak_rule();
Rule floor_not_reached_rule();
Rule high_end_rule();
Rule ends_early_rule();
Rule jump_rule();
Rule restart_rule();
Rule horizon_changed_rule();
Rule pinned_rule();
Rule batch_in_decay_rule();

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all{
      first_update_zero_rule(),
      warmup_share_rule(),
      warmup_fills_run_rule(),
      peak_not_reached_rule(),
      scaled_peak_rule(),
      min_above_peak_rule(),
      floor_not_reached_rule(),
      high_end_rule(),
      ends_early_rule(),
      jump_rule(),
      restart_rule(),
      horizon_changed_rule(),
      pinned_rule(),
      batch_in_decay_rule(),
  };
  return all;
}

}  // namespace linting

std::span<const LintRule> lint_rules() {
  static const std::vector<LintRule> all = [] {
    std::vector<LintRule> about;
    for (const linting::Rule& rule : linting::rules()) about.push_back(rule.about);
    return about;
  }();
  return all;
}

}  // namespace scheduled
