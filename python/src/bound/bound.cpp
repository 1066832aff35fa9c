#include "scheduled/bound.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "bound/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

using Rates = Values<double>;

constexpr const char* omega_split_doc = R"doc(The last-iterate bound in the three terms of the paper's Theorem 1.

Parameters are those of `omega`.

Examples
--------
>>> from scheduled import omega, omega_split
>>> split = omega_split([0.5, 0.5])
>>> split
OmegaSplit(distance=0.5, noise=0.25, last=0.25)
>>> split.value == omega([0.5, 0.5])
True
)doc";

constexpr const char* omega_doc = R"doc(Last-iterate bound Omega_T of a run with the given learning rates.

Parameters
----------
lr : array_like
    Rates of the steps 1 ... T, finite and >= 0, the last one > 0. A contiguous float64 array is
    read in place.
grad_norm : float or array_like
    G: one number, or one per step; finite and >= 0.
distance : float
    D: distance of the start from the optimum, > 0.

Returns
-------
float
    The bound, in units of the loss.

Raises
------
ArgumentError
    Naming the first value that is not allowed.

Examples
--------
>>> from scheduled import Schedule, omega
>>> round(omega(Schedule("linear(steps=401, peak=0.0495631)").values(400)), 7)
0.1006299
)doc";

constexpr const char* standard_bound_doc = R"doc(Bound of the average iterate, (D^2 + sum lr^2 G^2) / (2 sum lr).

Parameters are those of `omega`; zeros are allowed everywhere, but not only zeros.

Examples
--------
>>> from scheduled import standard_bound
>>> standard_bound([0.5, 0.5])
0.75
)doc";

constexpr const char* power_grad_norm_doc = R"doc(Grad norms t^alpha for t = 1 ... steps.

Examples
--------
>>> from scheduled import power_grad_norm
>>> power_grad_norm(-1.0, 4)
array([1.        , 0.5       , 0.33333333, 0.25      ])
)doc";

constexpr const char* batch_grad_norm_doc = R"doc(Grad norms of a schedule whose batch changes.

The square of the norm of a mini-batch's gradient is that of the full gradient plus noise, which falls as 1/batch:
G_t^2 = grad_norm^2 (1 - noise_share + noise_share B_1/B_t). Both are taken to stay what they are but for the batch.

Parameters
----------
schedule : Schedule
    With `batch`.
noise_share : float
    Share of the noise in the square of the first step's norm, within [0, 1].
grad_norm : float
    Norm at the first step.
steps : int, optional
    How many; without it the schedule's horizon.

Examples
--------
>>> from scheduled import Schedule, batch_grad_norm, best_base_lr
>>> ramp = Schedule("linear(steps=5, batch=[0:256, 3:1024])")
>>> batch_grad_norm(ramp, 0.8)
array([1.        , 1.        , 1.        , 0.63245553, 0.63245553])
>>> best_base_lr(ramp).bound > best_base_lr(ramp, grad_norm=batch_grad_norm(ramp, 0.8)).bound
True
)doc";

constexpr const char* omega_gradient_doc = R"doc(Gradient of Omega_T in the learning rates.

Parameters are those of `omega`.

Returns
-------
numpy.ndarray
    One derivative per step.

Examples
--------
>>> from scheduled import omega_gradient
>>> omega_gradient([1.0, 1.0])
array([ 0.875, -0.125])
)doc";

constexpr const char* omega_curve_doc = R"doc(Omega_1 ... Omega_T: the bound after every step, at near-linear cost.

Parameters
----------
lr, grad_norm, distance
    As for `omega`, but the last rate may be 0: where a rate is 0, the bound of the last positive
    step stands; before the first positive step it is infinite.
tolerance : float
    Relative error allowed at every step, within [1e-14, 0.1].
threads : int
    At least 1; the result has the same bits for every number.

Examples
--------
>>> from scheduled import omega_curve
>>> omega_curve([1.0, 1.0, 0.0])
array([1.  , 1.25, 1.25])
)doc";

constexpr const char* omega_at_doc = R"doc(Omega_t at chosen steps of a run.

Parameters
----------
lr, grad_norm, distance
    As for `omega_curve`.
t : array_like of int
    1-based steps, between 1 and T, in any order.

Examples
--------
>>> from scheduled import omega_at
>>> omega_at([1.0, 1.0, 1.0], t=[2, 1])
array([1.25, 1.  ])
)doc";

constexpr const char* bound_rates_doc =
    R"doc(The rates that the bound after `T` steps reads: the first `T`, without trailing zeros.

Parameters
----------
schedule : Schedule
T : int, optional
    Without it the horizon.

Examples
--------
>>> from scheduled import Schedule, bound_rates
>>> bound_rates(Schedule("linear(steps=3)"))
array([1. , 0.5])
)doc";

