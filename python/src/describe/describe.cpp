#include "scheduled/describe.hpp"

#include <nanobind/nanobind.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "describe/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* describe_doc = R"doc(What a log holds, and what it serves for.

Parameters
----------
log : RunLog
warmup : int, optional
    Length of a linear warmup from 0 that precedes the first logged row; 0: none; None: what a rise of the
    first rows tells (`LogDescription.head`).
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Examples
--------
>>> from scheduled import describe_log, parse_log
>>> about = describe_log(parse_log("run", "step,lr\n1,1e-3\n2,1e-3\n3,1e-3\n"))
>>> about.format, about.rows, [use.verb for use in about.uses if use.works]
('csv', 3, ['bound', 'cooldown', 'extend'])
)doc";

}  // namespace

void bind_describe(nb::module_& m) {
  bind<RateHead>(m);
  bind<RateTail>(m);
  bind<DescribedColumn>(m);
  bind<DescribedGap>(m);
  bind<LogUse>(m);
  bind<LogDescription>(m);
  m.def(
      "describe_log",
      [](const RunLog& log, std::optional<std::int64_t> warmup, std::int64_t max_gap) {
        return without_gil([&] { return describe_log(log, {warmup, max_gap}); });
      },
      nb::arg("log"), nb::arg("warmup") = nb::none(), nb::arg("max_gap") = 0, describe_doc);
}

}  // namespace scheduled::python
