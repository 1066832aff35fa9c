// What the verbs with loss laws print where the library has no such result by itself, each described once
// (base/record.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bound_records.hpp"
#include "law/design_records.hpp"
#include "law/records.hpp"

namespace scheduled::cli {

/// fit --next
struct FitAnswer {
  LawFit fit;
  Asked<NextRun> next;
};

struct FittedCurve {
  std::vector<std::int64_t> step;
  std::vector<double> lr, loss, fitted;
};

struct Prediction {
  PrintedSchedule schedule;
  LawKind law = default_law;
  std::string name;           ///< for tables and legends
  std::vector<double> rates;  ///< of all updates
  std::vector<std::int64_t> step = {};
  std::vector<double> lr = {}, loss = {}, lower = {}, upper = {};  ///< at `step`, the last of which is the end
  std::vector<std::string> warnings = {};

  Predicted end() const { return {loss.back(), lower.back(), upper.back()}; }
};

// ---- predict --optimize

struct LawRival {
  std::string name;
  PrintedSchedule schedule;
  LawPeak best;
  Predicted loss;
  Predicted worse;                    ///< than the optimum
  std::vector<std::string> warnings;  ///< what of it no fitted run has
};

/// The best of what fitted runs vouch for.
struct LawSeen {
  SeenOptimum optimum;
  Predicted loss;
  Predicted worse;  ///< than the optimum
};

struct LawNearest {
  NearestSpec nearest;
  Predicted worse;
};

/// One of the schedules that somebody calls best, judged by all of them.
struct JudgedSchedule {
  std::string name;
  std::vector<double> rates;
  double bound_ratio = 1.0;  ///< of the bounds at the best scale: to the smallest one
  Predicted loss;
  Predicted worse;          ///< than the optimum by the law
  double functional = 0.0;  ///< the loss by the functional law
};

/// --functional
struct LawTheory {
  FunctionalExponents exponents;
  FunctionalOptimum optimum;
  std::vector<JudgedSchedule> judged;
};

struct LawBest {
  LawKind law = default_law;
  std::int64_t steps = 0;
  std::int64_t warmup = 0;
  double cap = 0.0;
  LawOptimum optimum;
  Predicted loss;
  std::vector<LawRival> beside;
  std::optional<LawSeen> seen;
  std::optional<LawNearest> nearest;
  Asked<LawTheory> theory;
  std::vector<std::string> warnings;
};

// ---- cooldown

struct CooldownRow {
  CooldownAnswer answer;
  std::int64_t end = 0;
};

struct CooldownAnswers {
  std::string name;  ///< of the trunk
  double lr = 0.0;
  FittedLaw fitted;
  VirtualCooldown cooldown;
  CooldownQuestion question;
  std::vector<std::string> warnings;
};

inline std::vector<CooldownRow> cooldown_rows(const CooldownAnswers& found) {
  std::vector<CooldownRow> rows;
  for (const CooldownAnswer& answer : found.cooldown.answers) {
    rows.push_back({answer, found.cooldown.now + answer.length});
  }
  return rows;
}

}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Record<cli::FitAnswer> {
  using X = cli::FitAnswer;
  static constexpr std::string_view name = "FitAnswer";
  static constexpr std::string_view meaning = "What a fit found, and which run to make next";
  static constexpr FieldList fields{Field{"", &X::fit, "", "The fit"},
                                    Field{"next", &X::next, "", "With --next: which run to make"}};
};

template <>
struct Record<cli::FittedCurve> {
  using X = cli::FittedCurve;
  static constexpr std::string_view name = "FittedCurve";
  static constexpr std::string_view meaning = "A law beside the losses of a run that it was fitted to";
  static constexpr FieldList fields{Field{"step", &X::step, "steps", "Updates after which the losses were measured"},
                                    Field{"lr", &X::lr, "distance^2/loss", "Rates of these updates"},
                                    Field{"loss", &X::loss, "nats", "The losses"},
                                    Field{"fitted", &X::fitted, "nats", "The law"}};
};

template <>
struct Record<cli::Prediction> {
  using X = cli::Prediction;
  static constexpr std::string_view name = "Prediction";
  static constexpr std::string_view meaning = "The losses that a law expects of a schedule";
  static constexpr FieldList fields{
      Field{"schedule", &X::schedule, "", "The schedule"},
      Field{"law", &X::law, "", "The kind of the law"},
      Field{"steps", [](const X& x) { return x.rates.size(); }, "steps", "Of the schedule"},
      Field{"final", [](const X& x) { return x.end(); }, "nats", "The loss at its end, with its 90 % interval"},
      Field{"warnings", &X::warnings, "", "What of it no fitted run has"},
      Field{"step", &X::step, "steps", "Updates, counted from 1"},
      Field{"lr", &X::lr, "distance^2/loss", "Their rates"},
      Field{"loss", &X::loss, "nats", "The losses after them"},
      Field{"lower", &X::lower, "nats", "Lower ends of their intervals"},
      Field{"upper", &X::upper, "nats", "Upper ends of their intervals"}};
};

template <>
struct Record<cli::LawRival> {
  using X = cli::LawRival;
  static constexpr std::string_view name = "LawRival";
  static constexpr std::string_view meaning = "A named schedule beside the optimum";
  static constexpr FieldList fields{
      Field{"schedule", &X::schedule, "", "The schedule, with its best peak by the law"},
      Field{"", [](const X& x) { return Without<LawPeak, "loss">{x.best}; }, "", "Its peak"},
      Field{"final", &X::loss, "nats", "The loss at its end, with its 90 % interval"},
      Field{"above_optimum", &X::worse, "nats", "How much higher that is than the optimum"},
      Field{"warnings", &X::warnings, "", "What of it no fitted run has"}};
};

