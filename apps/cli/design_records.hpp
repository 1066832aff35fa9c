// What tune, compare, transfer, optimize, refine and extend print where the library has no such result by itself: rows
// that put several of its results together, each described once (base/record.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "design/records.hpp"
#include "runlog/records.hpp"
#include "shell/arguments.hpp"
#include "shell/print.hpp"

namespace scheduled::cli {
using namespace shell;

// ---- tune, compare, transfer

struct Tuned {
  PrintedSchedule schedule;  ///< at its best peak
  LrSensitivity sensitivity;
  Asked<BoundFacts> facts;
};

struct Compared {
  ComparisonRow row;
};
struct Comparison {
  BoundOptions options;
  std::vector<Compared> rows;
};

struct Transferred {
  PrintedSchedule schedule;  ///< with the peak to try
  Schedule tuned;
  LrTransfer transfer;
};

// ---- compare over a grid

struct SweptRow {
  SweepRow row;
  std::optional<Schedule> tuned;  ///< where there is no error
  std::optional<double> ratio;
};
struct Swept {
  BoundOptions options;
  std::int64_t combinations = 0;
  std::vector<SweptRow> rows;
};

// ---- optimize, refine, extend

struct Optimized {
  std::int64_t T = 0;
  OptimumBeside found;
  std::optional<std::vector<ConstantEnding>> endings;
};
struct OptimizedRates {
  std::vector<std::int64_t> step;
  std::vector<double> lr, linear;
};

struct Refined : RefinedLog {};
struct RefinedRates {
  std::vector<std::int64_t> step;
  std::vector<double> lr, grad_norm;
};

struct Extended {
  std::string name;  ///< of the trunk
  std::int64_t at = 0;
  AskedGradNorm grad_norm;
  ExtendRule rule = ExtendRule::match_base_lr;
  std::vector<std::int64_t> targets;
  std::vector<ExtendRow> rows;

  double distance() const { return rows.front().distance; }
};

/// A way beside the others to its horizon.
struct BesideOthers {
  double ratio = 1.0;  ///< of the bounds, to the smallest one
};
struct ExtendedRow {
  const ExtendRow& row;
  BesideOthers beside;
};

inline BesideOthers beside_others(const Extended& found, const ExtendRow& row) {
  double best = row.omega;
  for (const ExtendRow& other : found.rows) {
    if (other.steps == row.steps) best = std::min(best, other.omega);
  }
  return {row.omega / best};
}

inline std::vector<ExtendedRow> rows_of(const Extended& found) {
  std::vector<ExtendedRow> rows;
  for (const ExtendRow& row : found.rows) rows.push_back({row, beside_others(found, row)});
  return rows;
}

}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Record<cli::Tuned> {
  using X = cli::Tuned;
  static constexpr std::string_view name = "Tuned";
  static constexpr std::string_view meaning = "A schedule at its best peak, and how much the choice matters";
  static constexpr FieldList fields{
      Field{"schedule", &X::schedule, "", "The schedule, with its best peak"},
      Field{"", [](const X& tuned) -> const BestBaseLr& { return tuned.sensitivity.best; }, "", "Peak and bound"},
      Field{"", [](const X& tuned) { return Without<LrSensitivity, "best", "closed_form">{tuned.sensitivity}; }, "",
            "How much the choice matters"},
      Field{"closed_forms", &X::facts, "", "What the closed forms say; by --explain"}};
};

template <>
struct Record<cli::Compared> {
  using X = cli::Compared;
  static constexpr std::string_view name = "Compared";
  static constexpr std::string_view meaning = "A schedule of a comparison, at its best peak";
  static constexpr FieldList fields{
      Field{"schedule", [](const X& compared) { return cli::PrintedSchedule{compared.row.schedule}; }, "",
            "The schedule, with its best peak"},
      Field{"", [](const X& compared) -> const BestBaseLr& { return compared.row.best; }, "", "Peak and bound"},
      Field{"", [](const X& compared) { return Without<ComparisonRow, "schedule", "best">{compared.row}; }, "",
            "Against the others"}};
};

template <>
struct Record<cli::Comparison> {
  using X = cli::Comparison;
  static constexpr std::string_view name = "Comparison";
  static constexpr std::string_view meaning = "Schedules side by side";
  static constexpr FieldList fields{Field{"", &X::options, "", "How the bound was asked for"},
                                    Field{"rows", &X::rows, "", "One for each schedule"}};
};

template <>
struct Record<cli::Transferred> {
  using X = cli::Transferred;
  static constexpr std::string_view name = "Transferred";
  static constexpr std::string_view meaning = "A tuned peak moved to another schedule";
  static constexpr FieldList fields{Field{"schedule", &X::schedule, "", "The other schedule, with the peak to try"},
                                    Field{"tuned", &X::tuned, "", "The schedule that was tuned"},
                                    Field{"", &X::transfer, "", "The peak to try, and where it comes from"}};
};

template <>
struct Record<cli::SweptRow> {
  using X = cli::SweptRow;
  static constexpr std::string_view name = "SweptRow";
  static constexpr std::string_view meaning = "The best peak of one combination";
  static constexpr FieldList fields{
      Field{"", &X::row, "", "The combination and its result"},
      Field{"tuned", &X::tuned, "", "The schedule with its best peak; none where there is an error"},
      Field{"ratio", &X::ratio, "", "Bound over the smallest bound of the same horizon and grad norm"}};
};

