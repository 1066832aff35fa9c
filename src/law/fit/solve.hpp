// Linear equations of a fit.
#pragma once

#include "law/fit/problem.hpp"

namespace scheduled::law {

/// The solution of m x = b for a symmetric matrix with a positive diagonal, whose columns may differ by many orders of
/// magnitude: by an LDL^T factorisation with unit diagonal.
Vector solve(const Matrix& m, const Vector& b);

/// The same for each column of b.
Matrix solve_columns(const Matrix& m, const Matrix& b);

}  // namespace scheduled::law
