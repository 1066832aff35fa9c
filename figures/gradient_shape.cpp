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
  Result result;
  for (const std::string spec : {"cosine", "wsd"}) {
    std::vector<plot::Line> rate_lines;
    std::vector<plot::Line> bound_lines;
    for (std::size_t k = 0; k < std::size(table); ++k) {
      const std::vector<double> norms = power_grad_norm(table[k].alpha, T);
      const BoundSettings settings{.grad_norm = norms, .T = T, .criterion = criterion};
      const Schedule schedule = at_horizon(spec, T);
      const BestBaseLr best = best_base_lr(schedule, settings);
      const std::string label = "α = " + short_number(table[k].alpha);
      const Schedule tuned = schedule.with_peak(best.peak);
      rate_lines.push_back(named(rates(tuned, T), label, k));
      bound_lines.push_back(named(along(tuned, T, settings), label, k));
      if (criterion != Criterion::omega) continue;
      const bool cosine = spec == "cosine";
      result.checks.push_back({spec + ", " + label + ": Ω at γ*", cosine ? table[k].cosine : table[k].wsd, best.bound});
      result.checks.push_back({spec + ", " + label + ": Ω at the best of the paper's 20 base LRs",
                               cosine ? table[k].cosine_grid : table[k].wsd_grid, best_of_grid(schedule, T, settings)});
    }
    const std::string prefix = criterion == Criterion::omega ? "gradient-shape-" : "standard-gradient-shape-";
    plot::Figure figure = rates_and_bounds(rate_lines, bound_lines, bound_name(criterion) + ", G = t^α");
    figure.panels[0].y.scale = plot::Scale::log;
    result.pictures.push_back({prefix + spec, std::move(figure)});
  }
  return result;
}

}  // namespace scheduled::figures
