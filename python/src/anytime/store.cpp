#include "scheduled/anytime.hpp"
#include "scheduled/error.hpp"
#include "scheduled/merge.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <variant>

#include "anytime/records.hpp"
#include "anytime/store.hpp"
#include "anytime/store_docs.hpp"
#include "base/bind.hpp"
#include "base/error.hpp"
#include "base/errors.hpp"
#include "base/lengths.hpp"
#include "base/text.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

namespace fs = std::filesystem;

using Session = std::optional<std::int64_t>;
using Count = std::optional<std::int64_t>;

/// One path or several.
std::vector<fs::path> paths_of(const nb::object& files) {
  fs::path one;
  if (nb::try_cast(files, one)) return {one};
  std::vector<fs::path> several;
  if (nb::try_cast(files, several)) return several;
  fail_argument("files", "must be a path, a sequence of paths, or a function that gets a folder");
}

CommitRequest request_of(std::int64_t step, const std::string& line, const std::string& data_position,
                         const nb::bytes& rng_state, const std::string& code_version, bool keep, Session session) {
  return {.line = line,
          .step = step_count("step", step),
          .data_position = data_position,
          .rng_state = std::string(rng_state.c_str(), rng_state.size()),
          .code_version = code_version,
          .keep = keep,
          .session = session};
}

RecordedCheckpoint commit_external(Store& self, std::int64_t step, const std::string& uri, const std::string& line,
                                   const std::string& marker, const std::optional<std::string>& listing,
                                   const std::string& data_position, const nb::bytes& rng_state,
                                   const std::string& code_version, bool keep, Session session) {
  const CommitRequest request = request_of(step, line, data_position, rng_state, code_version, keep, session);
  const ExternalRequest external{uri, marker, listing};
  return self.use([&](RunStore& store) { return store.commit_external(request, external); });
}

RecordedCheckpoint commit(Store& self, std::int64_t step, const nb::object& files, const std::string& line,
                          const std::string& data_position, const nb::bytes& rng_state, const std::string& code_version,
                          bool keep, Session session, bool link) {
  CommitRequest request = request_of(step, line, data_position, rng_state, code_version, keep, session);
  request.link = link;
  if (PyCallable_Check(files.ptr()) != 0) {
    return self.use([&](RunStore& store) {
      return store.commit(request, [&](const fs::path& folder) {
        const nb::gil_scoped_acquire acquired;
        files(folder);
      });
    });
  }
  const std::vector<fs::path> paths = paths_of(files);
  return self.use([&](RunStore& store) { return store.commit(request, paths); });
}

using Length = std::optional<LengthArgument>;

std::optional<Duration> length_of(std::string_view name, const Length& length) {
  if (!length) return std::nullopt;
  return parse_duration(name, length_text(*length));
}

std::optional<Rate> rate_of(std::string_view name, const std::optional<std::variant<double, std::string>>& rate) {
  if (!rate) return std::nullopt;
  const auto* const number = std::get_if<double>(&*rate);
  return number != nullptr ? absolute_lr(*number) : parse_rate(name, std::get<std::string>(*rate));
}

/// 20 % and linear where nothing is said; what pieces say by themselves is not said again.
Cooldown cooldown_of(const Length& length, const std::optional<std::string>& decay,
                     const std::optional<std::string>& final, bool pieces, bool drop) {
  if (drop && (length || decay || final)) {
    fail_argument("drop", "must be given without cooldown, decay and final: the rate is held");
  }
  if (pieces && (length || decay || final)) {
    fail_argument("pieces", "must be given without cooldown, decay and final, which they can say");
  }
  return parse_cooldown(length ? length_text(*length) : "20%", decay.value_or("linear"), final.value_or("0"));
}

