#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/error.hpp"
#include "base/names.hpp"
#include "base/words.hpp"
#include "lint/rule.hpp"

namespace scheduled {
namespace {

void check_ignored(const std::vector<std::string>& ignored) {
  const std::vector<std::string_view> names = names_of(lint_rules());
  for (const std::string& name : ignored) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail_value("ignore", name, must_be_one_of(name, names));
    }
  }
}

/// A jump to the rate of another horizon is that horizon's.
void leave_out_explained(std::vector<LintFinding>& findings) {
  const auto explained = [&findings](const LintFinding& jump) {
    return jump.rule == "jump" && std::any_of(findings.begin(), findings.end(), [&jump](const LintFinding& other) {
             return other.rule == "horizon-changed" && other.first == jump.last;
           });
  };
  std::vector<LintFinding> left;
  std::remove_copy_if(findings.begin(), findings.end(), std::back_inserter(left), explained);
  findings = std::move(left);
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
  LintReport report{.name = input.name, .kind = input.kind, .updates = subject.updates(), .notes = input.notes};
  for (const linting::Rule& rule : linting::rules()) {
    std::vector<LintFinding> found;
    linting::Findings findings(rule.about, found);
    rule.look(subject, findings);
    report.findings.insert(report.findings.end(), found.begin(), found.end());
  }
  if (input.refused && report.findings.empty()) throw *input.refused;
  leave_out_explained(report.findings);
  std::erase_if(report.findings, [&](const LintFinding& finding) {
    return std::find(settings.ignore.begin(), settings.ignore.end(), finding.rule) != settings.ignore.end();
  });
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
