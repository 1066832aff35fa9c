#include "scheduled/plan.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "anytime/records.hpp"
#include "base/bind.hpp"
#include "base/lengths.hpp"
#include "base/text.hpp"
#include "modules.hpp"

namespace scheduled::python {

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

constexpr const char* compare_doc =
    R"doc(The results of a plan by other ways than cooldowns: what each costs and guarantees.

Parameters
----------
plan : AnytimePlan
ways : sequence of {'cooldown', 'merge', 'ema', 'schedule-free'}
    The plan's branches; the mean of `count` checkpoints of the trunk; an exponential average of all its
    iterates; Schedule-Free at the trunk's rates.
window : int or str, optional
    Of each merge: steps, or a share of its result; None: as long as its cooldown.
count : int
    Checkpoints of each merge.
half_life : int or str
    Of the ema: updates, or a share of those made so far.
checkpoint_bytes : int
    Of one checkpoint; 0: not known.
grad_norm, distance, law
    As for `plan_anytime`. The loss of an average is that of the run that it imitates.

Returns
-------
list of ComparedWay

Examples
--------
>>> from scheduled import Schedule, plan_anytime
>>> from scheduled.anytime import compare_ways
>>> plan = plan_anytime(Schedule("constant(warmup=300)"), ["10k", "20k"])
>>> for way in compare_ways(plan, ["cooldown", "merge", "ema"], checkpoint_bytes=10**9):
...     print(way.way, way.extra_steps, way.checkpoints, round(way.results[1].ratio, 3))
cooldown 2000 5 1.049
merge 0 12 1.838
ema 0 4 1.051
)doc";

std::vector<Duration> durations(const std::vector<LengthArgument>& results) {
  std::vector<Duration> out;
  for (std::size_t k = 0; k < results.size(); ++k) {
    out.push_back(parse_duration("results[" + std::to_string(k) + "]", length_text(results[k])));
  }
  return out;
}

}  // namespace

void bind_plan(nb::module_& m) {
  bind<PlannedBranch>(m);
  bind<PlannedCheckpoint>(m);
  bind<AnytimePlan>(m);
  bind<WayResult>(m);
  bind<ComparedWay>(m);
  m.def(
      "compare_ways",
      [](const AnytimePlan& plan, const std::vector<std::string>& ways, const std::optional<LengthArgument>& window,
         std::int64_t count, const LengthArgument& half_life, std::int64_t checkpoint_bytes, const ArrayLike& grad_norm,
         double distance, const std::optional<std::string>& law) {
        const GradNormArgument norms(grad_norm);
        CompareRequest request;
        for (const std::string& way : ways) request.ways.push_back(parse_word<ResultWay>("ways", way));
        if (window) request.window = parse_duration("window", length_text(*window));
        request.count = count;
        request.half_life = parse_duration("half_life", length_text(half_life));
        request.checkpoint_bytes = checkpoint_bytes;
        request.grad_norm = norms.get();
        request.distance = distance;
        if (law) request.law = parse_fitted_law(*law);
        return without_gil([&] { return compare_ways(plan, request); });
      },
      nb::arg("plan"), nb::arg("ways"), nb::kw_only(), nb::arg("window") = nb::none(), nb::arg("count") = 8,
      nb::arg("half_life") = "10%", nb::arg("checkpoint_bytes") = 0, nb::arg("grad_norm") = 1.0,
      nb::arg("distance") = 1.0, nb::arg("law") = nb::none(), compare_doc);
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