template <>
struct Record<cli::LawSeen> {
  using X = cli::LawSeen;
  static constexpr std::string_view name = "LawSeen";
  static constexpr std::string_view meaning = "The best schedule of those whose decay some fitted run has";
  static constexpr FieldList fields{
      Field{"schedule", [](const X& x) { return ScheduleObject{Schedule::table(x.optimum.lr)}; }, "",
            "Its rates as a schedule"},
      Field{"", [](const X& x) { return Without<SeenOptimum, "lr", "loss">{x.optimum}; }, "", "What it is made of"},
      Field{"final", &X::loss, "nats", "The loss at its end, with its 90 % interval"},
      Field{"above_optimum", &X::worse, "nats", "How much higher that is than the optimum"}};
};

template <>
struct Record<cli::LawNearest> {
  using X = cli::LawNearest;
  static constexpr std::string_view name = "LawNearest";
  static constexpr std::string_view meaning = "The named schedule nearest to the optimum";
  static constexpr FieldList fields{
      Field{"", &X::nearest, "", "The schedule"},
      Field{"above_optimum", &X::worse, "nats", "How much higher its loss is than the optimum"}};
};

template <>
struct Record<cli::JudgedSchedule> {
  using X = cli::JudgedSchedule;
  static constexpr std::string_view name = "JudgedSchedule";
  static constexpr std::string_view meaning = "A schedule that a law, theory or the bound calls best";
  static constexpr FieldList fields{
      Field{"name", &X::name, "", "What calls it best"},
      Field{"schedule", [](const X& x) { return ScheduleObject{Schedule::table(x.rates)}; }, "",
            "Its rates as a schedule"},
      Field{"bound_ratio", &X::bound_ratio, "", "Its bound at its best scale over the smallest bound"},
      Field{"final", &X::loss, "nats", "The loss at its end by the law, with its 90 % interval"},
      Field{"above_optimum", &X::worse, "nats", "How much higher that is than the optimum"},
      Field{"functional", &X::functional, "nats", "The loss at its end by the functional law"}};
};

template <>
struct Record<cli::LawTheory> {
  using X = cli::LawTheory;
  static constexpr std::string_view name = "LawTheory";
  static constexpr std::string_view meaning = "What the functional scaling law calls best, beside others";
  static constexpr FieldList fields{
      Field{"exponents", &X::exponents, "", "Of the functional law"},
      Field{"", [](const X& x) { return Without<FunctionalOptimum, "lr">{x.optimum}; }, "", "Its best schedule"},
      Field{"judged", &X::judged, "", "The best schedules by the law, by theory and by the bound"}};
};

template <>
struct Record<cli::LawBest> {
  using X = cli::LawBest;
  static constexpr std::string_view name = "LawBest";
  static constexpr std::string_view meaning = "The schedule with the smallest predicted loss";
  static constexpr FieldList fields{
      Field{"schedule", [](const X& x) { return ScheduleObject{Schedule::table(x.optimum.lr)}; }, "",
            "Its rates as a schedule"},
      Field{"law", &X::law, "", "The kind of the law"},
      Field{"steps", &X::steps, "steps", "Of the schedule"},
      Field{"warmup", &X::warmup, "steps", "Those of its warmup"},
      Field{"cap", &X::cap, "distance^2/loss", "No rate is above it"},
      Field{"", [](const X& x) { return Without<LawOptimum, "lr">{x.optimum}; }, "", "The optimum"},
      Field{"final", &X::loss, "nats", "The loss at its end, with its 90 % interval"},
      Field{"beside", &X::beside, "", "Named schedules at their best peaks"},
      Field{"seen", &X::seen, "", "The best of those whose decay some fitted run has"},
      Field{"nearest", &X::nearest, "", "The named schedule nearest to it"},
      Field{"theory", &X::theory, "", "With --functional: what theory calls best"},
      Field{"warnings", &X::warnings, "", "What of the optimum no fitted run has"}};
};

template <>
struct Record<cli::CooldownRow> {
  using X = cli::CooldownRow;
  static constexpr std::string_view name = "CooldownRow";
  static constexpr std::string_view meaning = "What one cooldown would give, and where it would end";
  static constexpr FieldList fields{Field{"", &X::answer, "", "What it would give"},
                                    Field{"end", &X::end, "steps", "Its last step"}};
};

template <>
struct Record<cli::CooldownAnswers> {
  using X = cli::CooldownAnswers;
  static constexpr std::string_view name = "CooldownAnswers";
  static constexpr std::string_view meaning = "What a cooldown started now would give";
  static constexpr FieldList fields{
      Field{"name", &X::name, "", "The run that goes on"},
      Field{"lr", &X::lr, "distance^2/loss", "Its rate now"},
      Field{"fitted", &X::fitted, "", "The law"},
      Field{"", [](const X& x) { return Without<VirtualCooldown, "answers">{x.cooldown}; }, "", "The run now"},
      Field{"decay", [](const X& x) { return decay_name(x.question.decay); }, "", "Shape of the cooldowns"},
      Field{"final", [](const X& x) { return x.question.final; }, "", "Their last rate, as a share of the run's"},
      Field{"further", [](const X& x) { return x.question.further; }, "steps",
            "More steps, on the trunk or in the cooldown"},
      Field{"answers", &cli::cooldown_rows, "", "One for each length"},
      Field{"warnings", &X::warnings, "", "What the law cannot tell"}};
};

}  // namespace scheduled
