#include "scheduled/error.hpp"
#include "scheduled/law.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "law/rates.hpp"

namespace scheduled {
namespace python {
namespace {

/// Predicted losses as arrays.
struct Predictions {
  std::vector<double> loss;
  std::vector<double> lower;
  std::vector<double> upper;
};

}  // namespace
}  // namespace python

template <>
struct Record<python::Predictions> {
  using Predictions = python::Predictions;
  static constexpr std::string_view name = "Predictions";
  static constexpr std::string_view meaning = "Losses along a run with their 90 % intervals";
  static constexpr FieldList fields{Field{"loss", &Predictions::loss, "nats", "The predictions"},
                                    Field{"lower", &Predictions::lower, "nats", "Lower ends of the intervals"},
                                    Field{"upper", &Predictions::upper, "nats", "Upper ends of the intervals"}};
};

namespace python {
namespace {

/// A docstring whose example needs a fit and imports `name`: "{fit}" stands for the lines that make it.
std::string with_fit(std::string text, std::string_view name) {
  constexpr std::string_view place = "{fit}";
  const std::string lines = concat({R"doc(>>> import numpy as np
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, Law, fit_law, )doc",
                                    name, R"doc(
>>> step = np.arange(100, 1001, 100)
>>> truth = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
>>> schedules = [Schedule("constant(steps=1000)"), Schedule("cosine(steps=1000)")]
>>> runs = [FitRun(str(s), s, step, truth.curve(s, step)) for s in schedules]
>>> fitted = fit_law(runs, "momentum", prior=0.0).fitted
)doc"});
  return text.replace(text.find(place), place.size(), lines);
}

constexpr const char* predict_doc = R"doc(Losses of a schedule that was not run, with 90 % intervals.

Parameters
----------
fitted : FittedLaw
lr : Schedule or array_like
    Rates of the updates 1 ... T; a schedule at its own peak.
step : array_like
    Updates, increasing, within 1 ... T.

Returns
-------
Predictions
    The intervals hold what the fit leaves open of the parameters, the noise of one measurement and, for laws
    with an exponent of progress, how far runs depart whose peak or shape of decay no fitted run had; what else
    no run had is in `extrapolations`.

Examples
--------
{fit}>>> unseen = Schedule("wsd(steps=1000)")
>>> at_end = predict(fitted, unseen, [1000])
>>> bool(abs(at_end.loss[0] - truth.curve(unseen, [1000])[0]) < 1e-3)
True
)doc";

constexpr const char* difference_doc = R"doc(Final loss of the first run less that of the second, with its interval.

Parameters
----------
fitted : FittedLaw
lr_a, lr_b : Schedule or array_like

Returns
-------
Predicted
    Much narrower than the difference of two intervals, as errors that both share cancel.

Examples
--------
{fit}>>> bool(predict_difference(fitted, *schedules).loss > 0.0)  # the constant rate ends higher
True
)doc";

constexpr const char* cooldown_doc = R"doc(What a cooldown started now would give, without running it.

Parameters
----------
fitted : FittedLaw
trunk : Schedule or array_like
    Rates of all updates so far, the last one > 0.
lengths : array_like
    Steps of the cooldowns.
decay : str
    'linear', '1-sqrt', 'cosine', ... as in specs.
final : float
    Last rate, as a share of the trunk's last rate.
further : int
    Steps of "is it worth going on?".

Returns
-------
VirtualCooldown

Examples
--------
{fit}>>> now = virtual_cooldown(fitted, Schedule("constant(steps=500)"), [50, 100])
>>> [answer.length for answer in now.answers], bool(now.answers[0].loss.loss < now.trunk.loss)
([50, 100], True)
)doc";

constexpr const char* identified_doc =
    R"doc(Why no interval holds what a run comes to, and what would mend it; empty where intervals may hold.

Rates that fall, by a law of runs at several peaks none of which lowers its rate: the peaks overrule what
other models say of a decay without telling it. `predict` gives its numbers in any case, `virtual_cooldown`
and forecasts refuse.

Parameters
----------
fitted : FittedLaw
lr : Schedule or array_like

Returns
-------
str

