#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "base/bind.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* extend_schedule_doc = R"doc(Ways to train longer than planned, from a trunk of steps already made.

For each horizon four ways: 'naive' (the same peak and cooldown share), 'drop' (a lower plateau from
the old cooldown's start on), 'adapted-cooldown' (the same peak, another share of cooldown) and
'optimal' (the rates with the smallest bound given the trunk).

Parameters
----------
trunk : Schedule
    Constant between its warmup and its cooldown.
m : int
    Its first m steps are done; none of them in the cooldown, all of the warmup among them.
horizons : array_like of int
    The new numbers of steps, each at least m + 2.
grad_norm : float or array_like
    G: one number, or one per step up to the longest horizon; > 0 from step m + 1 on.
distance : float, optional
    D: distance of the start from the optimum, > 0; without it that of `planned_distance`.
rule : {'match-base-lr', 'smallest-bound'}
    How 'drop' and 'adapted-cooldown' choose: such that the trunk's peak is the best one for the new
    schedule, or such that the bound at the trunk's peak is smallest.

Returns
-------
list of ExtendRow
    The four ways to the first horizon, then to the second, ...

Examples
--------
>>> from scheduled import Schedule, best_base_lr, extend
>>> planned = Schedule("wsd(steps=4001)")
>>> tuned = planned.with_peak(best_base_lr(planned).peak)
>>> for row in extend(tuned, 3200, [8001]):
...     print(f"{row.method:17} {row.parameter:.3f} {row.omega:.6f}")
naive             0.200 0.025628
drop              0.533 0.023100
adapted-cooldown  0.600 0.022569
optimal           0.869 0.022488
)doc";

constexpr const char* extend_rates_doc = R"doc(The same from the rates made so far, of a log, say.

Parameters
----------
done : array_like
    Rates of the steps made, finite and >= 0; the last one, > 0, is the peak that goes on.
horizons, grad_norm, distance, rule
    As above, with m the number of rates.
like : Schedule, optional
    Its cooldown's share and shape are those of 'naive' and 'drop'; without it 20 % linear.

Examples
--------
>>> import numpy as np
>>> from scheduled import extend
>>> rows = extend(np.full(3200, 0.008), [6001, 8001], distance=1.0)
>>> [row.method for row in rows if row.omega < 0.02255]
['optimal']
>>> rows[3].lr.shape, rows[3].extra
((6000,), 2801)
)doc";

constexpr const char* planned_schedule_doc =
    R"doc(The distance D at which the trunk's peak is the best one for the run as planned.

For runs whose D is unknown; `extend` takes it where no distance is given. The plan is the trunk's
own schedule where that ends with a cooldown, or below its peak by stages, milestones, a triangle,
restarts or the values of a table; else the cooldown (20 % linear) starts after m steps.

Parameters
----------
trunk, m
    As for `extend`.
grad_norm : float or array_like
    G: one number, or one per step up to the end of the plan.

Examples
--------
>>> from scheduled import Schedule, best_base_lr, planned_distance
>>> planned = Schedule("wsd(steps=4001)")
>>> tuned = planned.with_peak(best_base_lr(planned, distance=3.0).peak)
>>> round(planned_distance(tuned, 3200), 10)
3.0
)doc";

constexpr const char* planned_rates_doc = R"doc(The same from the rates made so far, cooled down after them.

Parameters
----------
done, like
    As for `extend`.
grad_norm : float or array_like
    G: one number, or one per step up to the end of the plan.)doc";

constexpr const char* prefix_distance_doc = R"doc(The same for rates made so far of a run of `steps` updates in all.

Their cooldown is the usual one, or as much of it as the run leaves. For `constrained_schedule` with `done` as its
prefix, as the command's `optimize --prefix` has it.

Parameters
----------
done : array_like
    Rates of the steps made, finite and >= 0; the last one > 0.
steps : int
    Of the whole run.
grad_norm : float or array_like
    G: one number, or one per step up to the end of the cooldown.

Examples
--------
>>> import numpy as np
>>> from scheduled import constrained_schedule, prefix_distance
>>> done = np.full(80, 0.01)
>>> found = constrained_schedule(100, distance=prefix_distance(done, 100), prefix=done)
>>> bool(found.lr[80] < 2 * done[-1])
True
)doc";

Cooldown cooldown_of(const std::optional<Schedule>& like) {
  if (!like) return {};
  if (like->spec().cooldown) return *like->spec().cooldown;
  fail_value("like", print(*like), "must have a cooldown");
}

}  // namespace

void bind_extend(nb::module_& m) {
  bind<ExtendRow>(m);
  m.def(
      "extend",
      [](const Schedule& trunk, std::int64_t done, const ArrayLike& horizons, const ArrayLike& grad_norm,
         std::optional<double> distance, std::string_view rule) {
        const Values<std::int64_t> ends(horizons, "horizons");
        const GradNormArgument norms(grad_norm);
        const ExtendSettings settings{norms.get(), distance, parse_word<ExtendRule>("rule", rule)};
        return without_gil([&] { return extend(trunk, done, ends.span(), settings); });
      },
      nb::arg("trunk"), nb::arg("m"), nb::arg("horizons"), nb::kw_only(), nb::arg("grad_norm") = 1.0,
      nb::arg("distance") = nb::none(), nb::arg("rule") = "match-base-lr", extend_schedule_doc);
  m.def(
      "extend",
      [](const ArrayLike& done, const ArrayLike& horizons, const ArrayLike& grad_norm, std::optional<double> distance,
         std::string_view rule, const std::optional<Schedule>& like) {
        const Values<double> rates(done, "done");
        const Values<std::int64_t> ends(horizons, "horizons");
        const GradNormArgument norms(grad_norm);
        const ExtendSettings settings{norms.get(), distance, parse_word<ExtendRule>("rule", rule)};
        const Cooldown cooldown = cooldown_of(like);
        return without_gil([&] { return extend(rates.span(), ends.span(), settings, cooldown); });
      },
      nb::arg("done"), nb::arg("horizons"), nb::kw_only(), nb::arg("grad_norm") = 1.0, nb::arg("distance") = nb::none(),
      nb::arg("rule") = "match-base-lr", nb::arg("like") = nb::none(), extend_rates_doc);
  m.def(
      "planned_distance",
      [](const Schedule& trunk, std::int64_t done, const ArrayLike& grad_norm) {
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return planned_distance(trunk, done, norms.get()); });
      },
      nb::arg("trunk"), nb::arg("m"), nb::arg("grad_norm") = 1.0, planned_schedule_doc);
  m.def(
      "planned_distance",
      [](const ArrayLike& done, const ArrayLike& grad_norm, const std::optional<Schedule>& like) {
        const Values<double> rates(done, "done");
        const GradNormArgument norms(grad_norm);
        const Cooldown cooldown = cooldown_of(like);
        return without_gil([&] { return planned_distance(rates.span(), norms.get(), cooldown); });
      },
      nb::arg("done"), nb::kw_only(), nb::arg("grad_norm") = 1.0, nb::arg("like") = nb::none(), planned_rates_doc);
  m.def(
      "prefix_distance",
      [](const ArrayLike& done, std::int64_t steps, const ArrayLike& grad_norm) {
        const Values<double> rates(done, "done");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return prefix_distance(rates.span(), steps, norms.get()); });
      },
      nb::arg("done"), nb::arg("steps"), nb::arg("grad_norm") = 1.0, prefix_distance_doc);
}

}  // namespace scheduled::python
