#include "scheduled/runlog.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "base/bind.hpp"
#include "modules.hpp"
#include "runlog/records.hpp"

namespace scheduled::python {
namespace {

using Columns = std::map<std::string, std::string>;

ReadOptions read_options(const std::optional<Columns>& columns, std::string_view restarts, std::string_view format,
                         std::int64_t step_offset, std::string_view lr_of, const std::vector<std::string>& patterns) {
  return {.columns = columns.value_or(Columns{}),
          .restarts = parse_word<Restarts>("restarts", restarts),
          .format = std::string(format),
          .patterns = patterns,
          .step_offset = step_offset,
          .lr_of = parse_word<RateOf>("lr_of", lr_of)};
}

constexpr const char* class_doc = R"doc(One run: a table with one row per logged step.

The row of step s was written after update s; step 0 is the state before training. Columns are
read-only arrays with NaN where a row did not log them: "lr", "train_loss", "val_loss", "grad_norm"
and whatever else the source holds. Made by `read_log` and `parse_log`.)doc";

constexpr const char* read_log_doc =
    R"doc(Reads a training log; the content tells its format (`log_formats`), and may be gzip or zstd.

Parameters
----------
file : path
    A file, a folder of TensorBoard's event files, or files of one run joined by "+".
columns : dict, optional
    Source column -> standard column (step, lr, train_loss, val_loss, grad_norm, tokens), such as
    ``{"loss": "train_loss"}``. Without it the usual names are recognised.
restarts : {'automatic', 'keep-last', 'keep-first', 'average', 'error'}
    What it means that steps go back or repeat; automatic is to average them in the logs of
    2501.18965, and elsewhere that the last rows count.
format : str
    Insist on this format; empty: told by the content.
step_offset : int
    Added to all steps: 1 where the first update is logged as step 0.
lr_of : {'automatic', 'same', 'next'}
    Whose learning rate and gradient norm a row has: those of its own update, or of the next one.
patterns : sequence of str
    Templates of lines of text, such as "step {step}: loss {train_loss}".

Returns
-------
RunLog

Raises
------
ArgumentError
    Naming file, column and row where the file is not a sound log.

Examples
--------
>>> import os, tempfile
>>> from scheduled import read_log
>>> with tempfile.TemporaryDirectory() as folder:
...     file = os.path.join(folder, "run.csv")
...     with open(file, "w") as out:
...         _ = out.write("step,lr,loss\n10,1e-3,4.2\n20,1e-3,3.9\n")
...     log = read_log(file)
>>> log.step.tolist(), log["train_loss"].tolist()
([10, 20], [4.2, 3.9])
)doc";

constexpr const char* parse_log_doc = R"doc(`read_log` of a text; `name` stands for the file in messages.

Examples
--------
>>> from scheduled import parse_log
>>> parse_log("run", "step,lr\n1,0.5\n2,0.25\n")["lr"]
array([0.5 , 0.25])
)doc";

constexpr const char* merge_branch_doc =
    R"doc(The run that a cooldown branch ends: `base` up to the branch's first step, then `branch`.

Examples
--------
>>> from scheduled import merge_branch, parse_log
>>> base = parse_log("base", "step,lr\n1,1\n2,1\n3,1\n")
>>> branch = parse_log("branch", "step,lr\n2,0.5\n3,0\n")
>>> merge_branch(base, branch)["lr"]
array([1. , 0.5, 0. ])
)doc";

constexpr const char* densify_doc = R"doc(One value per update from a sparsely logged column, by linear interpolation.

Parameters
----------
log : RunLog
column : str
last_step : int
    Values are returned for the updates 1 ... last_step.
warmup : int
    Length of a linear warmup from 0 that precedes the first logged row; 0: none.
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Examples
--------
>>> from scheduled import densify, parse_log
>>> densify(parse_log("run", "step,lr\n2,1\n4,0\n"), "lr", 4)
array([1. , 1. , 0.5, 0. ])
)doc";

constexpr const char* densify_logged_doc = R"doc(As much of a column as was logged, without a ramp.

From the first update, or from the first logged step where the stretch before it is longer than
`max_gap` (a branch without its base run), to the last logged step. For gradient norms, say.

Parameters
----------
log : RunLog
column : str
warmup : int
    Length of an unlogged warmup; it is no gap.
max_gap : int
    Longest stretch to bridge, in steps; 0: ten times the median spacing.

Returns
-------
tuple of int and numpy.ndarray
    The update of the first value, and the values.

