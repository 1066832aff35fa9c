#include "shell/print.hpp"

namespace scheduled::shell {

void add_member(Json& object, std::string_view name, const PrintedSchedule& printed) {
  object.add("spec", print(printed.schedule));
  object.add(name, schedule_json(printed.schedule));
}

}  // namespace scheduled::shell
