// The exact worst case by an interior point method (worst_case_program.hpp).
//
// With v_t = q_t - q_{t+1} - 2 eta_t every constraint is q_{t+1} v_t >= eta_t^2, a second-order cone, and so is
// q_1 v_0 >= D^2, where v_0 bounds D^2/q_1. The dual has alpha_t = m_{t+1} - m_t, beta_t = G_t^2 - m_t and
// alpha_t beta_t >= zeta_t^2 (m_0 = 0, beta_0 = 1 - m_0): (6.5) is its value with the largest zeta. Each cone is scaled
// by Nesterov and Todd's point w, and the steps form a chain, so that a Newton direction is a Riccati recursion
// forwards and a substitution backwards.
//
// At the optimum almost all of the cones are at their boundary. What is small there is therefore a variable, never a
// difference: sigma = v - eta^2/q > 0 and kappa = alpha - zeta^2/beta > 0, updated by formulas in which the large parts
// have cancelled; so the gap gets to 1e-11 of the value with norms and steps over ten decades.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "base/interrupt.hpp"
#include "base/numbers.hpp"
#include "bound/weights.hpp"
#include "bound/worst_case_program.hpp"

namespace scheduled::exact {
namespace {

struct Cone {
  double e = 0.0;      // eta_t; D for the first
  double norm2 = 0.0;  // G_t^2, the ceiling of m_t; 1 for the first
  // Primal and dual.
  double q = 0.0;  // q_{t+1}
  double sigma = 0.0;
  double m = 0.0;  // m_t
  double beta = 0.0;
  double zeta = 0.0;
  double kappa = 0.0;
  // The scaling: a = e/q, the point w with delta = w1 w2 - w3^2, and the Hessian of the barrier in (dq, dsigma) there.
  double a = 0.0;
  double w1 = 0.0, w3 = 0.0, delta = 0.0;
  double h11 = 0.0, h12 = 0.0, h22 = 0.0;
  double determinant = 0.0;  // q sigma
  double alpha_above = 0.0;  // alpha - a^2 beta
  // The Riccati recursion: dm_t = -P dq_t - p; and right sides.
  double P = 0.0, p = 0.0, r1 = 0.0, r2 = 0.0;
  // The direction: c is dalpha without a^2 dbeta.
  double dq = 0.0, dsigma = 0.0, dm = 0.0, c = 0.0, dzeta = 0.0;

  double v() const noexcept { return e * a_now() + sigma; }
  double a_now() const noexcept { return e / q; }
  double alpha() const noexcept { return square(zeta) / beta + kappa; }
  double mismatch() const noexcept { return q * zeta - e * beta; }
  /// s^T z = q alpha + v beta - 2 e zeta, without its cancellation.
  double complementarity() const noexcept { return q * kappa + sigma * beta + square(mismatch()) / (q * beta); }
  /// a^2 - (zeta/beta)^2
  double ratio_gap() const noexcept { return -mismatch() * (e * beta + zeta * q) / square(q * beta); }
  /// dzeta without (zeta/beta) dbeta.
  double dzeta_above() const noexcept { return dzeta + zeta / beta * dm; }
  /// The part of dkappa that is linear in the step.
  double dkappa() const noexcept { return c - ratio_gap() * dm - 2.0 * zeta / beta * dzeta_above(); }
};

/// The largest x in [0, most] up to which c + b x + a x^2 stays >= 0; c > 0.
double first_root(double a, double b, double c, double most) noexcept {
  if (a == 0.0) return b < 0.0 ? std::min(most, -c / b) : most;
  const double discriminant = b * b - 4.0 * a * c;
  if (discriminant < 0.0) return most;
  const double s = -0.5 * (b + std::copysign(std::sqrt(discriminant), b));
  for (const double root : {s / a, s != 0.0 ? c / s : most}) {
    if (root > 0.0) most = std::min(most, root);
  }
  return most;
}

constexpr unsigned steps_per_poll = 1024;

class Cones {
 public:
  Cones(const Program& program, double q_start) : program_(program), first_(program.distance2 > 0.0 ? 0 : 1) {
    const std::size_t T = program.size();
    cones_.resize(T);
    for (std::size_t t = 0; t < T; ++t) {
      cones_[t].e = t == 0 ? std::sqrt(program.distance2) : program.step[t - 1];
      cones_[t].norm2 = t == 0 ? 1.0 : program.norm2[t - 1];
    }
    start_primal(q_start);
    start_dual();
  }