RecordedLine branch(Store& self, const std::string& name, std::optional<std::int64_t> step, const Length& cooldown,
                    const std::optional<std::string>& decay, const std::optional<std::string>& final,
                    const std::string& line, bool attempt, const Length& rewarm, const Length& hold,
                    const std::optional<std::variant<double, std::string>>& from_lr, bool override_jump,
                    const std::optional<std::variant<double, std::string>>& drop, const std::string& pieces,
                    const std::string& data, Count batch, Count sequence, const std::string& note,
                    const std::string& code_version) {
  const BranchRequest request{.name = name,
                              .attempt = attempt,
                              .line = line,
                              .step = step,
                              .rewarm = length_of("rewarm", rewarm),
                              .hold = length_of("hold", hold),
                              .cooldown = cooldown_of(cooldown, decay, final, !pieces.empty(), drop.has_value()),
                              .from_lr = rate_of("from_lr", from_lr),
                              .override_jump = override_jump,
                              .drop = rate_of("drop", drop),
                              .pieces = pieces.empty() ? std::vector<Stage>() : parse_pieces(pieces),
                              .data = data,
                              .batch = batch,
                              .sequence = sequence,
                              .note = note,
                              .code_version = code_version};
  return self.use([&](RunStore& run) { return run.branch(request); });
}

/// Of a plan, or {step: weight}.
std::vector<MergeWeight> merge_weights(const nb::object& weights) {
  MergePlan plan;
  if (nb::try_cast(weights, plan)) return plan.weights;
  std::map<std::int64_t, double> pairs;
  if (!nb::try_cast(weights, pairs))
    fail_argument("weights", "must be a MergePlan, or a dict of steps and their weights");
  std::vector<MergeWeight> out;
  for (const auto& [step, weight] : pairs) out.push_back({step, weight});
  return out;
}

RecordedLine merge(Store& self, const std::string& name, const nb::object& weights, const std::string& line,
                   const std::string& file, const std::vector<std::string>& take, const std::string& note,
                   const std::string& code_version, int threads) {
  const RunMerge request{.name = name,
                         .line = line,
                         .weights = merge_weights(weights),
                         .file = file,
                         .take = take,
                         .note = note,
                         .code_version = code_version,
                         .threads = threads};
  return self.use([&](RunStore& run) { return run.merge(request); });
}

/// The other run may be this one, which is then used once. Two are used in the order of their addresses, so that
/// threads that compare the same two do not wait for each other.
LineDiff diff(Store& self, const std::string& line, const std::string& other, Store* of, int rows) {
  if (of == nullptr || of == &self) {
    return self.use([&](RunStore& run) { return diff_lines(run, line, run, other, rows); });
  }
  const bool self_first = std::less<>{}(&self, of);
  return (self_first ? self : *of).use([&](RunStore& outer) {
    const nb::gil_scoped_acquire acquired;  // which the inner use gives up again
    return (self_first ? *of : self).use([&](RunStore& inner) {
      return diff_lines(self_first ? outer : inner, line, self_first ? inner : outer, other, rows);
    });
  });
}

Resume resume(Store& self, const std::string& line, const std::optional<Schedule>& schedule, bool override_schedule,
              std::optional<std::int64_t> step, const std::string& decayed_from, const std::string& code_version,
              bool dry_run, const std::string& data, Count batch, Count sequence) {
  const ResumeRequest request{line, schedule, override_schedule, step, decayed_from, code_version, dry_run,
                              data, batch,    sequence};
  Resume out = self.use([&](RunStore& store) { return store.resume(request); });
  for (const std::string& damage : out.damaged) {
    const nb::str text = python_text(damage + "; the one before is used");
    if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "%U", text.ptr()) != 0) throw nb::python_error();
  }
  return out;
}

void log(Store& self, std::int64_t step, const nb::object& metrics, const std::string& line, Session session) {
  const auto values = nb::borrow<nb::dict>(nb::handle(reinterpret_cast<PyObject*>(&PyDict_Type))(metrics));
  std::vector<std::string> names;
  std::vector<Metric> rows;
  names.reserve(values.size());
  for (const auto& [key, value] : values) {
    names.push_back(native_text("metrics", nb::str(key)));
    if (nb::isinstance<nb::str>(value) || PyNumber_Check(value.ptr()) == 0) {
      fail_value("metrics['" + names.back() + "']", native_text("metrics", nb::repr(value)), "must be a number");
    }
    rows.push_back({step_count("step", step), names.back(), nb::cast<double>(nb::float_(value))});
  }
  const std::string warning = self.use([&](RunStore& store) { return store.log(line, rows, session); });
  if (!warning.empty() && PyErr_WarnEx(PyExc_RuntimeWarning, warning.c_str(), 1) != 0) throw nb::python_error();
}

