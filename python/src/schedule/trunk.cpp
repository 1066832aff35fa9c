#include "scheduled/trunk.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/tuple.h>

#include <new>
#include <tuple>
#include <vector>

#include "base/arrays.hpp"
#include "base/bind.hpp"
#include "base/lengths.hpp"
#include "base/text.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* trunk_doc =
    R"doc(Training that goes on at its learning rate, and the cooldowns that branch off it.

Parameters
----------
schedule : Schedule
    Without horizon and cooldown; or flat, and then `step` lies in its stable phase.
step : int
    Updates that are done, >= 0.

Raises
------
ArgumentError
    Naming trunk or step.

Examples
--------
>>> from scheduled import Schedule, Trunk
>>> trunk = Trunk(Schedule("wsd(steps=1000, peak=0.1)"), 500)
>>> trunk.branch(600, "20%")
Schedule('wsd(steps=750, peak=0.1, cooldown=150, decay=linear)')
)doc";

constexpr const char* from_rates_doc = R"doc(The trunk whose updates so far had these rates.

Parameters
----------
done : array_like
    One finite rate >= 0 per update; the last one is > 0, and goes on.

Raises
------
ArgumentError
    Naming `done` and the index.

Examples
--------
>>> from scheduled import Trunk
>>> Trunk.from_rates([0.1, 0.2, 0.2]).values(5)
array([0.1, 0.2, 0.2, 0.2, 0.2])
)doc";

constexpr const char* trunk_values_doc = R"doc(The first `count` rates, those done and those to come.

Parameters
----------
count : int
    >= 0.

Returns
-------
numpy.ndarray
    Of `count` rates.
)doc";

constexpr const char* branch_doc = R"doc(The trunk up to `start`, then a cooldown.

Parameters
----------
start : int
    Updates before the cooldown, >= `step` and later than the warmup.
cooldown : int or str
    Its length: steps, '5k', or a share of the run that it ends such as '20%'.
decay : str
    Its shape: 'linear', '1-sqrt', 'cosine', ...
final : str
    The last rate, or a share of the peak such as '10%' (of a trunk of rates: of its last rate).

Returns
-------
Schedule
    Of start + cooldown steps, with the trunk's rates before `start`; a table where it was made of rates.

Raises
------
ArgumentError
    Naming start, cooldown, decay or final.

Examples
--------
>>> from scheduled import Trunk
>>> Trunk.from_rates([0.1, 0.2, 0.2]).branch(4, 2).values()
array([0.1, 0.2, 0.2, 0.2, 0.1, 0. ])
)doc";

constexpr const char* cooldown_steps_doc = R"doc(Steps of a cooldown that begins after `start` steps.

Parameters
----------
length : int or str
    Steps, '5k', or a share of the run that it ends, such as '20%'.
start : int
    >= 0.

Raises
------
ArgumentError
    Naming `cooldown`: less than one step, or a share of 100 % or more.

Examples
--------
>>> from scheduled import cooldown_steps
>>> cooldown_steps("20%", 40_000)
10000
)doc";

std::int64_t steps_of(const LengthArgument& length, std::int64_t start, const StepSize& step_size) {
  return cooldown_steps(parse_duration("cooldown", length_text(length)), step_count("start", start), step_size);
}

nb::str repr_of(const Trunk& trunk) {
  std::string text = "<Trunk: " + std::to_string(trunk.step()) + " updates of ";
  text += trunk.done().empty() ? "" : "given rates, goes on as ";
  return python_text(text + print(trunk.schedule()) + ">");
}

}  // namespace

void bind_trunk(nb::module_& m) {
  nb::class_<Trunk> trunk(m, "Trunk", trunk_doc);
  make_unhashable(trunk);
  trunk
      .def(
          "__init__",
          [](Trunk* self, const Schedule& schedule, std::int64_t step) {
            new (self) Trunk(schedule, step_count("step", step));
          },
          nb::arg("schedule"), nb::arg("step"))
      .def_static(
          "from_rates", [](const ArrayLike& done) { return Trunk(Values<double>(done, "done").copy()); },
          nb::arg("done"), from_rates_doc)
      .def_prop_ro("step", &Trunk::step, "Updates that are done.")
      .def_prop_ro("schedule", &Trunk::schedule,
                   "As it goes on: without horizon and cooldown. Of rates, the plain schedule that they look like.")
      .def(
          "values",
          [](const Trunk& self, std::int64_t count) {
            return to_numpy(without_gil([&] { return self.values(step_count("count", count)); }));
          },
          nb::arg("count"), trunk_values_doc)
      .def(
          "branch",
          [](const Trunk& self, std::int64_t start, const LengthArgument& cooldown, std::string_view decay,
             const std::string& final) {
            const std::int64_t length = steps_of(cooldown, start, self.schedule().spec().step_size);
            return self.branch(start, length, parse_cooldown(length_text(cooldown), decay, final));
          },
          nb::arg("start"), nb::arg("cooldown") = "20%", nb::kw_only(), nb::arg("decay") = "linear",
          nb::arg("final") = "0", branch_doc)
      .def(nb::self == nb::self, nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__repr__", &repr_of)
      .def(
          "__getstate__",
          [](const Trunk& self) {
            const std::span<const double> done = self.done();
            return nb::make_tuple(self.schedule(), self.step(), to_numpy({done.begin(), done.end()}));
          },
          nb::sig("def __getstate__(self) -> tuple[object, ...]"))
      .def(
          "__setstate__",
          [](Trunk* self, const std::tuple<Schedule, std::int64_t, ArrayLike>& state) {
            const auto& [schedule, step, done] = state;
            std::vector<double> rates = Values<double>(done, "state").copy();
            new (self) Trunk(rates.empty() ? Trunk(schedule, step) : Trunk(std::move(rates)));
          },
          nb::sig("def __setstate__(self, state: tuple[object, ...], /) -> None"));
  m.def(
      "cooldown_steps", [](const LengthArgument& length, std::int64_t start) { return steps_of(length, start, {}); },
      nb::arg("length"), nb::arg("start"), cooldown_steps_doc);
}

}  // namespace scheduled::python
