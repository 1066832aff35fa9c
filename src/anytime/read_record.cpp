#include <map>

#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled::anytime {
namespace {

/// Schedules by their text: a long run has many sessions with the same one.
class ScheduleReader {
 public:
  const Schedule& read(const std::string& text, const std::filesystem::path& folder) {
    auto at = known_.find(text);
    if (at != known_.end()) return at->second;
    try {
      return known_.emplace(text, Schedule::parse(text)).first->second;
    } catch (const std::invalid_argument& error) {
      throw StoreError(concat({folder.string(), ": the recorded schedule cannot be read: ", error.what()}));
    }
  }

 private:
  std::map<std::string, Schedule> known_;
};

void read_lines(const Database& database, RunRecord& record) {
  Statement rows(database, "SELECT name, parent, start FROM line ORDER BY id");
  while (rows.step()) {
    RecordedLine line;
    line.name = rows.text(0);
    line.parent = rows.text(1);
    line.start = rows.integer(2);
    record.lines.push_back(std::move(line));
  }
}

void read_sessions(const Database& database, RunRecord& record) {
  Statement rows(database, "SELECT id, line, start, checkpoint, schedule, hash, code, time FROM session ORDER BY id");
  ScheduleReader schedules;
  while (rows.step()) {
    record.sessions.push_back({rows.integer(0), rows.text(1), rows.integer(2), rows.optional_integer(3),
                               schedules.read(rows.text(4), record.folder), rows.text(5), rows.text(6),
                               rows.integer(7)});
  }
}

void read_checkpoints(const Database& database, RunRecord& record, bool with_files) {
  Statement rows(database,
                 "SELECT id, session, line, step, folder, data_position, rng_state, code, keep, damaged, deleted, time"
                 " FROM checkpoint ORDER BY id");
  using State = RecordedCheckpoint::State;
  while (rows.step()) {
    RecordedCheckpoint checkpoint;
    checkpoint.id = rows.integer(0);
    checkpoint.session = rows.integer(1);
    checkpoint.line = rows.text(2);
    checkpoint.step = rows.integer(3);
    checkpoint.folder = rows.text(4);
    checkpoint.data_position = rows.text(5);
    checkpoint.rng_state = rows.text(6);
    checkpoint.code_version = rows.text(7);
    checkpoint.keep = rows.integer(8) != 0;
    checkpoint.state = rows.integer(10) != 0 ? State::deleted : rows.integer(9) != 0 ? State::damaged : State::live;
    checkpoint.time = rows.integer(11);
    if (with_files) checkpoint.files = read_files(database, checkpoint.id);
    record.checkpoints.push_back(std::move(checkpoint));
  }
}

}  // namespace

RunRecord read_record(const Database& database, const std::filesystem::path& folder, bool with_files) {
  RunRecord record;
  record.folder = folder;
  record.version = store_version;
  read_lines(database, record);
  read_sessions(database, record);
  read_checkpoints(database, record, with_files);
  Statement rows(database, "SELECT line, step, text FROM data ORDER BY id");
  while (rows.step()) record.data.push_back({rows.text(0), rows.integer(1), rows.text(2)});
  settle(record);
  return record;
}

}  // namespace scheduled::anytime
