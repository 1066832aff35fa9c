#include "scheduled/runlog.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "base/bind.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "modules.hpp"
#include "runlog/given_rates.hpp"
#include "runlog/records.hpp"

namespace scheduled::python {
namespace {

using Columns = std::map<std::string, std::string>;

ReadOptions read_options(const std::optional<Columns>& columns, std::string_view restarts, std::string_view format,
                         std::int64_t step_offset, std::string_view lr_of, const std::vector<std::string>& patterns,
                         bool continue_lr) {
  return {.columns = columns.value_or(Columns{}),
          .restarts = parse_word<Restarts>("restarts", restarts),
          .format = std::string(format),
          .patterns = patterns,
          .step_offset = step_offset,
          .lr_of = parse_word<RateOf>("lr_of", lr_of),
          .continue_lr = continue_lr};
}

/// A column of a table as numbers, None, masked entries and the like as NaN; nothing where it holds no numbers.
std::optional<std::vector<double>> numbers_of(const nb::object& values) {
  const nb::module_ numpy = nb::module_::import_("numpy");
  const nb::object float64 = numpy.attr("float64"), nan = numpy.attr("nan");
  const auto array_of = [&](bool nullable) -> nb::object {
    if (nullable) return values.attr("to_numpy")(nb::arg("dtype") = float64, nb::arg("na_value") = nan);
    if (!nb::isinstance(values, numpy.attr("ma").attr("MaskedArray"))) {
      return numpy.attr("asarray")(values, nb::arg("dtype") = float64);
    }
    return values.attr("astype")(float64).attr("filled")(nan);
  };
  for (const bool nullable : {false, true}) {
    if (nullable && !nb::hasattr(values, "to_numpy")) break;
    try {
      return Values<double>(nb::borrow<ArrayLike>(array_of(nullable)), "column").copy();
    } catch (const nb::python_error& error) {
      // no numbers, or (pandas' own missing values) only when asked for in this way
      const auto is = [&](PyObject* type) { return error.matches(type); };
      if (!is(PyExc_ValueError) && !is(PyExc_TypeError) && !is(PyExc_OverflowError)) throw;
    }
  }
  return std::nullopt;
}

NamedColumns columns_of(const nb::object& data, const std::optional<Columns>& needed) {
  NamedColumns columns;
  const nb::object keys = nb::hasattr(data, "columns") ? data.attr("columns") : data.attr("keys")();
  for (const nb::handle key : keys) {
    const std::string name = native_text("columns", nb::str(key));
    if (std::optional<std::vector<double>> values = numbers_of(data[key])) {
      columns.emplace_back(name, *std::move(values));
    } else if (needed && needed->contains(name)) {
      throw ArgumentError({.name = "columns", .value = name, .requirement = "must hold numbers"});
    }
  }
  return columns;
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
    A file, a folder of TensorBoard's event files, of MLflow or of another program that left its log
    there, or files of one run joined by "+".
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
lr : Schedule, str or array_like, optional
    The rates of a log without any, or with rounded ones: a schedule, or one value per update.
continue_lr : bool
    Where rows go on after the last logged rate: go on along the linear, cosine or 1-sqrt decay to 0
    of its last rows, instead of holding it.

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

constexpr const char* from_columns_doc =
    R"doc(A log of columns: a dict of arrays or lists, a pandas or polars DataFrame.

By the names and rules of `read_log`; NaN, None and masked entries are "not logged", columns without
numbers are left out.

Parameters
----------
data : mapping or DataFrame
    Column names and values.
name : str
    Stands for the log in messages.
columns, restarts, step_offset, lr_of, lr, continue_lr
    As for `read_log`.

Examples
--------
>>> from scheduled import RunLog
>>> log = RunLog.from_columns({"Step": [10, 20], "learning_rate": [1e-3, 5e-4], "loss": [4.2, None]})
>>> log.columns, log["lr"].tolist(), log["train_loss"].tolist()
(['lr', 'train_loss'], [0.001, 0.0005], [4.2, nan])
)doc";

constexpr const char* read_run_doc = R"doc(The log of a run, joined to those of the runs that it continues.

Parameters
----------
file : path
    As for `read_log`.
bases : path or sequence of paths
    The run that `file` continues, the run that this one continues, ...
columns, restarts, format, step_offset, lr_of, patterns, lr, continue_lr
    As for `read_log`, for all of the files.

Returns
-------
RunLog
    As `merge_branch` joins them: a base up to its branch's first step.

Raises
------
ArgumentError
    As `read_log`; and where a base ends before its branch starts, with both steps.

Examples
--------
>>> import pathlib, tempfile
>>> from scheduled import read_run
>>> with tempfile.TemporaryDirectory() as folder:
...     base, branch = pathlib.Path(folder, "base.csv"), pathlib.Path(folder, "branch.csv")
...     _ = base.write_text("step,lr\n1,1\n2,1\n3,1\n")
...     _ = branch.write_text("step,lr\n2,0.5\n3,0\n")
...     run = read_run(branch, base)
>>> run["lr"]
array([1. , 0.5, 0. ])
)doc";

constexpr const char* log_formats_doc = R"doc(Name, meaning and writers of every format of logs that is read.

Examples
--------
>>> from scheduled import log_formats
>>> "csv" in [name for name, what, written_by in log_formats()]
True
)doc";