Examples
--------
>>> from scheduled import densify_logged, parse_log
>>> densify_logged(parse_log("branch", "step,grad_norm\n900,2\n902,4\n"), "grad_norm")
(900, array([2., 3., 4.]))
)doc";

void bind_log(nb::module_& m) {
  bind<RunLog>(m, class_doc, Repr::own)
      .def_prop_ro(
          "columns",
          [](const RunLog& self) {
            nb::typed<nb::list, nb::str> names;
            for (const auto& [name, values] : self.column) names.append(python_text(name));
            return names;
          },
          "Names of the columns.")
      .def(
          "__getitem__",
          [](nb::pointer_and_handle<RunLog> self, std::string_view column) { return view(self.p->at(column), self.h); },
          nb::arg("column"), "The values of one column.")
      .def("__contains__", &RunLog::has, nb::arg("column"))
      .def("__len__", &RunLog::rows)
      .def("__repr__", [](const RunLog& self) {
        return python_text("<RunLog '" + self.name + "': " + std::to_string(self.rows()) + " rows>");
      });
}

}  // namespace

void bind_runlog(nb::module_& m) {
  bind_log(m);
  m.def(
      "read_log",
      [](const std::filesystem::path& file, const std::optional<Columns>& columns, std::string_view restarts,
         std::string_view format, std::int64_t step_offset, std::string_view lr_of,
         const std::vector<std::string>& patterns) {
        const ReadOptions options = read_options(columns, restarts, format, step_offset, lr_of, patterns);
        return without_gil([&] { return read_log(file, options); });
      },
      nb::arg("file"), nb::arg("columns") = nb::none(), nb::arg("restarts") = "automatic", nb::arg("format") = "",
      nb::arg("step_offset") = 0, nb::arg("lr_of") = "automatic", nb::arg("patterns") = std::vector<std::string>{},
      nb::sig("def read_log(file: str | os.PathLike[str], columns: collections.abc.Mapping[str, str] | None = None, "
              "restarts: str = 'automatic', format: str = '', step_offset: int = 0, lr_of: str = 'automatic', "
              "patterns: collections.abc.Sequence[str] = ()) -> RunLog"),
      read_log_doc);
  m.def(
      "parse_log",
      [](std::string_view name, std::string_view content, const std::optional<Columns>& columns,
         std::string_view restarts, std::string_view format, std::int64_t step_offset, std::string_view lr_of,
         const std::vector<std::string>& patterns) {
        const ReadOptions options = read_options(columns, restarts, format, step_offset, lr_of, patterns);
        return without_gil([&] { return parse_log(name, content, options); });
      },
      nb::arg("name"), nb::arg("content"), nb::arg("columns") = nb::none(), nb::arg("restarts") = "automatic",
      nb::arg("format") = "", nb::arg("step_offset") = 0, nb::arg("lr_of") = "automatic",
      nb::arg("patterns") = std::vector<std::string>{},
      nb::sig("def parse_log(name: str, content: str, columns: collections.abc.Mapping[str, str] | None = None, "
              "restarts: str = 'automatic', format: str = '', step_offset: int = 0, lr_of: str = 'automatic', "
              "patterns: collections.abc.Sequence[str] = ()) -> RunLog"),
      parse_log_doc);
  m.def("merge_branch", &merge_branch, nb::arg("base"), nb::arg("branch"), nb::call_guard<nb::gil_scoped_release>(),
        merge_branch_doc);
  m.def(
      "densify",
      [](const RunLog& log, std::string_view column, std::int64_t last_step, std::int64_t warmup,
         std::int64_t max_gap) {
        return to_numpy(without_gil([&] { return densify(log, column, last_step, {warmup, max_gap}); }));
      },
      nb::arg("log"), nb::arg("column"), nb::arg("last_step"), nb::arg("warmup") = 0, nb::arg("max_gap") = 0,
      densify_doc);
  m.def(
      "densify_logged",
      [](const RunLog& log, std::string_view column, std::int64_t warmup, std::int64_t max_gap) {
        DenseStretch stretch = without_gil([&] { return densify_logged(log, column, {warmup, max_gap}); });
        return nb::typed<nb::tuple, std::int64_t, FloatArray>(
            nb::make_tuple(stretch.first, to_numpy(std::move(stretch.values))));
      },
      nb::arg("log"), nb::arg("column"), nb::arg("warmup") = 0, nb::arg("max_gap") = 0, densify_logged_doc);
}

}  // namespace scheduled::python
