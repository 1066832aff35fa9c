// The performance-estimation SDP.
#include "scheduled/pep.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/tuple.h>

#include <sstream>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "modules.hpp"
#include "pep/records.hpp"

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

constexpr const char* solve_average_doc =
    R"doc(The largest f(xbar) - f* for an average of the iterates x_1 ... x_T, by CSDP; nothing is certified.

Parameters
----------
problem : PepProblem
    T up to about 40.
weights : array_like
    T values, divided by their sum.
solver : str
    The program to run.

Examples
--------
>>> from scheduled.pep import PepProblem, solve_pep_average
>>> problem = PepProblem([0.5, 0.5], 1.0, 1.0)
>>> round(solve_pep_average(problem, [1, 1]).primal, 6)  # doctest: +SKIP
0.75
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
      .def("__repr__", [](const PepProblem& self) { return "PepProblem(steps=" + std::to_string(self.steps()) + ")"; })
      .def(
          "__getstate__",
          [](const PepProblem& self) {
            return nb::make_tuple(to_numpy({self.lr().begin(), self.lr().end()}),
                                  to_numpy({self.grad_norm().begin(), self.grad_norm().end()}), self.distance());
          },
          nb::sig("def __getstate__(self) -> tuple[object, ...]"))
      .def(
          "__setstate__",
          [](PepProblem* self, const std::tuple<ArrayLike, ArrayLike, double>& state) {
            const auto& [lr, grad_norm, distance] = state;
            const Values<double> rates(lr, "state");
            const Values<double> norms(grad_norm, "state");
            new (self) PepProblem(rates.span(), norms.span(), distance);
          },
          nb::sig("def __setstate__(self, state: tuple[object, ...], /) -> None"));
}

void bind_result(nb::module_& m) {
  bind<PepLower>(m);
  bind<PepUpper>(m);
  bind<PepPrimal>(m).def_prop_ro(
      "gram", [](const PepPrimal& self) { return square(self.gram, self.value.size() + 1); },
      "Gram matrix of (x_1 - x*, g_1, ..., g_T), a copy.");
  bind<PepDual>(m).def_prop_ro(
      "pair", [](const PepDual& self) { return square(self.pair, self.grad_norm.size() + 1); },
      "Multipliers of the pairs, see certify_upper; a copy.");
  bind<PepAverage>(m);
  bind<PepResult>(m)
      .def_prop_ro(
          "gram", [](const PepResult& self) { return square(self.primal.gram, self.primal.value.size() + 1); },
          "`primal.gram`.")
      .def_prop_ro(
          "value", [](const PepResult& self) { return to_numpy(self.primal.value); }, "`primal.value`, a copy.")
      .def_prop_ro(
          "pair", [](const PepResult& self) { return square(self.dual.pair, self.dual.grad_norm.size() + 1); },
          "`dual.pair`.")
      .def_prop_ro(
          "grad_norm", [](const PepResult& self) { return to_numpy(self.dual.grad_norm); }, "`dual.grad_norm`, a copy.")
      .def_prop_ro(
          "distance", [](const PepResult& self) { return self.dual.distance; }, "`dual.distance`.");
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
        const PepOptions options{parse_word<PepOptions::Method>("method", method), tolerance, rounds, solver};
        return without_gil([&] { return solve_pep(problem, options); });
      },
      nb::arg("problem"), nb::arg("method") = "reduced", nb::arg("tolerance") = PepOptions{}.tolerance,
      nb::arg("rounds") = PepOptions{}.rounds, nb::arg("solver") = "csdp", solve_doc);
  m.def(
      "solve_pep_average",
      [](const PepProblem& problem, const ArrayLike& weights, const std::string& solver) {
        const Values<double> shares(weights, "weights");
        return without_gil([&] { return solve_pep_average(problem, shares.span(), solver); });
      },
      nb::arg("problem"), nb::arg("weights"), nb::arg("solver") = "csdp", solve_average_doc);
}

}  // namespace

void bind_pep(nb::module_& m) {
  nb::exception<PepSolverError>(m, "PepSolverError", PyExc_RuntimeError).attr("__doc__") =
      "The outside solver is missing, failed or wrote nonsense; the text says what to do.";
  bind_problem(m);
  bind_result(m);
  bind_functions(m);
}

}  // namespace scheduled::python