/// One path or several.
std::vector<std::string> names_of(const nb::object& files) {
  std::filesystem::path one;
  if (nb::try_cast(files, one)) return {one.string()};
  std::vector<std::filesystem::path> several;
  if (!nb::try_cast(files, several)) fail_argument("bases", "must be a path or a sequence of paths");
  std::vector<std::string> names;
  for (const std::filesystem::path& path : several) names.push_back(path.string());
  return names;
}

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
      .def_static(
          "from_columns",
          [](const nb::object& data, std::string_view name, const std::optional<Columns>& columns,
             std::string_view restarts, std::int64_t step_offset, std::string_view lr_of, const nb::object& lr,
             bool continue_lr) {
            return with_lr(log_of_columns(name, columns_of(data, columns),
                                          read_options(columns, restarts, "", step_offset, lr_of, {}, continue_lr)),
                           lr);
          },
          nb::arg("data"), nb::arg("name") = "columns", nb::kw_only(), nb::arg("columns") = nb::none(),
          nb::arg("restarts") = "automatic", nb::arg("step_offset") = 0, nb::arg("lr_of") = "automatic",
          nb::arg("lr") = nb::none(), nb::arg("continue_lr") = false, from_columns_doc)
      .def("__contains__", &RunLog::has, nb::arg("column"))
      .def("__len__", &RunLog::rows)
      .def("__repr__", [](const RunLog& self) {
        return python_text("<RunLog " + repr_text(self.name) + ": " + std::to_string(self.rows()) + " rows>");
      });
}

}  // namespace

void bind_runlog(nb::module_& m) {
  bind_log(m);
  m.def(
      "read_log",
      [](const std::filesystem::path& file, const std::optional<Columns>& columns, std::string_view restarts,
         std::string_view format, std::int64_t step_offset, std::string_view lr_of,
         const std::vector<std::string>& patterns, const nb::object& lr, bool continue_lr) {
        const ReadOptions options = read_options(columns, restarts, format, step_offset, lr_of, patterns, continue_lr);
        return with_lr(without_gil([&] { return read_log(file, options); }), lr);
      },
      nb::arg("file"), nb::arg("columns") = nb::none(), nb::arg("restarts") = "automatic", nb::arg("format") = "",
      nb::arg("step_offset") = 0, nb::arg("lr_of") = "automatic", nb::arg("patterns") = std::vector<std::string>{},
      nb::arg("lr") = nb::none(), nb::arg("continue_lr") = false,
      nb::sig(
          "def read_log(file: str | os.PathLike[str], columns: collections.abc.Mapping[str, str] | None = None, "
          "restarts: str = 'automatic', format: str = '', step_offset: int = 0, lr_of: str = 'automatic', "
          "patterns: collections.abc.Sequence[str] = (), lr: Schedule | str | numpy.typing.ArrayLike | None = None, "
          "continue_lr: bool = False) -> RunLog"),
      read_log_doc);
  m.def(
      "parse_log",
      [](std::string_view name, std::string_view content, const std::optional<Columns>& columns,
         std::string_view restarts, std::string_view format, std::int64_t step_offset, std::string_view lr_of,
         const std::vector<std::string>& patterns, const nb::object& lr, bool continue_lr) {
        const ReadOptions options = read_options(columns, restarts, format, step_offset, lr_of, patterns, continue_lr);
        return with_lr(without_gil([&] { return parse_log(name, content, options); }), lr);
      },
      nb::arg("name"), nb::arg("content"), nb::arg("columns") = nb::none(), nb::arg("restarts") = "automatic",
      nb::arg("format") = "", nb::arg("step_offset") = 0, nb::arg("lr_of") = "automatic",
      nb::arg("patterns") = std::vector<std::string>{}, nb::arg("lr") = nb::none(), nb::arg("continue_lr") = false,
      nb::sig(
          "def parse_log(name: str, content: str, columns: collections.abc.Mapping[str, str] | None = None, "
          "restarts: str = 'automatic', format: str = '', step_offset: int = 0, lr_of: str = 'automatic', "
          "patterns: collections.abc.Sequence[str] = (), lr: Schedule | str | numpy.typing.ArrayLike | None = None, "
          "continue_lr: bool = False) -> RunLog"),
      parse_log_doc);
  m.def(
      "read_run",
      [](const std::filesystem::path& file, const nb::object& bases, const std::optional<Columns>& columns,
         std::string_view restarts, std::string_view format, std::int64_t step_offset, std::string_view lr_of,
         const std::vector<std::string>& patterns, const nb::object& lr, bool continue_lr) {
        const ReadOptions options = read_options(columns, restarts, format, step_offset, lr_of, patterns, continue_lr);
        const RunFiles run{.file = file.string(), .bases = names_of(bases)};
        return with_lr(without_gil([&] { return read_run(run, options); }), lr);
      },
      nb::arg("file"), nb::arg("bases") = nb::tuple(), nb::kw_only(), nb::arg("columns") = nb::none(),
      nb::arg("restarts") = "automatic", nb::arg("format") = "", nb::arg("step_offset") = 0,
      nb::arg("lr_of") = "automatic", nb::arg("patterns") = std::vector<std::string>{}, nb::arg("lr") = nb::none(),
      nb::arg("continue_lr") = false,
      nb::sig(
          "def read_run(file: str | os.PathLike[str], bases: str | os.PathLike[str] | "
          "collections.abc.Sequence[str | os.PathLike[str]] = (), *, "
          "columns: collections.abc.Mapping[str, str] | None = None, restarts: str = 'automatic', "
          "format: str = '', step_offset: int = 0, lr_of: str = 'automatic', "
          "patterns: collections.abc.Sequence[str] = (), lr: Schedule | str | numpy.typing.ArrayLike | None = None, "
          "continue_lr: bool = False) -> RunLog"),
      read_run_doc);
  m.def(
      "log_formats",
      [] {
        nb::typed<nb::list, nb::typed<nb::tuple, nb::str, nb::str, nb::str>> lines;
        for (const LogFormat& format : log_formats()) {
          lines.append(nb::make_tuple(format.name, format.what, format.written_by));
        }
        return lines;
      },
      log_formats_doc);
}

}  // namespace scheduled::python
