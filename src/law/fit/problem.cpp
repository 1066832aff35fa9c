#include "law/fit/problem.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "law/arithmetic.hpp"
#include "law/fit/solve.hpp"
#include "law/fit/warnings.hpp"

namespace scheduled::law {
namespace {

/// By which the law itself may be off, as FitOptions says. Runs whose rates are those of another as far as both go tell
/// no more of that.
double unit_for(const std::vector<FitRun>& runs) {
  constexpr double of_one = 1.5e-3;
  constexpr std::size_t most = 3;
  std::vector<std::span<const double>> different;
  for (const FitRun& run : runs) {
    const auto lr = fitted_rates(run);
    const auto same = [&](std::span<const double> other) {
      const std::size_t both = std::min(lr.size(), other.size());
      return std::equal(lr.begin(), lr.begin() + static_cast<std::ptrdiff_t>(both), other.begin());
    };
    if (std::none_of(different.begin(), different.end(), same)) different.push_back(lr);
    if (different.size() == most) break;
  }
  return of_one / static_cast<double>(different.size());
}

double lowest_loss(const std::vector<FitRun>& runs) {
  double lowest = std::numeric_limits<double>::infinity();
  for (const FitRun& run : runs) lowest = std::min(lowest, *std::min_element(run.loss.begin(), run.loss.end()));
  return lowest;
}

double longest(const std::vector<FitRun>& runs) {
  std::int64_t last = 1;
  for (const FitRun& run : runs) last = std::max(last, run.step.back());
  return static_cast<double>(last);
}

}  // namespace

std::span<const double> fitted_rates(const FitRun& run) noexcept {
  const std::size_t last = run.step.empty() ? run.lr.size() : static_cast<std::size_t>(run.step.back());
  return std::span(run.lr).first(std::min(last, run.lr.size()));
}

Problem::Problem(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options, double reference_rate,
                 double reference_sum)
    : coordinates_(kind, longest(runs)),
      runs_(runs),
      log_residuals_(options.log_residuals),
      longest_(longest(runs)),
      unit_(unit_for(runs)),
      huber_(options.huber > 0.0 ? std::max(options.huber, 2.0 * unit_) : 0.0),
      prior_(options.prior * residual_unit()),
      weight_(options.weight.empty() ? std::vector<double>(runs.size(), 1.0) : options.weight),
      free_(coordinates_.size(), 1) {
  if (decays_in(runs) == 0) coordinates_.without_decays(kind, reference_rate, lowest_loss(runs));
  for (const FitRun& run : runs) {
    curves_.emplace_back(kind, run.lr, run.step, reference_rate, reference_sum);
    points_ += run.step.size();
  }
  std::vector<double> p(coordinates_.size());
  for (std::size_t j = 0; j < p.size(); ++j) {
    const auto found = options.fixed.find(std::string(coordinates_.parameter(j).name));
    p[j] = coordinates_.parameter(j).lower;
    if (found == options.fixed.end()) continue;
    free_[j] = 0;
    p[j] = found->second;
  }
  fixed_ = p;
}

std::vector<double> Problem::with_fixed(std::vector<double> x) const {
  const std::vector<double> given = coordinates_.from_parameters(fixed_);
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (!is_free(j)) x[j] = given[j];
  }
  return x;
}

double Problem::count(std::size_t run, std::size_t i) const noexcept {
  constexpr double most = 40.0;
  constexpr double beginning = 0.05;
  const std::vector<std::int64_t>& step = runs_[run].step;
  const double early = beginning * longest_ / static_cast<double>(step[i]);
  return std::min(1.0, most / static_cast<double>(step.size())) / (1.0 + early * early);
}

double Problem::residual(double predicted, double loss) const noexcept {
  if (!log_residuals_) return predicted - loss;
  return natural_log(std::max(predicted, 1e-3 * loss) / loss);
}

double Problem::robust_weight(double residual) const noexcept {
  const double size = std::fabs(residual);
  return huber_ == 0.0 || size <= huber_ ? 1.0 : huber_ / size;
}

bool Problem::has_prior(std::size_t j) const noexcept {
  return prior_ > 0.0 && is_free(j) && coordinates_.spread(j) > 0.0;
}

double Problem::prior_distance(std::size_t j, double x) const noexcept {
  return (x - coordinates_.centre(j)) / coordinates_.spread(j);
}

std::vector<double> Problem::residuals(std::size_t run, std::span<const double> x) const {
  const std::vector<double> p = coordinates_.to_parameters(x);
  std::vector<double> values(runs_[run].step.size());
  curves_[run].evaluate(p, values);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = residual(values[i], runs_[run].loss[i]);
  return values;
}

double Problem::rho(double residual) const noexcept {
  const double size = std::fabs(residual);
  return huber_ == 0.0 || size <= huber_ ? 0.5 * size * size : huber_ * (size - 0.5 * huber_);
}

