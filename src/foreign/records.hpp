// The descriptions of what import_schedule and export_schedule return (base/record.hpp).
#pragma once

#include "base/record.hpp"
#include "schedule/records.hpp"
#include "scheduled/foreign.hpp"

namespace scheduled {

template <>
struct Record<TakenValue> {
  static constexpr std::string_view name = "TakenValue";
  static constexpr std::string_view meaning = "A value of a configuration that a schedule was made from";
  static constexpr FieldList fields{
      Field{"key", &TakenValue::key, "", "As the configuration has it"},
      Field{"value", &TakenValue::value, "", "Its value"},
      Field{"meaning", &TakenValue::meaning, "", "What it says about the learning rate"},
      Field{"line", &TakenValue::line, "", "Where it stands, from 1; 0 where that is not known"},
      Field{"given", &TakenValue::given, "", "Whether it was given; else it is the program's default"}};
};

template <>
struct Record<ImportedSchedule> {
  static constexpr std::string_view name = "ImportedSchedule";
  static constexpr std::string_view meaning = "The schedule of another program's configuration";
  static constexpr FieldList fields{
      Field{"schedule", &ImportedSchedule::schedule, "", "Its rates are the program's"},
      Field{"tool", &ImportedSchedule::tool, "", "The program"},
      Field{"form", &ImportedSchedule::form, "", "What the configuration is written in"},
      Field{"updates", &ImportedSchedule::updates, "updates", "That the run makes; none where nothing says so"},
      Field{"taken", &ImportedSchedule::taken, "", "The values that it was made from"},
      Field{"ignored", &ImportedSchedule::ignored, "", "Keys that have no say in the learning rate"},
      Field{"differences", &ImportedSchedule::differences, "",
            "What the program does that the schedule does not, or does otherwise"}};
};

template <>
struct Record<ExportedSchedule> {
  static constexpr std::string_view name = "ExportedSchedule";
  static constexpr std::string_view meaning = "A schedule as another program's configuration";
  static constexpr FieldList fields{
      Field{"tool", &ExportedSchedule::tool, "", "The program"},
      Field{"form", &ExportedSchedule::form, "", "What the text is written in"},
      Field{"text", &ExportedSchedule::text, "", "What gives the program this schedule"},
      Field{"table", &ExportedSchedule::table, "", "Whether the text reads a table of rates"},
      Field{"why", &ExportedSchedule::why, "", "Why a table is needed; empty where none is"},
      Field{"updates", &ExportedSchedule::updates, "updates", "That the program makes; none without a horizon"},
      Field{"notes", &ExportedSchedule::notes, "", "What to know about it"}};
};

}  // namespace scheduled
