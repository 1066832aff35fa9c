// How far the bound is from the exact worst case.
#include <fmt/format.h>

#include <array>
#include <span>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/pep.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T = 60;

/// A schedule of the paper, and the worst cases of x_t that its script stored (solved to about 1e-6).
struct Case {
  const char* spec;
  const char* file;
  const char* name;
  std::array<const char*, 3> published;  ///< at `published_at`
};
constexpr std::array<std::size_t, 3> published_at = {11, 31, 60};
constexpr std::array<Case, 5> cases = {{
    {"wsd", "wsd", "wsd", {".43825", ".23368", ".13960"}},
    {"cosine", "cosine", "cosine", {".35446", ".21427", ".13323"}},
    {"linear", "linear", "linear", {".35227", ".21558", ".12921"}},
    {"inverse-power", "inverse-sqrt", "1/√t", {".33828", ".20779", ".15420"}},
    {"constant", "constant", "constant", {".48144", ".23878", ".17810"}},
}};

double exact(std::span<const double> lr) { return worst_case(lr, 1.0, 1.0).value; }

/// The paper's script reaches x_t by eta_2 ... eta_t. The last step does not matter to the worst case of x_t, so that
/// any will do there.
std::vector<double> shifted(std::span<const double> lr) {
  std::vector<double> steps(lr.begin() + 1, lr.end());
  steps.push_back(lr.back());
  return steps;
}

/// The worst case by the SDP of section 6 after a few steps; nothing without a solver.
plot::Line sdp_points(std::span<const double> lr, std::size_t style) {
  plot::Line out = points("SDP", {}, {}, style);
  if (!pep_solver_available()) return out;
  for (const std::size_t t : {5U, 10U, 20U, 40U, 60U}) {
    out.x.push_back(static_cast<double>(t));
    out.y.push_back(solve_pep(PepProblem(lr.first(t))).upper.bound);
  }
  return out;
}

/// Over the steps of one run at its best peak: the bound, the worst case, the worst case of the steps that the paper's
/// script feeds to the SDP, and what no method can beat.
void add_schedule(Result& result, const Case& one) {
  const Schedule schedule = at_horizon(one.spec, T);
  const Schedule tuned = schedule.with_peak(best_base_lr(schedule, {.T = T}).peak);
  const std::vector<double> lr = bound_rates(tuned, T);
  std::vector<double> steps, values, moved, minimax;
  for (std::size_t t = 1; t <= lr.size(); ++t) {
    const std::span<const double> first = std::span(lr).first(t);
    steps.push_back(static_cast<double>(t));
    values.push_back(exact(first));
    moved.push_back(exact(shifted(first)));
    minimax.push_back(minimax_rate(static_cast<std::int64_t>(t), 1.0, 1.0));
  }
  for (std::size_t k = 0; k < published_at.size(); ++k) {
    const std::size_t t = published_at[k];
    const std::string what = fmt::format("{}, T = {}, worst case of x_{}", one.name, T, t);
    const char* const published = one.published[k];
    result.checks.push_back({what + ", η₁ left out", published, moved[t - 1]});
    if (t == lr.size()) {
      result.checks.push_back({what, published, values[t - 1], "the paper's script steps with η₂ … for η₁ …"});
    }
  }
  const plot::Axis x = {.label = "step t"};
  const plot::Axis y = {.label = "worst case of x_t", .scale = plot::Scale::log};
  result.pictures.push_back(
      {std::string("lower-bound-") + one.file,
       single(x, y,
              {named(along(tuned, T, {}), "bound Ω", 0), line("exact worst case", steps, values, 1),
               line("exact, η₁ left out (the paper)", steps, moved, 2), line("D G/√t, minimax", steps, minimax, 4),
               sdp_points(lr, 3)})});
}

/// The best constant step by the exact worst case.
void add_checks(Result& result) {
  const auto tuned = [](std::size_t steps) { return worst_case_best_scale(std::vector<double>(steps, 1.0), 1.0, 1.0); };
  result.checks.push_back({"tuned constant step, T = 3: worst case", ".6", tuned(3).worst_case.value});
  result.checks.push_back({"tuned constant step, T = 3: γ", ".26667", tuned(3).scale});
  result.checks.push_back({"tuned constant step, T = 5: worst case", ".490089", tuned(5).worst_case.value});
  result.checks.push_back({"tuned constant step, T = 10: worst case", ".371604", tuned(10).worst_case.value});
}

}  // namespace

Result lower_bound(const Inputs&) {
  Result result;
  for (const Case& one : cases) add_schedule(result, one);
  add_checks(result);
  return result;
}

}  // namespace scheduled::figures
