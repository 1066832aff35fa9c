#include "scheduled/anytime.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "anytime/parts.hpp"
#include "convert.hpp"
#include "record.hpp"

namespace scheduled::python {
namespace {

constexpr const char* equal = "def __eq__(self, arg: object, /) -> bool";

const char* name_of(RecordedCheckpoint::State state) {
  switch (state) {
    case RecordedCheckpoint::State::live:
      return "live";
    case RecordedCheckpoint::State::superseded:
      return "superseded";
    case RecordedCheckpoint::State::damaged:
      return "damaged";
    case RecordedCheckpoint::State::deleted:
      break;
  }
  return "deleted";
}

/// A text member, readable whatever bytes it holds.
template <class Record>
auto text(std::string Record::*member) {
  return [member](const Record& self) { return recorded_text(self.*member); };
}

void bind_checkpoint(nb::module_& m) {
  nb::class_<RecordedFile>(m, "RecordedFile", "One file of a checkpoint.")
      .def_prop_ro("name", text(&RecordedFile::name), "Relative to the checkpoint's folder.")
      .def_ro("bytes", &RecordedFile::bytes, "Its size.")
      .def_ro("xxh3", &RecordedFile::xxh3, "XXH3-128 of its bytes, in hexadecimal.")
      .def(nb::self == nb::self, nb::sig(equal))
      .def("__repr__", [](const RecordedFile& self) {
        return nb::str("<RecordedFile {}: {} bytes>").format(recorded_text(self.name), self.bytes);
      });
  using Checkpoint = RecordedCheckpoint;
  nb::class_<Checkpoint>(m, "RecordedCheckpoint", "A committed checkpoint.")
      .def_ro("id", &Checkpoint::id, "In the order of commits.")
      .def_ro("session", &Checkpoint::session, "Who wrote it.")
      .def_ro("line", &Checkpoint::line, "The trunk or a branch.")
      .def_ro("step", &Checkpoint::step, "Finished updates; the update after it has the rate lr(step).")
      .def_prop_ro(
          "state", [](const Checkpoint& self) { return name_of(self.state); },
          "'live'; 'superseded': the line was resumed from before it; 'damaged'; 'deleted' by gc.")
      .def_prop_ro("folder", text(&Checkpoint::folder), "Relative to the run's.")
      .def_ro("files", &Checkpoint::files, "By name.")
      .def_prop_ro("data_position", text(&Checkpoint::data_position), "Where the data stream was.")
      .def_prop_ro(
          "rng_state", [](const Checkpoint& self) { return nb::bytes(self.rng_state.data(), self.rng_state.size()); },
          "State of the random numbers, as it was given.")
      .def_prop_ro("code_version", text(&Checkpoint::code_version), "Version of the training program.")
      .def_ro("keep", &Checkpoint::keep, "gc keeps it until a branch that starts here is finished.")
      .def_ro("time", &Checkpoint::time, "Microseconds since 1970, for people only.")
      .def(nb::self == nb::self, nb::sig(equal))
      .def("__repr__", [](const Checkpoint& self) {
        return "<RecordedCheckpoint: " + self.line + " at step " + std::to_string(self.step) + ", " +
               name_of(self.state) + ">";
      });
}

void bind_session_and_data(nb::module_& m) {
  nb::class_<RecordedSession>(m, "RecordedSession", "A stretch of work on a line, from its start or from a resume.")
      .def_ro("id", &RecordedSession::id, "In the order of starts.")
      .def_ro("line", &RecordedSession::line, "The trunk or a branch.")
      .def_ro("start", &RecordedSession::start, "Finished updates when it began.")
      .def_ro("checkpoint", &RecordedSession::checkpoint, "Id of where it began; None: from scratch.")
      .def_ro("schedule", &RecordedSession::schedule, "The schedule in force.")
      .def_ro("schedule_hash", &RecordedSession::schedule_hash, "Its hash, as it was recorded.")
      .def_prop_ro("code_version", text(&RecordedSession::code_version), "Version of the training program.")
      .def_ro("time", &RecordedSession::time, "Microseconds since 1970, for people only.")
      .def(nb::self == nb::self, nb::sig(equal))
      .def("__repr__", [](const RecordedSession& self) {
        return "<RecordedSession " + std::to_string(self.id) + ": " + self.line + " from step " +
               std::to_string(self.start) + ">";
      });
  nb::class_<RecordedData>(m, "RecordedData", "Data that a line reads from a step on.")
      .def_ro("line", &RecordedData::line, "The trunk or a branch.")
      .def_ro("step", &RecordedData::step, "Finished updates before the first that reads it.")
      .def_prop_ro("text", text(&RecordedData::text), "As it was said.")
      .def(nb::self == nb::self, nb::sig(equal))
      .def("__repr__", [](const RecordedData& self) {
        return nb::str("<RecordedData: {} from step {}, {}>")
            .format(self.line, self.step, nb::repr(recorded_text(self.text)));
      });
}

void bind_line(nb::module_& m) {
  nb::class_<RecordedLine>(m, "RecordedLine", "The trunk or a branch.")
      .def_ro("name", &RecordedLine::name, "'trunk', or the branch's name.")
      .def_ro("parent", &RecordedLine::parent, "Empty for the trunk.")
      .def_ro("start", &RecordedLine::start, "Where it left its parent.")
      .def_ro("step", &RecordedLine::step, "Step of the last live checkpoint, else `start`.")
      .def_ro("end", &RecordedLine::end, "Total steps of a branch; None for the trunk.")
      .def_ro("finished", &RecordedLine::finished, "True for a branch that has a checkpoint at its end.")
      .def_ro("session", &RecordedLine::session, "Id of the current session.")
      .def_ro("schedule", &RecordedLine::schedule, "The schedule in force now.")
      .def(nb::self == nb::self, nb::sig(equal))
      .def("__repr__", [](const RecordedLine& self) {
        return "<RecordedLine '" + self.name + "': at step " + std::to_string(self.step) + ", " + print(self.schedule) +
               ">";
      });
}

}  // namespace

void bind_record(nb::module_& m) {
  bind_checkpoint(m);
  bind_session_and_data(m);
  bind_line(m);
  nb::class_<RunRecord>(m, "RunRecord", "The whole record but the metrics, at one moment.")
      .def_ro("folder", &RunRecord::folder, "Of the run.")
      .def_ro("version", &RunRecord::version, "Of the store's format.")
      .def_ro("lines", &RunRecord::lines, "The trunk first.")
      .def_ro("sessions", &RunRecord::sessions, "In the order of starts.")
      .def_ro("checkpoints", &RunRecord::checkpoints, "In the order of commits.")
      .def_ro("data", &RunRecord::data, "What the lines read.")
      .def("line", &RunRecord::line, nb::arg("name"), "The line of that name, or an ArgumentError naming all.")
      .def("__repr__", [](const RunRecord& self) {
        return "<RunRecord: " + std::to_string(self.lines.size()) + " lines, " +
               std::to_string(self.checkpoints.size()) + " checkpoints>";
      });
}

}  // namespace scheduled::python