template <>
struct Record<cli::Swept> {
  using X = cli::Swept;
  static constexpr std::string_view name = "Swept";
  static constexpr std::string_view meaning = "Schedules over a grid";
  static constexpr FieldList fields{
      Field{"", [](const X& swept) { return Without<shell::BoundOptions, "grad_norm">{swept.options}; }, "",
            "How the bound was asked for"},
      Field{"combinations", &X::combinations, "", "Their number"},
      Field{"rows", &X::rows, "", "One for each combination"}};
};

template <>
struct Record<cli::Optimized> {
  using X = cli::Optimized;
  static constexpr std::string_view name = "Optimized";
  static constexpr std::string_view meaning = "The schedule with the smallest bound";
  static constexpr FieldList fields{
      Field{"schedule", [](const X& x) { return ScheduleObject{Schedule::table(x.found.optimum.lr)}; }, "",
            "Its rates as a schedule"},
      Field{"T", &X::T, "steps", "Its steps"},
      Field{"bound", [](const X& x) { return x.found.optimum.bound; }, "loss",
            "The bound, or worst case, that is smallest"},
      Field{"linear_bound", [](const X& x) { return x.found.linear.bound; }, "loss", "The same of linear decay"},
      Field{"", [](const X& x) { return Without<OptimumBeside, "reason", "optimum", "linear">{x.found}; }, "",
            "The two compared"},
      Field{"endings", &X::endings, "", "Constant rates instead: cooldowns and averages at their end"}};
};

template <>
struct Record<cli::OptimizedRates> {
  using X = cli::OptimizedRates;
  static constexpr std::string_view name = "OptimizedRates";
  static constexpr std::string_view meaning = "The best rates beside linear decay";
  static constexpr FieldList fields{Field{"step", &X::step, "steps", "Updates, counted from 0"},
                                    Field{"lr", &X::lr, "distance^2/loss", "The best rates"},
                                    Field{"linear", &X::linear, "distance^2/loss", "Those of linear decay"}};
};

template <>
struct Record<cli::Refined> {
  using X = cli::Refined;
  static constexpr std::string_view name = "Refined";
  static constexpr std::string_view meaning = "A schedule from the gradient norms of a run";
  static constexpr FieldList fields{
      Field{"schedule", [](const X& x) { return ScheduleObject{x.run.schedule()}; }, "", "Its rates as a schedule"},
      Field{"log", &X::log, "", "The run"},
      Field{"norm", &X::norm, "", "What was logged: 'l2' or 'l1'"},
      Field{"norms", [](const X& x) { return x.norms.step.size(); }, "", "How many were logged"},
      Field{"first_step", [](const X& x) { return x.norms.step.front(); }, "steps", "Of the first"},
      Field{"last_step", [](const X& x) { return x.norms.step.back(); }, "steps", "Of the last"},
      Field{"steps", &X::steps, "steps", "Of the new schedule"},
      Field{"peak", [](const X& x) { return x.run.transfer ? std::optional(x.run.peak()) : std::nullopt; },
            "distance^2/loss", "The peak to try; none where it is not compared with the run's"},
      Field{"transfer", [](const X& x) -> const std::optional<LrTransfer>& { return x.run.transfer; }, "",
            "From the run's rates to the refined ones"},
      Field{"why_no_transfer", [](const X& x) { return x.run.why_no_transfer; }, "", "Why there is none"},
      Field{"nearest", [](const X& x) -> const std::optional<NearestSpec>& { return x.run.refined.nearest; }, "",
            "The nearest named schedule"},
      Field{"grad_norm", [](const X& x) -> const std::vector<double>& { return x.run.refined.grad_norm; },
            "loss/distance", "The norms, filtered, one for each step"}};
};

template <>
struct Record<cli::RefinedRates> {
  using X = cli::RefinedRates;
  static constexpr std::string_view name = "RefinedRates";
  static constexpr std::string_view meaning = "Refined rates and the norms that they come from";
  static constexpr FieldList fields{Field{"step", &X::step, "steps", "Updates, counted from 0"},
                                    Field{"lr", &X::lr, "distance^2/loss", "Their rates"},
                                    Field{"grad_norm", &X::grad_norm, "loss/distance", "Their norms, filtered"}};
};

template <>
struct Record<cli::BesideOthers> {
  using X = cli::BesideOthers;
  static constexpr std::string_view name = "BesideOthers";
  static constexpr std::string_view meaning = "How one way compares with the others to its horizon";
  static constexpr FieldList fields{
      Field{"ratio", &X::ratio, "", "Its bound over the smallest one to the same horizon"}};
};

template <>
struct Record<cli::ExtendedRow> {
  using X = cli::ExtendedRow;
  static constexpr std::string_view name = "ExtendedRow";
  static constexpr std::string_view meaning = "One way to one horizon, without the rates of all steps";
  static constexpr FieldList fields{
      Field{"", [](const X& x) { return Without<ExtendRow, "lr", "distance">{x.row}; }, "", "The way"},
      Field{"", [](const X& x) { return x.beside; }, "", "How it compares with the others"}};
};

template <>
struct Record<cli::Extended> {
  using X = cli::Extended;
  static constexpr std::string_view name = "Extended";
  static constexpr std::string_view meaning = "Ways to go on after a trunk";
  static constexpr FieldList fields{
      Field{"trunk", &X::name, "", "The trunk"},
      Field{"at", &X::at, "steps", "How many of its steps are done"},
      Field{"distance", &X::distance, "distance", "D, as given or planned"},
      Field{"grad_norm", &X::grad_norm, "loss/distance", "A number, or the text that says the norms"},
      Field{"rule", &X::rule, "", "'match-base-lr' or 'smallest-bound'"},
      Field{"to", &X::targets, "steps", "The new horizons"},
      Field{"rows", &cli::rows_of, "", "One for each way to each horizon"}};
};

}  // namespace scheduled
