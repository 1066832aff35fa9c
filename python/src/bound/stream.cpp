// scheduled.OmegaStream.
#include <nanobind/nanobind.h>

#include "base/arrays.hpp"
#include "base/text.hpp"
#include "modules.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/error.hpp"

namespace scheduled::python {
namespace {

constexpr const char* class_doc = R"doc(Omega_t step by step, inside a training loop.

Some tens of numbers of memory and a fraction of a microsecond a step; relative error at most 1e-10
over 2e6 steps. A copy is a branch: both go on independently. Pickles exactly.

Parameters
----------
distance : float
    D: distance of the start from the optimum, > 0.

Examples
--------
>>> from scheduled import OmegaStream
>>> trunk = OmegaStream()
>>> for step in range(3):
...     omega = trunk.push(lr=0.5, grad_norm=1.0)
>>> import copy
>>> branch = copy.copy(trunk)
>>> round(branch.push(0.25), 6), round(trunk.value, 6)
(1.177381, 0.958333)
)doc";

constexpr const char* push_doc = R"doc(Take one update and return Omega_t after it.

Parameters
----------
lr : float
    Learning rate of the update.
grad_norm : float
    Norm of its gradient.

Notes
-----
An update that was skipped, as after an overflow in half precision, is ``push(0.0)``: it repeats the value
before it (infinity while there was no positive one), and its norm may be inf or NaN.

Examples
--------
>>> from scheduled import OmegaStream
>>> stream = OmegaStream()
>>> stream.push(0.5) == stream.push(0.0, float("inf"))
True
)doc";

}  // namespace

void bind_stream(nb::module_& m) {
  nb::class_<OmegaStream>(m, "OmegaStream", class_doc)
      .def(nb::init<double>(), nb::arg("distance") = 1.0)
      .def("push", &OmegaStream::push, nb::arg("lr"), nb::arg("grad_norm") = 1.0, push_doc)
      .def(
          "push_all",
          [](OmegaStream& stream, const ArrayLike& lr, const ArrayLike& grad_norm) {
            const Values<double> rates(lr, "lr");
            const GradNormArgument norms(grad_norm);
            return to_numpy(without_gil([&] { return stream.push_all(rates.span(), norms.get()); }));
          },
          nb::arg("lr"), nb::arg("grad_norm") = 1.0,
          "Take several updates, lr and grad_norm as for `omega`, and return Omega_t after each.")
      .def_prop_ro("value", &OmegaStream::value, "Omega_t after the last update; infinity before the first.")
      .def_prop_ro("steps", &OmegaStream::steps, "Number of updates taken.")
      .def_prop_ro("distance", &OmegaStream::distance, "D.")
      .def("save", &OmegaStream::save, "The whole state as one line of JSON.")
      .def_static("restore", &OmegaStream::restore, nb::arg("text"),
                  "The stream of a text that `save` wrote; it goes on with the same bits.")
      .def("__copy__", [](const OmegaStream& stream) { return OmegaStream(stream); })
      .def(
          "__deepcopy__", [](const OmegaStream& stream, const nb::dict&) { return OmegaStream(stream); },
          nb::arg("memo"), nb::sig("def __deepcopy__(self, memo: dict[int, object], /) -> OmegaStream"))
      .def("__getstate__", &OmegaStream::save)
      .def("__setstate__",
           [](OmegaStream& stream, std::string_view text) { new (&stream) OmegaStream(OmegaStream::restore(text)); })
      .def("__repr__", [](const OmegaStream& stream) {
        return "OmegaStream(steps=" + std::to_string(stream.steps()) + ", value=" + format_number(stream.value()) + ")";
      });
}

}  // namespace scheduled::python
