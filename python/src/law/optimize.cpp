#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/text.hpp"
#include "law/design_records.hpp"
#include "law/rates.hpp"
#include "scheduled/error.hpp"
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled::python {
namespace {

constexpr const char* optimize_doc = R"doc(The schedule with the smallest final loss that a law predicts.

Of all rates that rise linearly through the warmup, then never rise, and stay at or below the cap.

Parameters
----------
law : Law
steps : int
warmup : int
    Steps of a linear warmup.
cap : float, optional
    No rate is above it. Default: the law's reference rate, for a fitted law the highest rate
    that any run had.
tolerance : float
    What may still be won to the first order, in units of the loss.
stairs : bool
    The multi-power law credits a sudden drop with the speed of the lower rate, so that by its
    letter stairs beat slopes. Without `stairs` a drop counts as a steep slope.

Returns
-------
LawOptimum

Examples
--------
>>> from scheduled.law import Law, optimize
>>> law = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
>>> best = optimize(law, 1000, warmup=100)
>>> best.converged, float(best.lr.max())
(True, 1.0)
)doc";

constexpr const char* optimize_seen_doc = R"doc(The best schedule by a law of those whose decay some fitted run has.

Linear warmup, a constant rate of at most the cap, then the decay of a fitted run over a share of
the run at most 1.5 times as long or short as those that were fitted: what real runs vouch for.
None where no fitted run lowers its rate.

Parameters
----------
fitted : FittedLaw
steps : int
warmup : int
cap : float, optional
    No rate is above it; default: the highest rate that was fitted.

Returns
-------
SeenOptimum or None

Examples
--------
>>> import numpy as np
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, Law, fit_law, optimize, optimize_seen
>>> truth = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
>>> step = np.arange(100, 1001, 100)
>>> runs = []
>>> for spec in ["constant(steps=1000)", "wsd(steps=1000)", "linear(steps=1000)"]:
...     schedule = Schedule(spec)
...     runs.append(FitRun(spec, schedule, step, truth.curve(schedule, step)))
>>> fitted = fit_law(runs, "momentum").fitted
>>> seen = optimize_seen(fitted, 1000)
>>> seen.run, optimize(fitted.law, 1000).loss <= seen.loss + 1e-5
('wsd(steps=1000)', True)
)doc";

constexpr const char* peak_doc = R"doc(The peak of a schedule with the smallest final loss by a law, up to a cap.

Parameters
----------
law : Law
schedule : Schedule
    With a horizon; its own peak does not matter.
cap : float

Returns
-------
LawPeak

Examples
--------
>>> from scheduled import Schedule
>>> from scheduled.law import Law, best_peak
>>> law = Law("bu", {"L_inf": 2.5, "a": 4.0, "b": 0.1})
>>> best = best_peak(law, Schedule("constant(steps=1000)"), cap=1.0)
>>> round(best.peak, 3), round(best.loss, 3)
(0.2, 2.54)
)doc";

constexpr const char* gradient_doc = R"doc(Final loss by a law, and its derivative in every rate.

Parameters
----------
law : Law
    Any but 'worst-case'.
lr : Schedule or array_like

Returns
-------
tuple of float and numpy.ndarray

Examples
--------
>>> from scheduled.law import Law, loss_gradient
>>> law = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
>>> loss, gradient = loss_gradient(law, [1.0, 1.0, 0.5])
>>> gradient.shape
(3,)
)doc";

constexpr const char* functional_doc = R"doc(The best schedule by a functional law: plateau and power decay.

For a given progress the exact minimum of the law under the cap; 2602.06797 has its limit for long
runs.

Parameters
----------
law : Law
    Of the kind 'functional'.
steps : int
warmup : int
    Steps of a linear warmup.
cap : float, optional
    No rate is above it. Default: the law's reference rate, for a fitted law the highest rate
    that any run had.

Returns
-------
FunctionalOptimum

