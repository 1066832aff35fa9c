// One Newton direction by a Riccati recursion.
//
// Let V_i(v_{i-1}, eta_i) be the smallest quadratic model of everything in front of step i's own cost, as a function of
// the sum of the rates from step i on and of eta_i. V_0 is the model of psi. Step i adds its cost and the barrier of
// its cap to V_i(v_i + eta_i, eta_i), a quadratic Q in (v_i, eta_i); with eta_i = eta_{i+1} + d_i, minimising over d_i
// with its barrier gives V_{i+1}(v_i, eta_{i+1}). At the end v and eta_{i+1} are known. Every quadratic is a sum of
// squares with positive weights and kept as one: P (alpha v + eta)^2 + rho v^2. Determinants follow from Cauchy-Binet,
// so that nothing cancels however far the barrier's weights have grown apart.
// Where rates need not fall, d_i is free and has no barrier: P = 0, and the state is v alone.
#include <cmath>

#include "base/numbers.hpp"
#include "design/constrained.hpp"

namespace scheduled::constrained {
namespace {

/// P (alpha v + eta)^2 + rho v^2, halved, and the gradient (by_v, by_eta).
struct Model {
  double P = 0.0;
  double alpha = 0.0;
  double rho = 0.0;
  double by_v = 0.0;
  double by_eta = 0.0;
};

Model warmup_model(const Problem& problem, const Point& point) {
  const double s = point.eta[0];
  const double x = point.v[0] + s;
  const WarmupDerivatives psi = warmup_derivatives(problem, x, s);
  const double H = problem.warmup.total;
  Model model;
  model.by_v = psi.by_x;
  model.by_eta = psi.by_s;
  model.P = psi.along * square(H) + psi.across * square(x);
  if (model.P == 0.0) {
    model.rho = psi.along;
    return model;
  }
  model.alpha = (psi.along * H - psi.across * s * x) / model.P;
  model.rho = psi.along * psi.across * square(x + H * s) / model.P;
  return model;
}

/// The barrier's weight and gradient in eta_i: of the cap, and of eta_i >= 0 where rates need not fall.
struct Barrier {
  double weight = 0.0;
  double gradient = 0.0;
};

Barrier rate_barrier(const Problem& problem, const Point& point, double mu, std::size_t i) {
  Barrier barrier;
  if (i < point.y.size()) {
    const double slack = problem.cap - point.eta[i];
    barrier = {point.y[i] / slack, mu / slack};
  }
  if (!problem.falling) {
    barrier.weight += point.z[i] / point.x[i];
    barrier.gradient -= mu / point.x[i];
  }
  return barrier;
}

/// Adds step i to the model and eliminates d_i.
Stage advance(const Problem& problem, const Point& point, double mu, std::size_t i, Model& model) {
  const bool quadratic = i < problem.quadratic();
  const double g2 = problem.g2[i];
  const double r = quadratic ? point.eta[i] / point.v[i] : 0.0;
  const double kappa =
      quadratic ? 2.0 * g2 / point.v[i] : 0.0;  // the cost's second derivative is kappa (-r, 1)(-r, 1)^T
  const Barrier barrier = rate_barrier(problem, point, mu, i);
  const auto [P, alpha, rho, by_v, by_eta] = model;
  Stage stage{};
  stage.q22 = P * square(alpha + 1.0) + rho + kappa + barrier.weight;
  stage.q12 = P * alpha * (alpha + 1.0) + rho - kappa * r;
  stage.q2 = by_v + by_eta + (quadratic ? 2.0 * g2 * r : problem.last_g2) + barrier.gradient;
  const double q1 = by_v - g2 * square(r);
  const double determinant = P * rho + kappa * (P * square(alpha + r * (1.0 + alpha)) + rho * square(1.0 + r)) +
                             barrier.weight * (P * square(alpha) + rho + kappa * square(r));
  if (problem.falling) {
    stage.wd = point.z[i] / point.x[i];
    stage.gd = -mu / point.x[i];
  }
  const double inverse = 1.0 / (stage.q22 + stage.wd);
  model.P = stage.q22 * stage.wd * inverse;
  model.alpha = stage.q12 / stage.q22;
  model.rho = determinant / stage.q22;
  model.by_v = q1 - stage.q12 * (stage.q2 + stage.gd) * inverse;
  model.by_eta = (stage.wd * stage.q2 - stage.q22 * stage.gd) * inverse;
  return stage;
}

/// The derivative of the barrier function along the direction, from the gradient in the variables x.
double slope_along(const Problem& problem, const Point& point, double mu, const Direction& direction) {
  // Gradient of the objective in eta_i: what the rates in front of it feel of the sum, and its own cost.
  const double s = point.eta[0];
  const WarmupDerivatives psi = warmup_derivatives(problem, point.v[0] + s, s);
  double before = psi.by_x;  // derivative in v_i of all costs in front of and at step i
  double slope = psi.by_s * direction.eta[0];
  for (std::size_t i = 0; i < problem.size(); ++i) {
    const bool quadratic = i < problem.quadratic();
    const double r = quadratic ? point.eta[i] / point.v[i] : 0.0;
    const double own = quadratic ? 2.0 * problem.g2[i] * r : problem.last_g2;
    slope += (before + own) * direction.eta[i] - mu / point.x[i] * direction.x[i];
    if (i < point.y.size()) slope += mu / (problem.cap - point.eta[i]) * direction.eta[i];
    before -= problem.g2[i] * square(r);
  }
  return slope;
}

}  // namespace

WarmupDerivatives warmup_derivatives(const Problem& problem, double x, double s) {
  const Warmup& warmup = problem.warmup;
  const Derivatives phi = problem.prefix.at(x + s * warmup.total);
  WarmupDerivatives psi{phi.slope, phi.slope * warmup.total, phi.curvature, 0.0};
  for (std::size_t j = 0; j < warmup.share.size(); ++j) {
    const double inverse = 1.0 / (x + s * warmup.behind[j]);
    const double weight = warmup.g2[j] * square(warmup.share[j]);
    const double r = s * inverse;
    psi.by_x -= weight * square(r);
    psi.by_s += weight * r * (2.0 - r * warmup.behind[j]);
    psi.across += 2.0 * weight * inverse * square(inverse);
  }
  return psi;
}

void newton_direction(const Problem& problem, const Point& point, double mu, std::vector<Stage>& work,
                      Direction& direction) {
  const std::size_t n = problem.size();
  work.resize(n);
  direction.x.resize(n);
  direction.eta.resize(n);
  Model model = warmup_model(problem, point);
  for (std::size_t i = 0; i < n; ++i) work[i] = advance(problem, point, mu, i, model);
  double dv = 0.0;
  double de = 0.0;
  for (std::size_t i = n; i-- > 0;) {
    const Stage& s = work[i];
    if (problem.falling) {
      direction.x[i] = -(s.q12 * dv + s.q22 * de + s.q2 + s.gd) / (s.q22 + s.wd);
      de += direction.x[i];
    } else {
      direction.x[i] = -(s.q12 * dv + s.q2) / s.q22;
      de = direction.x[i];
    }
    direction.eta[i] = de;
    dv += de;
  }
  direction.slope = slope_along(problem, point, mu, direction);
}

}  // namespace scheduled::constrained
