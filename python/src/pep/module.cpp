// The extension scheduled._pep: the performance-estimation SDP. Apart from scheduled._core, because it alone needs
// Eigen.
#include "scheduled/error.hpp"
#include "scheduled/pep.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <sstream>
#include <stdexcept>

#include "convert.hpp"

namespace scheduled::python {
namespace {

constexpr const char* problem_doc = R"doc(The worst case of a schedule as a semidefinite program.

The largest f(x_T) - f* over all convex f, starting points and subgradients with
||x_1 - x*|| <= D, ||g_t|| <= G_t and x_{t+1} = x_t - lr_t g_t.

Parameters
----------
lr : array_like
    Rates of the steps 1 ... T, finite and > 0. The last one does not enter.
grad_norm : float or array_like
    G: one number, or one per step; finite and > 0.
distance : float
    D, > 0.

Examples
--------
>>> from scheduled.pep import PepProblem
>>> PepProblem([0.5, 0.5]).steps
2
)doc";

constexpr const char* sdpa_doc = R"doc(The whole problem in SDPA sparse format, for any solver.

About T^3 / 3 lines; the same problem gives the same text.

Examples
--------
>>> from scheduled.pep import PepProblem, sdpa_text
>>> print(sdpa_text(PepProblem([0.5, 0.5])).splitlines()[1], "constraints")
7 constraints
)doc";

constexpr const char* lower_doc = R"doc(A lower bound on the worst case from any candidate.

Nothing is assumed about the candidate: it is repaired to a feasible one, and only decides how
tight the bound is.

Parameters
----------
problem : PepProblem
gram : array_like
    (T + 1) x (T + 1): the Gram matrix of (x_1 - x*, g_1, ..., g_T).
value : array_like
    f(x_t) - f* for t = 1 ... T.

Examples
--------
>>> import numpy as np
>>> from scheduled.pep import PepProblem, certify_lower
>>> certify_lower(PepProblem([0.5]), np.ones((2, 2)), [1.0]).bound <= 1.0
True
)doc";

constexpr const char* upper_doc = R"doc(An upper bound on the worst case from any candidate multipliers.

Parameters
----------
problem : PepProblem
pair : array_like
    (T + 1) x (T + 1): entry (i, j) is the multiplier of f_i >= f_j + <g_j, x_i - x_j>; 0 is x*.
grad_norm : array_like
    T multipliers, of ||g_t||^2 <= G_t^2.
distance : float
    The multiplier of ||x_1 - x*||^2 <= D^2.

Examples
--------
>>> from scheduled.pep import PepProblem, certify_upper
>>> certify_upper(PepProblem([0.5]), [[0, 1], [0, 0]], [0.5], 0.5).bound >= 1.0
True
)doc";

constexpr const char* available_doc = R"doc(True where the solver is found and may be executed.

Examples
--------
>>> from scheduled.pep import pep_solver_available
>>> pep_solver_available("no such program")
False
)doc";

constexpr const char* solve_doc = R"doc(Solves the problem with CSDP and verifies the answer.

Nothing that the solver says is trusted: both bounds are recomputed from the data.

Parameters
----------
problem : PepProblem
method : {'reduced', 'full'}
    'reduced' hands over only constraints that can bind; 'full' all of them (T up to about 60).
tolerance : float
    Relative gap (upper - lower) / upper at which to stop, within [1e-12, 1].
rounds : int
    At most that many calls of the solver.
solver : str
    CSDP's program: a name searched on PATH, or a path.

Returns
-------
PepResult
    With `converged` False the interval is wider than asked for, but holds.

Raises
------
PepSolverError
    Where the solver is missing, failed or wrote nonsense.

Examples
--------
>>> from scheduled.pep import PepProblem, pep_solver_available, solve_pep
>>> found = solve_pep(PepProblem([4 / 15] * 3)) if pep_solver_available() else None
>>> found is None or found.lower.bound <= 0.6 <= found.upper.bound < 0.600001
True
)doc";

