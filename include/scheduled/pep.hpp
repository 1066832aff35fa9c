// The performance-estimation SDP of the exact worst case, and certificates of its solutions.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "scheduled/bound.hpp"

namespace scheduled {

/// The largest f(x_T) - f* over all convex f, starting points and subgradients with ||x_1 - x*|| <= D, ||g_t|| <= G_t
/// and x_{t+1} = x_t - eta_t g_t. Its unknowns are the Gram matrix of (x_1 - x*, g_1, ..., g_T) and f_1, ..., f_T,
/// where f_t = f(x_t) - f*. eta_T does not enter, as x_T is reached before it.
class PepProblem {
 public:
  /// lr: eta_1 ... eta_T, T >= 1, finite, > 0 [distance^2/loss]; grad_norm: finite, > 0 [loss/distance]; distance: D >
  /// 0. Copies them. Throws ArgumentError naming the first bad index and its value; also where D,
  /// max(G) or eta_t G_t/D is not within [1e-30, 1e30] or G_t < 1e-30 max(G).
  explicit PepProblem(std::span<const double> lr, GradNorm grad_norm = 1.0, double distance = 1.0);

  std::size_t steps() const noexcept { return lr_.size(); }                  ///< T
  std::span<const double> lr() const noexcept { return lr_; }                ///< T values
  std::span<const double> grad_norm() const noexcept { return grad_norm_; }  ///< T values
  double distance() const noexcept { return distance_; }                     ///< D

