#include "law/fit/uncertainty.hpp"

#include <algorithm>
#include <cmath>

#include "law/fit/solve.hpp"

namespace scheduled::law {
namespace {

/// The 90 % quantile of their sizes as a standard deviation: what misfit remains, outliers left aside.
double noise_of(std::vector<double> residuals) {
  for (double& r : residuals) r = std::fabs(r);
  const std::size_t place = (residuals.size() * 9) / 10;
  const auto nth = residuals.begin() + static_cast<std::ptrdiff_t>(std::min(place, residuals.size() - 1));
  std::nth_element(residuals.begin(), nth, residuals.end());
  return std::max(*nth / ninety, 1e-12);
}

/// Losses of a run that follow each other and may err together: what they add to the problem.
struct Block {
  Vector gradient;
  Matrix hessian;
};

/// Of all residuals, those that count squared: Huber's loss has no curvature elsewhere.
double curved_share(const Problem& problem, const std::vector<Linear>& runs) {
  std::size_t small = 0;
  std::size_t all = 0;
  for (const Linear& run : runs) {
    all += run.residual.size();
    for (const double r : run.residual) small += problem.is_small(r) ? 1U : 0U;
  }
  return static_cast<double>(std::max(small, std::size_t{1})) / static_cast<double>(all);
}

/// The same number of blocks for each run, at least 24 in all; fewer for runs with fewer losses.
std::vector<Block> blocks_of(const Problem& problem, const std::vector<Linear>& runs) {
  constexpr std::size_t least = 24;
  const std::size_t per_run = (least + runs.size() - 1) / runs.size();
  const std::size_t P = problem.coordinates().size();
  const double curved = curved_share(problem, runs);
  std::vector<Block> blocks;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const std::size_t n = runs[run].residual.size();
    for (std::size_t b = 0; b < per_run; ++b) {
      const std::size_t first = n * b / per_run;
      const std::size_t last = n * (b + 1) / per_run;
      if (first == last) continue;
      Block block{Vector::Zero(at(P)), Matrix::Zero(at(P), at(P))};
      for (std::size_t i = first; i < last; ++i) {
        const Eigen::Map<const Vector> row(&runs[run].rows[i * P], at(P));
        const double r = runs[run].residual[i];
        const double weight = runs[run].weight * runs[run].counts[i];
        block.gradient += weight * problem.robust_weight(r) * r * row;
        block.hessian += weight * curved * row * row.transpose();
      }
      blocks.push_back(std::move(block));
    }
  }
  return blocks;
}

/// Without what rounding did: symmetric, no entry beyond what the diagonal allows.
void round_off(Matrix& covariance) {
  for (Eigen::Index j = 0; j < covariance.rows(); ++j) {
    covariance(j, j) = std::max(covariance(j, j), 0.0);
    for (Eigen::Index k = 0; k < j; ++k) {
      const double most = std::sqrt(covariance(j, j)) * std::sqrt(covariance(k, k));
      const double mean = 0.5 * (covariance(j, k) + covariance(k, j));
      covariance(j, k) = covariance(k, j) = std::clamp(mean, -most, most);
    }
  }
}

/// Leaves blocks out in turn, each refit by one step of Newton's method from the fit of all. What the prior says is
/// itself unsure by its spread; where it is linear, or is not, a parameter is unsure by 10 units.
Matrix jackknife(const Problem& problem, const std::vector<Linear>& runs, std::span<const double> x) {
  const Coordinates& c = problem.coordinates();
  const std::size_t P = c.size();
  const std::vector<Block> blocks = blocks_of(problem, runs);
  const double residual_unit = problem.residual_unit();
  Matrix ends = Matrix::Zero(at(P), at(P));
  Matrix prior = ends;
  for (std::size_t j = 0; j < P; ++j) {
    const bool curved = problem.has_curved_prior(j, x[j]);
    const double weight = curved ? problem.prior() / (c.spread(j) * c.spread(j)) : 0.01 * residual_unit;
    ends(at(j), at(j)) = weight;
    prior(at(j), at(j)) = weight * residual_unit;
  }
  // What is before and after each block, by sums: to subtract a block from all would cancel where it is nearly all.
  std::vector<Matrix> before{ends};
  for (const Block& block : blocks) before.push_back(before.back() + block.hessian);
  const Matrix& all = before.back();
  Matrix covariance = solve_columns(all, solve_columns(all, prior).transpose());
  const double share = 1.0 - 1.0 / static_cast<double>(blocks.size());
  Matrix after = Matrix::Zero(at(P), at(P));
  for (std::size_t b = blocks.size(); b-- > 0;) {
    const Vector move = solve(before[b] + after, blocks[b].gradient);
    covariance += share * move * move.transpose();
    after += blocks[b].hessian;
  }
  for (std::size_t j = 0; j < P; ++j) {
    if (problem.is_free(j)) continue;
    covariance.row(at(j)).setZero();
    covariance.col(at(j)).setZero();
  }
  round_off(covariance);
  return covariance;
}

/// The 90 % interval of parameter j, within its bounds.
std::pair<double, double> interval(const Coordinates& c, std::span<const double> x, std::size_t j, double deviation) {
  std::vector<double> low(x.begin(), x.end());
  std::vector<double> high = low;
  low[j] = std::max(x[j] - ninety * deviation, c.lower(j));
  high[j] = std::min(x[j] + ninety * deviation, c.upper(j));
  return {c.to_parameters(low)[j], c.to_parameters(high)[j]};
}

}  // namespace