/// What is waited for, on sys.stderr; whoever has closed that does not want to know. Ctrl-C there ends the wait.
void say_wait(const std::string& text) {
  const nb::gil_scoped_acquire acquired;
  try {
    const nb::object stream = nb::module_::import_("sys").attr("stderr");
    if (!stream.is_none()) stream.attr("write")(python_text("scheduled: " + text + "\n"));
  } catch (const nb::python_error& error) {
    if (!error.matches(PyExc_Exception)) throw;  // KeyboardInterrupt, SystemExit
  }
}

StoreOptions writer_options(std::optional<double> lease) {
  StoreOptions options;
  options.lease = lease;
  options.on_wait = say_wait;
  return options;
}

void bind_opening(nb::class_<Store>& store) {
  constexpr std::size_t in_memory = 16384;
  store
      .def_static(
          "init",
          [](const fs::path& folder, const Schedule& trunk, const std::string& code_version, const std::string& data,
             Count batch, Count sequence, std::size_t metrics_in_memory, std::optional<double> lease) {
            const StoreOptions options{code_version, data, batch, sequence, {}, metrics_in_memory, lease, say_wait};
            return new Store(without_gil([&] { return RunStore::init(folder, trunk, options); }),
                             RunStore::Access::write);
          },
          nb::arg("folder"), nb::arg("trunk"), nb::kw_only(), nb::arg("code_version") = "", nb::arg("data") = "",
          nb::arg("batch") = nb::none(), nb::arg("sequence") = nb::none(), nb::arg("metrics_in_memory") = in_memory,
          nb::arg("lease") = nb::none(),
          nb::sig("def init(folder: str | os.PathLike[str], trunk: Schedule, *, code_version: str = '',"
                  " data: str = '', batch: int | None = None, sequence: int | None = None,"
                  " metrics_in_memory: int = 16384, lease: float | None = None) -> RunStore"),
          init_doc)
      .def_static(
          "open",
          [](const fs::path& folder, std::string_view access, const std::string& code_version,
             std::size_t metrics_in_memory, std::optional<double> lease) {
            const RunStore::Access how = parse_word<RunStore::Access>("access", access);
            const StoreOptions options{code_version, {}, {}, {}, {}, metrics_in_memory, lease, say_wait};
            return new Store(without_gil([&] { return RunStore::open(folder, how, options); }), how);
          },
          nb::arg("folder"), nb::arg("access") = "write", nb::kw_only(), nb::arg("code_version") = "",
          nb::arg("metrics_in_memory") = in_memory, nb::arg("lease") = nb::none(),
          nb::sig("def open(folder: str | os.PathLike[str], access: str = 'write', *, code_version: str = '', "
                  "metrics_in_memory: int = 16384, lease: float | None = None) -> RunStore"),
          open_doc)
      .def_static(
          "repair",
          [](const fs::path& folder, bool dry_run, std::optional<double> lease) {
            return without_gil([&] { return RunStore::repair(folder, dry_run, writer_options(lease)); });
          },
          nb::arg("folder"), nb::kw_only(), nb::arg("dry_run") = false, nb::arg("lease") = nb::none(),
          nb::sig("def repair(folder: str | os.PathLike[str], *, dry_run: bool = False, lease: float | None = None) -> "
                  "RepairReport"),
          repair_doc)
      .def_static(
          "migrate",
          [](const fs::path& folder, std::optional<double> lease) {
            without_gil([&] { RunStore::migrate(folder, writer_options(lease)); });
          },
          nb::arg("folder"), nb::kw_only(), nb::arg("lease") = nb::none(),
          nb::sig("def migrate(folder: str | os.PathLike[str], *, lease: float | None = None) -> None"), migrate_doc)
      .def("close", &Store::close, "Writes what was logged and lets go of the run. A second call does nothing.")
      .def(
          "__enter__", [](nb::handle self) { return nb::borrow(self); }, nb::sig("def __enter__(self) -> RunStore"))
      .def(
          "__exit__", [](Store& self, const nb::args&) { self.close(); },
          nb::sig("def __exit__(self, *args: object) -> None"));
}

