#include "scheduled/anytime.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "anytime/parts.hpp"
#include "convert.hpp"
#include "record.hpp"

namespace scheduled::python {

/// A prediction is pickled as its three numbers.
template <>
struct Pickled<std::optional<Predicted>> {
  using Numbers = std::optional<std::tuple<double, double, double>>;
  static Numbers save(const std::optional<Predicted>& member) {
    if (!member) return std::nullopt;
    return std::tuple(member->loss, member->lower, member->upper);
  }
  static std::optional<Predicted> load(const nb::object& saved) {
    const auto numbers = nb::cast<Numbers>(saved);
    if (!numbers) return std::nullopt;
    return Predicted{std::get<0>(*numbers), std::get<1>(*numbers), std::get<2>(*numbers)};
  }
};

namespace {

constexpr const char* plan_doc = R"doc(Plans a run without a horizon: one trunk, and a cooldown branch for each result.

Parameters
----------
trunk : Schedule
    Without a horizon and without a cooldown: rsqrt, constant, infinite, ...
results : sequence of int or str
    Total budgets, increasing: steps, or text such as '50k' or '2Btok'.
cooldown : int or str
    Length of each cooldown: steps, '5k', '1Btok', or a share of its result's budget.
decay : str
    Shape of the cooldowns: 'linear', '1-sqrt', 'cosine', ...
final : str
    Rate at their end, or a share of the peak such as '10%'.
max_overhead : float, optional
    Chooses the lengths instead, so that all takes at most this share of the longest budget more
    than the longest result alone.
grad_norm : float or array_like
    G: one number, or one per step up to the longest budget.
distance : float
    D: distance of the start from the optimum, > 0.
law : str, optional
    JSON text of a fitted loss law. Each branch then has a predicted `loss`, for the trunk's own peak
    as given: laws know real learning rates.

Returns
-------
AnytimePlan

Raises
------
ArgumentError
    Naming the argument: a trunk with a horizon, results that do not increase or are too short, an
    overhead that even the shortest cooldowns exceed, ...

Examples
--------
>>> from scheduled import Schedule, plan_anytime
>>> plan = plan_anytime(Schedule("rsqrt(warmup=1k)"), ["50k", "100k", "200k"])
>>> for branch in plan.branches:
...     print(branch.result, branch.start, branch.cooldown, round(branch.ratio, 3))
50000 40000 10000 1.002
100000 80000 20000 1.011
200000 160000 40000 1.024
>>> plan.total_steps, plan.separate_steps, plan.overhead
(230000, 350000, 0.15)
>>> plan.branches[0].schedule
Schedule('rsqrt(steps=50000, peak=1, warmup=1000, cooldown=10000, decay=linear)')
)doc";

std::vector<Duration> durations(const std::vector<LengthArgument>& results) {
  std::vector<Duration> out;
  for (std::size_t k = 0; k < results.size(); ++k) {
    out.push_back(parse_duration("results[" + std::to_string(k) + "]", length_text(results[k])));
  }
  return out;
}

void bind_branch(nb::module_& m) {
  nb::class_<PlannedBranch> branch(m, "PlannedBranch", "One result: the branch that leaves the trunk for it.");
  branch.def_ro("result", &PlannedBranch::result, "Its total budget in steps.")
      .def_ro("start", &PlannedBranch::start, "The step at which it leaves the trunk.")
      .def_ro("cooldown", &PlannedBranch::cooldown, "Steps of its cooldown.")
      .def_prop_ro("share", &PlannedBranch::share, "Cooldown over result.")
      .def_ro("schedule", &PlannedBranch::schedule, "Trunk and cooldown as one schedule of `result` steps.")
      .def_ro("bound_at_own_peak", &PlannedBranch::bound_at_own_peak, "The bound at the trunk's own peak.")
      .def_ro("bound", &PlannedBranch::bound, "The bound at the plan's peak.")
      .def_ro("cosine", &PlannedBranch::cosine, "A cosine run of as many steps at its best peak.")
      .def_ro("ratio", &PlannedBranch::ratio, "bound / cosine.bound; free of the scales of D and G.")
      .def_prop_ro(
          "loss",
          [](const PlannedBranch& self) -> std::optional<std::tuple<double, double, double>> {
            if (!self.loss) return std::nullopt;
            return std::tuple(self.loss->loss, self.loss->lower, self.loss->upper);
          },
          "Predicted loss and its 90 % interval, (loss, lower, upper), at the trunk's own peak; None without a law.")
      .def("__repr__", [](const PlannedBranch& self) {
        return "PlannedBranch(result=" + std::to_string(self.result) + ", start=" + std::to_string(self.start) +
               ", cooldown=" + std::to_string(self.cooldown) + ", ratio=" + format_number(self.ratio) + ")";
      });
  pickle_by_members(branch, &PlannedBranch::result, &PlannedBranch::start, &PlannedBranch::cooldown,
                    &PlannedBranch::schedule, &PlannedBranch::bound_at_own_peak, &PlannedBranch::bound,
                    &PlannedBranch::cosine, &PlannedBranch::ratio, &PlannedBranch::loss);
}

void bind_checkpoint(nb::module_& m) {
  nb::class_<PlannedCheckpoint> point(m, "PlannedCheckpoint", "A checkpoint to keep, and until when.");
  point.def_ro("step", &PlannedCheckpoint::step, "Finished updates.")
      .def_ro("is_result", &PlannedCheckpoint::is_result, "The end of a branch, to be kept; else where branches leave.")
      .def_ro("needed_by", &PlannedCheckpoint::needed_by, "Indices of the branches after which it may go.")
      .def_ro("after_trunk_step", &PlannedCheckpoint::after_trunk_step,
              "It is also kept until the trunk has committed this step; None: no such step.")
      .def(nb::self == nb::self, nb::sig("def __eq__(self, arg: object, /) -> bool"))
      .def("__repr__", [](const PlannedCheckpoint& self) {
        return "PlannedCheckpoint(step=" + std::to_string(self.step) + ", is_result=" + text_of(self.is_result) + ")";
      });
  pickle_by_members(point, &PlannedCheckpoint::step, &PlannedCheckpoint::is_result, &PlannedCheckpoint::needed_by,
                    &PlannedCheckpoint::after_trunk_step);
}

void bind_whole(nb::module_& m) {
  nb::class_<AnytimePlan> plan(m, "AnytimePlan", "A trunk, its branches, and what they cost.");
  plan.def_ro("trunk", &AnytimePlan::trunk, "The trunk, as given.")
      .def_ro("branches", &AnytimePlan::branches, "One per result, in their order.")
      .def_ro("checkpoints", &AnytimePlan::checkpoints, "By step.")
      .def_ro("trunk_steps", &AnytimePlan::trunk_steps, "The last step at which a branch leaves.")
      .def_ro("total_steps", &AnytimePlan::total_steps, "Steps of trunk and branches.")
      .def_ro("separate_steps", &AnytimePlan::separate_steps, "Steps of one run per result instead.")
      .def_ro("overhead", &AnytimePlan::overhead, "total_steps over the longest budget, minus 1.")
      .def_ro("peak", &AnytimePlan::peak,
              "The trunk's peak at which the largest ratio is smallest; its own where `tuned` is False.")
      .def_ro("tuned", &AnytimePlan::tuned, "False where the trunk's rates are not proportional to its peak.")
      .def("__repr__", [](const AnytimePlan& self) {
        return "<AnytimePlan: trunk '" + print(self.trunk) + "', " + std::to_string(self.branches.size()) +
               (self.branches.size() == 1 ? " branch, " : " branches, ") + std::to_string(self.total_steps) + " steps>";
      });
  pickle_by_members(plan, &AnytimePlan::trunk, &AnytimePlan::branches, &AnytimePlan::checkpoints,
                    &AnytimePlan::trunk_steps, &AnytimePlan::total_steps, &AnytimePlan::separate_steps,
                    &AnytimePlan::overhead, &AnytimePlan::peak, &AnytimePlan::tuned);
}

}  // namespace