 private:
  std::vector<double> lr_;
  std::vector<double> grad_norm_;
  double distance_ = 1.0;
};

/// Writes the whole problem in SDPA sparse format: T^2 + T + 1 constraints, about T^3/3 lines. The same problem gives
/// the same bytes. In SDPA's form (maximise tr(F_0 Y) subject to tr(F_c Y) = c_c, Y >= 0):
///  - block 1, (T+1) x (T+1): the Gram matrix; index 1 is x_1 - x*, index t+1 is g_t.
///  - block 2, diagonal, (T+1)^2 entries: entry t <= T is f_t (>= 0, the constraint of x* against x_t), entry T + c is
///    the slack (>= 0) that makes constraint c an equality.
///  - constraints: (j-1) T + 1 is f_j <= <g_j, x_j - x*>; the T - 1 after it, in the order of i != j,
///    f_j - f_i <= <g_j, x_j - x_i>; T^2 + t is ||g_t||^2 <= G_t^2; T^2 + T + 1 is ||x_1 - x*||^2 <= D^2.
/// The stream's state tells whether writing worked.
void write_sdpa(std::ostream& out, const PepProblem& problem);

/// A candidate worst case. Nothing is assumed about it but that it is finite.
struct PepPrimal {
  std::vector<double> gram;   ///< (T+1)^2, row by row; index 0 is x_1 - x*, index t is g_t
  std::vector<double> value;  ///< f_1 ... f_T
};

/// Candidate multipliers of the constraints; dual value D^2 distance + sum_t G_t^2 grad_norm[t].
struct PepDual {
  std::vector<double> pair;       ///< (T+1)^2, row by row: (i, j) is that of f_i >= f_j + <g_j, x_i - x_j>, 0 is x*
  std::vector<double> grad_norm;  ///< T values, of ||g_t||^2 <= G_t^2
  double distance = 0.0;          ///< of ||x_1 - x*||^2 <= D^2
};

/// A lower bound on the worst case, and how far the candidate was from feasible before it was repaired. The two
/// measures are relative: lengths in units of D and G_t, values in units of D max(G).
struct PepLower {
  double bound = 0.0;         ///< loss units, >= 0
  double psd_distance = 0.0;  ///< -(smallest eigenvalue of the Gram matrix), 0 where that is positive
  double violation = 0.0;     ///< the largest violation of any constraint
  double mixed = 0.0;         ///< share of a strictly feasible point that the repair had to mix in; 1: nothing usable
};

/// An upper bound on the worst case, and how far the candidate was from feasible before it was repaired.
struct PepUpper {
  double bound = 0.0;         ///< loss units; infinite where the numbers are beyond repair
  double psd_distance = 0.0;  ///< -(smallest eigenvalue of the slack matrix), in units of the bound; 0 where positive
  double clipped = 0.0;       ///< the most negative multiplier, as a positive number
  double imbalance = 0.0;     ///< the largest residual of the T equations on the multipliers
};

/// Turn any candidate into a bound that holds for it being what it is: the candidate only decides how tight it is.
/// Positive semidefiniteness is verified by a Cholesky factorisation with a margin for its rounding errors (Rump 2006),
/// and sums get a margin for theirs; what is not covered is the rounding of the data when they are scaled to D =
/// max(G) = 1, about 1e-15 relative. O(T^3) time, O(T^2) memory.
/// Throw ArgumentError: a size that does not fit, a value that is not finite.
PepLower certify_lower(const PepProblem& problem, const PepPrimal& primal);
PepUpper certify_upper(const PepProblem& problem, const PepDual& dual);

/// The outside solver is missing, failed or wrote nonsense; the text says what to do.
class PepSolverError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct PepOptions {
  /// `reduced` takes the constraints of every later step on an earlier one as equalities, which leaves T unknowns, and
  /// releases or adds constraints as the certificate asks for it. `full` hands over the whole problem (for comparison;
  /// T <= 60 or so). Both end with the same certificate.
  enum class Method { reduced, full };
  Method method = Method::reduced;
  double tolerance = 1e-6;      ///< (upper - lower)/upper at which to stop; within [1e-12, 1]
  int rounds = 30;              ///< at most that many calls of the solver; >= 1
  std::string solver = "csdp";  ///< CSDP's command: a name searched on PATH, or a path
};

struct PepResult {
  PepLower lower;          ///< the best of all rounds
  PepUpper upper;          ///< the best of all rounds
  bool converged = false;  ///< the gap is within the tolerance; the interval holds in any case
  int rounds = 0;
  std::size_t released = 0;     ///< `reduced`: constraints of earlier steps that turned out not to bind
  std::size_t added = 0;        ///< `reduced`: constraints brought in because they were violated
  int solver_status = 0;        ///< CSDP's exit code in the last round: 0 solved, 3 solved to less accuracy, ...
  double solver_seconds = 0.0;  ///< processor time of all calls
  PepPrimal primal;             ///< what the lower bound was made from
  PepDual dual;                 ///< what the upper bound was made from
  double gap() const noexcept { return upper.bound - lower.bound; }
};

/// True where the solver is found and may be executed.
bool pep_solver_available(const std::string& solver = "csdp");

/// Solves the problem with CSDP and certifies the answer with certify_lower and certify_upper: nothing the solver says
/// is trusted. `reduced` needs one call of the solver where G_t is constant or changes smoothly (T = 60: 0.3 s, T =
/// 120: 2.5 s of processor time); noisy G_t together with steps much below D/(G sqrt T) can take ten, each slower than
/// the one before. Uses a private folder under the system's temporary one, removed at the end. Throws PepSolverError,
/// and ArgumentError for bad options.
PepResult solve_pep(const PepProblem& problem, const PepOptions& options = {});

/// The largest f(xbar) - f* for an average xbar = sum weights_t x_t: a point with a value and a subgradient of its own,
/// of norm at most max G.
struct PepAverage {
  double primal = 0.0;  ///< value of the worst function found
  double dual = 0.0;    ///< value of the proof found
  int status = 0;       ///< CSDP's exit code, 0: solved
};

/// Both values are the solver's, right to about its tolerance; nothing is certified. weights: T values >= 0; they are
/// divided by their sum. T up to about 40: (T+1)^2 + T + 2 constraints. Throws as solve_pep.
PepAverage solve_pep_average(const PepProblem& problem, std::span<const double> weights,
                             const std::string& solver = "csdp");

}  // namespace scheduled
