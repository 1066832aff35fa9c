// Verify: what is there, and whether it is sound.
#include <algorithm>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/old_record.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace {

using CheckpointState = RecordedCheckpoint::State;

/// Rows that the record cannot have.
void verify_rows(const RunRecord& record, std::vector<std::string>& problems) {
  for (const RecordedSession& session : record.sessions) {
    const std::string name = "session " + std::to_string(session.id);
    if (session.schedule_hash != schedule_hash(session.schedule)) {
      problems.push_back(name + ": its schedule is not the one it recorded");
    }
    if (session.checkpoint && anytime::find_checkpoint(record, *session.checkpoint) == nullptr) {
      problems.push_back(name + ": its first checkpoint is not on record");
    }
    const bool known = std::any_of(record.lines.begin(), record.lines.end(),
                                   [&](const RecordedLine& line) { return line.name == session.line; });
    if (!known) problems.push_back(name + ": its line " + session.line + " is not on record");
  }
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    const bool known = std::any_of(record.sessions.begin(), record.sessions.end(), [&](const RecordedSession& session) {
      return session.id == checkpoint.session && session.line == checkpoint.line;
    });
    if (!known) problems.push_back(anytime::name_of(checkpoint) + ": its session is not on record");
  }
}

/// Whether the facts in the checkpoint's folder are those on record.
std::string problem_of_facts(const anytime::BoundFolder& run, const RunRecord& record,
                             const RecordedCheckpoint& checkpoint) {
  const anytime::FoundFacts found = anytime::read_facts(run, checkpoint.folder);
  if (!found.there) return {};
  const std::string file = anytime::name_of(checkpoint) + ": " + checkpoint.folder + "/" + anytime::facts_file;
  if (!found.facts) return file + " is damaged; the checkpoint itself is sound, scheduled run repair writes it anew";
  const auto session = std::find_if(record.sessions.begin(), record.sessions.end(),
                                    [&](const RecordedSession& s) { return s.id == checkpoint.session; });
  RecordedCheckpoint theirs = found.facts->checkpoint;
  theirs.state = checkpoint.state;
  const bool same = theirs == checkpoint && session != record.sessions.end() && found.facts->session == *session;
  return same ? "" : file + " is not what the record says";
}

void verify_checkpoint(const anytime::BoundFolder& run, const RunRecord& record, const RecordedCheckpoint& checkpoint,
                       VerifyReport& report) {
  ++report.checkpoints;
  for (const RecordedFile& file : checkpoint.files) {
    ++report.files;
    report.bytes += file.bytes;
  }
  const std::string name = anytime::name_of(checkpoint);
  const anytime::Finding found = anytime::check_files(run, checkpoint);
  if (!found.text.empty()) return report.problems.push_back(name + " is damaged: " + found.text);
  if (checkpoint.state == CheckpointState::damaged) {
    report.notes.push_back(name +
                           " was found damaged before; its files are as recorded now, and verify --clear says so");
  }
  if (const std::string problem = problem_of_facts(run, record, checkpoint); !problem.empty()) {
    report.problems.push_back(problem);
  }
  for (const std::string& other : anytime::names_below(run.path() / checkpoint.folder)) {
    const bool known = std::any_of(checkpoint.files.begin(), checkpoint.files.end(),
                                   [&](const RecordedFile& file) { return file.name == other; });
    if (!known && other != anytime::facts_file) {
      report.notes.push_back(name + ": " + other + " was put there after the commit");
    }
  }
}

/// Whether the record still says that this checkpoint is there: a gc may have taken it while we read.
bool still_there(const RunRecord& record, const RecordedCheckpoint& checkpoint) {
  const RecordedCheckpoint* const now = anytime::find_checkpoint(record, checkpoint.id);
  return now == nullptr || now->state != CheckpointState::deleted;
}

void note_leftover(const anytime::Journal* journal, const RunRecord& record, const anytime::BoundFolder& run,
                   const std::string& folder, VerifyReport& report) {
  if (journal != nullptr && anytime::is_of_another_record(*journal, record, run, folder)) {
    report.problems.push_back(folder +
                              " is a checkpoint that is not on record: the record is an older one of this run, " +
                              "or was repaired; scheduled run repair takes it in where it is sound");
  } else {
    report.notes.push_back(folder + " belongs to no commit; gc removes it where its commit was interrupted");
  }
}

}  // namespace

namespace anytime {

bool is_of_another_record(const Journal& journal, const RunRecord& record, const BoundFolder& run,
                          const std::string& folder) {
  // What is staged is no checkpoint yet: the writer may have begun it after the record was read. A folder among the
  // checkpoints went on from an entry that was written before the folder came there, so before it was listed.
  if (!folder.starts_with(std::string(checkpoint_folder) + "/")) return false;
  const FoundFacts found = read_facts(run, folder);
  if (!found.facts || journal.knows(found.facts->after)) return false;
  const RecordedCheckpoint* const deleted = find_checkpoint(record, found.facts->checkpoint.id);
  return deleted == nullptr || deleted->folder != folder;
}

}  // namespace anytime

VerifyReport RunStore::verify() const {
  VerifyReport report;
  state_->folder.require_here();
  report.problems = state_->journal ? state_->journal->check() : anytime::check_old_record(state_->folder.path());
  state_->refresh();
  const RunRecord now = state_->record;
  verify_rows(now, report.problems);
  for (const RecordedCheckpoint& checkpoint : now.checkpoints) {
    if (checkpoint.state == CheckpointState::deleted) continue;
    VerifyReport seen = report;
    verify_checkpoint(state_->folder, now, checkpoint, seen);
    if (seen.problems.size() > report.problems.size()) state_->refresh();
    if (still_there(state_->record, checkpoint)) report = std::move(seen);
  }
  const std::vector<std::string> before = anytime::leftovers(state_->folder.path(), now);
  state_->refresh();
  const std::vector<std::string> after = anytime::leftovers(state_->folder.path(), state_->record);
  for (const std::string& folder : before) {
    if (std::binary_search(after.begin(), after.end(), folder)) {
      note_leftover(state_->journal ? &*state_->journal : nullptr, state_->record, state_->folder, folder, report);
    }
  }
  return report;
}

std::vector<RecordedCheckpoint> RunStore::clear_marks() {
  state_->require_writer();
  std::vector<std::int64_t> ids;
  for (const RecordedCheckpoint& checkpoint : state_->view().checkpoints) {
    if (checkpoint.state != CheckpointState::damaged) continue;
    if (anytime::check_files(state_->folder, checkpoint).text.empty()) ids.push_back(checkpoint.id);
  }
  if (!ids.empty()) state_->write(anytime::mark_fact(anytime::CheckpointMark::sound, ids));
  std::vector<RecordedCheckpoint> cleared;
  for (const std::int64_t id : ids) cleared.push_back(*anytime::find_checkpoint(state_->record, id));
  return cleared;
}

}  // namespace scheduled
