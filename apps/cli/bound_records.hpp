// What show, bound and worst-case print where the library has no such result by itself: rows that put several of its
// results together, each described once (base/record.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bound/records.hpp"
#include "cli/certify.hpp"
#include "design/records.hpp"
#include "shell/arguments.hpp"
#include "shell/print.hpp"

namespace scheduled::cli {

/// What lines of CSV begin with where there are several schedules, or runs.
struct OfSchedule {
  Asked<PrintedSchedule> schedule;
};
struct OfRun {
  std::string name;
};

// ---- show, run lr

/// Rates of some steps.
struct Rates {
  std::vector<std::int64_t> step;  ///< from 0
  std::vector<double> lr;
};

struct Shown {
  PrintedSchedule schedule;
  Layout layout;
  Rates rates;
};

// ---- bound

struct AtBest {
  PrintedSchedule schedule;
  BestBaseLr best;
  Asked<OmegaSplit> split;
};

struct Bounded {
  PrintedSchedule schedule;
  double peak = 0.0;
  double bound = 0.0;
  Asked<OmegaSplit> split;
  AtBest at_best;
  Asked<BoundFacts> facts;
};

struct BoundCurve {
  PrintedSchedule schedule;
  double peak = 0.0;
  std::int64_t T = 0;
  std::vector<std::int64_t> step;
  std::vector<double> lr;
  Asked<std::vector<double>> bound, gradient;
};

struct StreamedBound {
  std::int64_t step = 0;
  double lr = 0.0, grad_norm = 0.0, bound = 0.0;
};

struct LoggedBound {
  std::string file;
  std::string name;  ///< in tables and legends
  RunBound along;
  AskedGradNorm grad_norm;  ///< as used
  /// Those of `along`, by the name of their column: the output is a log itself.
  std::optional<std::vector<double>> val_loss = {}, train_loss = {};
};

// ---- worst-case

struct AtPeak {
  WorstCaseAtPeak at;
};
struct AtBestPeak {
  PrintedSchedule schedule;  ///< with that peak
  AtPeak at;
};

struct WorstCaseAlong {
  std::vector<std::int64_t> T;
  std::vector<double> worst_case, omega;
  std::optional<std::vector<double>> minimax;  ///< for one grad norm
};

struct WorstCaseRow {
  PrintedSchedule schedule;
  ScheduleWorstCase found;
  Asked<WorstCaseAlong> along;
  Asked<Certificate> certificate;
  Asked<WorstCaseRun> run;
  std::string run_text;  ///< the same for people
  Asked<BoundFacts> facts;
};

/// At the best peak, with the schedule that has it.
inline std::optional<AtBestPeak> at_best(const WorstCaseRow& row) {
  if (!row.found.best) return std::nullopt;
  return AtBestPeak{{row.schedule.schedule.with_peak(row.found.best->peak)}, {*row.found.best}};
}

}  // namespace scheduled::cli

