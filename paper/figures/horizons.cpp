// Several horizons: the best base LR falls like a power of T, and one LR is not best for all of them.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "figures/fits.hpp"
#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

struct Family {
  const char* spec;
  const char* factor;    ///< published: of the power law of gamma*
  const char* exponent;  ///< published
};

void add_family(Result& result, const Family& family, Criterion criterion) {
  const std::string spec = family.spec;
  const BoundSettings settings{.criterion = criterion};
  const std::vector<double> horizons = {200, 300, 400, 500, 600};
  const std::vector<double> peaks = log_spaced(4e-3, 0.4, 120);
  std::vector<plot::Line> sweeps;
  std::vector<plot::Line> rate_lines;
  std::vector<plot::Line> bound_lines;
  std::vector<double> best_peaks;
  std::vector<double> best_bounds;
  for (std::size_t k = 0; k < horizons.size(); ++k) {
    const auto T = static_cast<std::int64_t>(horizons[k]);
    const double shade = static_cast<double>(k) / static_cast<double>(horizons.size() - 1);
    const std::string label = "T = " + std::to_string(T);
    const Schedule schedule = at_horizon(spec, T);
    const BestBaseLr best = best_base_lr(schedule, {.T = T, .criterion = criterion});
    sweeps.push_back(named_shade(sweep(schedule, T, settings, peaks), label, shade));
    best_peaks.push_back(best.peak);
    best_bounds.push_back(best.bound);
    const Schedule tuned = schedule.with_peak(best.peak);
    rate_lines.push_back(named_shade(rates(tuned, T), label, shade));
    bound_lines.push_back(named_shade(along(tuned, T, settings), label, shade));
  }
  const std::string prefix = criterion == Criterion::omega ? "horizons-" : "standard-horizons-";
  sweeps.push_back(points("best", best_peaks, best_bounds, 4));
  result.pictures.push_back(
      {prefix + spec + "-sweep", single({.label = "base learning rate γ", .scale = plot::Scale::log},
                                        {.label = bound_name(criterion), .scale = plot::Scale::log}, sweeps)});
  result.pictures.push_back(
      {prefix + spec + "-convergence", rates_and_bounds(rate_lines, bound_lines, bound_name(criterion))});

  const PowerLaw law = fit_power_law(horizons, best_peaks);
  std::vector<double> fitted;
  const std::vector<double> fine = log_spaced(150, 800, 60);
  for (const double T : fine) fitted.push_back(law(T));
  const std::string text = short_number(law.factor, 4) + " T^" + short_number(law.exponent, 4);
  result.pictures.push_back(
      {prefix + spec + "-fit", single({.label = "horizon T", .scale = plot::Scale::log},
                                      {.label = "best base learning rate", .scale = plot::Scale::log},
                                      {line(text, fine, fitted, 0), points("γ*", horizons, best_peaks, 1)})});
  if (criterion == Criterion::omega) {
    result.checks.push_back({spec + ", γ* ~ A T^B: A", family.factor, law.factor});
    result.checks.push_back({spec + ", γ* ~ A T^B: B", family.exponent, law.exponent});
  }
}

/// The base LRs of the paper's single plots: a cosine takes twice that of WSD.
constexpr std::array<std::pair<const char*, double>, 2> kinds = {{{"wsd", 1.0}, {"cosine", 2.0}}};

/// Runs of 22, 33 and 44 thousand steps at one LR: the bound of the title figure.
void add_fixed_rates(Result& result) {
  constexpr double peak = 0.0025;
  std::vector<plot::Line> rate_lines;
  std::vector<plot::Line> bound_lines;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const auto& [spec, factor] = kinds[kind];
    const std::string label = fmt::format("{}, γ = {}", spec, factor * peak);
    for (const std::int64_t T : {22000, 33000, 44000}) {
      const Schedule schedule = at_horizon(spec, T).with_peak(factor * peak);
      rate_lines.push_back(named(rates(schedule, T), label, kind));
      bound_lines.push_back(named(along(schedule, T, {}), label, kind));
    }
  }
  result.pictures.push_back({"horizons-one-rate", rates_and_bounds(rate_lines, bound_lines, "bound Ω")});
}

/// One horizon at several base LRs.
void add_base_rates(Result& result) {
  constexpr std::int64_t T = 1000;
  std::vector<plot::Line> rate_lines;
  std::vector<plot::Line> bound_lines;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const auto& [spec, factor] = kinds[kind];
    for (const double peak : {0.014, 0.02, 0.028}) {
      const Schedule schedule = at_horizon(spec, T).with_peak(factor * peak);
      const std::string label = fmt::format("{}, γ = {}", spec, factor * peak);
      rate_lines.push_back(named(rates(schedule, T), label, rate_lines.size()));
      bound_lines.push_back(named(along(schedule, T, {}), label, bound_lines.size()));
    }
  }
  result.pictures.push_back({"horizons-base-rates", rates_and_bounds(rate_lines, bound_lines, "bound Ω")});
}

}  // namespace

Result horizons(Criterion criterion) {
  Result result;
  add_family(result, {"cosine", ".91988", "-.49210"}, criterion);
  add_family(result, {"wsd", ".47076", "-.48754"}, criterion);
  if (criterion == Criterion::omega) {
    add_fixed_rates(result);
    add_base_rates(result);
  }
  return result;
}

}  // namespace scheduled::figures
