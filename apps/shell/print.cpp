#include "shell/print.hpp"

#include "schedule/records.hpp"

namespace scheduled::shell {

Json spec_and_schedule(const Schedule& schedule) {
  return Json::object({{"spec", print(schedule)}, {"schedule", schedule_json(schedule)}});
}

}  // namespace scheduled::shell
