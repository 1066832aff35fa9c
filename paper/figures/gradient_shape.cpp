// Gradient norms that change like t^alpha: what they do to the bound, and to the advantage of a cooldown.
#include <cmath>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

/// The best of the paper's 20 base LRs, logspace(-8, 1, base 2).
double best_of_grid(const Schedule& schedule, std::int64_t T, const BoundSettings& settings) {
  const plot::Line values = sweep(schedule, T, settings, log_spaced(std::exp2(-8.0), 2.0, 20));
  double best = values.y.front();
  for (const double value : values.y) best = std::min(best, value);
  return best;
}

struct Published {
  double alpha;
  const char* cosine;
  const char* wsd;
  const char* cosine_grid;
  const char* wsd_grid;
};
constexpr Published table[] = {
    {0.0, ".103386", ".109323", ".1040468", ".1098577"},
    {-0.5, ".0134364", ".0090559", ".0134486", ".0090956"},
    {-1.0, ".0064450", ".0035862", ".0064490", ".0035884"},
};

}  // namespace

Result gradient_shape(Criterion criterion) {
  constexpr std::int64_t T = 400;
  const std::string prefix = criterion == Criterion::omega ? "gradient-shape" : "standard-gradient-shape";
  Result result;
  std::vector<plot::Line> sweeps;
  std::vector<plot::Line> bests;
  std::vector<plot::Line> norm_lines;
  std::vector<plot::Line> bound_lines;
  for (std::size_t kind = 0; kind < 2; ++kind) {
    const std::string spec = kind == 0 ? "cosine" : "wsd";
    const Schedule schedule = at_horizon(spec, T);
    for (std::size_t k = 0; k < std::size(table); ++k) {
      const std::vector<double> norms = power_grad_norm(table[k].alpha, T);
      const BoundSettings settings{.grad_norm = norms, .T = T, .criterion = criterion};
      const BestBaseLr best = best_base_lr(schedule, settings);
      const std::string alpha = "α = " + short_number(table[k].alpha);
      const std::string label = spec + ", " + alpha;
      const std::size_t style = 3 * kind + k;
      if (kind == 0) norm_lines.push_back(line("", spaced(1.0, T, T), norms, k));
      bound_lines.push_back(named(along(schedule.with_peak(best.peak), T, settings), label, style));
      sweeps.push_back(named(sweep(schedule, T, settings, log_spaced(std::exp2(-8.0), 2.0, 120)), label, style));
      bests.push_back(points(k + kind == 0 ? "γ*" : "", {best.peak}, {best.bound}, 0));
      if (criterion != Criterion::omega) continue;
      const bool cosine = kind == 0;
      result.checks.push_back({label + ": Ω at γ*", cosine ? table[k].cosine : table[k].wsd, best.bound});
      result.checks.push_back({label + ": Ω at the best of the paper's 20 base LRs",
                               cosine ? table[k].cosine_grid : table[k].wsd_grid, best_of_grid(schedule, T, settings)});
    }
  }
  sweeps.insert(sweeps.end(), bests.begin(), bests.end());
  const std::string bound = bound_name(criterion);
  plot::Figure along_run = rates_and_bounds(norm_lines, bound_lines, bound);
  along_run.panels[0].y = {.label = "G = t^α", .scale = plot::Scale::log};
  result.pictures.push_back({prefix + "-convergence", std::move(along_run)});
  result.pictures.push_back({prefix + "-sweep", single({.label = "base learning rate γ", .scale = plot::Scale::log},
                                                       {.label = bound, .scale = plot::Scale::log}, sweeps)});
  return result;
}

}  // namespace scheduled::figures
