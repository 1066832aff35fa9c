// Semidefinite programs in SDPA sparse format: text out, solutions in.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace scheduled::pep {

/// Entry (row, column), row <= column, of the symmetric matrix F_constraint in `block`; all numbers are 1-based as in
/// the file, constraint 0 is F_0.
struct SdpaEntry {
  std::size_t constraint = 0;
  std::size_t block = 1;
  std::size_t row = 1;
  std::size_t column = 1;
  double value = 0.0;
};

/// Primal: maximise tr(F_0 Y) subject to tr(F_c Y) = objective[c-1], Y >= 0.
/// Dual: minimise objective . y subject to Z = sum_c y_c F_c - F_0 >= 0.
struct SdpaProblem {
  std::vector<double> objective;  ///< one per constraint
  std::size_t matrix_size = 0;    ///< block 1, symmetric
  std::size_t diagonal_size = 0;  ///< block 2, diagonal; 0: there is none
  std::vector<SdpaEntry> entries;

  void add(std::size_t constraint, std::size_t block, std::size_t row, std::size_t column, double value);
};

/// A solution file of CSDP.
struct SdpaSolution {
  std::vector<double> y;         ///< one per constraint
  std::vector<double> matrix;    ///< block 1 of Y, matrix_size^2, symmetric
  std::vector<double> diagonal;  ///< block 2 of Y
};

/// `title` becomes a comment line. Entries in the order given.
void write(std::ostream& out, const SdpaProblem& problem, std::string_view title);

/// Reads what CSDP writes: y on the first line, then lines "1 block row column value" for Z (checked, dropped) and
/// "2 ..." for Y. Any bytes: throws PepSolverError that names the line. Values are at most 1e30 in size.
SdpaSolution read_solution(std::string_view text, const SdpaProblem& problem);

}  // namespace scheduled::pep
