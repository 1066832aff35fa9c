#include "scheduled/sweep.hpp"
#include "scheduled/error.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <map>
#include <thread>

#include "base/bind.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "design/records.hpp"
#include "modules.hpp"

namespace scheduled::python {
namespace {

constexpr const char* sweep_doc =
    R"doc(Best base learning rates over a grid of schedules, horizons, cooldowns, grad norms.

Parameters
----------
schedules : sequence of Schedule
    At least one; their peaks do not matter.
horizons : array_like of int, optional
    Steps, at least 1; without them each schedule has its own.
cooldowns : array_like, optional
    Shares of the run, > 0 to 1, of the schedules' cooldowns; without them each has its own.
grad_norms : sequence of GradNormFamily, optional
    Without them G = 1.
distance : float
    D: distance of the start from the optimum, > 0.
criterion : {'omega', 'standard', 'worst-case'}
    As for `bound`.

Notes
-----
What `run` has computed stays here when ctrl-C stops it: in `peak`, `bound` and `results`. Another
`run` goes on with what is missing; a pickle of the sweep can be resumed in another process.

Examples
--------
>>> from scheduled import GradNormFamily, Schedule, Sweep
>>> sweep = Sweep([Schedule("wsd(steps=100)"), Schedule("wsd(steps=100, decay=1-sqrt)")],
...               horizons=[1001, 4001], cooldowns=[0.2, 0.5],
...               grad_norms=[GradNormFamily(), GradNormFamily(alpha=-0.5)])
>>> sweep.run(threads=2)
>>> sweep.shape, sweep.done == sweep.size
((2, 2, 2, 2), True)
>>> sweep.bound[0, :, 0, 0].round(5)
array([0.06871, 0.03421])
)doc";

constexpr const char* run_doc = R"doc(Computes what is not done yet.

Parameters
----------
threads : int
    At least 1; the results have the same bits for every number.
progress : callable, optional
    Called as ``progress(done, to_do)`` in the calling thread, at most 20 times a second and at the
    end. What it raises stops the sweep and is passed on.

Raises
------
KeyboardInterrupt
    On ctrl-C. What is done is kept, and `run` may be called again.

Examples
--------
>>> from scheduled import Schedule, Sweep
>>> sweep = Sweep([Schedule("linear(steps=100)")], horizons=[100, 200, 300])
>>> calls = []
>>> sweep.run(progress=lambda done, to_do: calls.append((done, to_do)))
>>> calls[-1]
(3, 3)
)doc";

constexpr const char* family_doc = R"doc(Grad norms of a sweep: t^alpha, or a series.

Parameters
----------
alpha : float
    G_t = t^alpha; 0 is G = 1.
series : array_like, optional
    One value per step of the longest horizon, finite and >= 0, instead.
name : str
    For the reader of the results.

Examples
--------
>>> from scheduled import GradNormFamily
>>> GradNormFamily(alpha=-0.5, name="falling")
GradNormFamily(name='falling', alpha=-0.5, series=[])
)doc";

/// Between the sweep's threads and Python: what was found, and progress, which is told in the calling thread only and
/// not too often, so that no thread waits for the GIL longer than it computes.
class Watcher {
 public:
  explicit Watcher(const std::optional<nb::callable>& progress) : progress_(progress) {}

  /// Called under the sweep's lock, without the GIL.
  void on_result(const SweepResult& result, std::int64_t done, std::int64_t to_do) {
    found_.push_back(result);
    done_ = done;
    to_do_ = to_do;
    const auto now = std::chrono::steady_clock::now();
    if (!progress_ || std::this_thread::get_id() != caller_ || (last_ && now - *last_ < pause)) return;
    last_ = now;
    const nb::gil_scoped_acquire held;
    tell();
  }

  std::vector<SweepResult>& found() noexcept { return found_; }
  /// Called with the GIL after the sweep.
  void finish() {
    if (progress_ && told_ != done_) tell();
  }

 private:
  static constexpr std::chrono::milliseconds pause{50};

