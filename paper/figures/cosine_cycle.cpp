// Cosine schedules whose cycle is longer than the run.
#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {

Result cosine_cycle(Criterion criterion) {
  constexpr std::int64_t T = 400;
  struct Cycle {
    double length;
    const char* bound;
    const char* note;
  };
  constexpr Cycle cycles[] = {{1.0, ".104053", ""},
                              {1.5, ".114616", ""},
                              {2.0, ".123784", ""},
                              {4.0, ".133988", "the published digits are cut off, not rounded: 0.1339888"},
                              {5.0, ".135264", ""}};
  Result result;
  std::vector<plot::Line> rate_lines;
  std::vector<plot::Line> bound_lines;
  for (std::size_t k = 0; k < std::size(cycles); ++k) {
    const auto length = static_cast<std::int64_t>(cycles[k].length * (T + 1));
    const Schedule schedule = Schedule::parse("cosine(final=10%)", steps(length));
    const BestBaseLr best = best_base_lr(schedule, {.T = T, .criterion = criterion});
    const std::string label = "cycle " + short_number(cycles[k].length) + " T";
    const double shade = static_cast<double>(k) / 4.0;
    const Schedule tuned = schedule.with_peak(best.peak);
    rate_lines.push_back(named_shade(rates(tuned, T), label, shade));
    bound_lines.push_back(named_shade(along(tuned, T, {.criterion = criterion}), label, shade));
    if (criterion == Criterion::omega)
      result.checks.push_back({label + ": Ω*", cycles[k].bound, best.bound, cycles[k].note});
  }
  const std::string name = criterion == Criterion::omega ? "cosine-cycle" : "standard-cosine-cycle";
  result.pictures.push_back({name, rates_and_bounds(rate_lines, bound_lines, bound_name(criterion))});
  return result;
}

}  // namespace scheduled::figures