/// A candidate's matrix, row by row; of any shape, as its size is checked by the library.
Values<double> flat(const ArrayLike& argument, const char* name) {
  const nb::object array = nb::module_::import_("numpy").attr("ravel")(argument);
  return {nb::borrow<ArrayLike>(array), name};
}

/// (T+1) x (T+1).
FloatArray square(const std::vector<double>& values, std::size_t side) {
  return nb::borrow<FloatArray>(to_numpy(values).attr("reshape")(side, side));
}

PepOptions::Method parse_method(std::string_view name) {
  if (name == "reduced") return PepOptions::Method::reduced;
  if (name == "full") return PepOptions::Method::full;
  throw std::invalid_argument("method = '" + std::string(name) + "': must be 'reduced' or 'full'");
}

void bind_problem(nb::module_& m) {
  nb::class_<PepProblem>(m, "PepProblem", problem_doc)
      .def(
          "__init__",
          [](PepProblem* self, const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
            const Values<double> rates(lr, "lr");
            const GradNormArgument norms(grad_norm);
            new (self) PepProblem(rates.span(), norms.get(), distance);
          },
          nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0)
      .def_prop_ro("steps", &PepProblem::steps, "T.")
      .def_prop_ro(
          "lr",
          [](const PepProblem& self) {
            return to_numpy({self.lr().begin(), self.lr().end()});
          },
          "The rates, a copy.")
      .def_prop_ro(
          "grad_norm",
          [](const PepProblem& self) {
            return to_numpy({self.grad_norm().begin(), self.grad_norm().end()});
          },
          "The grad norms, one per step, a copy.")
      .def_prop_ro("distance", &PepProblem::distance, "D.")
      .def("__repr__", [](const PepProblem& self) { return "PepProblem(steps=" + std::to_string(self.steps()) + ")"; });
}

void bind_bounds(nb::module_& m) {
  nb::class_<PepLower>(m, "PepLower", "A lower bound, and how far its candidate was from feasible before repair.")
      .def_ro("bound", &PepLower::bound, "The bound, in units of the loss.")
      .def_ro("psd_distance", &PepLower::psd_distance, "How negative the Gram matrix's smallest eigenvalue was.")
      .def_ro("violation", &PepLower::violation, "The largest violation of any constraint, relative.")
      .def_ro("mixed", &PepLower::mixed, "Share of a strictly feasible point that the repair mixed in.")
      .def("__repr__", [](const PepLower& self) { return "PepLower(bound=" + format_number(self.bound) + ")"; });
  nb::class_<PepUpper>(m, "PepUpper", "An upper bound, and how far its candidate was from feasible before repair.")
      .def_ro("bound", &PepUpper::bound, "The bound, in units of the loss; infinite where nothing was usable.")
      .def_ro("psd_distance", &PepUpper::psd_distance, "How negative the slack matrix's smallest eigenvalue was.")
      .def_ro("clipped", &PepUpper::clipped, "The most negative multiplier, as a positive number.")
      .def_ro("imbalance", &PepUpper::imbalance, "The largest residual of the equations on the multipliers.")
      .def("__repr__", [](const PepUpper& self) { return "PepUpper(bound=" + format_number(self.bound) + ")"; });
}

