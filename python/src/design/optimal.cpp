#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* optimal_doc =
    R"doc(The learning rates with the smallest last-iterate bound of all, in closed form.

For one grad norm this is linear decay but for a small uptick in the last step.

Parameters
----------
T : int
    Steps, at least 1.
grad_norm : float or array_like
    G: one number, or at least T values; finite and > 0, for with a grad norm of 0 no rate is too
    large.
distance : float
    D: distance of the start from the optimum, > 0.

Returns
-------
OptimalSchedule

Examples
--------
>>> from scheduled import Schedule, best_base_lr, optimal_schedule
>>> best = optimal_schedule(400)
>>> round(best.bound, 6), round(best_base_lr(Schedule("linear(steps=401)")).bound, 6)
(0.100187, 0.10063)
>>> best.lr[:2]
array([0.0498435 , 0.04971843])

As a schedule:

>>> Schedule.from_values(best.lr).steps
400
)doc";

constexpr const char* worst_case_optimal_doc =
    R"doc(The learning rates with the smallest worst case of all.

For one grad norm these are the steps (D / (G sqrt(T))) (1 - t / T) of Zamani and Glineur, with
`minimax_rate`, which no method beats. The last iterate does not depend on the last rate; it is set
to what makes the bound smallest given the others.

Parameters are those of `optimal_schedule`.

Examples
--------
>>> from scheduled import minimax_rate, worst_case_optimal_schedule
>>> best = worst_case_optimal_schedule(4)
>>> best.bound == minimax_rate(4)
True
>>> best.lr[:3]
array([0.375, 0.25 , 0.125])
)doc";

constexpr const char* compare_optima_doc = R"doc(Both optima, each judged by both criteria.

Parameters are those of `optimal_schedule`.

Returns
-------
OptimaCompared

Examples
--------
>>> from scheduled import compare_optima
>>> found = compare_optima(400)
>>> round(found.omega_optimal.omega, 6), round(found.omega_optimal.worst_case, 6)
(0.100187, 0.050135)
>>> round(found.worst_case_optimal.omega, 6), round(found.worst_case_optimal.worst_case, 6)
(0.100308, 0.05)
)doc";

}  // namespace

void bind_optimal(nb::module_& m) {
  bind<OptimalSchedule>(m);
  bind<BothBounds>(m);
  bind<OptimaCompared>(m);
  m.def(
      "optimal_schedule",
      [](std::int64_t T, const ArrayLike& grad_norm, double distance) {
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return optimal_schedule(T, norms.get(), distance); });
      },
      nb::arg("T"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, optimal_doc);
  m.def(
      "worst_case_optimal_schedule",
      [](std::int64_t T, const ArrayLike& grad_norm, double distance) {
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return worst_case_optimal_schedule(T, norms.get(), distance); });
      },
      nb::arg("T"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, worst_case_optimal_doc);
  m.def(
      "compare_optima",
      [](std::int64_t T, const ArrayLike& grad_norm, double distance) {
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return compare_optima(T, norms.get(), distance); });
      },
      nb::arg("T"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, compare_optima_doc);
}

}  // namespace scheduled::python
