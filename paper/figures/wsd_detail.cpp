// What the bound of WSD consists of.
#include <cmath>

#include "figures/fits.hpp"
#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T = 400;

/// WSD has no logarithm: its bound along runs of several horizons falls like 1/sqrt(T), that of a constant rate does
/// not.
void add_no_logarithm(Result& result) {
  std::vector<plot::Line> lines;
  const std::vector<std::int64_t> horizons = {500, 1000, 2000, 4000, 8000};
  std::vector<double> T_values;
  std::vector<std::vector<double>> basis;
  std::vector<double> bests;
  for (std::size_t k = 0; k < horizons.size(); ++k) {
    const std::int64_t steps = horizons[k];
    const Schedule schedule = at_horizon("wsd", steps);
    const BestBaseLr best = best_base_lr(schedule, {.T = steps});
    lines.push_back(named_shade(along(schedule.with_peak(best.peak), steps, {}), "wsd, T = " + std::to_string(steps),
                                static_cast<double>(k) / static_cast<double>(horizons.size() - 1)));
    T_values.push_back(static_cast<double>(steps));
    basis.push_back({1.0 / std::sqrt(T_values.back())});
    bests.push_back(best.bound);
  }
  const double A = least_squares(basis, bests)[0];
  std::vector<double> root;
  std::vector<double> constant;
  const std::vector<double> t = log_spaced(100.0, 8000.0, 100);
  for (const double steps : t) {
    root.push_back(A / std::sqrt(steps));
    constant.push_back(constant_closed_form(static_cast<std::int64_t>(steps)).bound);
  }
  lines.push_back(line("constant at its γ*", t, constant, 1));
  lines.push_back(line(short_number(A, 4) + "/√T", t, root, 4));
  result.pictures.push_back(
      {"wsd-detail-no-logarithm", single({.label = "step", .ticks = plot::TickStyle::count},
                                         {.label = "bound Ω", .range = plot::Range{0.0, 0.1}}, lines)});
  result.checks.push_back({"Ω* ~ A/√T over T = 500 … 8000: A", "2.17597", A});
}

/// The parts of (1.1) along WSD at its best peak: T_1/gamma and gamma T_2, the second of which is noise and last
/// iterate.
void add_split(Result& result) {
  constexpr std::int64_t steps = 4000;
  const Schedule schedule = at_horizon("wsd", steps);
  const std::vector<double> lr = bound_rates(schedule.with_peak(best_base_lr(schedule, {.T = steps}).peak), steps);
  std::vector<double> x;
  std::vector<std::vector<double>> part(4);
  for (std::size_t t = 40; t <= lr.size(); t += 20) {
    const OmegaSplit split = omega_split(std::span(lr).first(t), 1.0, 1.0);
    x.push_back(static_cast<double>(t));
    part[0].push_back(split.value());
    part[1].push_back(split.distance);
    part[2].push_back(split.noise + split.last);
    part[3].push_back(split.noise);
  }
  std::vector<plot::Line> lines;
  const std::vector<std::string> names = {"Ω", "distance D²/2S = T₁/γ", "γT₂: noise, last iterate",
                                          "of it noise Σq/2S"};
  for (std::size_t k = 0; k < names.size(); ++k) lines.push_back(line(names[k], x, part[k], k));
  result.pictures.push_back(
      {"wsd-detail-terms", single({.label = "step", .ticks = plot::TickStyle::count},
                                  {.label = "part of the bound", .range = plot::Range{0.0, 0.2}}, lines)});
}

/// The theorem's bound, its terms, and what remains of it without those that grow like logarithms.
void add_theorem(Result& result) {
  const std::vector<std::string> names = {"2/3",           "(T+2T0)/3(T+T0)", "difference of H",
                                          "negative term", "1/(T−T0)²",       "H/(T−T0+1)"};
  std::vector<double> shares;
  std::vector<std::vector<double>> totals(3);
  std::vector<std::vector<double>> terms(names.size());
  for (std::int64_t T0 = 8; T0 <= T - 8; T0 += 4) {
    const auto theorem = wsd_theorem_terms(T, T0);
    const double all = wsd_theorem_bound(T, T0);
    const double logarithms = 4.0 / static_cast<double>(T + T0) * (theorem[2] + theorem[5]);
    shares.push_back(1.0 - static_cast<double>(T0) / static_cast<double>(T));
    totals[0].push_back(wsd_closed_form(T, T0).bound);
    totals[1].push_back(all);
    totals[2].push_back(std::sqrt(all * all - logarithms));
    for (std::size_t k = 0; k < terms.size(); ++k) terms[k].push_back(theorem[k]);
  }
  const plot::Axis share = {.label = "cooldown, share of the run"};
  result.pictures.push_back(
      {"wsd-detail-theorem", single(share, {.label = "bound Ω"},
                                    {line("Ω at γ*", shares, totals[0], 0), line("theorem", shares, totals[1], 1),
                                     line("theorem without logarithms", shares, totals[2], 2)})});
  std::vector<plot::Line> lines;
  for (std::size_t k = 0; k < terms.size(); ++k) lines.push_back(line(names[k], shares, terms[k], k));
  result.pictures.push_back({"wsd-detail-theorem-terms", single(share, {.label = "term in the bracket"}, lines)});
}

}  // namespace

Result wsd_detail(const Inputs&) {
  Result result;
  add_no_logarithm(result);
  add_split(result);
  add_theorem(result);
  result.checks.push_back({"linear decay, T → ∞: Ω*√T", "2", linear_limit().bound});
  result.checks.push_back({"linear decay, T → ∞: γ*√T", "1", linear_limit().peak});
  result.checks.push_back({"cosine, T → ∞: Ω*√T", "2.0602", cosine_limit().bound});
  result.checks.push_back({"cosine, T → ∞: γ*√T", ".9708", cosine_limit().peak});
  result.checks.push_back({"1-sqrt, T → ∞: Ω*√T", "2.01401", one_minus_sqrt_limit().bound});
  result.checks.push_back({"1-sqrt, T → ∞: γ*√T", "1.48956", one_minus_sqrt_limit().peak});
  constexpr std::int64_t long_run = 1'000'000'000'000;
  const double limit = wsd_theorem_bound(long_run, long_run / 5 * 4) * std::sqrt(static_cast<double>(long_run));
  result.checks.push_back({"wsd c = .2, T → ∞: Ω*√T", "2.15953", wsd_limit(0.2).bound});
  result.checks.push_back({"wsd c = .2, T → ∞: γ*√T", ".514515", wsd_limit(0.2).peak});
  result.checks.push_back({"wsd c = .2, T = 10¹², theorem: bound √T", "2.666", limit});
  return result;
}

}  // namespace scheduled::figures
