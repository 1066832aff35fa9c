#include "anytime/trunk.hpp"

#include "base/error.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled {
namespace anytime {

void require_trunk(const Schedule& trunk) {
  if (trunk.steps()) {
    fail({"trunk = ", print(trunk), ": must have no horizon (steps=...); results say how long it trains"});
  }
  if (trunk.spec().cooldown) fail({"trunk = ", print(trunk), ": must have no cooldown; its branches have"});
}

}  // namespace anytime

Schedule branch_schedule(const Schedule& trunk, std::int64_t start, std::int64_t cooldown_steps,
                         const Cooldown& cooldown) {
  anytime::require_trunk(trunk);
  const std::int64_t warmup = trunk.layout().warmup_steps;
  if (start <= warmup) {
    fail({"branch at step ", std::to_string(start), ": must be after the warmup of ", std::to_string(warmup),
          " steps and one more"});
  }
  if (cooldown_steps < 1) fail({"cooldown = ", std::to_string(cooldown_steps), ": must be at least 1 step"});
  ScheduleSpec spec = trunk.spec();
  spec.steps = steps(start + cooldown_steps);
  spec.cooldown = cooldown;
  spec.cooldown->length = steps(cooldown_steps);
  return Schedule(std::move(spec));
}

std::int64_t cooldown_steps_from(const Schedule& trunk, std::int64_t start, Duration length) {
  std::int64_t count = 0;
  if (length.unit == Duration::Unit::percent) {
    if (!(length.value < 100.0)) {
      fail({"cooldown = ", print_duration(length), ": must be below 100% of the branch's total"});
    }
    count = steps_for_share(start, length.value);
  } else {
    count = resolve_steps("cooldown", length, std::nullopt, trunk.spec().step_size);
  }
  if (count < 1) fail({"cooldown = ", print_duration(length), ": must be at least 1 step"});
  return count;
}

}  // namespace scheduled
