// Least-squares fits of the figures.
#pragma once

#include <span>
#include <vector>

namespace scheduled::figures {

/// Coefficients a_0 ... a_k of sum a_j basis_j(x) with the smallest sum of squares; rows of `basis` are the points. By
/// a pivoted QR. Throws ArgumentError where there are fewer points than coefficients, or where the
/// points do not tell the coefficients apart.
std::vector<double> least_squares(const std::vector<std::vector<double>>& basis, const std::vector<double>& y);

/// y = factor x^exponent, least squares on y itself (not on its logarithm), as the paper's code does.
struct PowerLaw {
  double factor = 0.0;
  double exponent = 0.0;
  double operator()(double x) const;
};
PowerLaw fit_power_law(std::span<const double> x, std::span<const double> y);

/// loss = A/gamma + B gamma + C over the base LR gamma, the shape of a bound (docs/theory.md, (2.1)), by least squares.
struct LrFit {
  double inverse = 0.0;   ///< A
  double linear = 0.0;    ///< B
  double constant = 0.0;  ///< C
  double operator()(double gamma) const;
  /// sqrt(A/B); not a number where there is no minimum (A or B is not > 0).
  double best() const;
};
LrFit fit_lr(std::span<const double> gamma, std::span<const double> loss);

/// Pearson's correlation of two series of one length; not a number where one of them does not vary.
double correlation(std::span<const double> x, std::span<const double> y);

/// sum a_j x^j of the given degree.
std::vector<double> fit_polynomial(std::span<const double> x, std::span<const double> y, int degree);
double polynomial(std::span<const double> coefficients, double x);

}  // namespace scheduled::figures
