#include "scheduled/design.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "convert.hpp"

namespace scheduled::python {
namespace {

std::string repr(const BestBaseLr& best) {
  return "BestBaseLr(peak=" + format_number(best.peak) + ", bound=" + format_number(best.bound) +
         ", T=" + std::to_string(best.T) + ", closed_form=" + (best.closed_form ? "True" : "False") +
         ", at_limit=" + (best.at_limit ? "True" : "False") + ")";
}

constexpr const char* best_base_lr_doc =
    R"doc(The base learning rate with the smallest bound; the schedule's own peak does not matter.

Closed form where all rates are proportional to the peak, else a numerical minimisation over the
peaks that the absolute rates allow. Parameters are those of `bound`.

Examples
--------
>>> from scheduled import Schedule, best_base_lr
>>> best = best_base_lr(Schedule("cosine(steps=401)"), T=400)
>>> round(best.peak, 7), round(best.bound, 7)
(0.0482419, 0.1033859)
)doc";

constexpr const char* matching_distance_doc = R"doc(The distance D for which the rates already have the best scale.

For runs whose D is unknown: their bound then has the shape of a tuned run's.

Examples
--------
>>> from scheduled import Schedule, best_base_lr, matching_distance
>>> s = Schedule("linear(steps=101)")
>>> s = s.with_peak(best_base_lr(s, distance=3.0).peak)
>>> round(matching_distance(s.values(100)), 10)
3.0
)doc";

constexpr const char* compare_doc =
    R"doc(Schedules at their best peaks, in the order given. Parameters are those of `bound`.

Examples
--------
>>> from scheduled import Schedule, compare
>>> for row in compare([Schedule("wsd(steps=401)"), Schedule("linear(steps=401)")]):
...     print(row.schedule.name, round(row.best.bound, 4), round(row.ratio, 4))
wsd 0.1093 1.0864
linear 0.1006 1.0
)doc";

void bind_results(nb::module_& m) {
  nb::class_<BestBaseLr>(m, "BestBaseLr", "The base learning rate with the smallest bound.")
      .def_ro("peak", &BestBaseLr::peak, "The best base learning rate.")
      .def_ro("bound", &BestBaseLr::bound, "The bound there.")
      .def_ro("T", &BestBaseLr::T, "The step of the bound: the last positive one at or before the T asked for.")
      .def_ro("closed_form", &BestBaseLr::closed_form,
              "False where absolute rates made a numerical minimisation necessary.")
      .def_ro("at_limit", &BestBaseLr::at_limit,
              "True where the minimum lies at the smallest peak that the absolute rates allow.")
      .def("__repr__", &repr);
  nb::class_<ComparisonRow>(m, "ComparisonRow", "A schedule of a comparison, at its best peak.")
      .def_ro("schedule", &ComparisonRow::schedule, "The schedule, with its best peak.")
      .def_ro("best", &ComparisonRow::best, "Peak and bound.")
      .def_ro("ratio", &ComparisonRow::ratio, "Bound over the smallest bound of all rows.")
      .def("__repr__", [](const ComparisonRow& row) {
        return "ComparisonRow(schedule=Schedule('" + print(row.schedule) + "'), best=" + repr(row.best) +
               ", ratio=" + format_number(row.ratio) + ")";
      });
}

}  // namespace

void bind_design(nb::module_& m) {
  bind_results(m);
  m.def(
      "best_base_lr",
      [](const Schedule& schedule, const ArrayLike& grad_norm, double distance, std::optional<std::int64_t> T,
         std::string_view criterion) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, parse_criterion(criterion)};
        return without_gil([&] { return best_base_lr(schedule, settings); });
      },
      nb::arg("schedule"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::arg("T") = nb::none(),
      nb::arg("criterion") = "omega", best_base_lr_doc);
  m.def(
      "matching_distance",
      [](const ArrayLike& lr, const ArrayLike& grad_norm) {
        const Values<double> rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return matching_distance(rates.span(), norms.get()); });
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, matching_distance_doc);
  m.def(
      "compare",
      [](const std::vector<Schedule>& schedules, const ArrayLike& grad_norm, double distance,
         std::optional<std::int64_t> T, std::string_view criterion) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, parse_criterion(criterion)};
        return without_gil([&] { return compare(schedules, settings); });
      },
      nb::arg("schedules"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::arg("T") = nb::none(),
      nb::arg("criterion") = "omega", compare_doc);
}

}  // namespace scheduled::python
