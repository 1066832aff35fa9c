// How sure a fit is: noise, covariance and what the runs identify.
#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "law/fit_parts.hpp"

namespace scheduled::law {
namespace {

constexpr double ninety = 1.6448536269514722;  ///< half width of the 90 % interval, in standard deviations

/// The 90 % quantile of their sizes as a standard deviation: what misfit remains, outliers left aside.
double noise_of(std::vector<double> residuals) {
  for (double& r : residuals) r = std::fabs(r);
  const std::size_t place = (residuals.size() * 9) / 10;
  const auto nth = residuals.begin() + static_cast<std::ptrdiff_t>(std::min(place, residuals.size() - 1));
  std::nth_element(residuals.begin(), nth, residuals.end());
  return std::max(*nth / ninety, 1e-12);
}

/// How many neighbouring residuals count as one: (1 + r)/(1 - r) for correlation r of neighbours, 1 to 199.
double repetition(const Problem& problem, std::span<const double> x, std::size_t runs, double noise) {
  double product = 0.0;
  double square = 0.0;
  for (std::size_t run = 0; run < runs; ++run) {
    std::vector<double> r = problem.residuals(run, x);
    for (double& value : r) value = std::clamp(value, -3.0 * noise, 3.0 * noise);
    for (std::size_t i = 0; i + 1 < r.size(); ++i) {
      product += r[i] * r[i + 1];
      square += 0.5 * (r[i] * r[i] + r[i + 1] * r[i + 1]);
    }
  }
  const double correlation = square > 0.0 ? std::clamp(product / square, 0.0, 0.99) : 0.0;
  return (1.0 + correlation) / (1.0 - correlation);
}

Matrix covariance_of(const Problem& problem, std::span<const double> x, double variance, double prior) {
  const Coordinates& c = problem.coordinates();
  Matrix precision = problem.normal(x, problem.weight(), false).hessian / variance;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double spread = c.spread(j) > 0.0 && prior > 0.0 ? c.spread(j) / std::sqrt(prior) : 10.0;
    precision(at(j), at(j)) += 1.0 / (spread * spread);
  }
  const Vector scale = precision.diagonal().cwiseSqrt().cwiseInverse();
  const Matrix scaled = scale.asDiagonal() * precision * scale.asDiagonal();
  const Matrix inverse = scaled.ldlt().solve(Matrix::Identity(scaled.rows(), scaled.cols()));
  Matrix covariance = scale.asDiagonal() * inverse * scale.asDiagonal();
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (problem.is_free(j)) continue;
    covariance.row(at(j)).setZero();
    covariance.col(at(j)).setZero();
  }
  return covariance;
}

}  // namespace

void add_uncertainty(const Problem& problem, std::span<const double> x, const std::vector<FitRun>& runs,
                     const FitOptions& options, LawFit& fit) {
  const Coordinates& c = problem.coordinates();
  std::vector<double> residuals;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const std::vector<double> part = problem.residuals(run, x);
    residuals.insert(residuals.end(), part.begin(), part.end());
  }
  std::int64_t last = 1;
  for (const FitRun& run : runs) last = std::max(last, run.step.back());
  fit.fitted.time = static_cast<double>(last);
  fit.fitted.noise = noise_of(residuals);
  const double repeated = repetition(problem, x, runs.size(), fit.fitted.noise);
  const Matrix covariance = covariance_of(problem, x, fit.fitted.noise * fit.fitted.noise * repeated, options.prior);
  // Nobody's law describes new runs better than the residuals that the user calls small.
  fit.fitted.noise = std::max(fit.fitted.noise, options.huber);
  fit.fitted.covariance.assign(covariance.data(), covariance.data() + covariance.size());
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double deviation = std::sqrt(std::max(covariance(at(j), at(j)), 0.0));
    std::vector<double> low(x.begin(), x.end());
    std::vector<double> high = low;
    low[j] = std::max(x[j] - ninety * deviation, c.lower(j));
    high[j] = std::min(x[j] + ninety * deviation, c.upper(j));
    const bool has_prior = c.spread(j) > 0.0 && options.prior > 0.0;
    const double enough = has_prior ? 0.7 * c.spread(j) / std::sqrt(options.prior) : 0.5;
    fit.estimates.push_back({std::string(c.parameter(j).name), fit.fitted.law.parameters[j], c.to_parameters(low)[j],
                             c.to_parameters(high)[j], deviation <= enough,
                             problem.is_free(j) && (x[j] <= c.lower(j) || x[j] >= c.upper(j))});
  }
}

}  // namespace scheduled::law
