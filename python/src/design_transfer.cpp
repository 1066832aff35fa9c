#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include "bindings.hpp"
#include "convert.hpp"
#include "record.hpp"

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
criterion : {'omega', 'standard', 'worst_case'}
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

void bind_design_transfer(nb::module_& m) {
  nb::class_<LrTransfer> transfer(m, "LrTransfer", "A base learning rate moved to another schedule.");
  transfer.def_ro("from_", &LrTransfer::from, "The best peak of the tuned schedule, in theory.")
      .def_ro("to", &LrTransfer::to, "The best peak of the other one.")
      .def_ro("factor", &LrTransfer::factor, "to.peak / from_.peak.")
      .def_ro("peak", &LrTransfer::peak, "The tuned peak times the factor: what to try.")
      .def_ro("limit", &LrTransfer::limit, "The factor for long runs in closed form; None where none is known.")
      .def("__repr__", [](const LrTransfer& self) {
        return "LrTransfer(peak=" + format_number(self.peak) + ", factor=" + format_number(self.factor) +
               ", limit=" + (self.limit ? format_number(*self.limit) : "None") + ")";
      });
  pickle_by_members(transfer, &LrTransfer::from, &LrTransfer::to, &LrTransfer::factor, &LrTransfer::peak,
                    &LrTransfer::limit);
  m.def(
      "transfer_base_lr",
      [](const Schedule& tuned, const Schedule& target, const ArrayLike& grad_norm, double distance,
         std::string_view criterion) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, {}, parse_criterion(criterion)};
        return without_gil([&] { return transfer_base_lr(tuned, target, settings); });
      },
      nb::arg("tuned"), nb::arg("target"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0,
      nb::arg("criterion") = "omega", transfer_doc);
}

}  // namespace scheduled::python
