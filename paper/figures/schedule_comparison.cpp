// Six schedules at their best base LR.
#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

struct Row {
  const char* spec;
  const char* label;
  const char* peak400;  ///< published gamma* and Omega* at T = 400, and at 4000 where they are known
  const char* bound400;
  const char* peak4000;
  const char* bound4000;
};

constexpr Row rows[] = {
    {"wsd", "wsd", ".0253737", ".1093230", ".00811829", ".0342115"},
    {"cosine", "cosine", ".0482419", ".1033859", ".0153402", ".0325859"},
    {"linear", "linear", ".0495631", ".1006299", nullptr, nullptr},
    {"1-sqrt", "1-sqrt", ".0737971", ".1012426", nullptr, nullptr},
    {"inverse-power", "1/√t", ".2120856", ".1222643", nullptr, nullptr},
    {"constant", "constant", ".0181759", ".1375448", nullptr, nullptr},
};

void check(Result& result, const Row& row, std::int64_t T, const char* peak, const char* bound) {
  const BestBaseLr best = best_base_lr(at_horizon(row.spec, T), {.T = T});
  const std::string what = std::string(row.label) + ", T = " + std::to_string(T);
  result.checks.push_back({what + ": γ*", peak, best.peak});
  result.checks.push_back({what + ": Ω*", bound, best.bound});
}

}  // namespace

Result schedule_comparison(Criterion criterion) {
  constexpr std::int64_t T = 400;
  Result result;
  std::vector<plot::Line> rate_lines;
  std::vector<plot::Line> bound_lines;
  std::vector<plot::Line> sweeps;
  for (std::size_t k = 0; k < std::size(rows); ++k) {
    const Row& row = rows[k];
    const Schedule schedule = at_horizon(row.spec, T);
    const BestBaseLr best = best_base_lr(schedule, {.T = T, .criterion = criterion});
    const Schedule tuned = schedule.with_peak(best.peak);
    rate_lines.push_back(named(rates(tuned, T), row.label, k));
    bound_lines.push_back(named(along(tuned, T, {.criterion = criterion}), row.label, k));
    sweeps.push_back(named(sweep(schedule, T, {.criterion = criterion}, log_spaced(3e-3, 1.0, 120)), row.label, k));
    if (criterion != Criterion::omega) continue;
    check(result, row, T, row.peak400, row.bound400);
    if (row.peak4000 != nullptr) check(result, row, 4000, row.peak4000, row.bound4000);
  }
  const std::string prefix = criterion == Criterion::omega ? "schedules-" : "standard-schedules-";
  plot::Figure figure = rates_and_bounds(rate_lines, bound_lines, bound_name(criterion));
  figure.panels[0].y.range = plot::Range{0.0, 0.1};  // 1/sqrt(t) starts far above the others
  result.pictures.push_back({prefix + "convergence", std::move(figure)});
  result.pictures.push_back(
      {prefix + "sweep",
       single({.label = "base learning rate γ", .scale = plot::Scale::log},
              {.label = bound_name(criterion),
               .scale = plot::Scale::log,
               .range = criterion == Criterion::omega ? plot::Range{0.09, 0.6} : plot::Range{0.045, 0.6}},
              sweeps)});
  return result;
}

}  // namespace scheduled::figures
