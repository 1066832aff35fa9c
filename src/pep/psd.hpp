// Positive semidefiniteness, verified.
#pragma once

#include <Eigen/Core>
#include <cstddef>

namespace scheduled::pep {

constexpr double unit_roundoff = 0x1p-53;

/// Eigen counts with signed numbers.
inline Eigen::Index at(std::size_t i) { return static_cast<Eigen::Index>(i); }

/// Smallest eigenvalue of a symmetric matrix (lower triangle read), to a few units of rounding of its norm; -infinity
/// where the iteration fails.
double smallest_eigenvalue(const Eigen::MatrixXd& matrix);

/// What verified_psd has to subtract from the diagonal: 2 (n+2) 2^-53 trace.
double cholesky_margin(const Eigen::MatrixXd& matrix);

/// True only if every symmetric matrix within `entry_error` (in the Frobenius norm) of `matrix` (lower triangle read)
/// is positive semidefinite: the Cholesky factorisation of matrix - (margin + entry_error) I runs to its end
/// (S. M. Rump, Verification of positive definiteness, BIT 46, 2006).
bool verified_psd(const Eigen::MatrixXd& matrix, double entry_error = 0.0);

}  // namespace scheduled::pep
