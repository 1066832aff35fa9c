#include "scheduled/error.hpp"
#include "scheduled/law.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "law/law.hpp"
#include "record.hpp"

namespace scheduled::python {
namespace {

/// Predicted losses as arrays.
struct Predictions {
  std::vector<double> loss;
  std::vector<double> lower;
  std::vector<double> upper;
};

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
    The intervals hold what the fit leaves open of the parameters and the noise of one
    measurement, but nothing of rates and lengths that no run had; see `extrapolations`.

Examples
--------
>>> import numpy as np
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, Law, fit_law, predict
>>> step = np.arange(100, 1001, 100)
>>> truth = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
>>> schedules = [Schedule("constant(steps=1000)"), Schedule("cosine(steps=1000)")]
>>> runs = [FitRun(str(s), s, step, truth.curve(s, step)) for s in schedules]
>>> fitted = fit_law(runs, "momentum", prior=0.0).fitted
>>> unseen = Schedule("wsd(steps=1000)")
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
)doc";

constexpr const char* extrapolations_doc = R"doc(What of a run lies outside what the law was fitted to, in words.

Parameters
----------
fitted : FittedLaw
lr : Schedule or array_like

Returns
-------
list of str
)doc";

std::string repr(const Predicted& p) {
  return "Predicted(loss=" + format_number(p.loss) + ", lower=" + format_number(p.lower) +
         ", upper=" + format_number(p.upper) + ")";
}

template <std::vector<double> Predictions::*member>
FloatArray array(nb::pointer_and_handle<Predictions> self) {
  return view<FloatArray>(self.p->*member, self.h);
}

void bind_results(nb::module_& m) {
  nb::class_<Predicted> predicted(m, "Predicted", "A loss, or a difference of losses, with its 90 % interval.");
  predicted.def_ro("loss", &Predicted::loss, "The prediction.")
      .def_ro("lower", &Predicted::lower, "Lower end of the interval.")
      .def_ro("upper", &Predicted::upper, "Upper end of the interval.")
      .def("__repr__", [](const Predicted& self) { return repr(self); });
  pickle_by_members(predicted, &Predicted::loss, &Predicted::lower, &Predicted::upper);

  nb::class_<Predictions> predictions(m, "Predictions", "Losses along a run with their 90 % intervals.");
  predictions.def_prop_ro("loss", &array<&Predictions::loss>, "The predictions; read-only.")
      .def_prop_ro("lower", &array<&Predictions::lower>, "Lower ends of the intervals; read-only.")
      .def_prop_ro("upper", &array<&Predictions::upper>, "Upper ends of the intervals; read-only.")
      .def("__len__", [](const Predictions& self) { return self.loss.size(); })
      .def("__repr__",
           [](const Predictions& self) { return "<Predictions: " + std::to_string(self.loss.size()) + " losses>"; });
  pickle_by_members(predictions, &Predictions::loss, &Predictions::lower, &Predictions::upper);

  nb::class_<CooldownAnswer> answer(m, "CooldownAnswer", "What one cooldown would give.");
  answer.def_ro("length", &CooldownAnswer::length, "Its steps.")
      .def_ro("loss", &CooldownAnswer::loss, "Loss at its end.")
      .def_ro("gain", &CooldownAnswer::gain, "What `further` steps on the trunk before it would win.")
      .def_ro("longer", &CooldownAnswer::longer, "What a cooldown longer by `further` steps would win instead.")
      .def_prop_ro(
          "worth_going_on", [](const CooldownAnswer& self) { return name_of(worth_going_on(self)); },
          "Whether more steps on the trunk before it pay, by the interval of `gain`: 'yes', 'no' or 'unsure'.")
      .def_prop_ro(
          "better_spent", [](const CooldownAnswer& self) { return name_of(better_spent(self)); },
          "Where the next steps win more: 'trunk', 'cooldown', or 'alike' where the intervals overlap.")
      .def("__repr__", [](const CooldownAnswer& self) {
        return "<CooldownAnswer: " + std::to_string(self.length) + " steps, loss " + format_number(self.loss.loss) +
               ">";
      });
  pickle_by_members(answer, &CooldownAnswer::length, &CooldownAnswer::loss, &CooldownAnswer::gain,
                    &CooldownAnswer::longer);

  nb::class_<VirtualCooldown> cooldown(m, "VirtualCooldown", "Cooldowns of several lengths, started now.");
  cooldown.def_ro("now", &VirtualCooldown::now, "Updates of the trunk.")
      .def_ro("trunk", &VirtualCooldown::trunk, "Its loss now, by the law.")
      .def_ro("answers", &VirtualCooldown::answers, "One for each length.")
      .def("__repr__", [](const VirtualCooldown& self) {
        return "<VirtualCooldown: " + std::to_string(self.answers.size()) + " lengths from step " +
               std::to_string(self.now) + ">";
      });
  pickle_by_members(cooldown, &VirtualCooldown::now, &VirtualCooldown::trunk, &VirtualCooldown::answers);
}

}  // namespace

void bind_predict(nb::module_& m) {
  bind_results(m);
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
      nb::arg("fitted"), nb::arg("lr"), nb::arg("step"), predict_doc);
  m.def(
      "predict_difference",
      [](const FittedLaw& fitted, const RatesLike& lr_a, const RatesLike& lr_b) {
        const std::vector<double> a = read_rates(lr_a, "lr_a");
        const std::vector<double> b = read_rates(lr_b, "lr_b");
        return without_gil([&] { return predict_difference(fitted, a, b); });
      },
      nb::arg("fitted"), nb::arg("lr_a"), nb::arg("lr_b"), difference_doc);
  m.def(
      "virtual_cooldown",
      [](const FittedLaw& fitted, const RatesLike& trunk, const ArrayLike& lengths, std::string_view decay,
         double final, std::int64_t further) {
        const std::vector<double> rates = read_rates(trunk, "trunk");
        const CooldownQuestion question{Values<std::int64_t>(lengths, "lengths").copy(),
                                        parse_cooldown_decay(decay, final), final, further};
        return without_gil([&] { return virtual_cooldown(fitted, rates, question); });
      },
      nb::arg("fitted"), nb::arg("trunk"), nb::arg("lengths"), nb::arg("decay") = "linear", nb::arg("final") = 0.0,
      nb::arg("further") = CooldownQuestion{}.further, cooldown_doc);
  m.def(
      "extrapolations",
      [](const FittedLaw& fitted, const RatesLike& lr) { return extrapolations(fitted, read_rates(lr, "lr")); },
      nb::arg("fitted"), nb::arg("lr"), extrapolations_doc);
}

}  // namespace scheduled::python
