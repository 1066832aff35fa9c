#include "scheduled/lint.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "base/bind.hpp"
#include "base/lengths.hpp"
#include "base/text.hpp"
#include "lint/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* lint_doc = R"doc(What is mostly a mistake in a schedule, a configuration or the log of a run.

Parameters
----------
input : Schedule, RunLog, str or path
    A text is a spec, or the file of a log, of a spec, of a schedule's JSON or of a training program's
    configuration.
ignore : sequence of str
    Rules that do not count; `lint_rules` lists them.
steps : int or str, optional
    Horizon of a spec that has none, or updates that a configuration's run makes.
warmup : int, optional
    Length of a linear warmup from 0 that precedes the first logged row; 0: none; None: what a rise of the
    first rows tells (`LogDescription.head`).
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Returns
-------
LintReport
    Its findings have the rule, a severity, the updates (from 1), what was found, what it costs in the
    bound at the best peak, and what to do.

Raises
------
ArgumentError
    An unknown rule, a log without rates, a schedule of more than 2e7 updates; a spec that is none.

Examples
--------
>>> from scheduled import lint
>>> found = lint("cosine(steps=10k, final=20%)").findings[0]
>>> found.rule, found.severity, round(found.cost, 3)
('high-end', 'warning', 0.17)
>>> lint("cosine(steps=10k, final=20%)", ignore=["high-end"]).findings
[]
)doc";

constexpr const char* diff_doc = R"doc(Where and by how much the rates of two schedules, configurations or logs differ.

Of logs the logged updates are compared. The bounds are each at its own best peak.

Parameters
----------
a, b : Schedule, RunLog, str or path
    As for `lint`.
tolerance : float
    Differences up to this share of the largest rate count as none.
steps, warmup, max_gap
    As for `lint`.

Examples
--------
>>> from scheduled import diff
>>> found = diff("wsd(steps=1000, cooldown=20%)", "wsd(steps=1000, cooldown=40%)")
>>> found.equal, found.first.update, found.largest.update, round(found.bound.ratio, 3)
(False, 601, 800, 0.951)
)doc";

constexpr const char* diff_rates_doc = R"doc(The rates that `diff` compares, as arrays.

Parameters
----------
a, b, steps, warmup, max_gap
    As for `diff`.

Examples
--------
>>> from scheduled import diff_rates
>>> diff_rates("constant(steps=3)", "linear(steps=3)").difference
array([ 0. , -0.5, -1. ])
)doc";

constexpr const char* rules_doc = R"doc(The rules of `lint`.

Examples
--------
>>> from scheduled import lint_rules
>>> "high-end" in [rule.name for rule in lint_rules()]
True
)doc";

/// A text, a path, or what it holds.
RateInput input_of(const nb::object& given, const std::optional<LengthArgument>& steps) {
  if (nb::isinstance<Schedule>(given)) return nb::cast<Schedule>(given);
  if (nb::isinstance<RunLog>(given)) return nb::cast<RunLog>(given);
  const std::string text = native_path(given).string();
  InputOptions options;
  if (steps) options.steps = parse_duration("steps", length_text(*steps));
  return without_gil([&] { return read_input(text, options); });
}

DiffSettings settings_of(double tolerance, std::optional<std::int64_t> warmup, std::int64_t max_gap) {
  return {tolerance, {warmup, max_gap}};
}

}  // namespace

void bind_lint(nb::module_& m) {
  bind<LintRule>(m);
  bind<LintFinding>(m);
  bind<LintReport>(m);
  bind<DiffAt>(m);
  bind<DiffBound>(m);
  bind<DiffLoss>(m);
  bind<RateDiff>(m);
  bind<DiffRates>(m);
  m.def(
      "lint_rules", [] { return std::vector<LintRule>(lint_rules().begin(), lint_rules().end()); }, rules_doc);
  m.def(
      "lint",
      [](const nb::object& input, const std::vector<std::string>& ignore, const std::optional<LengthArgument>& steps,
         std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        const RateInput read = input_of(input, steps);
        return without_gil([&] { return lint(read, {ignore, {warmup, max_gap}}); });
      },
      nb::arg("input"), nb::arg("ignore") = nb::tuple(), nb::arg("steps") = nb::none(), nb::arg("warmup") = nb::none(),
      nb::arg("max_gap") = 0, lint_doc);
  m.def(
      "diff",
      [](const nb::object& a, const nb::object& b, double tolerance, const std::optional<LengthArgument>& steps,
         std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        const RateInput read_a = input_of(a, steps), read_b = input_of(b, steps);
        return without_gil([&] { return diff(read_a, read_b, settings_of(tolerance, warmup, max_gap)); });
      },
      nb::arg("a"), nb::arg("b"), nb::arg("tolerance") = 0.0, nb::arg("steps") = nb::none(),
      nb::arg("warmup") = nb::none(), nb::arg("max_gap") = 0, diff_doc);
  m.def(
      "diff_rates",
      [](const nb::object& a, const nb::object& b, const std::optional<LengthArgument>& steps,
         std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        const RateInput read_a = input_of(a, steps), read_b = input_of(b, steps);
        return without_gil([&] { return diff_rates(read_a, read_b, settings_of(0.0, warmup, max_gap)); });
      },
      nb::arg("a"), nb::arg("b"), nb::arg("steps") = nb::none(), nb::arg("warmup") = nb::none(), nb::arg("max_gap") = 0,
      diff_rates_doc);
}

}  // namespace scheduled::python
