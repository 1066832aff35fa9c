#include "scheduled/forecast.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "base/bind.hpp"
#include "base/text.hpp"
#include "forecast/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* register_doc = R"doc(Write a prediction down before its result exists.

Parameters
----------
book : path
    A file of forecasts, made where there is none; a line is added and none is ever changed.
run : str
    What the run is called.
fitted : FittedLaw
    What predicts.
schedule : Schedule
    All rates of the run.
time : str
    UTC, "2026-11-27T09:00:00Z".
step : int, optional
    The update after which the loss is predicted; None: the last.
column : str
    Which loss it is.
result : str
    The log in which it will stand.
data : dict
    What the law was fitted to: file -> SHA-256, see `sha256`. How it was fitted is in `fitted.how`.
note : str
    What else is to be kept.

Returns
-------
SealedForecast
    Make its `seal` known, and nothing can be changed.

Examples
--------
>>> import tempfile, pathlib
>>> from scheduled import Schedule
>>> from scheduled.law import FitRun, fit_law, read_forecasts, register_forecast, report_forecasts, score_forecast
>>> step = range(100, 1001, 100)
>>> run = FitRun("r0", Schedule("constant(steps=1000, peak=1e-3)"), step, [2 + 30 / t for t in step])
>>> fitted = fit_law([run], "bu").fitted
>>> longer = Schedule("constant(steps=2000, peak=1e-3)")
>>> with tempfile.TemporaryDirectory() as folder:
...     book = pathlib.Path(folder) / "forecasts.jsonl"
...     sealed = register_forecast(book, "r1", fitted, longer, time="2026-11-27T09:00:00Z")
...     scored = score_forecast(book, "r1", sealed.forecast.loss.loss, time="2026-11-28T09:00:00Z")
...     again = read_forecasts(book)
>>> scored.held, scored.error, again.forecasts == [scored]
(True, 0.0, True)
>>> report_forecasts([again]).laws[-1].coverage
1.0
)doc";

constexpr const char* score_doc = R"doc(Write down what a run came to.

Parameters
----------
book : path
    The file of forecasts.
run : str
    The forecast's.
loss : float
    The real one.
time : str
    UTC, "2026-11-27T09:00:00Z".
data : dict
    Where it is from: file -> SHA-256.

Returns
-------
SealedForecast

Examples
--------
`register_forecast` shows both:

>>> from scheduled.law import score_forecast
>>> score_forecast("no such book", "r1", 2.5, time="2026-11-28T09:00:00Z")
Traceback (most recent call last):
    ...
scheduled.ArgumentError: no such book: cannot be written: No such file or directory
)doc";

constexpr const char* sha256_doc = R"doc(SHA-256 of bytes as 64 hexadecimal digits, as the forecasts have it.

Parameters
----------
content : bytes

Returns
-------
str

Examples
--------
>>> from scheduled.law import sha256
>>> sha256(b"abc")
'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
)doc";

constexpr const char* read_doc = R"doc(The forecasts of a file.

Parameters
----------
book : path
    The file that `register_forecast` wrote.

Returns
-------
ForecastBook

Raises
------
ArgumentError
    A line was changed, taken out or put in; the message has its number.

Examples
--------
`register_forecast` shows it read back:

>>> from scheduled.law import read_forecasts
>>> read_forecasts("no such book")
Traceback (most recent call last):
    ...
scheduled.ArgumentError: no such book: cannot be read: No such file or directory
)doc";

constexpr const char* check_doc = R"doc(Raise ArgumentError unless a file still has the line with this seal.

Parameters
----------
book : path
    The file of forecasts.
seal : str
    What was made known when the forecast was.

Examples
--------
>>> import tempfile, pathlib
>>> from scheduled.law import check_seal
>>> with tempfile.TemporaryDirectory() as folder:
...     book = pathlib.Path(folder) / "forecasts.jsonl"
...     book.touch()
...     check_seal(book, "12ab")
Traceback (most recent call last):
    ...
scheduled.ArgumentError: ...: seal = 12ab: no line has it: ...
)doc";

constexpr const char* report_doc = R"doc(Coverage and bias of the forecasts of books, by law and of all.

Parameters
----------
books : sequence of ForecastBook
    A forecast that several have, as copies of one do, counts once.

Returns
-------
ForecastReport

Examples
--------
`register_forecast` shows one with a result; of no books:

>>> from scheduled.law import report_forecasts
>>> report_forecasts([]).forecasts
[]
)doc";

}  // namespace

