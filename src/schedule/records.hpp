// How values of this module stand in the results of others.
#pragma once

#include "base/record.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// What print_json prints, as a value.
Json schedule_json(const Schedule& schedule);

class Schemas;

/// A schedule within a result is its spec text.
inline Json describe_as_json(const Schedule& schedule) { return print(schedule); }
Json describe_schema(Schemas& schemas, const Schedule*);

/// A schedule as an object, as print_json has it.
struct ScheduleObject {
  Schedule schedule;
};
inline Json describe_as_json(const ScheduleObject& object) { return schedule_json(object.schedule); }
Json describe_schema(Schemas& schemas, const ScheduleObject*);

template <>
struct Record<Layout> {
  static constexpr std::string_view name = "Layout";
  static constexpr std::string_view meaning = "How the steps of a schedule are shared out";
  static constexpr FieldList fields{
      Field{"steps", &Layout::steps, "steps", "All of them; none without a horizon"},
      Field{"warmup_steps", &Layout::warmup_steps, "steps", "Those of the warmup, the first ones"},
      Field{"cooldown_steps", &Layout::cooldown_steps, "steps", "Those of the cooldown, the last ones"}};
};

}  // namespace scheduled