  Solution solve() {
    constexpr int most = 150;
    constexpr double small_enough = 1e-12;
    int round = 0;
    for (; round < most; ++round) {
      scale();
      if (!(gap_ > small_enough * value_) || !std::isfinite(gap_)) break;
      factor();
      direction(0.0);
      const double affine = std::min(largest_primal_step(1.0), largest_dual_step(1.0));
      // Where the products of the cones differ much, they are made more alike before they are made smaller.
      const double shrink = 1.0 - affine;
      const double centred = least_ > 0.5 * gap_ / count() ? std::max(square(shrink), 1e-3) : std::max(shrink, 0.3);
      direction(centred * gap_ / count());
      move(0.9);
    }
    return result(round);
  }

 private:
  std::size_t size() const noexcept { return cones_.size(); }
  double count() const noexcept { return static_cast<double>(size() - first_); }

  void sum_q() {
    for (std::size_t t = size() - 1; t-- > 0;) {
      cones_[t].q = cones_[t + 1].q + (2.0 * cones_[t + 1].e + cones_[t + 1].v());
    }
  }

  void start_primal(double q_start) {
    cones_.back().q = q_start;
    for (std::size_t t = size(); t-- > 0;) {
      Cone& cone = cones_[t];
      if (t + 1 < size()) cone.q = cones_[t + 1].q + (2.0 * cones_[t + 1].e + cones_[t + 1].v());
      cone.sigma = square(cone.e) / cone.q;
    }
  }

  /// m rises as (6.6) would have it, but stays below 0.9 of the smallest norm to come; where that is the limit, the
  /// rise is spread over the steps up to it.
  void start_dual() {
    const std::size_t T = size();
    std::vector<double> ceiling(T + 1);  // of m_{t+1}, at t
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t t = T; t-- > 0;) {
      least = std::min(least, program_.norm2[t]);
      ceiling[t] = t + 1 == T ? program_.norm2[t] : 0.9 * least;
    }
    std::vector<double> weight(T);  // of the steps from here up to where the ceiling changes
    for (std::size_t t = T; t-- > 0;) {
      weight[t] = square(cones_[t].a_now());
      if (t + 1 < T && ceiling[t + 1] == ceiling[t]) weight[t] += weight[t + 1];
    }
    double m = 0.0;
    for (std::size_t t = first_; t < T; ++t) {
      Cone& cone = cones_[t];
      cone.m = m;
      cone.beta = cone.norm2 - m;
      const double own = square(cone.a_now());
      const double room = ceiling[t] - m;
      const double alpha = t + 1 == T ? room : std::min(own * cone.beta, room * own / weight[t]);
      cone.zeta = 0.7 * std::sqrt(alpha * cone.beta);
      cone.kappa = alpha - square(cone.zeta) / cone.beta;
      m += alpha;
    }
  }

  /// Nesterov and Todd's scaling of every cone; the gap and the smallest product.
  void scale() {
    gap_ = 0.0;
    least_ = std::numeric_limits<double>::infinity();
    value_ = cones_.back().q * program_.norm2.back();
    SeldomPoll poll(steps_per_poll);
    for (std::size_t t = first_; t < size(); ++t, poll()) {
      Cone& k = cones_[t];
      k.a = k.a_now();
      k.determinant = k.q * k.sigma;
      const double product = k.complementarity();
      gap_ += product;
      value_ += k.v() * k.norm2;
      const double rs = std::sqrt(k.determinant);
      const double rz = std::sqrt(k.beta * k.kappa);
      least_ = std::min(least_, 2.0 * rs * rz);
      const double f = std::sqrt(rs / rz) / std::sqrt(2.0 + product / (rs * rz));
      const double sum1 = k.q / rs + k.beta / rz;
      k.w1 = f * sum1;
      k.w3 = f * (k.e / rs + k.zeta / rz);
      k.delta = rs / rz;
      const double w2 = f * (k.v() / rs + k.alpha() / rz);
      const double inverse = 1.0 / square(k.delta);
      const double above = k.mismatch() / (rz * k.q * sum1);  // w3/w1 - a
      k.h22 = square(k.w1) * inverse;
      k.h12 = square(k.w1) * above * (k.w3 / k.w1 + k.a) * inverse;
      const double det = (k.w1 * w2 + square(k.w3)) * inverse / k.delta;
      k.h11 = (det + square(k.h12)) / k.h22;
      // The Riccati recursion needs the form at (1, -(1 - a^2)), too: ((w1 - w2)^2 + 2 delta)/delta^2.
      k.r1 = (square(k.w1 - w2) + 2.0 * k.delta) * inverse;
      k.r2 = det;
      k.alpha_above = k.kappa + k.mismatch() * (k.zeta * k.q + k.e * k.beta) / (k.beta * square(k.q));
    }
  }

