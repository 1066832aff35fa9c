#include "scheduled/bound.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"
#include "scheduled/design.hpp"

namespace scheduled::python {
namespace {

constexpr const char* worst_case_doc = R"doc(The exact worst case of the last iterate.

The largest f(x_T) - f* over convex functions f with subgradients of norm at most G_t, from the
distance D: exact, and proven, where the result says so. Never above `omega`, and for one grad norm
never below `minimax_rate`.

Parameters
----------
lr : array_like
    Rates of the steps 1 ... T, finite and >= 0. The last one is checked but not used: x_T is
    reached before it.
grad_norm : float or array_like
    G: one number, or one per step; finite and >= 0.
distance : float
    D: distance of the start from the optimum, > 0.

Returns
-------
WorstCase

Examples
--------
>>> from scheduled import worst_case
>>> found = worst_case([4 / 15, 4 / 15, 4 / 15])
>>> round(found.value, 12), found.end
(0.6, 'boundary')
)doc";

constexpr const char* best_scale_doc = R"doc(The factor of all rates with the smallest worst case.

Parameters are those of `worst_case`.

Examples
--------
>>> from scheduled import worst_case_best_scale
>>> best = worst_case_best_scale([1.0, 1.0, 1.0])
>>> round(best.scale, 12), round(best.worst_case.value, 12)
(0.266666666667, 0.6)
)doc";

constexpr const char* worst_case_at_doc = R"doc(The worst case after chosen numbers of steps.

Parameters
----------
lr, grad_norm, distance
    As for `worst_case`.
t : array_like of int
    1-based steps, between 1 and T, in any order.

Examples
--------
>>> from scheduled import worst_case_at
>>> worst_case_at([0.5, 0.5, 0.5], t=[1, 2])
array([1.  , 0.75])
)doc";

constexpr const char* minimax_rate_doc = R"doc(D G / sqrt(T): no method that sees T subgradients can promise less.

Parameters
----------
T : int
    Steps, >= 1.
grad_norm, distance : float
    G, >= 0, and D, > 0.

Examples
--------
>>> from scheduled import minimax_rate
>>> minimax_rate(100, grad_norm=2.0)
0.2
)doc";

constexpr const char* schedule_worst_case_doc = R"doc(The worst case of a schedule at its own and at its best peak.

Parameters
----------
schedule : Schedule
grad_norm : float or array_like
    G: one number, or one per step.
distance : float
    D: distance of the start from the optimum, > 0.
T : int, optional
    After how many steps; without it at the horizon. Zeros at the end of the rates are left out.

Returns
-------
ScheduleWorstCase

Examples
--------
>>> from scheduled import Schedule, schedule_worst_case
>>> found = schedule_worst_case(Schedule("linear(steps=61)"))
>>> round(found.best.peak, 6), round(found.best.worst_case.value / found.minimax, 4)
(0.124591, 1.0027)
)doc";

}  // namespace

void bind_worst_case(nb::module_& m) {
  bind<WorstCase>(m);
  bind<WorstCaseScale>(m);
  bind<WorstCaseAtPeak>(m);
  bind<ScheduleWorstCase>(m);
  m.def(
      "worst_case",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
        const Values<double> rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return worst_case(rates.span(), norms.get(), distance); });
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, worst_case_doc);
  m.def(
      "worst_case_best_scale",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
        const Values<double> rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return worst_case_best_scale(rates.span(), norms.get(), distance); });
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, best_scale_doc);
  m.def(
      "worst_case_at",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance, const ArrayLike& t) {
        const Values<double> rates(lr, "lr");
        const Values<std::int64_t> places(t, "t");
        const GradNormArgument norms(grad_norm);
        return to_numpy(without_gil([&] { return worst_case_at(rates.span(), norms.get(), distance, places.span()); }));
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::kw_only(), nb::arg("t"),
      worst_case_at_doc);
  m.def("minimax_rate", &minimax_rate, nb::arg("T"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0,
        minimax_rate_doc);
  m.def(
      "schedule_worst_case",
      [](const Schedule& schedule, const ArrayLike& grad_norm, double distance, std::optional<std::int64_t> T) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, Criterion::omega};
        return without_gil([&] { return schedule_worst_case(schedule, settings); });
      },
      nb::arg("schedule"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::arg("T") = nb::none(),
      schedule_worst_case_doc);
}

}  // namespace scheduled::python
