#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

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
         std::string_view criterion) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, {}, parse_word<Criterion>("criterion", criterion)};
        return without_gil([&] { return transfer_base_lr(tuned, target, settings); });
      },
      nb::arg("tuned"), nb::arg("target"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0,
      nb::arg("criterion") = "omega", transfer_doc);
}

}  // namespace scheduled::python
