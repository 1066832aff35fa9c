#include "shell/print.hpp"

#include "schedule/records.hpp"

namespace scheduled::shell {

Json schedule_json(const Schedule& schedule) {
  return Json::object({{"spec", print(schedule)}, {"schedule", scheduled::schedule_json(schedule)}});
}

}  // namespace scheduled::shell
