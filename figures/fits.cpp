#include "figures/fits.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace scheduled::figures {

std::vector<double> least_squares(std::vector<std::vector<double>> basis, std::vector<double> y) {
  const std::size_t rows = basis.size();
  const std::size_t columns = rows == 0 ? 0 : basis.front().size();
  if (rows < columns || columns == 0) throw std::invalid_argument("points: fewer than there are coefficients");
  std::vector<double> diagonal(columns);
  for (std::size_t k = 0; k < columns; ++k) {
    double square = 0.0;
    for (std::size_t i = k; i < rows; ++i) square += basis[i][k] * basis[i][k];
    double whole = square;
    for (std::size_t i = 0; i < k; ++i) whole += basis[i][k] * basis[i][k];
    if (!(square > 1e-26 * whole)) throw std::invalid_argument("points: do not tell the coefficients apart");
    diagonal[k] = basis[k][k] > 0.0 ? -std::sqrt(square) : std::sqrt(square);
    basis[k][k] -= diagonal[k];
    const double scale = -1.0 / (diagonal[k] * basis[k][k]);
    const auto reflect = [&](auto&& at) {
      double dot = 0.0;
      for (std::size_t i = k; i < rows; ++i) dot += basis[i][k] * at(i);
      for (std::size_t i = k; i < rows; ++i) at(i) -= scale * dot * basis[i][k];
    };
    for (std::size_t j = k + 1; j < columns; ++j) reflect([&](std::size_t i) -> double& { return basis[i][j]; });
    reflect([&](std::size_t i) -> double& { return y[i]; });
  }
  std::vector<double> coefficients(columns);
  for (std::size_t k = columns; k-- > 0;) {
    double rest = y[k];
    for (std::size_t j = k + 1; j < columns; ++j) rest -= basis[k][j] * coefficients[j];
    coefficients[k] = rest / diagonal[k];
  }
  return coefficients;
}

double PowerLaw::operator()(double x) const { return factor * std::pow(x, exponent); }

PowerLaw fit_power_law(std::span<const double> x, std::span<const double> y) {
  std::vector<std::vector<double>> basis;
  std::vector<double> logs;
  for (std::size_t i = 0; i < x.size(); ++i) {
    basis.push_back({1.0, std::log(x[i])});
    logs.push_back(std::log(y[i]));
  }
  const std::vector<double> start = least_squares(basis, logs);
  PowerLaw law{std::exp(start[0]), start[1]};
  for (int iteration = 0; iteration < 50; ++iteration) {  // Gauss-Newton; the start is within a few percent
    std::vector<double> residual;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double value = law(x[i]);
      basis[i] = {value / law.factor, value * std::log(x[i])};
      residual.push_back(y[i] - value);
    }
    const std::vector<double> step = least_squares(basis, residual);
    law.factor += step[0];
    law.exponent += step[1];
    if (std::fabs(step[0]) <= 1e-14 * law.factor && std::fabs(step[1]) <= 1e-14) break;
  }
  return law;
}

double LrFit::operator()(double gamma) const { return inverse / gamma + linear * gamma + constant; }

double LrFit::best() const {
  return inverse > 0.0 && linear > 0.0 ? std::sqrt(inverse / linear) : std::numeric_limits<double>::quiet_NaN();
}

LrFit fit_lr(std::span<const double> gamma, std::span<const double> loss) {
  std::vector<std::vector<double>> basis;
  for (const double value : gamma) basis.push_back({1.0 / value, value, 1.0});
  const std::vector<double> fit = least_squares(std::move(basis), {loss.begin(), loss.end()});
  return {fit[0], fit[1], fit[2]};
}

double correlation(std::span<const double> x, std::span<const double> y) {
  const auto mean = [](std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  const double mean_x = mean(x);
  const double mean_y = mean(y);
  double xx = 0.0;
  double yy = 0.0;
  double xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  return xy / std::sqrt(xx * yy);
}

std::vector<double> fit_polynomial(std::span<const double> x, std::span<const double> y, int degree) {
  std::vector<std::vector<double>> basis;
  for (const double value : x) {
    std::vector<double> row{1.0};
    for (int j = 0; j < degree; ++j) row.push_back(row.back() * value);
    basis.push_back(std::move(row));
  }
  return least_squares(std::move(basis), {y.begin(), y.end()});
}

double polynomial(std::span<const double> coefficients, double x) {
  double value = 0.0;
  for (std::size_t j = coefficients.size(); j-- > 0;) value = value * x + coefficients[j];
  return value;
}

}  // namespace scheduled::figures
