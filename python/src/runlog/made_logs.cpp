// What is made of logs that were read: with other rates, joined, one value per update.
#include <nanobind/nanobind.h>
#include <nanobind/stl/vector.h>

#include "base/bind.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "modules.hpp"
#include "runlog/given_rates.hpp"
#include "scheduled/describe.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled::python {

RunLog with_lr(RunLog log, const nb::object& lr) {
  if (lr.is_none()) return log;
  if (nb::isinstance<nb::str>(lr) || nb::isinstance<Schedule>(lr)) {
    const Schedule schedule = nb::isinstance<Schedule>(lr) ? nb::cast<const Schedule&>(lr)
                                                           : Schedule::parse(native_text("lr", lr), horizon_of(log));
    return without_gil([&] { return with_rates(std::move(log), schedule); });
  }
  std::vector<double> rates = Values<double>(nb::borrow<ArrayLike>(lr), "lr").copy();
  return without_gil([&] { return with_rates(std::move(log), std::move(rates)); });
}

namespace {

constexpr const char* with_rates_doc = R"doc(The log with given rates of all updates in place of logged ones.

`densify` and `bound_along` take them exactly; where the log has rates, too, the largest difference
is in `notes`.

Parameters
----------
log : RunLog
lr : Schedule, str or array_like
    A schedule or its text (without ``steps``: over all steps of the log); or the rates of the updates
    1 ... T, finite, >= 0, where T is at least the log's last step.

Raises
------
ArgumentError
    Naming lr and the index, or how many are missing.

Examples
--------
>>> from scheduled import Schedule, densify, parse_log, with_rates
>>> log = parse_log("run", "step,val_loss\n2,3.5\n4,3.0\n")
>>> densify(with_rates(log, Schedule("linear(steps=5)")), "lr", 4)
array([1.  , 0.75, 0.5 , 0.25])
)doc";

constexpr const char* join_logs_doc = R"doc(One log of several that have different columns of one run, joined by step.

Parameters
----------
logs : sequence of RunLog
    Where two have a value, the later log's counts; that is in `notes`.

Examples
--------
>>> from scheduled import join_logs, parse_log
>>> joined = join_logs([parse_log("a", "step,lr\n1,0.5\n2,0.5\n"), parse_log("b", "step,loss\n2,3.5\n")])
>>> joined.columns, joined["train_loss"].tolist()
(['lr', 'train_loss'], [nan, 3.5])
)doc";

constexpr const char* merge_branch_doc =
    R"doc(The run that a cooldown branch ends: `base` up to the branch's first step, then `branch`.

Examples
--------
>>> from scheduled import merge_branch, parse_log
>>> base = parse_log("base", "step,lr\n1,1\n2,1\n3,1\n")
>>> branch = parse_log("branch", "step,lr\n2,0.5\n3,0\n")
>>> merge_branch(base, branch)["lr"]
array([1. , 0.5, 0. ])
)doc";

constexpr const char* densify_doc = R"doc(One value per update from a sparsely logged column, by linear interpolation.

Parameters
----------
log : RunLog
column : str
last_step : int
    Values are returned for the updates 1 ... last_step.
warmup : int, optional
    Length of a linear warmup from 0 that precedes the first logged row; 0: none; None: what a rise of the
    first rows tells (`LogDescription.head`).
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Examples
--------
>>> from scheduled import densify, parse_log
>>> densify(parse_log("run", "step,lr\n2,1\n4,0\n"), "lr", 4)
array([1. , 1. , 0.5, 0. ])
)doc";

constexpr const char* densify_logged_doc = R"doc(As much of a column as was logged, without a ramp.

From the first update, or from the first logged step where the stretch before it is longer than
`max_gap` (a branch without its base run), to the last logged step. For gradient norms, say.

Parameters
----------
log : RunLog
column : str
warmup : int, optional
    Length of an unlogged warmup; it is no gap.
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Returns
-------
tuple of int and numpy.ndarray
    The update of the first value, and the values.

Examples
--------
>>> from scheduled import densify_logged, parse_log
>>> densify_logged(parse_log("branch", "step,grad_norm\n900,2\n902,4\n"), "grad_norm")
(900, array([2., 3., 4.]))
)doc";

}  // namespace

void bind_made_logs(nb::module_& m) {
  m.def(
      "with_rates",
      [](const RunLog& log, const nb::object& lr) {
        if (lr.is_none()) fail_argument("lr", "must be a schedule or one rate per update");
        return with_lr(log, lr);
      },
      nb::arg("log"), nb::arg("lr"),
      nb::sig("def with_rates(log: RunLog, lr: Schedule | str | numpy.typing.ArrayLike) -> RunLog"), with_rates_doc);
  m.def(
      "join_logs", [](const std::vector<RunLog>& logs) { return without_gil([&] { return join_logs(logs); }); },
      nb::arg("logs"), join_logs_doc);
  m.def(
      "merge_branch",
      [](const RunLog& base, const RunLog& branch) { return without_gil([&] { return merge_branch(base, branch); }); },
      nb::arg("base"), nb::arg("branch"), merge_branch_doc);
  m.def(
      "densify",
      [](const RunLog& log, std::string_view column, std::int64_t last_step, std::optional<std::int64_t> warmup,
         std::int64_t max_gap) {
        return to_numpy(without_gil([&] { return densify(log, column, last_step, {warmup, max_gap}); }));
      },
      nb::arg("log"), nb::arg("column"), nb::arg("last_step"), nb::arg("warmup") = nb::none(), nb::arg("max_gap") = 0,
      densify_doc);
  m.def(
      "densify_logged",
      [](const RunLog& log, std::string_view column, std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        DenseStretch stretch = without_gil([&] { return densify_logged(log, column, {warmup, max_gap}); });
        return nb::typed<nb::tuple, std::int64_t, FloatArray>(
            nb::make_tuple(stretch.first, to_numpy(std::move(stretch.values))));
      },
      nb::arg("log"), nb::arg("column"), nb::arg("warmup") = nb::none(), nb::arg("max_gap") = 0, densify_logged_doc);
}

}  // namespace scheduled::python