Examples
--------
>>> from scheduled.law import Law, functional_optimum
>>> law = Law("functional", {"L0": 2.0, "A": 0.3, "s": 0.5, "B": 0.2, "C": 100.0, "beta": 1.5}, reference_sum=1000.0)
>>> best = functional_optimum(law, 4000)
>>> best.exponent, best.at_cap, best.decay < 4000
(2.0, True, True)
)doc";

constexpr const char* exponents_doc = R"doc(The exponents of a fitted functional law with their 90 % intervals.

Parameters
----------
fitted : FittedLaw
    Of the kind 'functional'.

Returns
-------
FunctionalExponents

Examples
--------
>>> import numpy as np
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, Law, fit_law, functional_exponents
>>> parameters = {"L0": 2.0, "A": 0.3, "s": 0.5, "B": 0.2, "C": 100.0, "beta": 1.5}
>>> truth = Law("functional", parameters, reference_sum=1000.0)
>>> step = np.arange(50, 1001, 25)
>>> runs = []
>>> for spec in ["constant(steps=1000)", "wsd(steps=1000, cooldown=40%)", "constant(steps=1000, peak=0.3)"]:
...     schedule = Schedule(spec)
...     runs.append(FitRun(spec, schedule, step, truth.curve(schedule, step)))
>>> found = functional_exponents(fit_law(runs, "functional").fitted)
>>> round(found.s.value, 2), found.beta.lower < 1.5 < found.beta.upper
(0.5, True)
)doc";

}  // namespace

void bind_optimize(nb::module_& m) {
  bind<LawOptimum>(m);
  bind<LawPeak>(m);
  bind<SeenOptimum>(m);
  m.def(
      "optimize_seen",
      [](const FittedLaw& fitted, std::int64_t steps, std::int64_t warmup, std::optional<double> cap) {
        return without_gil(
            [&] { return optimize_seen(fitted, steps, LawOptimizeOptions{.warmup = warmup, .cap = cap}); });
      },
      nb::arg("fitted"), nb::arg("steps"), nb::arg("warmup") = 0, nb::arg("cap") = nb::none(), optimize_seen_doc);
  bind<FunctionalOptimum>(m);
  bind<FunctionalExponents>(m);
  m.def(
      "functional_optimum",
      [](const Law& law, std::int64_t steps, std::int64_t warmup, std::optional<double> cap) {
        return without_gil([&] { return functional_optimum(law, steps, {warmup, cap}); });
      },
      nb::arg("law"), nb::arg("steps"), nb::arg("warmup") = 0, nb::arg("cap") = nb::none(), functional_doc);
  m.def(
      "functional_exponents",
      [](const FittedLaw& fitted) { return without_gil([&] { return functional_exponents(fitted); }); },
      nb::arg("fitted"), exponents_doc);
  m.def(
      "optimize",
      [](const Law& law, std::int64_t steps, std::int64_t warmup, std::optional<double> cap, double tolerance,
         bool stairs) {
        const Falls falls = stairs ? Falls::as_the_law : Falls::slope;
        const LawOptimizeOptions options{.warmup = warmup, .cap = cap, .falls = falls, .tolerance = tolerance};
        return without_gil([&] { return optimize_law(law, steps, options); });
      },
      nb::arg("law"), nb::arg("steps"), nb::arg("warmup") = 0, nb::arg("cap") = nb::none(),
      nb::arg("tolerance") = LawOptimizeOptions{}.tolerance, nb::arg("stairs") = false, optimize_doc);
  m.def(
      "best_peak",
      [](const Law& law, const Schedule& schedule, double cap) {
        return without_gil([&] { return best_law_peak(law, schedule, cap); });
      },
      nb::arg("law"), nb::arg("schedule"), nb::arg("cap"), peak_doc);
  m.def(
      "loss_gradient",
      [](const Law& law, const RatesLike& lr) {
        const std::vector<double> rates = read_rates(lr, "lr");
        LawGradient gradient = without_gil([&] { return law_end_gradient(law, rates); });
        return nb::typed<nb::tuple, double, FloatArray>(
            nb::make_tuple(gradient.loss, to_numpy(std::move(gradient.rate))));
      },
      nb::arg("law"), nb::arg("lr"), gradient_doc);
}

}  // namespace scheduled::python
