// The results of this module, each described once (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "base/record.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {

template <>
struct Words<Restarts> {
  static constexpr std::array<std::string_view, 5> words{"automatic", "keep-last", "keep-first", "average", "error"};
};

template <>
struct Words<RateOf> {
  static constexpr std::array<std::string_view, 3> words{"automatic", "same", "next"};
};

template <>
struct Record<LogFormat> {
  static constexpr std::string_view name = "LogFormat";
  static constexpr std::string_view meaning = "A format of training logs";
  static constexpr FieldList fields{Field{"name", &LogFormat::name, "", "Its name, by which it can be insisted on"},
                                    Field{"what", &LogFormat::what, "", "What it is"},
                                    Field{"written_by", &LogFormat::written_by, "", "Programs whose logs are such"}};
};

template <>
struct Record<RunLog> {
  static constexpr std::string_view name = "RunLog";
  static constexpr std::string_view meaning = "One run: a table with one row per logged step";
  static constexpr FieldList fields{
      Field{"name", &RunLog::name, "", "Where the log came from"},
      Field{"step", &RunLog::step, "steps",
            "Logged steps, strictly increasing; the row of step s was written after update s"},
      Field{"column", &RunLog::column, "", "The columns by name; not a number where a row did not log them"},
      Field{"meta", &RunLog::meta, "", "Configuration and summary values"},
      Field{"format", &RunLog::format, "", "The format it was read as"},
      Field{"source", &RunLog::source, "", "What standard columns are called in the source"},
      Field{"notes", &RunLog::notes, "", "What was taken in one of several ways, or looks wrong"},
      Field{"rates", &RunLog::rates, "distance^2/loss", "Given rates of updates 1, 2, ...; none where they are logged"},
      Field{"restarts", &RunLog::restarts, "", "How often steps went back, as after a restart"},
      Field{"left_out", &RunLog::left_out, "rows", "Rows that do not count: repeated by a restart, or without a step"},
      Field{"not_finite", &RunLog::not_finite, "steps",
            "Standard columns that end in values that are not finite: from which step on"},
      Field{"not_finite_steps", &RunLog::not_finite_steps, "steps",
            "All steps at which standard columns were not finite, in any order"},
      Field{"lacking", &RunLog::lacking, "", "Columns that the options name and this part of a log lacks"}};
};

template <>
struct Record<RateTail> {
  static constexpr std::string_view name = "RateTail";
  static constexpr std::string_view meaning = "Rows that go on after the last logged rate, which was on its way down";
  static constexpr FieldList fields{
      Field{"from", &RateTail::from, "steps", "Step of the last logged rate"},
      Field{"to", &RateTail::to, "steps", "Last step of the log"},
      Field{"held", &RateTail::held, "distance^2/loss", "The last logged rate"},
      Field{"shape", &RateTail::shape, "",
            "What the last rows follow to 0: linear, cosine, 1-sqrt; empty: none of them"},
      Field{"zero_at", &RateTail::zero_at, "steps", "The step at which the shape is 0; 0 without a shape"},
      Field{"end", &RateTail::end, "distance^2/loss",
            "The rate at the last step by the shape, or on the line of the last two rows"}};
};

template <>
struct Record<RateHead> {
  static constexpr std::string_view name = "RateHead";
  static constexpr std::string_view meaning =
      "A log whose first rates were logged after the first update, as they rose";
  static constexpr FieldList fields{
      Field{"from", &RateHead::from, "steps", "Step of the first logged rate"},
      Field{"first", &RateHead::first, "distance^2/loss", "That rate"},
      Field{"start", &RateHead::start, "distance^2/loss", "The rate at step 0, on the line of the first rows"},
      Field{"rows", &RateHead::rows, "rows",
            "How many rows lie on that line; 1: a level follows the first; 0: none, and the first rate is held"}};
};

template <>
struct Record<Series> {
  static constexpr std::string_view name = "Series";
  static constexpr std::string_view meaning = "The logged entries of one column, in step order";
  static constexpr FieldList fields{Field{"step", &Series::step, "steps", "Their steps"},
                                    Field{"value", &Series::value, "", "Their values"}};
};

template <>
struct Record<DenseStretch> {
  static constexpr std::string_view name = "DenseStretch";
  static constexpr std::string_view meaning = "One value for each of the updates first, first + 1, ...";
  static constexpr FieldList fields{
      Field{"first", &DenseStretch::first, "steps", "The update of the first value, counted from 1"},
      Field{"values", &DenseStretch::values, "", "The values"}};
};

template <>
struct Record<UpdateRates> {
  static constexpr std::string_view name = "UpdateRates";
  static constexpr std::string_view meaning = "Learning rate and gradient norm of one update";
  static constexpr FieldList fields{
      Field{"lr", &UpdateRates::lr, "distance^2/loss", "The learning rate"},
      Field{"grad_norm", &UpdateRates::grad_norm, "loss/distance", "The gradient norm; none where it was not logged"}};
};

template <>
struct Record<UpdateStretch> {
  static constexpr std::string_view name = "UpdateStretch";
  static constexpr std::string_view meaning = "Updates on the line between what was logged before them and after them";
  static constexpr FieldList fields{
      Field{"first", &UpdateStretch::first, "steps", "The first update, counted from 1"},
      Field{"count", &UpdateStretch::count, "steps", "How many they are"},
      Field{"before", &UpdateStretch::before, "", "The rates of the update before the first"},
      Field{"last", &UpdateStretch::last, "", "The rates of the last update"}};
};

}  // namespace scheduled
