// How far the bound is from the exact worst case.
#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/bound_worst_case.hpp"
#include "scheduled/design.hpp"
#ifdef SCHEDULED_WITH_PEP
#include "scheduled/pep.hpp"
#endif

namespace scheduled::figures {
namespace {

constexpr std::int64_t longest = 60;

/// The worst case by the SDP of section 6 at a few horizons; nothing without a solver.
plot::Line sdp_points([[maybe_unused]] const std::string& spec, std::size_t style) {
  plot::Line out = points("SDP", {}, {}, style);
#ifdef SCHEDULED_WITH_PEP
  if (!pep_solver_available()) return out;
  for (const std::int64_t T : {5, 10, 20, 40, 60}) {
    const Schedule schedule = at_horizon(spec, T);
    const std::vector<double> lr = bound_rates(schedule.with_peak(best_base_lr(schedule, {.T = T}).peak), T);
    out.x.push_back(static_cast<double>(T));
    out.y.push_back(solve_pep(PepProblem(lr)).upper.bound);
  }
#endif
  return out;
}

/// Four lines over T: the bound at its best peak, the worst case there, the worst case of the steps that the paper's
/// script feeds to the SDP, and what no method can beat.
void add_schedule(Result& result, const std::string& spec, const std::string& file) {
  std::vector<double> steps;
  std::vector<double> bound;
  std::vector<double> exact;
  std::vector<double> shifted;
  std::vector<double> minimax;
  for (std::int64_t T = 2; T <= longest; ++T) {
    const Schedule schedule = at_horizon(spec, T);
    const BestBaseLr best = best_base_lr(schedule, {.T = T});
    const std::vector<double> lr = bound_rates(schedule.with_peak(best.peak), T);
    steps.push_back(static_cast<double>(T));
    bound.push_back(best.bound);
    exact.push_back(worst_case(lr, 1.0, 1.0).value);
    minimax.push_back(minimax_rate(T, 1.0, 1.0));
    // By a slip of indices the script leaves eta_1 out: x_T is then reached by eta_2 ... eta_T. The last rate does not
    // matter to the worst case, so that one is put there.
    std::vector<double> slipped(lr.begin() + 1, lr.end());
    slipped.push_back(lr.back());
    shifted.push_back(worst_case(slipped, 1.0, 1.0).value);
  }
  const plot::Axis x = {.label = "T", .scale = plot::Scale::log};
  const plot::Axis y = {.label = "worst case of the last iterate", .scale = plot::Scale::log};
  result.pictures.push_back(
      {"lower-bound-" + file, single(x, y,
                                     {line("bound Ω at γ*", steps, bound, 0), line("exact worst case", steps, exact, 1),
                                      line("exact, η₁ left out (the paper)", steps, shifted, 2),
                                      line("D G/√T, minimax", steps, minimax, 4), sdp_points(spec, 3)})});
}

/// The best constant step by the exact worst case.
void add_checks(Result& result) {
  const auto tuned = [](std::size_t T) { return worst_case_best_scale(std::vector<double>(T, 1.0), 1.0, 1.0); };
  result.checks.push_back({"tuned constant step, T = 3: worst case", ".6", tuned(3).worst_case.value});
  result.checks.push_back({"tuned constant step, T = 3: γ", ".26667", tuned(3).scale});
  result.checks.push_back({"tuned constant step, T = 5: worst case", ".490089", tuned(5).worst_case.value});
  result.checks.push_back({"tuned constant step, T = 10: worst case", ".371604", tuned(10).worst_case.value});
}

}  // namespace

Result lower_bound(const Inputs&) {
  Result result;
  add_schedule(result, "wsd", "wsd");
  add_schedule(result, "cosine", "cosine");
  add_schedule(result, "linear", "linear");
  add_schedule(result, "inverse-power", "inverse-sqrt");
  add_schedule(result, "constant", "constant");
  add_checks(result);
  return result;
}

}  // namespace scheduled::figures