Examples
--------
{fit}>>> not_identified(fitted, Schedule("cosine(steps=1000)"))
''
)doc";

constexpr const char* extrapolations_doc = R"doc(What of a run lies outside what the law was fitted to, in words.

Another peak than any fitted run had, or a spike above it; more steps, or hardly more than those before
the first fitted loss; a late peak; a rise after a fall; a decay over 1.5 times as much or as little of the
run, in another shape, to another end, or at once. Intervals are wider for other peaks, shapes, ends and
drops; the others are only said. `FittedLaw.seen` has what the fitted runs are like.

Parameters
----------
fitted : FittedLaw
lr : Schedule or array_like

Returns
-------
list of str

Examples
--------
{fit}>>> extrapolations(fitted, Schedule("cosine(steps=1000)"))
[]
>>> len(extrapolations(fitted, Schedule("cosine(steps=2000)")))
1
)doc";

}  // namespace

void bind_predict(nb::module_& m) {
  bind<Predicted>(m, "A loss, or a difference of losses, with its 90 % interval; iterates over loss, lower, upper.")
      .def(
          "__iter__", [](const Predicted& self) { return nb::iter(nb::make_tuple(self.loss, self.lower, self.upper)); },
          nb::sig("def __iter__(self) -> collections.abc.Iterator[float]"));
  bind<Predictions>(m).def("__len__", [](const Predictions& self) { return self.loss.size(); });
  bind<CooldownAnswer>(m);
  bind<VirtualCooldown>(m);
  m.def(
      "predict",
      [](const FittedLaw& fitted, const RatesLike& lr, const ArrayLike& step) {
        const std::vector<double> rates = read_rates(lr, "lr");
        const Values<std::int64_t> steps(step, "step");
        return without_gil([&] {
          Predictions result;
          for (const Predicted& p : predict_losses(fitted, rates, steps.span())) {
            result.loss.push_back(p.loss);
            result.lower.push_back(p.lower);
            result.upper.push_back(p.upper);
          }
          return result;
        });
      },
      nb::arg("fitted"), nb::arg("lr"), nb::arg("step"), with_fit(predict_doc, "predict").c_str());
  m.def(
      "predict_difference",
      [](const FittedLaw& fitted, const RatesLike& lr_a, const RatesLike& lr_b) {
        const std::vector<double> a = read_rates(lr_a, "lr_a");
        const std::vector<double> b = read_rates(lr_b, "lr_b");
        return without_gil([&] { return predict_difference(fitted, a, b); });
      },
      nb::arg("fitted"), nb::arg("lr_a"), nb::arg("lr_b"), with_fit(difference_doc, "predict_difference").c_str());
  m.def(
      "virtual_cooldown",
      [](const FittedLaw& fitted, const RatesLike& trunk, const ArrayLike& lengths, std::string_view decay,
         double final, std::int64_t further) {
        const std::vector<double> rates = read_rates(trunk, "trunk");
        const CooldownQuestion question{Values<std::int64_t>(lengths, "lengths").copy(), parse_decay("decay", decay),
                                        final, further};
        return without_gil([&] { return virtual_cooldown(fitted, rates, question); });
      },
      nb::arg("fitted"), nb::arg("trunk"), nb::arg("lengths"), nb::arg("decay") = "linear", nb::arg("final") = 0.0,
      nb::arg("further") = CooldownQuestion{}.further, with_fit(cooldown_doc, "virtual_cooldown").c_str());
  m.def(
      "extrapolations",
      [](const FittedLaw& fitted, const RatesLike& lr) {
        const std::vector<double> rates = read_rates(lr, "lr");
        return without_gil([&] { return extrapolations(fitted, rates); });
      },
      nb::arg("fitted"), nb::arg("lr"), with_fit(extrapolations_doc, "extrapolations").c_str());
  m.def(
      "not_identified",
      [](const FittedLaw& fitted, const RatesLike& lr) {
        const std::vector<double> rates = read_rates(lr, "lr");
        return without_gil([&] { return not_identified(fitted, rates); });
      },
      nb::arg("fitted"), nb::arg("lr"), with_fit(identified_doc, "not_identified").c_str());
}

}  // namespace python
}  // namespace scheduled
