// Gradient descent on the bound, in ln(eta), and the optimum in closed form that it creeps towards.
#include <algorithm>
#include <cmath>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/design.hpp"
#include "scheduled/design_optimal.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T = 100;
constexpr int iterations = 800;

/// The rates after each iteration: gradient descent on ln(eta), which keeps them positive.
std::vector<std::vector<double>> descent(std::vector<double> lr) {
  constexpr double step = 40.0;  // the curvature in ln(eta) is about Omega/T
  std::vector<std::vector<double>> path{lr};
  std::vector<double> gradient(lr.size());
  for (int i = 0; i < iterations; ++i) {
    omega_gradient(lr, 1.0, 1.0, gradient);
    for (std::size_t k = 0; k < lr.size(); ++k) lr[k] *= std::exp(-step * lr[k] * gradient[k]);
    path.push_back(lr);
  }
  return path;
}

std::vector<double> steps_axis() { return spaced(1.0, static_cast<double>(T), static_cast<std::size_t>(T)); }

plot::Figure frame(const std::vector<double>& lr, const std::vector<double>& optimum, int iteration) {
  plot::Figure figure = single({.label = "step"}, {.label = "learning rate", .range = plot::Range{0.0, 0.11}},
                               {line("after " + std::to_string(iteration) + " steps of descent", steps_axis(), lr, 0),
                                line("optimum (4.1)", steps_axis(), optimum, 1)});
  return figure;
}

}  // namespace

Result schedule_optimization(const Inputs&) {
  Result result;
  const Schedule constant = at_horizon("constant", T);
  const auto path = descent(bound_rates(constant.with_peak(best_base_lr(constant, {.T = T}).peak), T));
  const OptimalSchedule optimum = optimal_schedule(T);

  std::vector<plot::Line> lines;
  const std::vector<int> shown = {0, 10, 50, 100, 200, 400, 800};
  for (std::size_t k = 0; k < shown.size(); ++k) {
    lines.push_back(shaded(std::to_string(shown[k]), steps_axis(), path[static_cast<std::size_t>(shown[k])],
                           static_cast<double>(k) / static_cast<double>(shown.size() - 1)));
  }
  lines.push_back(line("optimum (4.1)", steps_axis(), optimum.lr, 4));
  result.pictures.push_back(
      {"schedule-optimization-path", single({.label = "step"}, {.label = "learning rate"}, lines)});

  std::vector<double> iteration;
  std::vector<double> excess;
  for (std::size_t i = 0; i < path.size(); ++i) {
    iteration.push_back(static_cast<double>(i));
    excess.push_back(omega(path[i], 1.0, 1.0) / optimum.bound - 1.0);
  }
  const Schedule linear = at_horizon("linear", T);
  const double of_linear = best_base_lr(linear, {.T = T}).bound;
  result.pictures.push_back(
      {"schedule-optimization-excess",
       single({.label = "steps of gradient descent"},
              {.label = "Ω above the optimum, share", .scale = plot::Scale::log},
              {line("gradient descent", iteration, excess, 0),
               line("linear decay", {0.0, iterations}, std::vector<double>(2, of_linear / optimum.bound - 1.0), 1)})});

  Animation animation{.name = "schedule-optimization", .seconds = 0.12};
  for (int i = 0; i <= 200; i += i < 50 ? 2 : 10) {  // later the eye sees no change
    animation.frames.push_back(frame(path[static_cast<std::size_t>(i)], optimum.lr, i));
  }
  result.animations.push_back(std::move(animation));

  result.checks.push_back({"Ω_min, T = 2", ".910180", optimal_schedule(2).bound});
  result.checks.push_back({"Ω_min, T = 3", ".839278", optimal_schedule(3).bound});
  result.checks.push_back({"Ω_min, T = 10", ".578013", optimal_schedule(10).bound});
  result.checks.push_back({"Ω_min, T = 100", ".200114", optimum.bound});
  result.checks.push_back({"linear decay, T = 100: Ω*", ".203608", of_linear});
  return result;
}

}  // namespace scheduled::figures
