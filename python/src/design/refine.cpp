#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* refine_doc = R"doc(A schedule from the gradient norms that a run logged.

The norms give weights, w = 1 / G^2 or 1 / G, and the rates are w_t (w_{t+1} + ... + w_T), divided
by the largest; the base learning rate is then to be tuned.

Parameters
----------
grad_norm : array_like
    Norms along the run, > 0. Those that are not finite are dropped: they mark skipped steps.
norm : {'l2', 'l1'}
    'l2' for SGD and Euclidean norms, 'l1' for Adam and sums of absolute values.
width : float
    Width of the median filter as a share of the series, 0 to 1; 0: no filter.
steps : int, optional
    Steps of the schedule, at least 2; the norms are then read off along the run. Without it, one
    per norm that is finite.
close : float
    A named schedule is reported up to this distance, 0 to 1.

Returns
-------
RefinedSchedule

Examples
--------
>>> import numpy as np
>>> from scheduled import refine
>>> refined = refine(np.ones(500), steps=50_000)
>>> refined.schedule.steps, str(refined.nearest.schedule)
(50000, 'linear(steps=50000, peak=1)')

From a log: `refine_log`.
)doc";

constexpr const char* median_doc =
    R"doc(Running median; reflected at the end, continued by the first value at the start.

Parameters
----------
values : array_like
    Finite.
width : int
    Odd, at least 1 and below twice the number of values.

Examples
--------
>>> from scheduled import median_filter
>>> median_filter([1.0, 9.0, 2.0, 3.0, 2.0], 3)
array([1., 2., 3., 2., 3.])
)doc";

constexpr const char* nearest_doc = R"doc(The named schedule nearest to given rates, in the mean square.

Parameters
----------
lr : array_like
    At least 2 rates, finite and >= 0, one of them > 0.

Returns
-------
NearestSpec

Notes
-----
A fit of warmup, cooldown and its shape from several starts; not provably the nearest.

Examples
--------
>>> from scheduled import nearest_spec, optimal_schedule
>>> nearest = nearest_spec(optimal_schedule(1000).lr)
>>> nearest.schedule.name, nearest.distance < 0.01
('linear', True)
)doc";

}  // namespace

void bind_refine(nb::module_& m) {
  bind<NearestSpec>(m);
  bind<RefinedSchedule>(m);
  m.def(
      "refine",
      [](const ArrayLike& grad_norm, std::string_view norm, double width, std::optional<std::int64_t> steps,
         double close) {
        const Values<double> norms(grad_norm, "grad_norm");
        const RefineSettings settings{parse_word<NormKind>("norm", norm), width, steps, close};
        return without_gil([&] { return refine(norms.span(), settings); });
      },
      nb::arg("grad_norm"), nb::arg("norm") = "l2", nb::arg("width") = RefineSettings{}.width,
      nb::arg("steps") = nb::none(), nb::arg("close") = RefineSettings{}.close, refine_doc);
  m.def(
      "median_filter",
      [](const ArrayLike& values, std::int64_t width) {
        const Values<double> series(values, "values");
        return to_numpy(without_gil([&] { return median_filter(series.span(), width); }));
      },
      nb::arg("values"), nb::arg("width"), median_doc);
  m.def(
      "nearest_spec",
      [](const ArrayLike& lr) {
        const Values<double> rates(lr, "lr");
        return without_gil([&] { return nearest_spec(rates.span()); });
      },
      nb::arg("lr"), nearest_doc);
}

}  // namespace scheduled::python