void add_uncertainty(const Problem& problem, std::span<const double> x, const std::vector<FitRun>& runs,
                     const FitOptions& options, LawFit& fit) {
  const Coordinates& c = problem.coordinates();
  std::vector<Linear> linear;
  std::vector<double> residuals;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    if (problem.weight()[run] == 0.0) continue;
    linear.push_back(problem.linear(run, x));
    residuals.insert(residuals.end(), linear.back().residual.begin(), linear.back().residual.end());
  }
  std::int64_t last = 1;
  for (const FitRun& run : runs) last = std::max(last, run.step.back());
  fit.fitted.time = static_cast<double>(last);
  const Matrix covariance = jackknife(problem, linear, x);
  fit.fitted.noise = noise_of(residuals);
  fit.fitted.covariance.assign(covariance.data(), covariance.data() + covariance.size());
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double deviation = std::sqrt(std::max(covariance(at(j), at(j)), 0.0));
    const bool has_prior = c.spread(j) > 0.0 && options.prior > 0.0;
    const double enough = has_prior ? identified_share * c.spread(j) / std::sqrt(options.prior) : 0.5;
    const auto [low, high] = interval(c, x, j, deviation);
    fit.estimates.push_back({std::string(c.parameter(j).name), fit.fitted.law.parameters[j], low, high,
                             deviation <= enough, problem.is_free(j) && (x[j] <= c.lower(j) || x[j] >= c.upper(j))});
  }
}

void widen_to_bootstrap(const Coordinates& c, LawFit& fit) {
  const std::vector<double> x = c.from_parameters(fit.fitted.law.parameters);
  std::vector<double> squares(x.size(), 0.0);
  for (const Law& refit : fit.fitted.bootstrap) {
    const std::vector<double> other = c.from_parameters(refit.parameters);
    for (std::size_t j = 0; j < x.size(); ++j) squares[j] += (other[j] - x[j]) * (other[j] - x[j]);
  }
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double deviation = std::sqrt(squares[j] / static_cast<double>(fit.fitted.bootstrap.size()));
    const auto [low, high] = interval(c, x, j, deviation);
    fit.estimates[j].lower = std::min(fit.estimates[j].lower, low);
    fit.estimates[j].upper = std::max(fit.estimates[j].upper, high);
  }
}

}  // namespace scheduled::law
