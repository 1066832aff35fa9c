#include "scheduled/error.hpp"
#include "scheduled/law.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <new>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "law/rates.hpp"

namespace scheduled::python {
namespace {

constexpr const char* run_doc = R"doc(One run to fit: its rates and its losses.

Parameters
----------
name : str
lr : Schedule or array_like
    Rates of the updates 1 ... T.
step : array_like
    Updates after which the losses were measured, increasing, within 1 ... T.
loss : array_like
    One per step, in the same unit in all runs of a fit.

Examples
--------
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun
>>> FitRun("short", Schedule("linear(steps=300)"), [100, 200, 300], [4.0, 3.5, 3.3])
<FitRun 'short': 3 losses, 300 updates>
)doc";

constexpr const char* fit_run_doc = R"doc(The losses of a log, its rates made one per update up to its last row.

Parameters
----------
log : RunLog
column : str
first_step : int, optional
    Earlier losses are left out: laws do not describe the first steps of a run. None: 5 % of this run; of
    runs of different lengths `fit_runs` leaves out 5 % of the longest, as the command does.
warmup : int, optional
    Length of a linear warmup from 0 that precedes the first logged row; 0: none; None: what a rise of the
    first rows tells (`LogDescription.head`).
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Examples
--------
>>> from scheduled import parse_log
>>> from scheduled.law import fit_run
>>> fit_run(parse_log("run", "step,lr,val_loss\n10,1,4\n20,1,3\n"), first_step=11)
<FitRun 'run': 1 losses, 20 updates>
)doc";

constexpr const char* fit_branch_doc = R"doc(A branch of a run that is fitted, too: only its own losses count.

Parameters
----------
base, branch : RunLog
    The run that was left, and the branch from that step on.
column, first_step, warmup, max_gap
    As for `fit_run`.

Examples
--------
>>> from scheduled import parse_log
>>> from scheduled.law import fit_branch
>>> base = parse_log("base", "step,lr,val_loss\n10,1,4\n20,1,3\n30,1,2.9\n")
>>> branch = parse_log("branch", "step,lr,val_loss\n20,1,3\n30,0,2.5\n")
>>> fit_branch(base, branch).loss
array([2.5])
)doc";

constexpr const char* fit_runs_doc = R"doc(Runs of logs that are fitted together, as `scheduled fit` reads them.

Parameters
----------
logs : sequence of RunLog, or of pairs (base, branch) of them
    A pair is a branch of a run that is fitted, too: only its own losses count.
column : str
    The losses; empty: those that all have.
first_step : int, optional
    Earlier losses are left out; None: 5 % of the longest run.
warmup, max_gap
    As for `fit_run`.

Returns
-------
list of FitRun

Examples
--------
>>> from scheduled import parse_log
>>> from scheduled.law import fit_runs
>>> rows = "".join(f"{step},1,{2 + 9 / step}\n" for step in range(1, 101))
>>> longer = parse_log("longer", "step,lr,val_loss\n" + rows)
>>> shorter = parse_log("shorter", "step,lr,val_loss\n" + "".join(rows.splitlines(True)[:40]))
>>> [int(run.step[0]) for run in fit_runs([longer, shorter])]
[5, 5]
)doc";

constexpr const char* fit_doc = R"doc(Fits a law to several runs with different schedules at once.

Parameters
----------
runs : sequence of FitRun
law : str
    As for `Law`. 'noise' describes real runs best.
log_residuals : bool
    Residuals of the logarithms of losses, else of losses.
huber : float
    Residuals up to this, and at least up to 1e-3 (two runs 1.5e-3, one 3e-3), count squared, larger
    ones linearly; 0: all squared.
prior : float
    Weight of what is known of the parameters from other models; 0: none.
fixed : dict, optional
    Parameters that are not fitted.
bootstrap : int
    Refits with random weights for the runs; intervals are then the wider ones. 0: none.
calibrate : bool
    Widen the intervals of predictions to what leaving runs out shows.
threads : int
    The result has the same bits for every number.

Returns
-------
LawFit

Raises
------
ArgumentError
    Naming the run, the index and what is allowed: too few losses, losses that are all the same,
    not finite, or not > 0 with log residuals.

Examples
--------
>>> import numpy as np
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, Law, fit_law
>>> step = np.arange(100, 1001, 100)
>>> truth = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
>>> runs = []
>>> for spec in ["constant(steps=1000)", "wsd(steps=1000)", "cosine(steps=1000)"]:
...     schedule = Schedule(spec)
...     runs.append(FitRun(spec, schedule, step, truth.curve(schedule, step)))
>>> fit = fit_law(runs, "momentum", prior=0.0)
>>> max(residual.largest for residual in fit.residuals) < 1e-3
True
)doc";

constexpr const char* fitted_doc = R"doc(A law with what is needed to say how sure its predictions are.

Made by `fit_law` or `from_json`; for `predict`, `predict_difference` and `virtual_cooldown`.)doc";

