#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include <string_view>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* linear_warmup_doc = R"doc(The shares j / steps, j = 1 ... steps, of a linear warmup.

Examples
--------
>>> from scheduled import linear_warmup
>>> linear_warmup(4)
array([0.25, 0.5 , 0.75, 1.  ])
)doc";

constexpr const char* constrained_doc = R"doc(The learning rates with the smallest last-iterate bound under constraints.

Steps 1 ... len(prefix) are given, the next len(warmup) are a warmup, the rest are free but for what
is said here; at least one must be free. All constraints may be combined.

Parameters
----------
T : int
    Steps, prefix and warmup included.
grad_norm : float or array_like
    G: one number, or at least T values; finite and > 0, within the prefix >= 0.
distance : float
    D: distance of the start from the optimum, > 0.
prefix : array_like, optional
    Rates of the steps already made, finite and >= 0.
warmup : array_like, optional
    Shares within [0, 1] of the rate that follows the warmup, whose height is free; see
    `linear_warmup`.
max_lr : float, optional
    No rate is above it; the prefix must keep to it, too.
non_increasing : bool
    No rate after prefix and warmup is above the one before it.
final_lr : float, optional
    The last rate, > 0. (A last step of 0 is left out: T is then one less.)
tolerance : float
    Relative duality gap to certify, within [1e-12, 0.1].
max_iterations : int
    At least 1.

Returns
-------
ConstrainedSchedule
    Where no rates obey the constraints, or the iterations do not suffice, its `status` says so.

Raises
------
ArgumentError
    Naming the first value that is not allowed, also where the prefix is above `max_lr`.

Examples
--------
>>> from scheduled import constrained_schedule, linear_warmup, optimal_schedule
>>> found = constrained_schedule(400, max_lr=0.04, warmup=linear_warmup(20), non_increasing=True)
>>> found.status, found.gap <= 1e-9, bool(found.lr.max() <= 0.04)
('optimal', True, True)
>>> optimal_schedule(400).bound < found.lower_bound <= found.bound
True
>>> constrained_schedule(5, max_lr=0.1, final_lr=0.2).reason
'final_lr = 0.2 is above max_lr = 0.1'
)doc";

std::vector<double> values_of(const std::optional<ArrayLike>& argument, std::string_view name) {
  return argument ? Values<double>(*argument, name).copy() : std::vector<double>{};
}

}  // namespace

void bind_constrained(nb::module_& m) {
  bind<ConstrainedSchedule>(m);
  m.def(
      "linear_warmup", [](std::int64_t steps) { return to_numpy(without_gil([&] { return linear_warmup(steps); })); },
      nb::arg("steps"), linear_warmup_doc);
  m.def(
      "constrained_schedule",
      [](std::int64_t T, const ArrayLike& grad_norm, double distance, const std::optional<ArrayLike>& prefix,
         const std::optional<ArrayLike>& warmup, std::optional<double> max_lr, bool non_increasing,
         std::optional<double> final_lr, double tolerance, int max_iterations) {
        const GradNormArgument norms(grad_norm);
        const ScheduleConstraints constraints{values_of(prefix, "prefix"), values_of(warmup, "warmup"), max_lr,
                                              non_increasing, final_lr};
        const SolverOptions options{tolerance, max_iterations};
        return without_gil([&] { return constrained_schedule(T, norms.get(), distance, constraints, options); });
      },
      nb::arg("T"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::kw_only(),
      nb::arg("prefix") = nb::none(), nb::arg("warmup") = nb::none(), nb::arg("max_lr") = nb::none(),
      nb::arg("non_increasing") = false, nb::arg("final_lr") = nb::none(),
      nb::arg("tolerance") = SolverOptions{}.tolerance, nb::arg("max_iterations") = SolverOptions{}.max_iterations,
      constrained_doc);
}

}  // namespace scheduled::python