void bind_result(nb::module_& m) {
  nb::class_<PepResult>(m, "PepResult", "A certified interval that holds the worst case.")
      .def_ro("lower", &PepResult::lower, "The best lower bound.")
      .def_ro("upper", &PepResult::upper, "The best upper bound.")
      .def_ro("converged", &PepResult::converged, "The gap is within the tolerance.")
      .def_prop_ro("gap", &PepResult::gap, "upper.bound - lower.bound.")
      .def_ro("rounds", &PepResult::rounds, "Calls of the solver.")
      .def_ro("released", &PepResult::released, "Constraints that turned out not to bind.")
      .def_ro("added", &PepResult::added, "Constraints brought in because they were violated.")
      .def_ro("solver_status", &PepResult::solver_status, "CSDP's exit code in the last round.")
      .def_ro("solver_seconds", &PepResult::solver_seconds, "Processor time of all calls.")
      .def_prop_ro(
          "gram", [](const PepResult& self) { return square(self.primal.gram, self.primal.value.size() + 1); },
          "Gram matrix of (x_1 - x*, g_1, ..., g_T) that the lower bound was made from.")
      .def_prop_ro(
          "value", [](const PepResult& self) { return to_numpy(self.primal.value); },
          "f(x_t) - f* that the lower bound was made from.")
      .def_prop_ro(
          "pair", [](const PepResult& self) { return square(self.dual.pair, self.dual.grad_norm.size() + 1); },
          "Multipliers of the pairs that the upper bound was made from; see certify_upper.")
      .def_prop_ro(
          "grad_norm", [](const PepResult& self) { return to_numpy(self.dual.grad_norm); },
          "Multipliers of the grad norms that the upper bound was made from.")
      .def_prop_ro(
          "distance", [](const PepResult& self) { return self.dual.distance; },
          "Multiplier of the distance that the upper bound was made from.")
      .def("__repr__", [](const PepResult& self) {
        return "PepResult(lower=" + format_number(self.lower.bound) + ", upper=" + format_number(self.upper.bound) +
               ", converged=" + (self.converged ? "True" : "False") + ")";
      });
}

void bind_functions(nb::module_& m) {
  m.def(
      "sdpa_text",
      [](const PepProblem& problem) {
        return without_gil([&] {
          std::ostringstream out;
          write_sdpa(out, problem);
          return std::move(out).str();
        });
      },
      nb::arg("problem"), sdpa_doc);
  m.def(
      "certify_lower",
      [](const PepProblem& problem, const ArrayLike& gram, const ArrayLike& value) {
        const PepPrimal primal{flat(gram, "gram").copy(), Values<double>(value, "value").copy()};
        return without_gil([&] { return certify_lower(problem, primal); });
      },
      nb::arg("problem"), nb::arg("gram"), nb::arg("value"), lower_doc);
  m.def(
      "certify_upper",
      [](const PepProblem& problem, const ArrayLike& pair, const ArrayLike& grad_norm, double distance) {
        const PepDual dual{flat(pair, "pair").copy(), Values<double>(grad_norm, "grad_norm").copy(), distance};
        return without_gil([&] { return certify_upper(problem, dual); });
      },
      nb::arg("problem"), nb::arg("pair"), nb::arg("grad_norm"), nb::arg("distance"), upper_doc);
  m.def("pep_solver_available", &pep_solver_available, nb::arg("solver") = "csdp", available_doc);
  m.def(
      "solve_pep",
      [](const PepProblem& problem, std::string_view method, double tolerance, int rounds, const std::string& solver) {
        const PepOptions options{parse_method(method), tolerance, rounds, solver};
        return without_gil([&] { return solve_pep(problem, options); });
      },
      nb::arg("problem"), nb::arg("method") = "reduced", nb::arg("tolerance") = PepOptions{}.tolerance,
      nb::arg("rounds") = PepOptions{}.rounds, nb::arg("solver") = "csdp", solve_doc);
}

}  // namespace
}  // namespace scheduled::python

NB_MODULE(_pep, m) {
  using namespace scheduled::python;
  m.doc() = "The performance-estimation SDP of a schedule; use scheduled.pep.";
  nb::module_::import_("scheduled._core");  // its translator makes ArgumentError of our exceptions, too
  nb::exception<scheduled::PepSolverError>(m, "PepSolverError", PyExc_RuntimeError).attr("__doc__") =
      "The outside solver is missing, failed or wrote nonsense; the text says what to do.";
  bind_problem(m);
  bind_bounds(m);
  bind_result(m);
  bind_functions(m);
}
