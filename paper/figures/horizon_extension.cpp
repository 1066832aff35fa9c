// A WSD run of 4000 steps goes on to longer horizons: as it was, with a lower plateau, with a longer cooldown,
// optimally; and a 1/sqrt(t) run, which needs no change.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T1 = 4000;
constexpr std::int64_t trunk = 3200;
constexpr std::array<std::int64_t, 6> new_horizons = {6000, 8000, 10000, 12000, 14000, 16000};
constexpr std::array<const char*, 4> names = {"as before", "lower plateau", "longer cooldown", "optimal"};

/// The paper's two-stage shape: 1, from step `trunk` on `plateau`, then linearly down over the last fifth.
std::vector<double> two_stage(std::int64_t T, double plateau, double share) {
  const std::int64_t T0 = T + 1 - static_cast<std::int64_t>(share * static_cast<double>(T + 1));
  std::vector<double> lr;
  for (std::int64_t t = 1; t <= T; ++t) {
    const double height = t <= trunk ? 1.0 : plateau;
    const double left = static_cast<double>(T + 1 - t) / static_cast<double>(T + 1 - T0);
    lr.push_back(height * (t <= T0 ? 1.0 : left));
  }
  return lr;
}

struct Choice {
  double parameter = 0.0;
  double omega = 0.0;  ///< at the best base LR of its own shape, which is near the trunk's: the published figure
};

/// The entry of the paper's grid whose best base LR is nearest to `peak`.
template <class Shape>
Choice nearest_on_grid(const std::vector<double>& grid, double peak, const Shape& shape) {
  Choice best;
  double distance = HUGE_VAL;
  for (const double parameter : grid) {
    const BoundTerms terms = omega_terms(shape(parameter), 1.0, 1.0);
    const double off = std::fabs(std::sqrt(terms.inverse / terms.linear) - peak);
    if (off >= distance) continue;
    distance = off;
    best = {parameter, 2.0 * std::sqrt(terms.inverse * terms.linear)};
  }
  return best;
}

/// The paper's shapes start from step 1, so that a long cooldown may begin before the trunk ends.
std::string why_not_a_continuation(std::int64_t T, double share) {
  const bool before = share * static_cast<double>(T + 1) > static_cast<double>(T + 1 - trunk);
  return before ? "this cooldown begins before the trunk's end: not a continuation of it" : "";
}

void add_checks(Result& result, double peak) {
  constexpr std::array<const char*, 6> factors = {".625", ".525", ".475", ".425", ".4", ".375"};
  constexpr std::array<const char*, 6> drop = {".026741", ".023089", ".020731", ".019018", ".017697", ".016636"};
  constexpr std::array<const char*, 6> naive = {".028490", ".025628", ".023911", ".022766", ".021948", ".021335"};
  constexpr std::array<const char*, 6> shares = {".4375", ".6344", ".775", ".8875", ".9719", "1"};
  constexpr std::array<const char*, 6> adapted = {".026447", ".022518", ".020041", ".018268", ".016908", ".015816"};
  for (std::size_t k = 0; k < new_horizons.size(); ++k) {
    const std::int64_t T = new_horizons[k];
    const std::string what = "T2 = " + std::to_string(T) + ", ";
    const auto plateau = [&](double factor) { return two_stage(T, factor, 0.2); };
    const auto share = [&](double cooldown) { return two_stage(T, 1.0, cooldown); };
    const Choice dropped = nearest_on_grid(spaced(0.2, 1.0, 33), peak, plateau);
    const Choice longer = nearest_on_grid(spaced(0.1, 1.0, 33), peak, share);
    const BoundTerms same = omega_terms(plateau(1.0), 1.0, 1.0);
    result.checks.push_back({what + "as before: Ω", naive[k], same.inverse / peak + same.linear * peak});
    result.checks.push_back({what + "lower plateau: factor, of the paper's grid", factors[k], dropped.parameter});
    result.checks.push_back({what + "lower plateau: Ω at its own γ*", drop[k], dropped.omega});
    result.checks.push_back({what + "longer cooldown: share, of the paper's grid", shares[k], longer.parameter});
    result.checks.push_back({what + "longer cooldown: Ω at its own γ*", adapted[k], longer.omega,
                             why_not_a_continuation(T, longer.parameter)});
  }
}

