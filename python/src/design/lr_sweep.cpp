#include "scheduled/lr_sweep.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "design/lr_sweep_records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* sweep_run_doc = R"doc(One run of a sweep over peak learning rates.

Parameters
----------
peak, steps, loss
    Peak learning rate, horizon and final loss; a loss that is not finite: the run diverged.
batch, size : float, optional
    Batch and model size, in any unit; for all runs of a sweep or none.
schedule : str
    Runs with different texts have best peaks of their own.
spread : float
    Standard deviation of the loss besides what reruns differ by.
)doc";

constexpr const char* sweep_question_doc = R"doc(Where a best peak is asked for.

Parameters
----------
steps : int
    The horizon.
batch, size : float, optional
    None: those of the largest runs.
schedule : str
    One of the runs'; may be empty where they have only one.
)doc";

constexpr const char* sweep_table_doc = R"doc(The runs of a table with a header: CSV, also with tabs or semicolons.

Parameters
----------
name : str
    What the table is called in errors.
content : str
    The table.
columns : dict, optional
    Name in the table -> 'peak', 'steps', 'loss', 'batch', 'size' or 'schedule', where it is no usual
    name.

Returns
-------
tuple of list[LrSweepRun] and list[str]
    The runs, and notes: rows that do not count, columns that were not used.

Examples
--------
>>> from scheduled import parse_lr_sweep
>>> runs, notes = parse_lr_sweep("runs.csv", "lr,steps,val_loss\n1e-3,1000,3.5\n2e-3,1000,nan\n")
>>> runs[0].peak, runs[0].steps, runs[0].loss, len(runs), notes
(0.001, 1000, 3.5, 2, [])
)doc";

constexpr const char* sweep_fit_doc =
    R"doc(How the best peak moves with the horizon, batch and size, by the final losses of runs.

A parabola in the logarithm of the peak around a best peak that is a power of each axis; robust; the
90 % intervals are the wider ones of the residuals' and of leaving one budget after the other out.

Parameters
----------
runs : sequence of LrSweepRun
    In any order.
questions : sequence of LrSweepQuestion
    Where the best peak is asked for.
exponent : float, optional
    Of the horizon, given; None: fitted where there are several horizons.
batch_rule : {'square-root', 'linear', 'critical', 'surge'}, optional
    None: a power, fitted where there are several batches. See `batch_factor`.
critical_batch : float, optional
    For 'critical' and 'surge'.
within : float
    Runs count whose peak is within this factor of the best run's of their budget, and its neighbours.
noise : float, optional
    Standard deviation of reruns; None: by what the fit leaves.

Returns
-------
LrSweepFit
    `verdicts` says what must not be concluded.

Examples
--------
>>> from math import log
>>> from scheduled import LrSweepQuestion, LrSweepRun, fit_lr_sweep
>>> def loss(peak, steps):
...     return 3 - 0.1 * log(steps / 1000) + 0.02 * log(peak / (1e-3 * (steps / 1000) ** -0.3)) ** 2
>>> runs = [LrSweepRun(p, t, loss(p, t)) for p in (5e-4, 1e-3, 2e-3) for t in (1000, 2000, 4000)]
>>> found = fit_lr_sweep(runs, [LrSweepQuestion(16_000)])
>>> round(found.exponents[0].exponent.value, 3), found.curved
(-0.3, True)
>>> round(found.answers[0].peak.value, 6), found.answers[0].beyond
(0.000435, 4.0)
)doc";

constexpr const char* horizon_rules_doc =
    R"doc(How the best peak goes with the number of steps, by theory and publications.

Examples
--------
>>> from scheduled import horizon_rules
>>> [(rule.rule, rule.exponent) for rule in horizon_rules()]
[('theory', -0.5), ('Delphi', -0.3), ('HyperP', -0.32)]
)doc";

constexpr const char* batch_factor_doc = R"doc(The factor of the best peak from one batch size to another.

Parameters
----------
rule : {'square-root', 'linear', 'critical', 'surge'}
    Square root: Adam (2205.10287); linear: SGD (1706.02677); critical: 1/(1 + C/B) (1812.06162);
    surge: 1/(sqrt(C/B) + sqrt(B/C)), Adam, which falls beyond C (2405.14578).
from_, to : float
    Batch sizes, > 0, in one unit.