namespace scheduled {

template <>
struct Record<cli::OfSchedule> {
  using X = cli::OfSchedule;
  static constexpr std::string_view name = "OfSchedule";
  static constexpr std::string_view meaning = "The schedule that a line is of";
  static constexpr FieldList fields{Field{"schedule", &X::schedule, "", "Its spec; where there are several"}};
};

template <>
struct Record<cli::OfRun> {
  using X = cli::OfRun;
  static constexpr std::string_view name = "OfRun";
  static constexpr std::string_view meaning = "The run that a line is of";
  static constexpr FieldList fields{Field{"name", &X::name, "", "Its name"}};
};

template <>
struct Record<cli::Rates> {
  using X = cli::Rates;
  static constexpr std::string_view name = "Rates";
  static constexpr std::string_view meaning = "Learning rates of some steps";
  static constexpr FieldList fields{Field{"step", &X::step, "steps", "Updates, counted from 0"},
                                    Field{"lr", &X::lr, "distance^2/loss", "Their rates"}};
};

template <>
struct Record<cli::Shown> {
  using X = cli::Shown;
  static constexpr std::string_view name = "Shown";
  static constexpr std::string_view meaning = "A schedule and its rates";
  static constexpr FieldList fields{Field{"schedule", &X::schedule, "", "The schedule"},
                                    Field{"layout", &X::layout, "", "Where its parts begin and end"},
                                    Field{"", &X::rates, "", "Rates of the steps to show"}};
};

template <>
struct Record<cli::AtBest> {
  using X = cli::AtBest;
  static constexpr std::string_view name = "AtBest";
  static constexpr std::string_view meaning = "A schedule at its best peak";
  static constexpr FieldList fields{Field{"schedule", &X::schedule, "", "The schedule, with its best peak"},
                                    Field{"", &X::best, "", "Peak and bound"},
                                    Field{"split", &X::split, "", "The terms of the bound; by --split"}};
};

template <>
struct Record<cli::Bounded> {
  using X = cli::Bounded;
  static constexpr std::string_view name = "Bounded";
  static constexpr std::string_view meaning = "The bound of a schedule at its own peak, and at the best one";
  static constexpr FieldList fields{Field{"schedule", &X::schedule, "", "The schedule"},
                                    Field{"peak", &X::peak, "distance^2/loss", "Its own peak"},
                                    Field{"bound", &X::bound, "loss", "The bound there"},
                                    Field{"split", &X::split, "", "The terms of the bound; by --split"},
                                    Field{"best", &X::at_best, "", "At the best peak"},
                                    Field{"closed_forms", &X::facts, "", "What the closed forms say; by --explain"}};
};

template <>
struct Record<cli::BoundCurve> {
  using X = cli::BoundCurve;
  static constexpr std::string_view name = "BoundCurve";
  static constexpr std::string_view meaning = "The bound, or its gradient, at every step of a schedule";
  static constexpr FieldList fields{Field{"schedule", &X::schedule, "", "The schedule"},
                                    Field{"peak", &X::peak, "distance^2/loss", "Its peak"},
                                    Field{"T", &X::T, "steps", "The last step that counts"},
                                    Field{"step", &X::step, "steps", "Updates, counted from 1"},
                                    Field{"lr", &X::lr, "distance^2/loss", "Their rates"},
                                    Field{"bound", &X::bound, "loss", "The bound after the update; by --curve"},
                                    Field{"gradient", &X::gradient, "loss^2/distance^2",
                                          "Derivative of the bound at T in the rate of the update; by --gradient"}};
};

template <>
struct Record<cli::StreamedBound> {
  using X = cli::StreamedBound;
  static constexpr std::string_view name = "StreamedBound";
  static constexpr std::string_view meaning = "The bound after an update of a stream";
  static constexpr FieldList fields{Field{"step", &X::step, "steps", "The update, counted from 1"},
                                    Field{"lr", &X::lr, "distance^2/loss", "Its rate"},
                                    Field{"grad_norm", &X::grad_norm, "loss/distance", "Its gradient norm"},
                                    Field{"bound", &X::bound, "loss", "The bound after it"}};
};

template <>
struct Record<cli::LoggedBound> {
  using X = cli::LoggedBound;
  static constexpr std::string_view name = "LoggedBound";
  static constexpr std::string_view meaning = "The bound along the log of a run";
  static constexpr FieldList fields{
      Field{"log", &X::file, "", "The file"},
      Field{"name", &X::name, "", "In tables and legends"},
      Field{"",
            [](const X& run) { return Without<RunBound, "name", "loss", "bound", "rates", "grad_norm">{run.along}; },
            "", "The bound along the log"},
      Field{"val_loss", &X::val_loss, "loss", "The loss there, where it is this"},
      Field{"train_loss", &X::train_loss, "loss", "The loss there, where it is this"},
      Field{"bound", [](const X& run) -> const std::vector<double>& { return run.along.bound; }, "loss",
            "The bound there"},
      Field{"grad_norm", &X::grad_norm, "loss/distance", "A number, 'logged', or the text that says the norms"}};
};

template <>
struct Record<cli::AtPeak> {
  using X = cli::AtPeak;
  static constexpr std::string_view name = "AtPeak";
  static constexpr std::string_view meaning = "A peak and the worst case there";
  static constexpr FieldList fields{
      Field{"peak", [](const X& x) { return x.at.peak; }, "distance^2/loss", "The peak"},
      Field{"worst_case", [](const X& x) { return x.at.worst_case.value; }, "loss", "The worst case there"},
      Field{"omega", [](const X& x) { return x.at.omega; }, "loss", "The last-iterate bound there"},
      Field{"lower", [](const X& x) { return x.at.worst_case.lower; }, "loss", "No smaller bound holds"},
      Field{"W", [](const X& x) { return x.at.worst_case.W; }, "distance^2/loss",
            "Sum of the weights at the minimum over the weights of the proof"},
      Field{"W_min", [](const X& x) { return x.at.worst_case.W_min; }, "distance^2/loss",
            "Smallest sum of weights that gives these steps"},
      Field{"end", [](const X& x) { return x.at.worst_case.end; }, "", "Where the minimum lies"},
      Field{"passes", [](const X& x) { return x.at.worst_case.passes; }, "", "Passes over the steps"}};
};

template <>
struct Record<cli::AtBestPeak> {
  using X = cli::AtBestPeak;
  static constexpr std::string_view name = "AtBestPeak";
  static constexpr std::string_view meaning = "A schedule at the peak with the smallest worst case";
  static constexpr FieldList fields{Field{"schedule", &X::schedule, "", "The schedule, with this peak"},
                                    Field{"", &X::at, "", "What holds there"}};
};

template <>
struct Record<cli::WorstCaseAlong> {
  using X = cli::WorstCaseAlong;
  static constexpr std::string_view name = "WorstCaseAlong";
  static constexpr std::string_view meaning = "Worst case and bound after some numbers of steps";
  static constexpr FieldList fields{Field{"T", &X::T, "steps", "Steps"},
                                    Field{"worst_case", &X::worst_case, "loss", "The worst case after them"},
                                    Field{"omega", &X::omega, "loss", "The last-iterate bound after them"},
                                    Field{"minimax", &X::minimax, "loss", "D G / sqrt(T); for one grad norm"}};
};

template <>
struct Record<cli::WorstCaseRow> {
  using X = cli::WorstCaseRow;
  static constexpr std::string_view name = "WorstCaseRow";
  static constexpr std::string_view meaning = "The worst case of a schedule";
  static constexpr FieldList fields{
      Field{"schedule", &X::schedule, "", "The schedule"},
      Field{"", [](const X& row) { return Without<ScheduleWorstCase, "own", "best">{row.found}; }, "",
            "What holds at any peak"},
      Field{"", [](const X& row) { return cli::AtPeak{row.found.own}; }, "", "At its own peak"},
      Field{"best", &cli::at_best, "", "At the best peak; none where `why_no_best` says why"},
      Field{"at", &X::along, "", "After fewer steps; by --at"},
      Field{"certificate", &X::certificate, "", "By --certify"},
      Field{"run", &X::run, "", "Of the method on the function that attains the worst case; by --run"},
      Field{"closed_forms", &X::facts, "", "What the closed forms say; by --explain"}};
};

}  // namespace scheduled
