#include "shell/print.hpp"

namespace scheduled::shell {

void add_member(Json& object, std::string_view name, const PrintedSchedule& printed) {
  object.add("spec", print(printed.schedule));
  object.add(name, schedule_json(printed.schedule));
}

void add_member_schema(Schemas& schemas, ObjectSchema& object, std::string_view name, const std::string& text,
                       bool required, const PrintedSchedule*) {
  object.add("spec", type_schema("string"), text + ", as a spec", required);
  object.add(name, schemas.of<ScheduleObject>(), text, required);
}

}  // namespace scheduled::shell
