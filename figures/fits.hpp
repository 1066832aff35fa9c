// Least-squares fits of the figures.
#pragma once

#include <span>
#include <vector>

namespace scheduled::figures {

/// Coefficients a_0 ... a_k of sum a_j basis_j(x) with the smallest sum of squares; rows of `basis` are the points. By
/// Householder reflections. Throws std::invalid_argument where there are fewer points than coefficients, or where the
/// points do not tell the coefficients apart.
std::vector<double> least_squares(std::vector<std::vector<double>> basis, std::vector<double> y);

/// y = factor x^exponent, least squares on y itself (not on its logarithm), as the paper's code does.
struct PowerLaw {
  double factor = 0.0;
  double exponent = 0.0;
  double operator()(double x) const;
};
PowerLaw fit_power_law(std::span<const double> x, std::span<const double> y);

/// sum a_j x^j of the given degree.
std::vector<double> fit_polynomial(std::span<const double> x, std::span<const double> y, int degree);
double polynomial(std::span<const double> coefficients, double x);

}  // namespace scheduled::figures
