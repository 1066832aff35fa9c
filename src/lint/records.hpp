// The descriptions of what lint and diff say (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "runlog/records.hpp"
#include "schedule/records.hpp"
#include "scheduled/lint.hpp"

namespace scheduled {

template <>
struct Words<InputKind> {
  static constexpr std::array<std::string_view, 3> words{"schedule", "log", "config"};
};

template <>
struct Words<Severity> {
  static constexpr std::array<std::string_view, 3> words{"note", "warning", "error"};
};

template <>
struct Record<LintRule> {
  static constexpr std::string_view name = "LintRule";
  static constexpr std::string_view meaning = "One kind of finding";
  static constexpr FieldList fields{
      Field{"name", &LintRule::name, "", "Its name, by which it can be ignored"},
      Field{"severity", &LintRule::severity, "", "'note', 'warning' or 'error', as a rule"},
      Field{"meaning", &LintRule::meaning, "", "What is found"},
      Field{"remedy", &LintRule::remedy, "", "What to do about it"},
      Field{"of_schedules", &LintRule::of_schedules, "", "Whether it looks at schedules"},
      Field{"of_logs", &LintRule::of_logs, "", "Whether it looks at logs"}};
};

template <>
struct Record<LintFinding> {
  static constexpr std::string_view name = "LintFinding";
  static constexpr std::string_view meaning = "Something that is mostly a mistake";
  static constexpr FieldList fields{
      Field{"rule", &LintFinding::rule, "", "The rule that found it"},
      Field{"severity", &LintFinding::severity, "", "'note', 'warning' or 'error'"},
      Field{"first", &LintFinding::first, "updates", "Where it begins, from 1; 0 where it is at no update"},
      Field{"last", &LintFinding::last, "updates", "Where it ends"},
      Field{"what", &LintFinding::what, "", "What was found, with its numbers"},
      Field{"cost", &LintFinding::cost, "",
            "By how much the bound at the best peak is larger than that of the mended rates at theirs, as a share"},
      Field{"mended", &LintFinding::mended, "", "What the cost compares with"},
      Field{"remedy", &LintFinding::remedy, "", "What to do"}};
};

template <>
struct Record<LintReport> {
  static constexpr std::string_view name = "LintReport";
  static constexpr std::string_view meaning = "What was found in a schedule or a log";
  static constexpr FieldList fields{
      Field{"name", &LintReport::name, "", "The spec, or where the log came from"},
      Field{"kind", &LintReport::kind, "", "'schedule', 'log' or 'config'"},
      Field{"updates", &LintReport::updates, "updates", "How many were looked at"},
      Field{"findings", &LintReport::findings, "", "By update"},
      Field{"notes", &LintReport::notes, "", "What could not be looked at, and why"},
      Field{"errors", [](const LintReport& report) { return report.count(Severity::error); }, "",
            "How many findings are errors"},
      Field{"warnings", [](const LintReport& report) { return report.count(Severity::warning); }, "",
            "How many findings are warnings"}};
};

template <>
struct Record<DiffAt> {
  static constexpr std::string_view name = "DiffAt";
  static constexpr std::string_view meaning = "Two values at one update";
  static constexpr FieldList fields{Field{"update", &DiffAt::update, "updates", "From 1"},
                                    Field{"a", &DiffAt::a, "", "That of a"}, Field{"b", &DiffAt::b, "", "That of b"},
                                    Field{"difference", &DiffAt::difference, "", "b - a"}};
};

template <>
struct Record<DiffBound> {
  static constexpr std::string_view name = "DiffBound";
  static constexpr std::string_view meaning = "Both at their own best peaks";
  static constexpr FieldList fields{Field{"T_a", &DiffBound::T_a, "steps", "After so many updates of a"},
                                    Field{"T_b", &DiffBound::T_b, "steps", "After so many updates of b"},
                                    Field{"peak_a", &DiffBound::peak_a, "distance^2/loss", "The best peak of a"},
                                    Field{"peak_b", &DiffBound::peak_b, "distance^2/loss", "The best peak of b"},
                                    Field{"bound_a", &DiffBound::bound_a, "loss", "The bound of a there"},
                                    Field{"bound_b", &DiffBound::bound_b, "loss", "The bound of b there"},
                                    Field{"ratio", &DiffBound::ratio, "", "Bound of b over that of a"},
                                    Field{"peak_ratio", &DiffBound::peak_ratio, "", "Best peak of b over that of a"}};
};

template <>
struct Record<DiffLoss> {
  static constexpr std::string_view name = "DiffLoss";
  static constexpr std::string_view meaning = "Losses of the steps that both logged";
  static constexpr FieldList fields{Field{"column", &DiffLoss::column, "", "The column"},
                                    Field{"steps", &DiffLoss::steps, "", "How many steps both logged"},
                                    Field{"largest", &DiffLoss::largest, "loss", "Where they differ most"},
                                    Field{"last", &DiffLoss::last, "loss", "At the last such step"}};
};

template <>
struct Record<RateDiff> {
  static constexpr std::string_view name = "RateDiff";
  static constexpr std::string_view meaning =
      "Where and by how much the rates of two schedules, configurations or logs differ";
  static constexpr FieldList fields{
      Field{"a", &RateDiff::a, "", "Name of the one"},
      Field{"b", &RateDiff::b, "", "Name of the other"},
      Field{"updates_a", &RateDiff::updates_a, "updates", "Length of a; none where it has no end"},
      Field{"updates_b", &RateDiff::updates_b, "updates", "Length of b"},
      Field{"compared", &RateDiff::compared, "updates", "Updates at which both rates are known"},
      Field{"interpolated", &RateDiff::interpolated, "",
            "No update is logged in both, and rates between rows are on their line"},
      Field{"equal", &RateDiff::equal, "",
            "No difference beyond the tolerance, and two schedules or two logs have one length"},
      Field{"differing", &RateDiff::differing, "updates", "How many are beyond the tolerance"},
      Field{"first", &RateDiff::first, "distance^2/loss", "The first of them"},
      Field{"largest", &RateDiff::largest, "distance^2/loss", "The largest difference"},
      Field{"largest_relative", &RateDiff::largest_relative, "distance^2/loss",
            "The largest difference as a share of the larger rate"},
      Field{"relative", &RateDiff::relative, "", "That share"},
      Field{"jump", &RateDiff::jump, "distance^2/loss",
            "Where the difference changes most from the compared update before"},
      Field{"jump_by", &RateDiff::jump_by, "distance^2/loss", "By how much it changes there"},
      Field{"bound", &RateDiff::bound, "", "Both at their own best peaks"},
      Field{"no_bound", &RateDiff::no_bound, "", "Why there is none"},
      Field{"loss", &RateDiff::loss, "", "Losses, where both are logs that have some"}};
};

template <>
struct Record<DiffRates> {
  static constexpr std::string_view name = "DiffRates";
  static constexpr std::string_view meaning = "The rates of two inputs at the compared updates";
  static constexpr FieldList fields{Field{"update", &DiffRates::update, "updates", "From 1"},
                                    Field{"a", &DiffRates::a, "distance^2/loss", "Rates of the one"},
                                    Field{"b", &DiffRates::b, "distance^2/loss", "Rates of the other"},
                                    Field{"difference", &DiffRates::difference, "distance^2/loss", "b - a"},
                                    Field{"interpolated", &DiffRates::interpolated, "",
                                          "No update is logged in both, and rates between rows are on their line"}};
};

}  // namespace scheduled