  void tell() {
    told_ = done_;
    (*progress_)(done_, to_do_);
  }

  const std::optional<nb::callable>& progress_;
  const std::thread::id caller_ = std::this_thread::get_id();
  std::optional<std::chrono::steady_clock::time_point> last_;
  std::vector<SweepResult> found_;
  std::int64_t done_ = 0;
  std::int64_t to_do_ = 0;
  std::int64_t told_ = 0;
};

/// A grid and the results so far, which only change under the GIL.
class Sweep {
 public:
  Sweep(SweepAxes axes, double distance, Criterion criterion)
      : axes_(std::move(axes)), distance_(distance), criterion_(criterion) {
    SweepOptions only_check{.distance = distance_, .criterion = criterion_};
    only_check.skip = [](std::int64_t) { return true; };
    without_gil([&] { return sweep(axes_, only_check); });
  }

  void run(int threads, const std::optional<nb::callable>& progress) {
    if (running_) fail_argument("Sweep.run", "is running already");
    const Flag running(running_);
    Watcher watcher(progress);
    SweepOptions options{.distance = distance_, .criterion = criterion_, .threads = threads};
    options.skip = [this](std::int64_t i) { return results_.contains(i); };
    options.on_result = [&](const SweepResult& result, std::int64_t done, std::int64_t to_do) {
      watcher.on_result(result, done, to_do);
    };
    const auto keep = [&] {
      for (SweepResult& result : watcher.found()) add(std::move(result));
    };
    try {
      without_gil([&] { sweep(axes_, options); });
    } catch (...) {
      keep();
      throw;
    }
    keep();
    watcher.finish();
  }

  const SweepAxes& axes() const noexcept { return axes_; }
  std::size_t done() const noexcept { return results_.size(); }

  std::vector<SweepResult> results() const {
    std::vector<SweepResult> all;
    for (const auto& [combination, result] : results_) all.push_back(result);
    return all;
  }

  nb::tuple shape() const {
    const auto length = [](std::size_t entries) { return std::max<std::size_t>(entries, 1); };
    return nb::make_tuple(axes_.schedules.size(), length(axes_.horizons.size()), length(axes_.cooldowns.size()),
                          length(axes_.grad_norms.size()));
  }

  /// One member of the results over the grid; NaN where there is none.
  FloatArray grid(double BestBaseLr::*member) const {
    std::vector<double> values(static_cast<std::size_t>(axes_.size()), std::nan(""));
    for (const auto& [combination, result] : results_) {
      if (result.best) values[static_cast<std::size_t>(combination)] = (*result.best).*member;
    }
    return nb::borrow<FloatArray>(to_numpy(std::move(values)).attr("reshape")(shape()));
  }

  nb::tuple save() const {
    return nb::make_tuple(axes_.schedules, axes_.horizons, axes_.cooldowns, axes_.grad_norms, distance_,
                          static_cast<int>(criterion_), results());
  }
  static void load(Sweep* self, const nb::tuple& state) {
    SweepAxes axes{nb::cast<std::vector<Schedule>>(state[0]), nb::cast<std::vector<std::int64_t>>(state[1]),
                   nb::cast<std::vector<double>>(state[2]), nb::cast<std::vector<GradNormFamily>>(state[3])};
    auto results = nb::cast<std::vector<SweepResult>>(state[6]);
    for (const SweepResult& result : results) {
      if (result.combination < 0 || result.combination >= axes.size()) {
        fail_argument("state", "combination " + std::to_string(result.combination) + " is not in the grid");
      }
    }
    new (self) Sweep(std::move(axes), nb::cast<double>(state[4]), static_cast<Criterion>(nb::cast<int>(state[5])));
    for (SweepResult& result : results) self->add(std::move(result));
  }

 private:
  struct Flag {
    explicit Flag(bool& flag) : flag_(flag) { flag_ = true; }
    Flag(const Flag&) = delete;
    Flag& operator=(const Flag&) = delete;
    ~Flag() { flag_ = false; }
    bool& flag_;
  };

