#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "base/words.hpp"
#include "lint/rule.hpp"

namespace scheduled {
namespace {

std::vector<std::string_view> rule_names() {
  std::vector<std::string_view> names;
  for (const LintRule& rule : lint_rules()) names.push_back(rule.name);
  return names;
}

void check_ignored(const std::vector<std::string>& ignored) {
  const std::vector<std::string_view> names = rule_names();
  for (const std::string& name : ignored) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail_value("ignore", name, must_be_one_of(name, names));
    }
  }
}

/// The worst first where they begin together.
bool comes_before(const LintFinding& a, const LintFinding& b) {
  return a.first != b.first ? a.first < b.first : a.severity > b.severity;
}

}  // namespace

std::int64_t LintReport::count(Severity severity) const noexcept {
  return std::count_if(findings.begin(), findings.end(),
                       [severity](const LintFinding& finding) { return finding.severity == severity; });
}

LintReport lint(const RateInput& input, const LintSettings& settings) {
  check_ignored(settings.ignore);
  const linting::Subject subject(input, settings.rates);
  LintReport report{.name = input.name, .kind = input.kind, .updates = subject.updates()};
  bool known = false;
  for (const linting::Rule& rule : linting::rules()) {
    std::vector<LintFinding> found;
    linting::Findings findings(rule.about, found);
    rule.look(subject, findings);
    known = known || !found.empty();
    const auto& ignored = settings.ignore;
    if (std::find(ignored.begin(), ignored.end(), rule.about.name) != ignored.end()) continue;
    report.findings.insert(report.findings.end(), found.begin(), found.end());
  }
  if (input.refused && !known) throw *input.refused;
  for (LintFinding& finding : report.findings) {
    if (!finding.cost) finding.mended.clear();
  }
  std::stable_sort(report.findings.begin(), report.findings.end(), comes_before);
  if (!subject.why_not_dense().empty() && !report.findings.empty()) {
    report.notes.push_back(concat({"costs are not known: ", subject.why_not_dense()}));
  }
  return report;
}

}  // namespace scheduled