/// The first and the longer horizons, dark to light.
double shade_of(std::size_t k) { return static_cast<double>(k) / static_cast<double>(new_horizons.size()); }

/// A family of runs, one for each new horizon, beside what is done to the first run and to naive ones.
struct Curves {
  std::vector<plot::Line> rates;
  std::vector<plot::Line> bounds;

  void add(const Schedule& schedule, std::int64_t T, const std::string& label, std::size_t style) {
    rates.push_back(named(figures::rates(schedule, T), label, style));
    bounds.push_back(named(along(schedule, T, {}), label, style));
  }
  void shade_last(double shade) {
    rates.back().shade = shade;
    bounds.back().shade = shade;
  }
  plot::Figure figure() && { return rates_and_bounds(std::move(rates), std::move(bounds), "bound Ω"); }
};

/// What linear decay over the whole horizon reaches at its own best base LR.
plot::Line linear_decay() {
  std::vector<double> x = {T1};
  for (const std::int64_t T : new_horizons) x.push_back(static_cast<double>(T));
  std::vector<double> y;
  for (const double T : x) {
    const auto steps = static_cast<std::int64_t>(T);
    y.push_back(best_base_lr(at_horizon("linear", steps), {.T = steps}).bound);
  }
  return points("linear decay at its γ*", x, y, 3);
}

/// Rates and bounds of one method at all horizons, the run as before in the background.
void add_method(Result& result, const std::vector<ExtendRow>& rows, std::size_t method, const Schedule& first,
                const std::string& file) {
  Curves curves;
  for (std::size_t k = 0; k < new_horizons.size(); ++k) {
    const std::vector<double>& lr = rows[4 * k].lr;
    curves.add(Schedule::table(lr), static_cast<std::int64_t>(lr.size()), names[0], 5);
  }
  curves.add(first, T1, names[method], 0);
  curves.shade_last(0.0);
  for (std::size_t k = 0; k < new_horizons.size(); ++k) {
    const std::vector<double>& lr = rows[4 * k + method].lr;
    curves.add(Schedule::table(lr), static_cast<std::int64_t>(lr.size()), names[method], 0);
    curves.shade_last(shade_of(k + 1));
  }
  curves.bounds.push_back(linear_decay());
  result.pictures.push_back({"horizon-extension-" + file, std::move(curves).figure()});
}

/// gamma* of the candidates for T2 = 8000, and the trunk's.
template <class Shape>
void add_candidates(Result& result, const std::string& file, const std::string& parameter,
                    const std::vector<double>& grid, double peak, const Shape& shape) {
  std::vector<double> peaks;
  for (const double value : grid) {
    const BoundTerms terms = omega_terms(shape(value), 1.0, 1.0);
    peaks.push_back(std::sqrt(terms.inverse / terms.linear));
  }
  result.pictures.push_back(
      {"horizon-extension-transfer-" + file,
       single({.label = parameter + ", to 8000 steps"}, {.label = "base learning rate", .scale = plot::Scale::log},
              {points("γ* of the new schedule", grid, peaks, 0),
               line("γ* of the first 4000 steps", {grid.front(), grid.back()}, {peak, peak}, 2)})});
}

/// A 1/sqrt(t) run, cooldown 20 %: longer with the same rates, and with the share whose gamma* is its own.
void add_inverse_sqrt(Result& result, plot::Line& same) {
  const Schedule first = at_horizon("inverse-power(cooldown=20%)", T1);
  const double peak = best_base_lr(first, {.T = T1}).peak;
  const std::vector<double> grid = spaced(0.1, 0.7, 33);
  const auto with_share = [](std::int64_t T, double share) {
    return at_horizon(fmt::format("inverse-power(cooldown={}%)", format_number(100.0 * share)), T);
  };
  Curves curves;
  curves.add(first.with_peak(peak), T1, "another cooldown", 0);
  curves.shade_last(0.0);
  for (std::size_t k = 0; k < new_horizons.size(); ++k) {
    const std::int64_t T = new_horizons[k];
    const auto shape = [&](double share) { return bound_rates(with_share(T, share), T); };
    const Choice chosen = nearest_on_grid(grid, peak, shape);
    curves.add(with_share(T, 0.2).with_peak(peak), T, names[0], 5);
    curves.add(with_share(T, chosen.parameter).with_peak(peak), T, "another cooldown", 0);
    curves.shade_last(shade_of(k + 1));
    same.y.push_back(bound(with_share(T, 0.2).with_peak(peak), {.T = T}));
  }
  curves.bounds.push_back(linear_decay());
  plot::Figure figure = std::move(curves).figure();
  figure.panels[0].y.range = plot::Range{0.0, 0.02};  // the first steps are far above
  result.pictures.push_back({"horizon-extension-inverse-sqrt", std::move(figure)});
  const auto shape = [&](double share) { return bound_rates(with_share(8000, share), 8000); };
  add_candidates(result, "inverse-sqrt", "cooldown, share of the run", grid, peak, shape);
}

