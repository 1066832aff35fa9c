// What a training code does with the library: ask for the rate of each step, and for the best peak before that.
#include <scheduled/scheduled.hpp>

#include <iostream>

int main() {
  const auto planned = scheduled::Schedule::parse("wsd(steps=401, cooldown=20%)");
  const auto best = scheduled::best_base_lr(planned);
  const auto schedule = planned.with_peak(best.peak);
  std::cout << print(schedule) << " has bound " << scheduled::format_number(best.bound) << "\n";
  double sum = 0.0;
  for (std::int64_t step = 0; step < *schedule.steps(); ++step) sum += schedule.lr(step);
  return sum > 0.0 ? 0 : 1;
}
