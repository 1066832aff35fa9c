// A WSD run of 4000 steps goes on to longer horizons: as it was, with a lower plateau, with a longer cooldown,
// optimally; and a 1/sqrt(t) run, which needs no change.
#include <array>
#include <cmath>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"
#include "scheduled/design_extend.hpp"

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

void add_curves(Result& result, const std::vector<ExtendRow>& rows) {
  std::vector<plot::Line> rate_lines;
  std::vector<plot::Line> bound_lines;
  for (std::size_t method = 0; method < names.size(); ++method) {
    const ExtendRow& row = rows[4 + method];  // to 8000
    const Schedule table = Schedule::table(row.lr);
    const auto T = static_cast<std::int64_t>(row.lr.size());
    rate_lines.push_back(named(rates(table, T), names[method], method));
    bound_lines.push_back(named(along(table, T, {}), names[method], method));
  }
  result.pictures.push_back({"horizon-extension-8000", rates_and_bounds(rate_lines, bound_lines, "bound Ω")});
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
  const std::vector<ExtendRow> rows = extend(wsd.with_peak(peak), trunk, steps);
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
  const Schedule root = at_horizon("inverse-power(cooldown=20%)", T1);
  const double root_peak = best_base_lr(root, {.T = T1}).peak;
  bounds.push_back(line("1/√t, nothing changed", ratio, {}, 4));
  for (const std::int64_t T : new_horizons) {
    bounds.back().y.push_back(bound(at_horizon("inverse-power(cooldown=20%)", T).with_peak(root_peak), {.T = T}));
  }
  const plot::Axis longer = {.label = "new horizon / old horizon"};
  add_curves(result, rows);
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
