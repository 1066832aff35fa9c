#include "scheduled/exact.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "base/bind.hpp"
#include "bound/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* function_doc = R"doc(The convex function for which a run is as bad as it can be.

f(x) = max(0, max over t of <g_t, x> - epsilon min(t, k+1)) on `dimension` coordinates, with u_1 =
slope e_0, g_t = u_t + b_t e_t, u_{t+1} = u_t - a_t b_t e_t. Its minimum is 0, at 0. Call it for its
value; `subgradient` is an oracle for any first-order method. Made by `worst_case_function`.)doc";

constexpr const char* worst_case_function_doc = R"doc(The function that attains the worst case of these rates.

Parameters are those of `worst_case`; a grad norm of 0 is refused.

Returns
-------
WorstCaseFunction

Examples
--------
>>> from scheduled import worst_case, worst_case_function
>>> lr = [4 / 15, 4 / 15, 4 / 15]
>>> f = worst_case_function(lr)
>>> x = f.start()
>>> for eta in lr[:-1]:  # two steps lead to x_3
...     x = x - eta * f.subgradient(x)
>>> round(f(x), 12), round(worst_case(lr).value, 12)
(0.6, 0.6)
)doc";

constexpr const char* one_parameter_doc =
    R"doc(The bound (6.2) of docs/theory.md, which has one parameter.

Never below `worst_case`, and equal to it where grad norms are the same or smooth.

Parameters
----------
lr, grad_norm, distance
    As for `worst_case`.

Examples
--------
>>> from scheduled import one_parameter_bound, worst_case
>>> lr = [0.1] * 50
>>> round(one_parameter_bound(lr) / worst_case(lr).value, 12)
1.0
)doc";

constexpr const char* run_doc = R"doc(The subgradient method with the function's own rates, on the function.

The cost is the square of the steps, of which there may be 20000.

Examples
--------
>>> from scheduled import run_worst_case, worst_case_function
>>> run = run_worst_case(worst_case_function([0.5, 0.5]))
>>> run.first, run.last
(0.5, 0.75)
)doc";

constexpr const char* average_bound_doc = R"doc(The guarantee of a weighted average of iterates.

An average imitates the decay lr_t (c_{t+1} + ... + c_T) of the rates. Where its weights do not fall
along the window too much (condition (8.11) of docs/theory.md) it has the exact worst case of that decay;
else the best of the other proofs. `rule` says which.

Parameters
----------
lr : array_like
    Rates of the steps 1 ... T; some before the last > 0.
weights : array_like
    One for each iterate x_1 ... x_T, >= 0, the last one > 0. They are divided by their sum.
grad_norm, distance
    As for `worst_case`, grad norms > 0.

Returns
-------
AverageBound

Examples
--------
>>> from scheduled import average_bound, uniform_weights
>>> found = average_bound([0.1] * 100, uniform_weights(100, 100))
>>> round(found.value, 12), found.rule
(0.1, 'decay')
)doc";

constexpr const char* uniform_weights_doc = R"doc(Weights that are the same on the last `last` of T iterates.

Parameters
----------
T, last : int
    1 <= last <= T.
every : int
    Only every so many iterates count, from the end.

Examples
--------
>>> from scheduled import uniform_weights
>>> uniform_weights(5, 4, every=2)
array([0. , 0. , 0.5, 0. , 0.5])
)doc";

constexpr const char* ema_weights_doc = R"doc(Weights beta^(T-t) of an exponential moving average, with sum 1.

Parameters
----------
T : int
beta : float
    Between 0 and 1; 2^(-1/n) for a half-life of n steps.

Examples
--------
>>> from scheduled import ema_weights
>>> ema_weights(2, 0.5).round(6)
array([0.333333, 0.666667])
)doc";

constexpr const char* step_weights_doc = R"doc(Weights in proportion to the rates, on the last `last` iterates.

Parameters
----------
lr : array_like
    Rates of the steps 1 ... T, the last one > 0.
last : int

Examples
--------
>>> from scheduled import step_weights
>>> step_weights([2.0, 1.0, 3.0], 2)
array([0.  , 0.25, 0.75])
)doc";

constexpr const char* one_minus_sqrt_weights_doc =
    R"doc(Weights that imitate a 1-sqrt cooldown over the last `last` steps.

Their guarantee is worse than that of the cooldown: they fall along the window.

Parameters
----------
T, last : int
    1 <= last <= T.

Examples
--------
>>> from scheduled import one_minus_sqrt_weights
>>> one_minus_sqrt_weights(3, 2).round(6)
array([0.      , 0.707107, 0.292893])
)doc";

constexpr const char* average_weights_doc = R"doc(The weights that a text says, for a run with these rates.

Parameters
----------
average : str
    'average(last=20%)', 'average(last=2000, every=100)', 'average(last=20%, weights=step)' (or 1-sqrt),
    'average(half_life=5%)', as behind the bar of a spec.
lr : array_like
    Rates of the steps 1 ... T, the last one > 0.

Examples
--------
>>> from scheduled import average_weights
>>> average_weights("average(last=40%)", [0.1] * 5)
array([0. , 0. , 0. , 0.5, 0.5])
)doc";

constexpr const char* best_window_doc = R"doc(The number of last iterates of constant rates to average.

T 2 g^2 / (1 + g^2) with g = lr grad_norm sqrt(T) / distance; all of them from g = 1 on. For long runs.

Examples
--------
>>> from scheduled import best_window
>>> best_window(10000, 0.005)
4000
)doc";

constexpr const char* drop_and_average_doc =
    R"doc(Drop a constant rate for the last steps, hold it there and average them.

The average has the guarantee of a linear cooldown that begins at the dropped rate.

