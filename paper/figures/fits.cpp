#include "figures/fits.hpp"

#include <Eigen/QR>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"

namespace scheduled::figures {

std::vector<double> least_squares(const std::vector<std::vector<double>>& basis, const std::vector<double>& y) {
  const auto rows = static_cast<Eigen::Index>(basis.size());
  const auto columns = static_cast<Eigen::Index>(basis.empty() ? 0 : basis.front().size());
  if (rows < columns || columns == 0) fail_argument("points", "fewer than there are coefficients");
  Eigen::MatrixXd matrix(rows, columns);
  for (Eigen::Index i = 0; i < rows; ++i) {
    matrix.row(i) = Eigen::Map<const Eigen::RowVectorXd>(basis[static_cast<std::size_t>(i)].data(), columns);
  }
  // Columns of length 1, so that the rank does not depend on their units.
  const Eigen::RowVectorXd length = matrix.colwise().norm();
  if (length.minCoeff() > 0.0) matrix.array().rowwise() /= length.array();
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(matrix);
  qr.setThreshold(1e-13);
  if (qr.rank() < columns) fail_argument("points", "do not tell the coefficients apart");
  const Eigen::VectorXd x =
      qr.solve(Eigen::Map<const Eigen::VectorXd>(y.data(), rows)).cwiseQuotient(length.transpose());
  return {x.begin(), x.end()};
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
  const std::vector<double> fit = least_squares(basis, {loss.begin(), loss.end()});
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
  return least_squares(basis, {y.begin(), y.end()});
}

double polynomial(std::span<const double> coefficients, double x) {
  double value = 0.0;
  for (std::size_t j = coefficients.size(); j-- > 0;) value = value * x + coefficients[j];
  return value;
}

}  // namespace scheduled::figures
