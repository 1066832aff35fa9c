// What is computed along the log of a run: its bound, and a schedule from its gradient norms.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"
#include "scheduled/along.hpp"

namespace scheduled::python {
namespace {

constexpr const char* along_doc = R"doc(The bound along the learning rates that a run logged.

Rates and gradient norms of all updates are made of the logged ones, and the bound is evaluated at the
rows in which a loss was logged ("val_loss", else "train_loss"; without losses, the learning rate).

Parameters
----------
log : RunLog
T : int, optional
    The last step that counts; without it the log's last.
grad_norm : float or array_like, optional
    G: one number, or one per update. Without it the logged norms; 1 where there are none, or a gap
    in them, and `norm_note` says why.
must_be_logged : bool
    Then there being no norms, or a gap in them, is an error.
distance : float, optional
    D > 0; without it the one at which the run's own scale is the best (`matching_distance`).
criterion : {'omega', 'standard', 'worst-case'}
    As for `bound`.
warmup : int, optional
    Length of a linear warmup from 0 that precedes the first logged row; 0: none; None: what a rise of the
    first rows tells (`LogDescription.head`).
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Returns
-------
RunBound
    Its arrays step, lr, loss and bound have one entry per row, `rates` and `grad_norm` one per update.

Raises
------
ArgumentError
    Naming log, column and step: no rates, or a gap in them; T beyond the log; no row before T; rates
    that are 0 throughout where the distance is not given.

Examples
--------
>>> from scheduled import bound_along, parse_log
>>> run = bound_along(parse_log("run", "step,lr,val_loss\n1,0.1,4\n2,0.1,3\n3,0.1,2.5\n"), distance=1.0)
>>> run.bound.round(4)
array([5.05  , 2.6   , 1.7917])
>>> run.loss
array([4. , 3. , 2.5])
)doc";

constexpr const char* refine_log_doc =
    R"doc(A schedule from the gradient norms in the log of a run, beside the run's own rates.

Parameters
----------
log : RunLog
    With at least 2 rows of "grad_norm", all of them > 0.
norm : {'l2', 'l1'}
width : float
close : float
    As for `refine`.
steps : int, optional
    Steps of the schedule, at least 2; without it as many as the log has updates.
warmup : int, optional
    Length of a linear warmup from 0 that precedes the first logged row; 0: none; None: what a rise of the
    first rows tells (`LogDescription.head`).
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Returns
-------
RefinedRun
    `why_no_transfer` says why it is not compared with the run's rates, where it is not.

Examples
--------
>>> from scheduled import parse_log, refine_log
>>> rows = "\n".join(f"{step},0.1,1" for step in range(1, 101))
>>> run = refine_log(parse_log("run", "step,lr,grad_norm\n" + rows))
>>> run.schedule.steps, run.transfer.bound_ratio < 1
(100, True)
)doc";

}  // namespace

void bind_along(nb::module_& m) {
  bind<RunBound>(m);
  bind<RefinedRun>(m).def_prop_ro("schedule", &RefinedRun::schedule, "The refined schedule with `peak`.");
  m.def(
      "refine_log",
      [](const RunLog& log, std::string_view norm, double width, std::optional<std::int64_t> steps, double close,
         std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        const RefineSettings settings{parse_word<NormKind>("norm", norm), width, steps, close};
        return without_gil([&] { return refine_log(log, settings, {warmup, max_gap}).run; });
      },
      nb::arg("log"), nb::arg("norm") = "l2", nb::kw_only(), nb::arg("width") = RefineSettings{}.width,
      nb::arg("steps") = nb::none(), nb::arg("close") = RefineSettings{}.close, nb::arg("warmup") = nb::none(),
      nb::arg("max_gap") = 0, refine_log_doc);
  m.def(
      "bound_along",
      [](const RunLog& log, std::optional<std::int64_t> T, const std::optional<ArrayLike>& grad_norm,
         bool must_be_logged, std::optional<double> distance, std::string_view criterion,
         std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        std::optional<GradNormArgument> norms;
        if (grad_norm) norms.emplace(*grad_norm);
        AlongOptions options{.T = T,
                             .must_be_logged = must_be_logged,
                             .distance = distance,
                             .criterion = parse_word<Criterion>("criterion", criterion),
                             .rates = {.warmup = warmup, .max_gap = max_gap}};
        if (norms) options.grad_norm = norms->get();
        return without_gil([&] { return bound_along(log, options); });
      },
      nb::arg("log"), nb::kw_only(), nb::arg("T") = nb::none(), nb::arg("grad_norm") = nb::none(),
      nb::arg("must_be_logged") = false, nb::arg("distance") = nb::none(), nb::arg("criterion") = "omega",
      nb::arg("warmup") = nb::none(), nb::arg("max_gap") = 0, along_doc);
}

}  // namespace scheduled::python
