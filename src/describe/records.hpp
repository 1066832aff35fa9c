// The descriptions of what describe_log says (base/record.hpp).
#pragma once

#include <string_view>

#include "design/records.hpp"
#include "runlog/records.hpp"
#include "scheduled/describe.hpp"

namespace scheduled {

template <>
struct Record<DescribedColumn> {
  static constexpr std::string_view name = "DescribedColumn";
  static constexpr std::string_view meaning = "A column of a log";
  static constexpr FieldList fields{
      Field{"name", &DescribedColumn::name, "", "Its standard name, or as in the source"},
      Field{"source", &DescribedColumn::source, "", "What the source calls it; empty where it is no standard column"},
      Field{"values", &DescribedColumn::values, "rows", "How many rows logged it"},
      Field{"first", &DescribedColumn::first, "steps", "Step of the first of them"},
      Field{"last", &DescribedColumn::last, "steps", "Step of the last of them"},
      Field{"low", &DescribedColumn::low, "", "Smallest value"},
      Field{"high", &DescribedColumn::high, "", "Largest value"}};
};

template <>
struct Record<DescribedGap> {
  static constexpr std::string_view name = "DescribedGap";
  static constexpr std::string_view meaning = "Steps between which no row stands, although rows mostly come more often";
  static constexpr FieldList fields{Field{"from", &DescribedGap::from, "steps", "The row before"},
                                    Field{"to", &DescribedGap::to, "steps", "The row after"}};
};

template <>
struct Record<LogUse> {
  static constexpr std::string_view name = "LogUse";
  static constexpr std::string_view meaning = "What a verb makes of a log";
  static constexpr FieldList fields{
      Field{"verb", &LogUse::verb, "", "The verb"},
      Field{"works", &LogUse::works, "", "Whether the log has what it needs"},
      Field{"needs", &LogUse::needs, "", "What is missing, and how to say it; empty where it works"}};
};

template <>
struct Record<LogDescription> {
  static constexpr std::string_view name = "LogDescription";
  static constexpr std::string_view meaning = "What a log holds, and what it serves for";
  static constexpr FieldList fields{
      Field{"name", &LogDescription::name, "", "Where the log came from"},
      Field{"format", &LogDescription::format, "", "The format it was read as"},
      Field{"rows", &LogDescription::rows, "rows", "Its rows, one for each step that was logged"},
      Field{"first_step", &LogDescription::first_step, "steps", "The first of these steps"},
      Field{"last_step", &LogDescription::last_step, "steps", "The last of them"},
      Field{"spacing", &LogDescription::spacing, "steps", "From a row to the next, the median; 0 for a single row"},
      Field{"columns", &LogDescription::columns, "", "The columns, standard ones first"},
      Field{"gaps", &LogDescription::gaps, "", "Stretches without a row, more than ten times the spacing"},
      Field{"restarts", &LogDescription::restarts, "", "How often steps went back, as after a restart"},
      Field{"left_out", &LogDescription::left_out, "rows", "Rows that do not count"},
      Field{"shape", &LogDescription::shape, "", "The schedule that the rates are like"},
      Field{"recorded", &LogDescription::recorded, "",
            "Whether that is the schedule of a run's record, or the one that was given"},
      Field{"no_shape", &LogDescription::no_shape, "", "Why there is none"},
      Field{"head", &LogDescription::head, "",
            "How rates began that were first logged as they rose; none where they did not, or it was said"},
      Field{"tail", &LogDescription::tail, "",
            "Rows that go on after the last logged rate; none where rates go to the end"},
      Field{"notes", &LogDescription::notes, "", "What was taken in one of several ways, or looks wrong"},
      Field{"uses", &LogDescription::uses, "", "What the verbs make of it"}};
};

template <>
struct Record<TailEffect> {
  static constexpr std::string_view name = "TailEffect";
  static constexpr std::string_view meaning = "What holding the last logged rate does to the bound";
  static constexpr FieldList fields{
      Field{"tail", &TailEffect::tail, "", "The rows that go on without a rate"},
      Field{"held", &TailEffect::held, "loss", "The bound at the last row, the rate held"},
      Field{"continued", &TailEffect::continued, "loss", "The same, the rate going on as its last rows do"}};
};

}  // namespace scheduled