void bind_training(nb::class_<Store>& store) {
  store
      .def(
          "lr",
          [](Store& self, std::int64_t step, const std::string& line) {
            return self.use([&](RunStore& run) { return run.lr(line, step_count("step", step)); });
          },
          nb::arg("step"), nb::arg("line") = "trunk", lr_doc)
      .def("commit", &commit, nb::arg("step"), nb::arg("files"), nb::arg("line") = "trunk", nb::kw_only(),
           nb::arg("data_position") = "", nb::arg("rng_state") = nb::bytes("", 0), nb::arg("code_version") = "",
           nb::arg("keep") = false, nb::arg("session") = nb::none(), nb::arg("link") = false,
           nb::sig("def commit(self, step: int, files: collections.abc.Callable[[pathlib.Path], object] | "
                   "str | os.PathLike[str] | collections.abc.Sequence[str | os.PathLike[str]], line: str = 'trunk', *, "
                   "data_position: str = '', rng_state: bytes = b'', code_version: str = '', keep: bool = False, "
                   "session: int | None = None, link: bool = False) -> RecordedCheckpoint"),
           commit_doc)
      .def("commit_external", &commit_external, nb::arg("step"), nb::arg("uri"), nb::arg("line") = "trunk",
           nb::kw_only(), nb::arg("marker") = "", nb::arg("listing") = nb::none(), nb::arg("data_position") = "",
           nb::arg("rng_state") = nb::bytes("", 0), nb::arg("code_version") = "", nb::arg("keep") = false,
           nb::arg("session") = nb::none(),
           nb::sig("def commit_external(self, step: int, uri: str, line: str = 'trunk', *, marker: str = '', "
                   "listing: str | None = None, data_position: str = '', rng_state: bytes = b'', "
                   "code_version: str = '', keep: bool = False, session: int | None = None) -> RecordedCheckpoint"),
           commit_external_doc)
      .def("branch", &branch, nb::arg("name"), nb::arg("step") = nb::none(), nb::arg("cooldown") = nb::none(),
           nb::kw_only(), nb::arg("decay") = nb::none(), nb::arg("final") = nb::none(), nb::arg("line") = "trunk",
           nb::arg("attempt") = false, nb::arg("rewarm") = nb::none(), nb::arg("hold") = nb::none(),
           nb::arg("from_lr") = nb::none(), nb::arg("override_jump") = false, nb::arg("drop") = nb::none(),
           nb::arg("pieces") = "", nb::arg("data") = "", nb::arg("batch") = nb::none(),
           nb::arg("sequence") = nb::none(), nb::arg("note") = "", nb::arg("code_version") = "", branch_doc)
      .def("merge", &merge, nb::arg("name"), nb::arg("weights"), nb::arg("line") = "trunk", nb::kw_only(),
           nb::arg("file") = "", nb::arg("take") = std::vector<std::string>(), nb::arg("note") = "",
           nb::arg("code_version") = "", nb::arg("threads") = 4,
           nb::sig("def merge(self, name: str, weights: MergePlan | collections.abc.Mapping[int, float], line: str = "
                   "'trunk', *, file: str = '', take: collections.abc.Sequence[str] = (), note: str = '', "
                   "code_version: str = '', threads: int = 4) -> RecordedLine"),
           merge_doc)
      .def("resume", &resume, nb::arg("line") = "trunk", nb::kw_only(), nb::arg("schedule") = nb::none(),
           nb::arg("override_schedule") = false, nb::arg("step") = nb::none(), nb::arg("decayed_from") = "",
           nb::arg("code_version") = "", nb::arg("dry_run") = false, nb::arg("data") = "",
           nb::arg("batch") = nb::none(), nb::arg("sequence") = nb::none(), resume_doc)
      .def(
          "attach_data",
          [](Store& self, std::int64_t step, const std::string& text, const std::string& line, Count batch,
             Count sequence) {
            const RecordedData data{line, step_count("step", step), text, batch, sequence};
            self.use([&](RunStore& run) { run.attach_data(data); });
          },
          nb::arg("step"), nb::arg("text") = "", nb::arg("line") = "trunk", nb::kw_only(),
          nb::arg("batch") = nb::none(), nb::arg("sequence") = nb::none(), attach_doc)
      .def("log", &log, nb::arg("step"), nb::arg("metrics"), nb::arg("line") = "trunk", nb::kw_only(),
           nb::arg("session") = nb::none(),
           nb::sig("def log(self, step: int, metrics: collections.abc.Mapping[str, typing.SupportsFloat], "
                   "line: str = 'trunk', *, session: int | None = None) -> None"),
           log_doc)
      .def(
          "flush", [](Store& self) { self.use([](RunStore& run) { run.flush(); }); },
          "Writes what was logged. A kill then loses nothing of it; a power failure may, until the next commit.");
}