void bind_plan(nb::module_& m) {
  bind_branch(m);
  bind_checkpoint(m);
  bind_whole(m);
  m.def(
      "plan_anytime",
      [](const Schedule& trunk, const std::vector<LengthArgument>& results, const LengthArgument& cooldown,
         std::string_view decay, const std::string& final, std::optional<double> max_overhead,
         const ArrayLike& grad_norm, double distance, const std::optional<std::string>& law) {
        const GradNormArgument norms(grad_norm);
        std::optional<FittedLaw> fitted;
        if (law) fitted = parse_fitted_law(*law);
        const PlanRequest request{trunk,
                                  durations(results),
                                  parse_cooldown(length_text(cooldown), decay, final),
                                  max_overhead,
                                  norms.get(),
                                  distance,
                                  std::move(fitted)};
        return without_gil([&] { return plan_anytime(request); });
      },
      nb::arg("trunk"), nb::arg("results"), nb::arg("cooldown") = "20%", nb::kw_only(), nb::arg("decay") = "linear",
      nb::arg("final") = "0", nb::arg("max_overhead") = nb::none(), nb::arg("grad_norm") = 1.0,
      nb::arg("distance") = 1.0, nb::arg("law") = nb::none(), plan_doc);
}

}  // namespace scheduled::python