constexpr const char* bound_doc = R"doc(Bound of a schedule at its own peak.

Parameters
----------
schedule : Schedule
grad_norm : float or array_like
    G: one number, or one per step.
distance : float
    D: distance of the start from the optimum, > 0.
T : int, optional
    After how many steps; without it at the horizon. Zeros at the end of the rates are left out.
criterion : {'omega', 'standard', 'worst-case'}
    Bound of the last iterate, of the average iterate, or the exact worst case of the last one.

Examples
--------
>>> from scheduled import Schedule, bound
>>> round(bound(Schedule("wsd(steps=401, peak=0.0253737)"), T=400), 6)
0.109323
)doc";

void bind_split(nb::module_& m) {
  bind<OmegaSplit>(m, "The three terms of the last-iterate bound; iterates over them.")
      .def(
          "__iter__",
          [](const OmegaSplit& self) { return nb::iter(nb::make_tuple(self.distance, self.noise, self.last)); },
          nb::sig("def __iter__(self) -> collections.abc.Iterator[float]"));
  m.def(
      "omega_split",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
        const Rates rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return omega_split(rates.span(), norms.get(), distance); });
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, omega_split_doc);
}

void bind_values(nb::module_& m) {
  m.def(
      "omega",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
        const Rates rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return omega(rates.span(), norms.get(), distance); });
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, omega_doc);
  m.def(
      "standard_bound",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
        const Rates rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return without_gil([&] { return standard_bound(rates.span(), norms.get(), distance); });
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, standard_bound_doc);
  m.def(
      "power_grad_norm",
      [](double alpha, std::int64_t steps) {
        return to_numpy(without_gil([&] { return power_grad_norm(alpha, steps); }));
      },
      nb::arg("alpha"), nb::arg("steps"), power_grad_norm_doc);
  m.def(
      "batch_grad_norm",
      [](const Schedule& schedule, double noise_share, double grad_norm, std::optional<std::int64_t> steps) {
        return to_numpy(without_gil([&] { return batch_grad_norm(schedule, noise_share, grad_norm, steps); }));
      },
      nb::arg("schedule"), nb::arg("noise_share"), nb::arg("grad_norm") = 1.0, nb::arg("steps") = nb::none(),
      batch_grad_norm_doc);
}

void bind_series(nb::module_& m) {
  m.def(
      "omega_gradient",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance) {
        const Rates rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        return to_numpy(without_gil([&] {
          std::vector<double> out = interruptible_zeros(rates.span().size());
          omega_gradient(rates.span(), norms.get(), distance, out);
          return out;
        }));
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, omega_gradient_doc);
  m.def(
      "omega_curve",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance, double tolerance, int threads) {
        const Rates rates(lr, "lr");
        const GradNormArgument norms(grad_norm);
        const CurveOptions options{tolerance, threads};
        return to_numpy(without_gil([&] {
          std::vector<double> out = interruptible_zeros(rates.span().size());
          omega_curve(rates.span(), norms.get(), distance, out, options);
          return out;
        }));
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0,
      nb::arg("tolerance") = CurveOptions{}.tolerance, nb::arg("threads") = CurveOptions{}.threads, omega_curve_doc);
  m.def(
      "omega_at",
      [](const ArrayLike& lr, const ArrayLike& grad_norm, double distance, const ArrayLike& t) {
        const Rates rates(lr, "lr");
        const Values<std::int64_t> places(t, "t");
        const GradNormArgument norms(grad_norm);
        return to_numpy(without_gil([&] { return omega_at(rates.span(), norms.get(), distance, places.span()); }));
      },
      nb::arg("lr"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::kw_only(), nb::arg("t"), omega_at_doc);
}

void bind_schedule_bound(nb::module_& m) {
  m.def(
      "bound_rates",
      [](const Schedule& schedule, std::optional<std::int64_t> T) {
        return to_numpy(without_gil([&] { return bound_rates(schedule, T); }));
      },
      nb::arg("schedule"), nb::arg("T") = nb::none(), bound_rates_doc);
  m.def(
      "bound",
      [](const Schedule& schedule, const ArrayLike& grad_norm, double distance, std::optional<std::int64_t> T,
         std::string_view criterion) {
        const GradNormArgument norms(grad_norm);
        const BoundSettings settings{norms.get(), distance, T, parse_word<Criterion>("criterion", criterion)};
        return without_gil([&] { return bound(schedule, settings); });
      },
      nb::arg("schedule"), nb::arg("grad_norm") = 1.0, nb::arg("distance") = 1.0, nb::arg("T") = nb::none(),
      nb::arg("criterion") = "omega", bound_doc);
}

}  // namespace

void bind_bound(nb::module_& m) {
  bind_values(m);
  bind_split(m);
  bind_series(m);
  bind_schedule_bound(m);
}

}  // namespace scheduled::python