/// The four ways to 8000 steps beside each other.
void add_comparison(Result& result, const std::vector<ExtendRow>& rows) {
  Curves curves;
  for (std::size_t method = 0; method < names.size(); ++method) {
    const ExtendRow& row = rows[4 + method];
    curves.add(Schedule::table(row.lr), static_cast<std::int64_t>(row.lr.size()), names[method], method);
  }
  result.pictures.push_back({"horizon-extension-8000", std::move(curves).figure()});
}

}  // namespace

Result horizon_extension(const Inputs&) {
  Result result;
  const Schedule wsd = at_horizon("wsd", T1);
  const double peak = best_base_lr(wsd, {.T = T1}).peak;
  add_checks(result, peak);

  std::vector<std::int64_t> steps;
  std::vector<double> ratio;
  for (const std::int64_t T : new_horizons) {
    steps.push_back(T + 1);
    ratio.push_back(static_cast<double>(T) / T1);
  }
  const std::vector<ExtendRow> rows = extend(wsd.with_peak(peak), trunk, steps, {.distance = 1.0});
  std::vector<plot::Line> bounds;
  std::vector<double> factor;
  std::vector<double> share;
  for (std::size_t method = 0; method < names.size(); ++method) {
    bounds.push_back(line(names[method], ratio, {}, method));
    for (std::size_t k = 0; k < new_horizons.size(); ++k) bounds.back().y.push_back(rows[4 * k + method].omega);
  }
  for (std::size_t k = 0; k < new_horizons.size(); ++k) {
    factor.push_back(rows[4 * k + 1].parameter);
    share.push_back(rows[4 * k + 2].parameter);
  }
  bounds.push_back(line("1/√t, nothing changed", ratio, {}, 4));
  add_inverse_sqrt(result, bounds.back());
  const plot::Axis longer = {.label = "new horizon / old horizon"};
  add_comparison(result, rows);
  add_method(result, rows, 1, wsd.with_peak(peak), "plateau");
  add_method(result, rows, 2, wsd.with_peak(peak), "cooldown");
  add_method(result, rows, 3, wsd.with_peak(peak), "optimal");
  add_candidates(result, "plateau", "plateau / old plateau", spaced(0.2, 1.0, 33), peak,
                 [](double height) { return two_stage(8000, height, 0.2); });
  add_candidates(result, "cooldown", "cooldown, share of the run", spaced(0.1, 1.0, 33), peak,
                 [](double cooldown) { return two_stage(8000, 1.0, cooldown); });
  result.pictures.push_back(
      {"horizon-extension-bounds", single(longer, {.label = "bound Ω at the new horizon"}, bounds)});
  result.pictures.push_back(
      {"horizon-extension-parameters",
       single(longer, {.label = "factor, share", .range = plot::Range{0.0, 1.05}},
              {line("plateau / old plateau", ratio, factor, 0), line("cooldown, share of the run", ratio, share, 1)})});
  constexpr std::array<const char*, 4> published = {".0262367", ".0224882", ".0182846", ".0158620"};
  constexpr std::array<const char*, 4> dropped = {".830", ".869", ".825", ".764"};
  constexpr std::array<std::size_t, 4> at = {0, 1, 3, 5};
  for (std::size_t k = 0; k < at.size(); ++k) {
    const ExtendRow& row = rows[4 * at[k] + 3];
    const std::string what = "T2 = " + std::to_string(new_horizons[at[k]]) + ", optimal: ";
    result.checks.push_back({what + "Ω", published[k], row.omega});
    result.checks.push_back({what + "first LR / γ", dropped[k], row.parameter});
  }
  return result;
}

}  // namespace scheduled::figures
