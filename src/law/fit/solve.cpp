#include "law/fit/solve.hpp"

#include <Eigen/Cholesky>

namespace scheduled::law {
namespace {

class Scaled {
 public:
  explicit Scaled(const Matrix& m)
      : scale_(m.diagonal().cwiseSqrt().cwiseInverse()), factors_(scale_.asDiagonal() * m * scale_.asDiagonal()) {}

  Vector solve(const Vector& b) const { return scale_.cwiseProduct(Vector(factors_.solve(scale_.cwiseProduct(b)))); }

 private:
  Vector scale_;
  Eigen::LDLT<Matrix> factors_;
};

}  // namespace

Vector solve(const Matrix& m, const Vector& b) { return Scaled(m).solve(b); }

Matrix solve_columns(const Matrix& m, const Matrix& b) {
  const Scaled scaled(m);
  Matrix result(b.rows(), b.cols());
  for (Eigen::Index column = 0; column < b.cols(); ++column) result.col(column) = scaled.solve(b.col(column));
  return result;
}

}  // namespace scheduled::law
