#include "scheduled/error.hpp"
#include "scheduled/lr_sweep.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* transfer_doc = R"doc(The base learning rate of one schedule from the tuned one of another.

Parameters
----------
tuned : Schedule
    Its peak is the tuned base learning rate.
target : Schedule
    Another cooldown, shape or horizon; its peak does not matter.
grad_norm : float or array_like
    G: one number, which then cancels, or one per step of both.
distance : float
    D, > 0; it cancels where G is one number.
criterion : {'omega', 'standard', 'worst-case'}
    What "best" means, as for `bound`; each schedule is judged at its own horizon.
exponent : float, optional
    Of the horizon, in place of theory's -1/2: -0.3 was measured.
batch_rule : {'square-root', 'linear', 'critical', 'surge'}, optional
    How the peak goes with the batch, see `batch_factor`.
batch_from, batch_to : float
    The batch sizes of the two, for `batch_rule`.
critical_batch : float, optional
    For 'critical' and 'surge'.

Returns
-------
LrTransfer

Examples
--------
>>> from scheduled import Schedule, transfer_base_lr
>>> moved = transfer_base_lr(Schedule("wsd(steps=10k, peak=1e-3)"), Schedule("linear(steps=50k)"))
>>> round(moved.factor, 4), round(moved.limit, 4), round(moved.peak, 7)
(0.8699, 0.8692, 0.0008699)
)doc";

}  // namespace

void bind_transfer(nb::module_& m) {
  bind<LrTransfer>(m);
  m.def(
      "transfer_base_lr",
      [](const Schedule& tuned, const Schedule& target, const ArrayLike& grad_norm, double distance,
         std::string_view criterion, std::optional<double> exponent, const std::optional<std::string>& batch_rule,
         double batch_from, double batch_to, std::optional<double> critical_batch) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, {}, parse_word<Criterion>("criterion", criterion)};
        TransferRules rules{exponent, {}, batch_from, batch_to, critical_batch};
        if (batch_rule) rules.batch_rule = parse_word<BatchRule>("batch_rule", *batch_rule);
        return without_gil([&] { return transfer_base_lr(tuned, target, settings, rules); });
      },
      nb::arg("tuned"), nb::arg("target"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0,
      nb::arg("criterion") = "omega", nb::kw_only(), nb::arg("exponent") = nb::none(),
      nb::arg("batch_rule") = nb::none(), nb::arg("batch_from") = 1.0, nb::arg("batch_to") = 1.0,
      nb::arg("critical_batch") = nb::none(), transfer_doc);
}

}  // namespace scheduled::python
