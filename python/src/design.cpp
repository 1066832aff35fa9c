#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "convert.hpp"
#include "record.hpp"

namespace scheduled::python {

std::string repr(const BestBaseLr& best) {
  return "BestBaseLr(peak=" + format_number(best.peak) + ", bound=" + format_number(best.bound) +
         ", T=" + std::to_string(best.T) + ", closed_form=" + text_of(best.closed_form) +
         ", at_limit=" + text_of(best.at_limit) + ")";
}

namespace {

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

By the exact worst case:

>>> round(best_base_lr(Schedule("constant(steps=3)"), criterion="worst_case").bound, 12)
0.6
)doc";

constexpr const char* sensitivity_doc = R"doc(The best base learning rate, and what a departure from it costs.

Parameters
----------
schedule, grad_norm, distance, T, criterion
    As for `bound`.
share : float
    The loss that defines the interval `low` ... `high`: 0.01 is 1 %; > 0 and at most 1e6.

Returns
-------
LrSensitivity

Examples
--------
>>> from scheduled import Schedule, lr_sensitivity
>>> found = lr_sensitivity(Schedule("linear(steps=401)"))
>>> found.at_half, found.at_double
(1.25, 1.25)
>>> round(found.low / found.best.peak, 4), round(found.high / found.best.peak, 4)
(0.8682, 1.1518)
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

void bind_best(nb::module_& m) {
  nb::class_<BestBaseLr> best(m, "BestBaseLr", "The base learning rate with the smallest bound.");
  best.def_ro("peak", &BestBaseLr::peak, "The best base learning rate.")
      .def_ro("bound", &BestBaseLr::bound, "The bound there.")
      .def_ro("T", &BestBaseLr::T, "The step of the bound: the last positive one at or before the T asked for.")
      .def_ro("closed_form", &BestBaseLr::closed_form,
              "False where absolute rates, or different grad norms of the worst case, made a numerical minimisation "
              "necessary.")
      .def_ro("at_limit", &BestBaseLr::at_limit,
              "True where the minimum lies at the smallest peak that the absolute rates allow.")
      .def("__repr__", &repr);
  pickle_by_members(best, &BestBaseLr::peak, &BestBaseLr::bound, &BestBaseLr::T, &BestBaseLr::closed_form,
                    &BestBaseLr::at_limit);
}

void bind_sensitivity(nb::module_& m) {
  nb::class_<LrSensitivity> found(m, "LrSensitivity", "How much the choice of the base learning rate matters.");
  found.def_ro("best", &LrSensitivity::best, "The best peak and the bound there.")
      .def_ro("share", &LrSensitivity::share, "The loss that defines the interval.")
      .def_ro("at_half", &LrSensitivity::at_half,
              "Bound at half the best peak over the best bound; None where absolute rates allow no such peak.")
      .def_ro("at_double", &LrSensitivity::at_double, "The same at twice the best peak.")
      .def_ro("low", &LrSensitivity::low,
              "From here to `high` the bound is at most 1 + share times the best; 0 where no peak is too small.")
      .def_ro("high", &LrSensitivity::high, "The end of the interval.")
      .def_ro("low_at_limit", &LrSensitivity::low_at_limit,
              "True where `low` is the smallest peak that the absolute rates allow.")
      .def_ro("closed_form", &LrSensitivity::closed_form, "False where it was found by bisection.")
      .def("__repr__", [](const LrSensitivity& self) {
        return "LrSensitivity(best=" + repr(self.best) + ", share=" + format_number(self.share) +
               ", low=" + format_number(self.low) + ", high=" + format_number(self.high) + ")";
      });
  pickle_by_members(found, &LrSensitivity::best, &LrSensitivity::share, &LrSensitivity::at_half,
                    &LrSensitivity::at_double, &LrSensitivity::low, &LrSensitivity::high, &LrSensitivity::low_at_limit,
                    &LrSensitivity::closed_form);
}

void bind_row(nb::module_& m) {
  nb::class_<ComparisonRow> row(m, "ComparisonRow", "A schedule of a comparison, at its best peak.");
  row.def_ro("schedule", &ComparisonRow::schedule, "The schedule, with its best peak.")
      .def_ro("best", &ComparisonRow::best, "Peak and bound.")
      .def_ro("ratio", &ComparisonRow::ratio, "Bound over the smallest bound of all rows.")
      .def("__repr__", [](const ComparisonRow& self) {
        return "ComparisonRow(schedule=Schedule('" + print(self.schedule) + "'), best=" + repr(self.best) +
               ", ratio=" + format_number(self.ratio) + ")";
      });
  pickle_by_members(row, &ComparisonRow::schedule, &ComparisonRow::best, &ComparisonRow::ratio);
}

}  // namespace

void bind_design(nb::module_& m) {
  bind_best(m);
  bind_sensitivity(m);
  bind_row(m);
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
      "lr_sensitivity",
      [](const Schedule& schedule, const ArrayLike& grad_norm, double distance, std::optional<std::int64_t> T,
         std::string_view criterion, double share) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, parse_criterion(criterion)};
        return without_gil([&] { return lr_sensitivity(schedule, settings, share); });
      },
      nb::arg("schedule"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::arg("T") = nb::none(),
      nb::arg("criterion") = "omega", nb::arg("share") = LrSensitivity{}.share, sensitivity_doc);
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
