// What a run store holds, as values.
#include "scheduled/anytime.hpp"
#include "scheduled/merge.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "anytime/records.hpp"
#include "base/arrays.hpp"
#include "base/bind.hpp"
#include "base/text.hpp"
#include "modules.hpp"

namespace scheduled::python {

constexpr const char* merge_points_doc = R"doc(Steps of the checkpoints of `line` and of what it left, to merge.

Beyond `begin` and up to `end` (None: its last), neither deleted nor damaged, increasing.)doc";

constexpr const char* data_at_doc = R"doc(What update `step` of `line` reads: data, batch and sequence, as said last.

Where nothing was said of the line itself, what was said of the line that it left.)doc";

void bind_record(nb::module_& m) {
  bind<RecordedFile>(m);
  bind<RecordedExternal>(m);
  bind<RecordedCheckpoint>(m).def_prop_ro(
      "rng_state",
      [](const RecordedCheckpoint& self) { return nb::bytes(self.rng_state.data(), self.rng_state.size()); },
      "State of the random numbers, as it was given.");
  bind<RecordedSession>(m);
  bind<RecordedData>(m);
  bind<MergedCheckpoint>(m);
  bind<RecordedLine>(m);
  bind<RunRecord>(m)
      .def(
          "line", [](const RunRecord& self, std::string_view name) { return self.line(name); }, nb::arg("name"),
          "The line of that name, or an ArgumentError naming all.")
      .def("data_at", &RunRecord::data_at, nb::arg("line"), nb::arg("step"), data_at_doc)
      .def("merge_points", &merge_points, nb::arg("line") = "trunk", nb::arg("begin") = 0, nb::arg("end") = nb::none(),
           merge_points_doc)
      .def(
          "rates",
          [](const RunRecord& self, const std::string& line, std::int64_t count) {
            return to_numpy(recorded_rates(self, line, count));
          },
          nb::arg("line"), nb::arg("count"), "The rates of the first `count` updates of a line, as recorded.");
  bind<LineFact>(m);
  bind<LineLoss>(m);
  bind<LineDiff>(m);
  bind<Resume>(m).def_prop_ro(
      "folder", [](const Resume& self) { return python_path(self.folder); },
      nb::sig("def folder(self) -> pathlib.Path | None"), "Of the checkpoint; None: from scratch.");
  bind<VerifyReport>(m);
  bind<GcReport>(m);
  bind<RepairReport>(m);
}

}  // namespace scheduled::python