critical_batch : float, optional
    C, for 'critical' and 'surge'.

Examples
--------
>>> from scheduled import batch_factor
>>> batch_factor("square-root", 256, 1024), batch_factor("surge", 256, 1024, critical_batch=512)
(2.0, 1.0)
)doc";

}  // namespace

void bind_lr_sweep(nb::module_& m) {
  bind<LrSweepRun>(m, sweep_run_doc)
      .def(
          "__init__",
          [](LrSweepRun* run, double peak, std::int64_t steps, double loss, std::optional<double> batch,
             std::optional<double> size, std::string schedule,
             double spread) { new (run) LrSweepRun{std::move(schedule), peak, steps, batch, size, loss, spread}; },
          nb::arg("peak"), nb::arg("steps"), nb::arg("loss"), nb::kw_only(), nb::arg("batch") = nb::none(),
          nb::arg("size") = nb::none(), nb::arg("schedule") = "", nb::arg("spread") = 0.0);
  bind<LrSweepQuestion>(m, sweep_question_doc)
      .def(
          "__init__",
          [](LrSweepQuestion* question, std::int64_t steps, std::optional<double> batch, std::optional<double> size,
             std::string schedule) {
            new (question) LrSweepQuestion{std::move(schedule), steps, batch, size};
          },
          nb::arg("steps"), nb::kw_only(), nb::arg("batch") = nb::none(), nb::arg("size") = nb::none(),
          nb::arg("schedule") = "");
  bind<HorizonRule>(m);
  bind<LrEstimate>(m);
  bind<LrSweepBudget>(m);
  bind<LrExponent>(m);
  bind<LrRuleCheck>(m);
  bind<LrRulePeak>(m);
  bind<LrSweepAnswer>(m);
  bind<LrSweepFit>(m).def(
      "loss_at",
      [](const LrSweepFit& fit, const LrSweepBudget& budget, double peak) { return fit.loss_at(budget, peak); },
      nb::arg("budget"), nb::arg("peak"),
      "The loss of a budget of `budgets` at another peak; None where it has no best one.");
  m.def(
      "parse_lr_sweep",
      [](const nb::str& name, const nb::str& content, const std::map<std::string, std::string>& columns) {
        const std::string text = native_text("content", content);
        LrSweepTable table = parse_lr_sweep(native_text("name", name), text, columns);
        return nb::typed<nb::tuple, std::vector<LrSweepRun>, std::vector<std::string>>(
            nb::make_tuple(std::move(table.runs), std::move(table.notes)));
      },
      nb::arg("name"), nb::arg("content"), nb::arg("columns") = std::map<std::string, std::string>{}, sweep_table_doc);
  m.def(
      "fit_lr_sweep",
      [](const std::vector<LrSweepRun>& runs, const std::vector<LrSweepQuestion>& questions,
         std::optional<double> exponent, const std::optional<std::string>& batch_rule,
         std::optional<double> critical_batch, double within, std::optional<double> noise) {
        LrSweepOptions options;
        options.exponent = exponent;
        if (batch_rule) options.batch_rule = parse_word<BatchRule>("batch_rule", *batch_rule);
        options.critical_batch = critical_batch;
        options.within = within;
        options.noise = noise;
        options.questions = questions;
        return without_gil([&] { return fit_lr_sweep(runs, options); });
      },
      nb::arg("runs"), nb::arg("questions") = std::vector<LrSweepQuestion>{}, nb::kw_only(),
      nb::arg("exponent") = nb::none(), nb::arg("batch_rule") = nb::none(), nb::arg("critical_batch") = nb::none(),
      nb::arg("within") = LrSweepOptions{}.within, nb::arg("noise") = nb::none(), sweep_fit_doc);
  m.def(
      "batch_factor",
      [](std::string_view rule, double from, double to, std::optional<double> critical_batch) {
        return batch_factor(parse_word<BatchRule>("rule", rule), from, to, critical_batch);
      },
      nb::arg("rule"), nb::arg("from_"), nb::arg("to"), nb::arg("critical_batch") = nb::none(), batch_factor_doc);
  m.def(
      "horizon_rules",
      [] {
        const auto rules = horizon_rules();
        return std::vector<HorizonRule>(rules.begin(), rules.end());
      },
      horizon_rules_doc);
}

}  // namespace scheduled::python
