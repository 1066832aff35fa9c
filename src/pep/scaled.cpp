#include "pep/scaled.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"

namespace scheduled {
namespace {

void require_positive_at(std::string_view name, std::size_t i, double value) {
  require_positive(concat({name, "[", std::to_string(i), "]"}), value);
}

}  // namespace

PepProblem::PepProblem(std::span<const double> lr, GradNorm grad_norm, double distance)
    : lr_(lr.begin(), lr.end()), distance_(distance) {
  if (lr.empty()) fail_value("lr", "[]", "must hold at least one step");
  for (std::size_t i = 0; i < lr.size(); ++i) require_positive_at("lr", i, lr[i]);
  grad_norm.check(lr.size());
  for (std::size_t i = 0; i < lr.size(); ++i) {
    grad_norm_.push_back(grad_norm[i]);
    require_positive_at("grad_norm", i, grad_norm[i]);
  }
  require_positive("distance", distance);
  // Far beyond sense; within, nothing below overflows whatever a solver answers.
  const auto usable = [](double value) { return value >= 1e-30 && value <= 1e30; };
  constexpr std::string_view range = "must be between 1e-30 and 1e30";
  const double largest = *std::max_element(grad_norm_.begin(), grad_norm_.end());
  if (!usable(distance)) fail_value("distance", distance, range);
  if (!usable(largest)) fail_value("the largest grad_norm", largest, range);
  for (std::size_t i = 0; i < steps(); ++i) {
    if (grad_norm_[i] < 1e-30 * largest) {
      fail_entry("grad_norm", i, grad_norm_[i], "must be >= 1e-30 times the largest");
    }
    if (!usable(lr_[i] * grad_norm_[i] / distance)) {
      fail_entry("lr", i, lr_[i], "lr * grad_norm / distance must be between 1e-30 and 1e30");
    }
  }
}

}  // namespace scheduled

namespace scheduled::pep {

Scaled::Scaled(const PepProblem& problem) : T(problem.steps()), norm(T + 1, 1.0), move(T + 1, 1.0) {
  const auto G = problem.grad_norm();
  const double largest = *std::max_element(G.begin(), G.end());
  rate_unit = problem.distance() / largest;
  value_unit = problem.distance() * largest;
  for (std::size_t t = 1; t <= T; ++t) {
    norm[t] = G[t - 1] / largest;
    move[t] = problem.lr()[t - 1] * G[t - 1] / problem.distance();
    if (t < T) reach += move[t];
  }
}

void require_finite(std::string_view name, std::span<const double> values, std::size_t size) {
  if (values.size() != size) {
    fail_argument(name, concat({"has ", std::to_string(values.size()), " values; must have ", std::to_string(size)}));
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (!std::isfinite(values[i])) {
      fail_value(concat({name, "[", std::to_string(i), "]"}), values[i], "must be finite");
    }
  }
}

}  // namespace scheduled::pep
