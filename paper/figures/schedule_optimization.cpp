// Gradient descent on the bound, in ln(eta), and the optimum in closed form that it creeps towards.
#include <algorithm>

#include "figures/list.hpp"
#include "figures/shared.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled::figures {
namespace {

constexpr std::int64_t T = 100;
constexpr int iterations = 800;

/// The rates after each iteration, as the paper optimises them: from the constant rate 1 by gradient descent with
/// heavy-ball momentum .9 and step .1 (1 - .9), projected onto rates > 0.
std::vector<std::vector<double>> descent() {
  constexpr double momentum = 0.9;
  constexpr double step = 0.1;
  std::vector<double> lr(static_cast<std::size_t>(T), 1.0);
  std::vector<std::vector<double>> path{lr};
  std::vector<double> gradient(lr.size());
  std::vector<double> velocity;
  for (int i = 0; i < iterations; ++i) {
    omega_gradient(lr, 1.0, 1.0, gradient);
    if (velocity.empty()) velocity = gradient;
    for (std::size_t k = 0; k < lr.size(); ++k) {
      if (i > 0) velocity[k] = momentum * velocity[k] + (1.0 - momentum) * gradient[k];
      lr[k] = std::max(lr[k] - step * velocity[k], 1e-18);
    }
    path.push_back(lr);
  }
  return path;
}

/// Divided by the first rate, so that shapes compare.
std::vector<double> shape_of(std::vector<double> lr) {
  const double first = lr.front();
  for (double& rate : lr) rate /= first;
  return lr;
}

std::vector<double> steps_axis() { return spaced(1.0, static_cast<double>(T), static_cast<std::size_t>(T)); }

plot::Axis shape_axis() { return {.label = "learning rate / first", .range = plot::Range{0.0, 1.02}}; }

plot::Figure frame(const std::vector<double>& lr, const std::vector<double>& optimum, int iteration) {
  return single({.label = "step"}, shape_axis(),
                {line("after " + std::to_string(iteration) + " steps of descent", steps_axis(), shape_of(lr), 0),
                 line("optimum (4.1)", steps_axis(), shape_of(optimum), 1)});
}

}  // namespace

Result schedule_optimization(const Inputs&) {
  Result result;
  const auto path = descent();
  const OptimalSchedule optimum = optimal_schedule(T);

  std::vector<plot::Line> lines;
  const std::vector<int> shown = {0, 10, 50, 100, 200, 400, 800};
  for (std::size_t k = 0; k < shown.size(); ++k) {
    lines.push_back(shaded(std::to_string(shown[k]), steps_axis(), shape_of(path[static_cast<std::size_t>(shown[k])]),
                           static_cast<double>(k) / static_cast<double>(shown.size() - 1)));
  }
  lines.push_back(line("optimum (4.1)", steps_axis(), shape_of(optimum.lr), 4));
  result.pictures.push_back({"schedule-optimization-path", single({.label = "step"}, shape_axis(), lines)});

  std::vector<double> iteration;
  std::vector<double> bounds;
  for (std::size_t i = 0; i < path.size(); ++i) {
    iteration.push_back(static_cast<double>(i));
    bounds.push_back(omega(path[i], 1.0, 1.0));
  }
  const Schedule linear = at_horizon("linear", T);
  const BestBaseLr best = best_base_lr(linear, {.T = T});
  const auto level = [&](const char* label, double value, std::size_t style) {
    return line(label, {0.0, iterations}, {value, value}, style);
  };
  result.pictures.push_back(
      {"schedule-optimization-bound",
       single({.label = "steps of gradient descent"},
              {.label = "bound Ω", .scale = plot::Scale::log, .range = plot::Range{0.18, 1.0}},
              {line("gradient descent", iteration, bounds, 0), level("linear decay at its γ*", best.bound, 1),
               level("optimum (4.1)", optimum.bound, 4)})});

  Animation animation{.name = "schedule-optimization", .seconds = 0.12};
  for (int i = 0; i <= iterations; i += 10) {  // later the eye sees no change
    animation.frames.push_back(frame(path[static_cast<std::size_t>(i)], optimum.lr, i));
  }
  result.animations.push_back(std::move(animation));

  result.checks.push_back({"Ω_min, T = 2", ".910180", optimal_schedule(2).bound});
  result.checks.push_back({"Ω_min, T = 3", ".839278", optimal_schedule(3).bound});
  result.checks.push_back({"Ω_min, T = 10", ".578013", optimal_schedule(10).bound});
  result.checks.push_back({"Ω_min, T = 100", ".200114", optimum.bound});
  result.checks.push_back({"linear decay, T = 100: Ω*", ".203608", best.bound});
  // The paper's value is that of its shifted steps, solved to about 1e-6; see lower_bound.cpp.
  std::vector<double> lr = bound_rates(linear.with_peak(best.peak), T);
  const double exact = worst_case(lr, 1.0, 1.0).value;
  std::rotate(lr.begin(), lr.begin() + 1, lr.end());
  const double shifted = worst_case(lr, 1.0, 1.0).value;
  result.checks.push_back({"linear decay, T = 100: worst case of x_T, η₁ left out", ".10004", shifted});
  result.checks.push_back(
      {"linear decay, T = 100: worst case of x_T", ".10004", exact, "the paper's script steps with η₂ … for η₁ …"});
  return result;
}

}  // namespace scheduled::figures