  /// P of every cone; terms > 0 only. Takes what `scale` left in r1 and r2.
  void factor() {
    double P = 0.0;
    SeldomPoll poll(steps_per_poll);
    for (std::size_t t = first_; t < size(); ++t, poll()) {
      Cone& k = cones_[t];
      k.P = P;
      P = (P * k.r1 + k.r2) / (P + k.h22);
    }
    last_P_ = P;
  }

  /// The direction towards products of `target`.
  void direction(double target) {
    const double tau = 0.5 * target;
    double p = 0.0;
    SeldomPoll poll(steps_per_poll);
    for (std::size_t t = first_; t < size(); ++t, poll()) {
      Cone& k = cones_[t];
      k.p = p;
      k.r1 = tau / k.q - k.alpha_above;
      k.r2 = tau / k.sigma - k.beta;
      const double f = 1.0 - square(k.a);
      p = p * f - k.r1 + (k.P * f + k.h12) * (k.r2 - p) / (k.P + k.h22);
    }
    double d = -p / last_P_;
    for (std::size_t t = size(); t-- > first_; poll()) {
      Cone& k = cones_[t];
      const double f = 1.0 - square(k.a);
      k.dq = d;
      k.dsigma = (k.r2 - k.p - (k.P * f + k.h12) * d) / (k.P + k.h22);
      const double next = f * d + k.dsigma;
      k.dm = t == first_ ? 0.0 : -k.P * next - k.p;
      k.c = k.r1 - k.h11 * d - k.h12 * k.dsigma;
      const double ratio = k.w3 / k.w1;
      const double move = k.w1 * k.dsigma + (k.delta / k.w1 + k.w1 * (ratio - k.a) * (ratio + k.a)) * d;
      k.dzeta = tau * k.e / k.determinant - k.zeta - k.w3 * move / square(k.delta);
      d = next;
    }
  }

  double largest_primal_step(double most) const noexcept {
    for (std::size_t t = first_; t < size(); ++t) {
      const Cone& k = cones_[t];
      const double dv = k.dsigma - square(k.a) * k.dq;
      most = first_root(k.dq * dv, k.q * k.dsigma + k.sigma * k.dq, k.determinant, most);
      if (k.dq < 0.0) most = std::min(most, -k.q / k.dq);
    }
    return most;
  }

  double largest_dual_step(double most) const noexcept {
    for (std::size_t t = first_; t < size(); ++t) {
      const Cone& k = cones_[t];
      const double d = k.dkappa();
      most = first_root(-d * k.dm - square(k.dzeta_above()), k.beta * d - k.kappa * k.dm, k.beta * k.kappa, most);
      if (k.dm > 0.0) most = std::min(most, k.beta / k.dm);
    }
    return most;
  }

  /// Goes the share `kept` of the way to the boundary of either side, at most the whole direction.
  void move(double kept) {
    const double primal = std::min(1.0, kept * largest_primal_step(2.0));
    const double dual = std::min(1.0, kept * largest_dual_step(2.0));
    SeldomPoll poll(steps_per_poll);
    for (std::size_t t = first_; t < size(); ++t, poll()) {
      Cone& k = cones_[t];
      const double dkappa = k.dkappa();
      const double above = dual * k.dzeta_above();
      const double beta = k.beta - dual * k.dm;
      k.kappa += dual * dkappa - square(above) / beta;
      k.zeta += dual * k.dzeta;
      k.beta = beta;
      k.m += dual * k.dm;
      const double dq = primal * k.dq;
      k.sigma += primal * k.dsigma - square(k.a * dq) / (k.q + dq);
    }
    cones_.back().q += primal * cones_.back().dq;
    sum_q();
  }

  Solution result(int rounds) const {
    Solution solution;
    solution.passes = 6 * rounds;
    solution.slack.resize(size() - 1);
    solution.rise.resize(size() - 1);
    for (std::size_t t = 1; t < size(); ++t) {
      solution.slack[t - 1] = std::max(cones_[t].sigma, 0.0);
      solution.rise[t - 1] = std::max(cones_[t].alpha(), 0.0);
    }
    solution.first = first_ == 0 ? cones_[0].alpha() : 0.0;
    certify(program_, cones_.back().q, solution);
    return solution;
  }

  const Program& program_;
  std::size_t first_;  // 0, or 1 where there is no distance
  std::vector<Cone> cones_;
  double gap_ = 0.0;    // sum of the products, twice the difference of the two sides
  double least_ = 0.0;  // the smallest of the cones' 2 sqrt(det s det z), at most its product
  double value_ = 0.0;  // twice the objective
  double last_P_ = 0.0;
};

}  // namespace

Solution solve_by_cones(const Program& program, double q_start) { return Cones(program, q_start).solve(); }

}  // namespace scheduled::exact
