#include "shell/print.hpp"

namespace scheduled::shell {

Json schedule_json(const Schedule& schedule) {
  return Json::object({{"spec", print(schedule)}, {"schedule", Json::parse(print_json(schedule))}});
}

}  // namespace scheduled::shell
