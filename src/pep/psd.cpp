#include "pep/psd.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <limits>

namespace scheduled::pep {

// In the two steps that SelfAdjointEigenSolver would take, without its code for eigenvectors, which takes 5 s to compile.
double smallest_eigenvalue(const Eigen::MatrixXd& matrix) {
  const double largest = matrix.cwiseAbs().maxCoeff();
  const double scale = largest > 0.0 ? largest : 1.0;
  const Eigen::Tridiagonalization<Eigen::MatrixXd> reduced(matrix / scale);
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(reduced.diagonal(), reduced.subDiagonal(), Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
  return scale * solver.eigenvalues()(0);  // ascending
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
