// What the bound of WSD consists of.
#include <cmath>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/bound_closed_forms.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T = 400;

/// The parts of (1.1) along WSD at its best peak.
void add_split(Result& result) {
  const Schedule schedule = at_horizon("wsd", T);
  const std::vector<double> lr = bound_rates(schedule.with_peak(best_base_lr(schedule, {.T = T}).peak), T);
  std::vector<double> steps;
  std::vector<std::vector<double>> part(4);
  for (std::size_t t = 1; t <= lr.size(); ++t) {
    const OmegaSplit split = omega_split(std::span(lr).first(t), 1.0, 1.0);
    steps.push_back(static_cast<double>(t));
    part[0].push_back(split.value());
    part[1].push_back(split.distance);
    part[2].push_back(split.noise);
    part[3].push_back(split.last);
  }
  std::vector<plot::Line> lines;
  const std::vector<std::string> names = {"Ω", "distance D²/2S", "noise Σq/2S", "last iterate"};
  for (std::size_t k = 0; k < names.size(); ++k) lines.push_back(line(names[k], steps, part[k], k));
  result.pictures.push_back(
      {"wsd-detail-split",
       single({.label = "step", .ticks = plot::TickStyle::count},
              {.label = "part of the bound", .scale = plot::Scale::log, .range = plot::Range{0.005, 2.0}}, lines)});
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
  result.pictures.push_back({"wsd-detail-terms", single(share, {.label = "term in the bracket"}, lines)});
}

}  // namespace

Result wsd_detail(const Inputs&) {
  Result result;
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
