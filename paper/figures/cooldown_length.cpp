// How long the cooldown should be: at the best LR of each length, and at one LR for all.
#include <fmt/format.h>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T = 400;

Schedule with_cooldown(double share, const std::string& decay) {
  return at_horizon(fmt::format("wsd(cooldown={:.6g}%, decay={})", 100.0 * share, decay), T);
}

void add_decay(Result& result, const std::string& decay, Criterion criterion) {
  const BoundSettings settings{.T = T, .criterion = criterion};
  const std::string prefix = (criterion == Criterion::omega ? "cooldown-length-" : "standard-cooldown-length-") + decay;
  const std::string bound = bound_name(criterion);
  const std::vector<double> shares = {0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0};
  std::vector<plot::Line> sweeps;
  std::vector<plot::Line> rate_lines;
  std::vector<plot::Line> bound_lines;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const Schedule schedule = with_cooldown(shares[k], decay);
    const std::string label = fmt::format("{:g} %", 100.0 * shares[k]);
    const double shade = static_cast<double>(k) / static_cast<double>(shares.size() - 1);
    const Schedule tuned = schedule.with_peak(best_base_lr(schedule, settings).peak);
    sweeps.push_back(named_shade(sweep(schedule, T, settings, log_spaced(5e-3, 0.4, 120)), label, shade));
    rate_lines.push_back(named_shade(rates(tuned, T), label, shade));
    bound_lines.push_back(named_shade(along(tuned, T, settings), label, shade));
  }
  result.pictures.push_back({prefix + "-sweep", single({.label = "base learning rate γ", .scale = plot::Scale::log},
                                                       {.label = bound, .scale = plot::Scale::log}, sweeps)});
  result.pictures.push_back({prefix + "-convergence", rates_and_bounds(rate_lines, bound_lines, bound)});

  const std::vector<double> fine = spaced(0.02, 1.0, 99);
  std::vector<double> tuned_bounds;
  const std::vector<double> peaks = decay == "linear" ? std::vector{0.02, 0.04, 0.05, 0.07}  // as in the paper
                                                      : std::vector{0.03, 0.05, 0.07, 0.09};
  std::vector<std::vector<double>> fixed(peaks.size());
  for (const double share : fine) {
    const Schedule schedule = with_cooldown(share, decay);
    tuned_bounds.push_back(best_base_lr(schedule, settings).bound);
    const plot::Line values = sweep(schedule, T, settings, peaks);
    for (std::size_t k = 0; k < peaks.size(); ++k) fixed[k].push_back(values.y[k]);
  }
  std::vector<plot::Line> lines;
  for (std::size_t k = 0; k < peaks.size(); ++k) {
    lines.push_back(shaded("γ = " + short_number(peaks[k]), fine, fixed[k], static_cast<double>(k) / 3.0));
  }
  lines.push_back(line("best γ for each", fine, tuned_bounds, 4));
  result.pictures.push_back({prefix + "-parabola", single({.label = "cooldown, share of the run"},
                                                          {.label = bound, .scale = plot::Scale::log}, lines)});
}

}  // namespace

Result cooldown_length(Criterion criterion) {
  Result result;
  add_decay(result, "linear", criterion);
  add_decay(result, "1-sqrt", criterion);
  return result;
}

}  // namespace scheduled::figures