  void add(SweepResult result) { results_.emplace(result.combination, std::move(result)); }

  SweepAxes axes_;
  double distance_;
  Criterion criterion_;
  std::map<std::int64_t, SweepResult> results_;
  bool running_ = false;
};

void bind_family(nb::module_& m) {
  bind<GradNormFamily>(m, family_doc)
      .def(
          "__init__",
          [](GradNormFamily* self, double alpha, const std::optional<ArrayLike>& series, const std::string& name) {
            new (self)
                GradNormFamily{name, alpha, series ? Values<double>(*series, "series").copy() : std::vector<double>{}};
          },
          nb::arg("alpha") = 0.0, nb::kw_only(), nb::arg("series") = nb::none(), nb::arg("name") = "");
}

void bind_class(nb::module_& m) {
  nb::class_<Sweep>(m, "Sweep", sweep_doc)
      .def(
          "__init__",
          [](Sweep* self, std::vector<Schedule> schedules, const std::optional<ArrayLike>& horizons,
             const std::optional<ArrayLike>& cooldowns, std::optional<std::vector<GradNormFamily>> grad_norms,
             double distance, std::string_view criterion) {
            SweepAxes axes{.schedules = std::move(schedules)};
            if (horizons) axes.horizons = Values<std::int64_t>(*horizons, "horizons").copy();
            if (cooldowns) axes.cooldowns = Values<double>(*cooldowns, "cooldowns").copy();
            if (grad_norms) axes.grad_norms = std::move(*grad_norms);
            new (self) Sweep(std::move(axes), distance, parse_word<Criterion>("criterion", criterion));
          },
          nb::arg("schedules"), nb::arg("horizons") = nb::none(), nb::arg("cooldowns") = nb::none(),
          nb::arg("grad_norms") = nb::none(), nb::kw_only(), nb::arg("distance") = 1.0, nb::arg("criterion") = "omega")
      .def("run", &Sweep::run, nb::arg("threads") = 1, nb::arg("progress") = nb::none(),
           nb::sig("def run(self, threads: int = 1, "
                   "progress: collections.abc.Callable[[int, int], object] | None = None) -> None"),
           run_doc)
      .def_prop_ro("shape", &Sweep::shape, nb::sig("def shape(self) -> tuple[int, int, int, int]"),
                   "Numbers of schedules, horizons, cooldowns and grad norms; an axis not given counts as one.")
      .def_prop_ro(
          "size", [](const Sweep& self) { return self.axes().size(); }, "Number of combinations.")
      .def_prop_ro("done", &Sweep::done, "Number of combinations that have been computed.")
      .def_prop_ro(
          "peak", [](const Sweep& self) { return self.grid(&BestBaseLr::peak); },
          "Best peaks as a new array of `shape`; NaN where not computed, or where the schedule does not fit.")
      .def_prop_ro(
          "bound", [](const Sweep& self) { return self.grid(&BestBaseLr::bound); },
          "The bounds there as a new array of `shape`; NaN as in `peak`.")
      .def_prop_ro("results", &Sweep::results, "What has been computed, by combination.")
      .def(
          "schedule",
          [](const Sweep& self, std::int64_t combination) { return sweep_schedule(self.axes(), combination); },
          nb::arg("combination"), "The schedule of a combination, with its horizon and cooldown put in.")
      .def("__repr__",
           [](const Sweep& self) {
             return "<Sweep: " + std::to_string(self.done()) + " of " + std::to_string(self.axes().size()) + " done>";
           })
      .def("__getstate__", &Sweep::save, nb::sig("def __getstate__(self) -> tuple[object, ...]"))
      .def("__setstate__", &Sweep::load, nb::sig("def __setstate__(self, state: tuple[object, ...], /) -> None"));
}

}  // namespace

void bind_sweep(nb::module_& m) {
  bind_family(m);
  bind<SweepResult>(m);
  bind_class(m);
}

}  // namespace scheduled::python