FitRunOptions run_options(const std::string& column, std::optional<std::int64_t> first_step,
                          std::optional<std::int64_t> warmup, std::int64_t max_gap) {
  return {column, first_step, {warmup, max_gap}};
}

/// A run, or a base and its branch.
using LogOrBranch = std::variant<RunLog, std::pair<RunLog, RunLog>>;
OwnRun own_run(const LogOrBranch& log) {
  if (const auto* const whole = std::get_if<RunLog>(&log)) return {whole->name, *whole, {}};
  const auto& [base, branch] = std::get<std::pair<RunLog, RunLog>>(log);
  return {branch.name, branch, std::make_shared<const RunLog>(base)};
}

void bind_runs(nb::module_& m) {
  bind<FitRun>(m, run_doc, Repr::own)
      .def(
          "__init__",
          [](FitRun* self, std::string name, const RatesLike& lr, const ArrayLike& step, const ArrayLike& loss) {
            new (self) FitRun{std::move(name), read_rates(lr, "lr"), Values<std::int64_t>(step, "step").copy(),
                              Values<double>(loss, "loss").copy()};
          },
          nb::arg("name"), nb::arg("lr"), nb::arg("step"), nb::arg("loss"))
      .def("__repr__", [](const FitRun& self) {
        return python_text("<FitRun " + repr_text(self.name) + ": " + std::to_string(self.loss.size()) + " losses, " +
                           std::to_string(self.lr.size()) + " updates>");
      });
  m.def(
      "fit_run",
      [](const RunLog& log, const std::string& column, std::optional<std::int64_t> first_step,
         std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        return without_gil([&] { return fit_run(log, run_options(column, first_step, warmup, max_gap)); });
      },
      nb::arg("log"), nb::arg("column") = "val_loss", nb::arg("first_step") = nb::none(),
      nb::arg("warmup") = nb::none(), nb::arg("max_gap") = 0, fit_run_doc);
  m.def(
      "fit_branch",
      [](const RunLog& base, const RunLog& branch, const std::string& column, std::optional<std::int64_t> first_step,
         std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        return without_gil([&] { return fit_branch(base, branch, run_options(column, first_step, warmup, max_gap)); });
      },
      nb::arg("base"), nb::arg("branch"), nb::arg("column") = "val_loss", nb::arg("first_step") = nb::none(),
      nb::arg("warmup") = nb::none(), nb::arg("max_gap") = 0, fit_branch_doc);
  m.def(
      "fit_runs",
      [](const std::vector<LogOrBranch>& logs, const std::string& column, std::optional<std::int64_t> first_step,
         std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        std::vector<OwnRun> runs;
        for (const LogOrBranch& log : logs) runs.push_back(own_run(log));
        return without_gil([&] { return fit_runs(runs, column, first_step, {warmup, max_gap}); });
      },
      nb::arg("logs"), nb::arg("column") = "", nb::arg("first_step") = nb::none(), nb::arg("warmup") = nb::none(),
      nb::arg("max_gap") = 0, fit_runs_doc);
}

void bind_fitted(nb::module_& m) {
  bind<SeenRun>(m);
  bind<FittedLaw>(m, fitted_doc, Repr::own)
      .def("to_json", &print_fitted_law, "Exact text, which `from_json` and the command read.")
      .def_static("from_json", &parse_fitted_law, nb::arg("text"), "A fitted law from `to_json`'s text.")
      .def("__repr__", [](const FittedLaw& self) {
        return "<FittedLaw '" + std::string(law_name(self.law.kind)) + "', noise " + format_number(self.noise) + ">";
      });
}

}  // namespace

void bind_fit(nb::module_& m) {
  bind_runs(m);
  bind_fitted(m);
  bind<Estimate>(m);
  bind<RunResiduals>(m);
  bind<LawFit>(m);
  m.def(
      "fit_law",
      [](const std::vector<FitRun>& runs, std::string_view law, bool log_residuals, double huber, double prior,
         const std::optional<std::map<std::string, double>>& fixed, int bootstrap, bool calibrate, int threads) {
        FitOptions options;
        options.log_residuals = log_residuals;
        options.huber = huber;
        options.prior = prior;
        options.threads = threads;
        if (fixed) options.fixed = *fixed;
        return without_gil([&] {
          LawFit fit = fit_law(parse_law_kind(law), runs, options);
          if (bootstrap != 0) bootstrap_law(fit, runs, bootstrap, options);
          if (calibrate) calibrate_law(fit, runs, options);
          return fit;
        });
      },
      nb::arg("runs"), nb::arg("law") = std::string(law_name(default_law)), nb::arg("log_residuals") = true,
      nb::arg("huber") = FitOptions{}.huber, nb::arg("prior") = FitOptions{}.prior, nb::arg("fixed") = nb::none(),
      nb::arg("bootstrap") = 0, nb::arg("calibrate") = false, nb::arg("threads") = 1, fit_doc);
}

}  // namespace scheduled::python