void bind_keeping(nb::class_<Store>& store) {
  store
      .def(
          "record", [](Store& self) { return self.use([](RunStore& run) { return run.record(); }); },
          "The record at this moment: lines, sessions, checkpoints, data.")
      .def(
          "verify", [](Store& self) { return self.use([](RunStore& run) { return run.verify(); }); },
          "Reads every byte of every checkpoint, and the record.")
      .def(
          "clear_marks", [](Store& self) { return self.use([](RunStore& run) { return run.clear_marks(); }); },
          clear_marks_doc)
      .def(
          "gc",
          [](Store& self, int keep_last, bool dry_run, bool external) {
            return self.use([&](RunStore& run) { return run.gc(keep_last, dry_run, external); });
          },
          nb::arg("keep_last") = 2, nb::kw_only(), nb::arg("dry_run") = false, nb::arg("external") = false, gc_doc)
      .def(
          "log_of",
          [](Store& self, const std::string& line) {
            return self.use([&](RunStore& run) { return run.log_of(line); });
          },
          nb::arg("line") = "trunk", log_of_doc)
      .def("diff", &diff, nb::arg("line"), nb::arg("other"), nb::arg("of") = nb::none(), nb::kw_only(),
           nb::arg("rows") = 8, diff_doc)
      .def(
          "logged_lines",
          [](Store& self) {
            nb::typed<nb::list, nb::str> names;
            for (const std::string& name : self.use([](RunStore& run) { return run.logged_lines(); })) {
              names.append(python_text(name));
            }
            return names;
          },
          "The lines that logged anything of their own, in the record's order.")
      .def(
          "fit_runs",
          [](Store& self, const std::string& column, std::optional<std::int64_t> first_step) {
            return self.use([&](RunStore& run) { return fit_runs(own_runs(run), column, first_step); });
          },
          nb::arg("column") = "", nb::arg("first_step") = nb::none(), fit_runs_doc);
}

/// StoreError and StoreBusy of the library become those of scheduled.
void translate(const std::exception_ptr& error, void*) {
  try {
    std::rethrow_exception(error);
  } catch (const StoreBusy& busy) {
    set_error("StoreBusy", busy.what());
  } catch (const StoreError& failed) {
    set_error("StoreError", failed.what());
  }
}

}  // namespace

void bind_store(nb::module_& m) {
  nb::register_exception_translator(translate);
  nb::class_<Store> store(m, "RunStore", class_doc);
  bind_opening(store);
  bind_training(store);
  bind_keeping(store);
}

}  // namespace scheduled::python
