#include "scheduled/merge.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "anytime/records.hpp"
#include "base/arrays.hpp"
#include "base/bind.hpp"
#include "base/text.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* plan_merge_doc =
    R"doc(Weights that merge checkpoints in place of a cooldown, and what that is worth.

The weights are the differences of a decay (2507.17634): linear gives the plain average. A merge whose
weights do not fall along the window is worth the decay that it imitates, where all iterates are averaged;
of few checkpoints no such guarantee is known, but a running average has it.

Parameters
----------
lr : array_like
    Rates of the updates so far, at least up to the last checkpoint; `RunRecord.rates` has them.
steps : array_like of int
    Of the checkpoints at hand, finished updates, increasing; `RunRecord.merge_points` has them.
rule : {'decay', 'uniform', 'ema'}
decay : str
    The decay that is imitated: 'linear', '1-sqrt', ...
final : str
    Rate at its end, a share of the rate before such as '10%'.
half_life : float, optional
    Of an ema, in updates.
begin : int, optional
    Where the window begins; None: as far before the first checkpoint as that lies before the second.
grad_norm, distance : float
    G and D.

Returns
-------
MergePlan

Examples
--------
>>> from scheduled.anytime import plan_merge
>>> plan = plan_merge([0.01] * 3000, [2250, 2500, 2750, 3000])
>>> [(w.step, w.weight) for w in plan.weights]
[(2250, 0.25), (2500, 0.25), (2750, 0.25), (3000, 0.25)]
>>> plan.begin, plan.falling, round(plan.every.best_value / plan.cooldown, 6)
(2000, False, 1.0)
)doc";

}  // namespace

void bind_merge(nb::module_& m) {
  bind<MergeWeight>(m);
  bind<MergePlan>(m);
  m.def(
      "plan_merge",
      [](const ArrayLike& lr, const ArrayLike& steps, std::string_view rule, std::string_view decay,
         const std::string& final, std::optional<double> half_life, std::optional<std::int64_t> begin, double grad_norm,
         double distance) {
        const MergeRequest request{.lr = Values<double>(lr, "lr").copy(),
                                   .steps = Values<std::int64_t>(steps, "steps").copy(),
                                   .rule = parse_word<MergeRule>("rule", rule),
                                   .decay = parse_decay("decay", decay),
                                   .final = parse_rate("final", final),
                                   .half_life = half_life,
                                   .begin = begin,
                                   .grad_norm = grad_norm,
                                   .distance = distance};
        return without_gil([&] { return plan_merge(request); });
      },
      nb::arg("lr"), nb::arg("steps"), nb::kw_only(), nb::arg("rule") = "decay", nb::arg("decay") = "linear",
      nb::arg("final") = "0", nb::arg("half_life") = nb::none(), nb::arg("begin") = nb::none(),
      nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, plan_merge_doc);
}

}  // namespace scheduled::python
