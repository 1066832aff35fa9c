#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <variant>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"

namespace scheduled::python {

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

>>> round(best_base_lr(Schedule("constant(steps=3)"), criterion="worst-case").bound, 12)
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

Parameters
----------
lr, grad_norm
    As for `omega`.

Examples
--------
>>> from scheduled import Schedule, best_base_lr, matching_distance
>>> s = Schedule("linear(steps=101)")
>>> s = s.with_peak(best_base_lr(s, distance=3.0).peak)
>>> round(matching_distance(s.values(100)), 10)
3.0
)doc";

constexpr const char* compare_doc =
    R"doc(Schedules at their best peaks, in the order given.

Parameters
----------
schedules : sequence of Schedule or str
    At least one. A text may say how iterates are averaged, "constant(steps=400) | average(last=20%)",
    for the criterion 'worst-case'.
grad_norm, distance, T, criterion
    As for `bound`.

Examples
--------
>>> from scheduled import Schedule, compare
>>> for row in compare([Schedule("wsd(steps=401)"), Schedule("linear(steps=401)")]):
...     print(row.schedule.name, round(row.best.bound, 4), round(row.ratio, 4))
wsd 0.1093 1.0864
linear 0.1006 1.0
>>> row = compare(["constant(steps=400) | average(last=20%)"], criterion="worst-case")[0]
>>> row.average, row.proof
('average(last=20%)', 'decay')
)doc";

}  // namespace

void bind_base_lr(nb::module_& m) {
  bind<BestBaseLr>(m);
  bind<LrSensitivity>(m);
  bind<ComparisonRow>(m);
  m.def(
      "best_base_lr",
      [](const Schedule& schedule, const ArrayLike& grad_norm, double distance, std::optional<std::int64_t> T,
         std::string_view criterion) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, parse_word<Criterion>("criterion", criterion)};
        return without_gil([&] { return best_base_lr(schedule, settings); });
      },
      nb::arg("schedule"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::arg("T") = nb::none(),
      nb::arg("criterion") = "omega", best_base_lr_doc);
  m.def(
      "lr_sensitivity",
      [](const Schedule& schedule, const ArrayLike& grad_norm, double distance, std::optional<std::int64_t> T,
         std::string_view criterion, double share) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, parse_word<Criterion>("criterion", criterion)};
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
      [](const std::vector<std::variant<Schedule, std::string>>& schedules, const ArrayLike& grad_norm, double distance,
         std::optional<std::int64_t> T, std::string_view criterion) {
        std::vector<AveragedSchedule> all;
        for (const auto& one : schedules) {
          const auto* const text = std::get_if<std::string>(&one);
          all.push_back(text != nullptr ? parse_averaged(*text) : AveragedSchedule{std::get<Schedule>(one)});
        }
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, parse_word<Criterion>("criterion", criterion)};
        return without_gil([&] { return compare(all, settings); });
      },
      nb::arg("schedules"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::arg("T") = nb::none(),
      nb::arg("criterion") = "omega", compare_doc);
}

}  // namespace scheduled::python
