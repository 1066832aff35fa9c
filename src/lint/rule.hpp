// What the file of a rule is made of. Private.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lint/subject.hpp"
#include "lint/text.hpp"

namespace scheduled::linting {

/// Where a rule puts what it finds.
class Findings {
 public:
  Findings(const LintRule& rule, std::vector<LintFinding>& found) : rule_(rule), found_(found) {}

  /// A finding with the rule's severity and remedy, for what differs in it.
  LintFinding& add(std::int64_t first, std::int64_t last, std::string what) {
    found_.push_back({.rule = rule_.name,
                      .severity = rule_.severity,
                      .first = first,
                      .last = last,
                      .what = std::move(what),
                      .remedy = rule_.remedy});
    return found_.back();
  }

 private:
  const LintRule& rule_;
  std::vector<LintFinding>& found_;
};

struct Rule {
  LintRule about;
  void (*look)(const Subject& subject, Findings& findings);
};

/// All of them: registry.cpp.
const std::vector<Rule>& rules();

}  // namespace scheduled::linting
