// A training loop that asks the library for its rates: see "In C++" in the README.
#include <scheduled/scheduled.hpp>

#include <iostream>

int main() {
  using scheduled::Schedule;
  const Schedule planned = Schedule::parse("wsd(steps=50k, warmup=300, cooldown=20%)");
  const auto best = scheduled::best_base_lr(planned);  // D = G = 1
  const Schedule schedule = planned.with_peak(best.peak);
  double distance = 0.0;
  for (std::int64_t step = 0; step < *schedule.steps(); ++step) {
    distance += schedule.lr(step);  // optimizer.step(schedule.lr(step))
  }
  std::cout << print(schedule) << "\nbound " << best.bound << ", sum of rates " << distance << "\n";
}
