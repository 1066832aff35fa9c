// What a run store holds, as values.
#include "scheduled/anytime.hpp"

#include <nanobind/nanobind.h>

#include "anytime/records.hpp"
#include "base/bind.hpp"
#include "base/text.hpp"
#include "modules.hpp"

namespace scheduled::python {

constexpr const char* data_at_doc = R"doc(What update `step` of `line` reads: data, batch and sequence, as said last.

Where nothing was said of the line itself, what was said of the line that it left.)doc";

void bind_record(nb::module_& m) {
  bind<RecordedFile>(m);
  bind<RecordedCheckpoint>(m).def_prop_ro(
      "rng_state",
      [](const RecordedCheckpoint& self) { return nb::bytes(self.rng_state.data(), self.rng_state.size()); },
      "State of the random numbers, as it was given.");
  bind<RecordedSession>(m);
  bind<RecordedData>(m);
  bind<RecordedLine>(m);
  bind<RunRecord>(m)
      .def(
          "line", [](const RunRecord& self, std::string_view name) { return self.line(name); }, nb::arg("name"),
          "The line of that name, or an ArgumentError naming all.")
      .def("data_at", &RunRecord::data_at, nb::arg("line"), nb::arg("step"), data_at_doc);
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