Parameters
----------
T, last : int
    1 <= last < T: so many iterates are averaged.
lr, grad_norm, distance : float
    > 0.

Examples
--------
>>> from scheduled import drop_and_average
>>> found = drop_and_average(1000, 200, 0.016)
>>> round(found.phi, 3), round(found.at_full / found.value, 4)
(0.63, 1.0158)
)doc";

constexpr const char* constant_endings_doc =
    R"doc(Ways to end constant rates: cooldowns beside averages, for one gradient norm.

A linear cooldown over the last steps, the best one that begins with a drop, the best uniform window of iterates with no
change of the rates, and the best drop that is held and averaged.

Parameters
----------
T, last : int
    1 <= last < T: so many steps at the end may change.
lr, grad_norm, distance : float
    > 0.

Returns
-------
list of ConstantEnding

Examples
--------
>>> from scheduled import constant_endings
>>> for ending in constant_endings(1000, 0.016, 200):
...     print(ending.way, ending.last, round(ending.bound, 5))
cooldown 200 0.03419
drop and cooldown 200 0.03364
average 408 0.03307
drop and average 200 0.03362
)doc";

}  // namespace

void bind_exact(nb::module_& m) {
  bind<WorstCaseRun>(m);
  bind<WorstCaseFunction>(m, function_doc)
      .def(
          "__call__", [](const WorstCaseFunction& f, const ArrayLike& x) { return f(Values<double>(x, "x").span()); },
          nb::arg("x"), "f(x); x has `dimension` coordinates.")
      .def(
          "subgradient",
          [](const WorstCaseFunction& f, const ArrayLike& x, std::int64_t start) {
            std::vector<double> g(static_cast<std::size_t>(f.dimension()));
            f.subgradient(Values<double>(x, "x").span(), g, start);
            return to_numpy(std::move(g));
          },
          nb::arg("x"), nb::arg("from_piece") = 1,
          "A subgradient at x: of the first piece, from `from_piece` on, that ties with the largest. Only where grad "
          "norms vary and some b is 0 does x_t need from_piece=t.")
      .def(
          "start", [](const WorstCaseFunction& f) { return to_numpy(f.start()); }, "x_1, at the distance D from 0.")
      .def(
          "iterate", [](const WorstCaseFunction& f, std::int64_t t) { return to_numpy(f.iterate(t)); }, nb::arg("t"),
          "x_t of the run, in closed form, t from 1.")
      .def("without_ties", &WorstCaseFunction::without_ties, nb::arg("epsilon") = nb::none(),
           "The same function with one active piece at each iterate; epsilon at most `largest_epsilon()`, by default "
           "half of it.")
      .def("largest_epsilon", &WorstCaseFunction::largest_epsilon,
           "The largest epsilon for which the run stays the same; 0 where there is none.");
  bind<AverageBound>(m);
  bind<DropAndAverage>(m);
  bind<ConstantEnding>(m);
  m.def(
      "worst_case_function",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
        const Values<double> rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return worst_case_function(rates.span(), norms.get(), distance); });
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, worst_case_function_doc);
  m.def(
      "one_parameter_bound",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
        const Values<double> rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return one_parameter_bound(rates.span(), norms.get(), distance); });
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, one_parameter_doc);
  m.def(
      "run_worst_case",
      [](const WorstCaseFunction& function) { return without_gil([&] { return run_worst_case(function); }); },
      nb::arg("function"), run_doc);
  m.def(
      "average_bound",
      [](const ArrayLike& lr, const ArrayLike& weights, const ArrayLike& grad_norm, double distance) {
        const Values<double> rates(lr, "lr");
        const Values<double> shares(weights, "weights");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return average_bound(rates.span(), shares.span(), norms.get(), distance); });
      },
      nb::arg("lr"), nb::arg("weights"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, average_bound_doc);
  m.def(
      "uniform_weights",
      [](std::int64_t T, std::int64_t last, std::int64_t every) { return to_numpy(uniform_weights(T, last, every)); },
      nb::arg("T"), nb::arg("last"), nb::arg("every") = 1, uniform_weights_doc);
  m.def(
      "ema_weights", [](std::int64_t T, double beta) { return to_numpy(ema_weights(T, beta)); }, nb::arg("T"),
      nb::arg("beta"), ema_weights_doc);
  m.def(
      "step_weights",
      [](const ArrayLike& lr, std::int64_t last) {
        return to_numpy(step_weights(Values<double>(lr, "lr").span(), last));
      },
      nb::arg("lr"), nb::arg("last"), step_weights_doc);
  m.def(
      "one_minus_sqrt_weights",
      [](std::int64_t T, std::int64_t last) { return to_numpy(one_minus_sqrt_weights(T, last)); }, nb::arg("T"),
      nb::arg("last"), one_minus_sqrt_weights_doc);
  m.def(
      "average_weights",
      [](std::string_view average, const ArrayLike& lr) {
        return to_numpy(weights_of(parse_average(average), Values<double>(lr, "lr").span()));
      },
      nb::arg("average"), nb::arg("lr"), average_weights_doc);
  m.def("best_window", &best_window, nb::arg("T"), nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0,
        best_window_doc);
  m.def("drop_and_average", &drop_and_average, nb::arg("T"), nb::arg("last"), nb::arg("lr"), nb::arg("grad_norm") = 1.0,
        nb::arg("distance") = 1.0, drop_and_average_doc);
  m.def("constant_endings", &constant_endings, nb::arg("T"), nb::arg("lr"), nb::arg("last"), nb::arg("grad_norm") = 1.0,
        nb::arg("distance") = 1.0, constant_endings_doc);
}

}  // namespace scheduled::python