double Problem::objective(std::span<const double> x, std::span<const double> weight) const {
  double sum = 0.0;
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    double part = 0.0;
    const std::vector<double> residual = residuals(run, x);
    for (std::size_t i = 0; i < residual.size(); ++i) part += count(run, i) * rho(residual[i]);
    sum += weight[run] * part;
  }
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (!has_prior(j)) continue;
    const double apart = std::fabs(prior_distance(j, x[j]));
    sum += prior_ * (has_curved_prior(j, x[j]) ? 0.5 * apart * apart : prior_corner * (apart - 0.5 * prior_corner));
  }
  return std::isfinite(sum) ? sum : std::numeric_limits<double>::max();
}

Linear Problem::linear(std::size_t run, std::span<const double> x) const {
  const std::size_t P = x.size();
  const std::size_t n = runs_[run].step.size();
  const std::vector<double> p = coordinates_.to_parameters(x);
  std::vector<double> loss(n);
  Linear l{std::vector<double>(n), std::vector<double>(n * P), std::vector<double>(n), weight_[run]};
  curves_[run].evaluate(p, loss, l.rows);
  for (std::size_t i = 0; i < n; ++i) {
    l.residual[i] = residual(loss[i], runs_[run].loss[i]);
    l.counts[i] = count(run, i);
    const double scale = log_residuals_ ? 1.0 / std::max(loss[i], 1e-3 * runs_[run].loss[i]) : 1.0;
    for (std::size_t j = 0; j < P; ++j) l.rows[i * P + j] *= (is_free(j) ? coordinates_.slope(j, p[j]) : 0.0) * scale;
  }
  return l;
}

Normal Problem::normal(std::span<const double> x, std::span<const double> run_weight) const {
  const std::size_t P = x.size();
  Normal normal{Vector::Zero(at(P)), Matrix::Zero(at(P), at(P))};
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    const Linear l = linear(run, x);
    for (std::size_t i = 0; i < l.residual.size(); ++i) {
      const double r = l.residual[i];
      const double weight = run_weight[run] * l.counts[i] * robust_weight(r);
      const double* row = &l.rows[i * P];
      for (std::size_t j = 0; j < P; ++j) {
        normal.gradient[at(j)] += weight * r * row[j];
        for (std::size_t k = 0; k <= j; ++k) normal.hessian(at(j), at(k)) += weight * row[j] * row[k];
      }
    }
  }
  for (std::size_t j = 0; j < P; ++j) {
    if (!has_prior(j)) continue;
    const double apart = prior_distance(j, x[j]);
    const double bent = has_curved_prior(j, x[j]) ? 1.0 : std::fabs(apart) / prior_corner;
    const double weight = prior_ / bent / coordinates_.spread(j);
    normal.gradient[at(j)] += weight * apart;
    normal.hessian(at(j), at(j)) += weight / coordinates_.spread(j);
  }
  normal.hessian.triangularView<Eigen::StrictlyUpper>() = normal.hessian.transpose();
  return normal;
}

void Problem::solve_linear(std::vector<double>& x) const {
  std::vector<std::size_t> linear;
  std::vector<double> p = coordinates_.to_parameters(x);
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (!coordinates_.parameter(j).linear || !is_free(j)) continue;
    linear.push_back(j);
    p[j] = 1.0;  // any value: the derivatives in the linear parameters do not depend on them
  }
  if (linear.empty()) return;
  // By the normal equations: what comes of them is a start.
  const std::size_t n_linear = linear.size();
  Matrix products = Matrix::Zero(at(n_linear), at(n_linear));
  Vector wanted = Vector::Zero(at(n_linear));
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    const std::size_t n = runs_[run].step.size();
    std::vector<double> loss(n);
    std::vector<double> jacobian(n * x.size());
    curves_[run].evaluate(p, loss, jacobian);
    for (std::size_t i = 0; i < n; ++i) {
      const double* row = &jacobian[i * x.size()];
      double rest = runs_[run].loss[i] - loss[i];
      for (const std::size_t j : linear) rest += row[j];
      for (std::size_t c = 0; c < n_linear; ++c) {
        wanted[at(c)] += row[linear[c]] * rest;
        for (std::size_t d = 0; d < n_linear; ++d) products(at(c), at(d)) += row[linear[c]] * row[linear[d]];
      }
    }
  }
  for (std::size_t c = 0; c < n_linear; ++c) {
    if (products(at(c), at(c)) == 0.0) products(at(c), at(c)) = 1.0;  // nothing depends on it: 0
  }
  const Vector best = solve(products, wanted);
  for (std::size_t c = 0; c < linear.size(); ++c) {
    const std::size_t j = linear[c];
    const double least = coordinates_.parameter(j).log_scale ? 0.01 : coordinates_.parameter(j).lower;
    p[j] = std::clamp(best[at(c)], least, coordinates_.parameter(j).upper);
  }
  x = with_fixed(coordinates_.from_parameters(p));
}

}  // namespace scheduled::law
