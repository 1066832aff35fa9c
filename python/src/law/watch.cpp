#include "scheduled/watch.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "base/lengths.hpp"
#include "base/text.hpp"
#include "law/rates.hpp"
#include "modules.hpp"
#include "watch/records.hpp"

namespace scheduled::python {
namespace {

constexpr const char* watch_doc =
    R"doc(A run at its last row: loss, rate, bound, and what a cooldown started now would give.

Parameters
----------
log : RunLog
    As far as the run has come.
fitted : FittedLaw, optional
    What predicts; None: no prediction.
cooldown : int or str
    Length of the cooldown asked about: steps, or a share of the run that it ends.
decay : str
    Its shape.
further : int
    "And if it started this many steps later?"
until : str
    A condition, such as "loss<2.9", "loss<2.9 predicted", "step>=5000" or "notice=diverging".

Returns
-------
tuple of WatchedRun and bool
    The run, and whether `until` holds (False without one).

Raises
------
ArgumentError
    Naming what cannot be: a length, a decay, `further` below 1, a condition; and a log without rows.

Examples
--------
>>> from scheduled import RunLog
>>> from scheduled.law import watch_run
>>> rows = range(100, 1001, 100)
>>> log = RunLog.from_columns({"step": rows, "lr": [1e-3] * 10, "loss": [4.0 - k / 1000 for k in rows]})
>>> run, done = watch_run(log, until="loss<3.1")
>>> run.step, run.notice, done
(1000, 'none', True)
)doc";

}  // namespace

void bind_watch(nb::module_& m) {
  bind<WatchedRun>(m);
  m.def(
      "watch_run",
      [](const RunLog& log, const std::optional<FittedLaw>& fitted, const LengthArgument& cooldown,
         std::string_view decay, std::int64_t further, std::string_view until) {
        std::optional<WatchCondition> condition;
        if (!until.empty()) condition = parse_watch_condition(until);
        WatchSettings settings;
        settings.cooldown = parse_duration("cooldown", length_text(cooldown));
        settings.decay = parse_decay("decay", decay);
        settings.further = further;
        settings.law = fitted;
        WatchedRun run = without_gil([&] { return watch_run(log, settings); });
        const bool done = condition && holds(*condition, run);
        return nb::typed<nb::tuple, WatchedRun, bool>(nb::make_tuple(std::move(run), done));
      },
      nb::arg("log"), nb::arg("fitted") = nb::none(), nb::kw_only(), nb::arg("cooldown") = "10%",
      nb::arg("decay") = "linear", nb::arg("further") = WatchSettings{}.further, nb::arg("until") = "", watch_doc);
}

}  // namespace scheduled::python
