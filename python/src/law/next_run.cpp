#include "scheduled/error.hpp"
#include "scheduled/law_design.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <new>

#include "base/text.hpp"
#include "law/design_records.hpp"
#include "law/rates.hpp"

namespace scheduled::python {
namespace {

constexpr const char* experiment_doc = R"doc(A run that could be made.

Parameters
----------
name : str
lr : Schedule or array_like
    All its rates, from update 1 on.
shared : int
    The first of them, which a run that there is already made: a branch.

Examples
--------
>>> from scheduled import Schedule
>>> from scheduled.law import Experiment
>>> Experiment("short", Schedule("linear(steps=300)")).shared
0
)doc";

constexpr const char* next_doc = R"doc(Which run to make next, so that an asked loss is known better.

By the posterior of the law's parameters around the fit: how much the losses of each run that could
be made would narrow the interval of the asked one.

Parameters
----------
fitted : FittedLaw
    The law 'noise' knows best what another peak leaves open.
runs : sequence of FitRun
    Those of the fit.
asked : Schedule or array_like
    All rates of the schedule whose last loss is wanted.
experiments : sequence of Experiment, optional
    Default: `usual_experiments`.
noise : float
    Least standard deviation of a loss around the law, of its logarithm.
between : float
    Of runs of one schedule from each other, of the logarithm.
peak : float
    Of the exponent by which another peak may change progress, for laws without a parameter for it.
branch, whole : float
    Of the logarithm of progress, by which a branch and a whole run of its own depart from the law.
enough : float
    The best is the cheapest that narrows at least this share of what any does, of those at the
    asked peak where there are any.

Returns
-------
NextRun

Examples
--------
>>> import numpy as np
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, Law, fit_law, next_run
>>> step = np.arange(100, 1001, 50)
>>> parameters = {"L0": 2.6, "A": 0.4, "alpha": 0.5, "B": 0.3, "C": 40.0, "beta": 0.5, "gamma": 0.5}
>>> truth = Law("multi-power", parameters)
>>> trunk = Schedule("constant(steps=1000)")
>>> runs = [FitRun("trunk", trunk, step, truth.curve(trunk, step))]
>>> found = next_run(fit_law(runs, "multi-power").fitted, runs, Schedule("linear(steps=1000)"))
>>> "cooldown of trunk" in found.experiments[found.best].name
True
)doc";

constexpr const char* usual_doc = R"doc(Runs that are usually worth a thought.

Cooldowns of the longest plateau among the runs, more of that plateau, and the asked schedule at a
half and a quarter of its length.

Parameters
----------
runs : sequence of FitRun
asked : Schedule or array_like

Returns
-------
list of Experiment

Examples
--------
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, usual_experiments
>>> runs = [FitRun("trunk", Schedule("constant(steps=1000)"), [500, 1000], [3.0, 2.8])]
>>> [one.name for one in usual_experiments(runs, Schedule("linear(steps=1000)"))][:2]
['10 % linear cooldown of trunk from 900', '20 % linear cooldown of trunk from 800']
)doc";

}  // namespace

void bind_next_run(nb::module_& m) {
  bind<Experiment>(m, experiment_doc)
      .def(
          "__init__",
          [](Experiment* self, std::string name, const RatesLike& lr, std::int64_t shared) {
            new (self) Experiment{std::move(name), read_rates(lr, "lr"), shared};
          },
          nb::arg("name"), nb::arg("lr"), nb::arg("shared") = 0);
  bind<ExperimentValue>(m);
  bind<NextRun>(m);
  m.def(
      "next_run",
      [](const FittedLaw& fitted, const std::vector<FitRun>& runs, const RatesLike& asked,
         const std::optional<std::vector<Experiment>>& experiments, double noise, double between, double peak,
         double branch, double whole, double enough) {
        const std::vector<double> rates = read_rates(asked, "asked");
        return without_gil([&] {
          return next_run(fitted, runs, rates, experiments ? *experiments : usual_experiments(runs, rates),
                          {noise, between, peak, branch, whole, enough});
        });
      },
      nb::arg("fitted"), nb::arg("runs"), nb::arg("asked"), nb::arg("experiments") = nb::none(), nb::kw_only(),
      nb::arg("noise") = NextRunOptions{}.noise, nb::arg("between") = NextRunOptions{}.between,
      nb::arg("peak") = NextRunOptions{}.peak, nb::arg("branch") = NextRunOptions{}.branch,
      nb::arg("whole") = NextRunOptions{}.whole, nb::arg("enough") = NextRunOptions{}.enough, next_doc);
  m.def(
      "usual_experiments",
      [](const std::vector<FitRun>& runs, const RatesLike& asked) {
        const std::vector<double> rates = read_rates(asked, "asked");
        return without_gil([&] { return usual_experiments(runs, rates); });
      },
      nb::arg("runs"), nb::arg("asked"), usual_doc);
}

}  // namespace scheduled::python