void bind_forecast(nb::module_& m) {
  bind<Forecast>(m);
  bind<ForecastScore>(m);
  bind<SealedForecast>(m);
  bind<ForecastBook>(m);
  bind<ForecastSummary>(m);
  bind<ForecastReport>(m);
  bind<LrSweepLogs>(m);
  using Hashes = std::map<std::string, std::string>;
  m.def(
      "sha256",
      [](const nb::bytes& content) {
        return sha256({static_cast<const char*>(content.data()), content.size()});
      },
      nb::arg("content"), sha256_doc);
  m.def(
      "register_forecast",
      [](nb::handle book, std::string run, const FittedLaw& fitted, const Schedule& schedule, std::string time,
         std::optional<std::int64_t> step, std::string column, std::string result, Hashes data, std::string note) {
        const std::filesystem::path path = native_path(book);
        return without_gil([&] {
          Forecast forecast = make_forecast(fitted, schedule, step);
          forecast.run = std::move(run);
          forecast.column = std::move(column);
          forecast.result = std::move(result);
          forecast.data = std::move(data);
          forecast.time = std::move(time);
          forecast.note = std::move(note);
          return register_forecast(path, forecast);
        });
      },
      nb::arg("book"), nb::arg("run"), nb::arg("fitted"), nb::arg("schedule"), nb::kw_only(), nb::arg("time"),
      nb::arg("step") = nb::none(), nb::arg("column") = "val_loss", nb::arg("result") = "", nb::arg("data") = Hashes{},
      nb::arg("note") = "", register_doc);
  m.def(
      "score_forecast",
      [](nb::handle book, std::string run, double loss, std::string time, Hashes data) {
        const std::filesystem::path path = native_path(book);
        return without_gil([&] {
          ForecastScore score;
          score.run = std::move(run);
          score.loss = loss;
          score.data = std::move(data);
          score.time = std::move(time);
          return score_forecast(path, score);
        });
      },
      nb::arg("book"), nb::arg("run"), nb::arg("loss"), nb::kw_only(), nb::arg("time"), nb::arg("data") = Hashes{},
      score_doc);
  m.def(
      "read_forecasts",
      [](nb::handle book) {
        const std::filesystem::path path = native_path(book);
        return without_gil([&] { return read_forecasts(path); });
      },
      nb::arg("book"), read_doc);
  m.def(
      "check_seal",
      [](nb::handle book, const std::string& seal) {
        const std::filesystem::path path = native_path(book);
        without_gil([&] { check_seal(path, seal); });
      },
      nb::arg("book"), nb::arg("seal"), check_doc);
  m.def(
      "report_forecasts",
      [](const std::vector<ForecastBook>& books) { return without_gil([&] { return report_forecasts(books); }); },
      nb::arg("books"), report_doc);
  m.def(
      "lr_sweep_of_logs",
      [](const std::vector<std::string>& files, const std::optional<Schedule>& plan, const std::string& column) {
        std::vector<RunFiles> logs;
        for (const std::string& file : files) logs.push_back({file, {}, {}});
        LrSweepLogOptions options;
        options.plan = plan;
        options.column = column;
        return without_gil([&] { return lr_sweep_of_logs(read_runs(logs), options); });
      },
      nb::arg("files"), nb::arg("plan") = nb::none(), nb::kw_only(), nb::arg("column") = "",
      R"doc(The runs of a sweep from their logs, for `fit_lr_sweep`.

Parameters
----------
files : sequence of str
    A log of each run.
plan : Schedule, optional
    What shorter runs were to become, at their own peaks: a law fitted to all says where they would
    have ended.
column : str
    The losses; empty: those that all have.

Returns
-------
LrSweepLogs

Examples
--------
>>> import tempfile, pathlib
>>> from scheduled.law import lr_sweep_of_logs
>>> with tempfile.TemporaryDirectory() as folder:
...     logs = [pathlib.Path(folder) / name for name in ("a.csv", "b.csv")]
...     for log, peak in zip(logs, ("1e-3", "2e-3")):
...         _ = log.write_text(f"step,lr,loss\n10,{peak},3.0\n20,0,2.5\n")
...     [(run.peak, run.steps, run.loss) for run in lr_sweep_of_logs([str(log) for log in logs]).runs]
[(0.001, 20, 2.5), (0.002, 20, 2.5)]
)doc");
}

}  // namespace scheduled::python
