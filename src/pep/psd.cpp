#include "pep/psd.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <limits>

namespace scheduled::pep {

double smallest_eigenvalue(const Eigen::MatrixXd& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
  return solver.eigenvalues()(0);  // ascending
}

double cholesky_margin(const Eigen::MatrixXd& matrix) {
  return 2.0 * static_cast<double>(matrix.rows() + 2) * unit_roundoff * matrix.trace();
}

bool verified_psd(const Eigen::MatrixXd& matrix, double entry_error) {
  Eigen::MatrixXd shifted = matrix;
  shifted.diagonal().array() -= cholesky_margin(matrix) + entry_error;
  const Eigen::LLT<Eigen::MatrixXd> factor(shifted);
  return factor.info() == Eigen::Success;
}

}  // namespace scheduled::pep
