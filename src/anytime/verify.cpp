// Verify: what is there, and whether it is sound.
#include <algorithm>
#include <map>
#include <set>

#include "anytime/external.hpp"
#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/old_record.hpp"
#include "anytime/state.hpp"
#include "base/advice.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace {

using CheckpointState = RecordedCheckpoint::State;

/// Rows that the record cannot have.
void verify_rows(const RunRecord& record, std::vector<std::string>& problems) {
  std::set<std::string_view> lines;
  std::map<std::int64_t, std::string_view> line_of;  // of sessions
  for (const RecordedLine& line : record.lines) lines.insert(line.name);
  for (const RecordedSession& session : record.sessions) {
    const std::string name = "session " + std::to_string(session.id);
    if (session.schedule_hash != schedule_hash(session.schedule)) {
      problems.push_back(name + ": its schedule is not the one it recorded");
    }
    if (session.checkpoint && anytime::find_checkpoint(record, *session.checkpoint) == nullptr) {
      problems.push_back(name + ": its first checkpoint is not on record");
    }
    if (!lines.contains(session.line)) problems.push_back(name + ": its line " + session.line + " is not on record");
    line_of[session.id] = session.line;
  }
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    const auto session = line_of.find(checkpoint.session);
    if (session == line_of.end() || session->second != checkpoint.line) {
      problems.push_back(anytime::name_of(checkpoint) + ": its session is not on record");
    }
  }
}

/// Whether the facts in the checkpoint's folder are those on record.
std::string problem_of_facts(const anytime::BoundFolder& run, const RunRecord& record,
                             const RecordedCheckpoint& checkpoint) {
  const anytime::FoundFacts found = anytime::read_facts(run, checkpoint.folder);
  if (!found.there) return {};
  const std::string file = anytime::name_of(checkpoint) + ": " + checkpoint.folder + "/" + anytime::facts_file;
  if (!found.facts)
    return file + " is damaged; the checkpoint itself is sound, " + run_verb_text("repair") + " writes it anew";
  const auto session = std::find_if(record.sessions.begin(), record.sessions.end(),
                                    [&](const RecordedSession& s) { return s.id == checkpoint.session; });
  RecordedCheckpoint theirs = found.facts->checkpoint;
  theirs.state = checkpoint.state;
  const bool same = theirs == checkpoint && session != record.sessions.end() && found.facts->session == *session;
  return same ? "" : file + " is not what the record says";
}

/// Whether resume takes this checkpoint, which was passed over, when its files are back. Without its mark it would be
/// one that the line has left behind.
bool goes_on_from(const RunRecord& record, const RecordedCheckpoint& checkpoint) {
  const auto points = anytime::passed_over(record, checkpoint.line);
  return std::find(points.begin(), points.end(), &checkpoint) != points.end();
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
  if (!found.text.empty()) return report.problems.push_back(anytime::not_sound_text(checkpoint, found));
  if (checkpoint.external && checkpoint.external->is_local()) ++report.external;
  if (checkpoint.external && !checkpoint.external->is_local()) {
    report.notes.push_back(concat({name, " is at ", checkpoint.external->uri, ", which cannot be looked at from here; ",
                                   "what it had is in ", checkpoint.folder, "/", anytime::manifest_file}));
  }
  if (checkpoint.state == CheckpointState::damaged) {
    report.notes.push_back(name + " was passed over before; its files are as recorded now, and " +
                           (goes_on_from(record, checkpoint)
                                ? "resume goes on from it"
                                : run_verb_text("verify --clear", "clear_marks") + " says so"));
  }
  if (const std::string problem = problem_of_facts(run, record, checkpoint); !problem.empty()) {
    report.problems.push_back(problem);
  }
  std::set<std::string_view> known{anytime::facts_file};
  for (const RecordedFile& file : checkpoint.files) known.insert(file.name);
  for (const std::string& other : anytime::names_below(run.path() / checkpoint.folder)) {
    if (!known.contains(other)) {
      report.notes.push_back(name + ": " + other + " was put there after the commit");
    }
  }
}

/// Whether the record still says that this checkpoint is there: a gc may have taken it while we read.
bool still_there(const RunRecord& record, const RecordedCheckpoint& checkpoint) {
  const RecordedCheckpoint* const now = anytime::find_checkpoint(record, checkpoint.id);
  return now == nullptr || now->state != CheckpointState::deleted;
}

void note_stray(const anytime::Stray& stray, VerifyReport& report) {
  using Kind = anytime::Stray::Kind;
  switch (stray.kind) {
    case Kind::interrupted:
      return report.notes.push_back(stray.name + " is left by interrupted work; gc removes it");
    case Kind::ahead:
      return report.notes.push_back(stray.name + " is a checkpoint without an entry: its commit was cut off, or the " +
                                    "record is an older one; " + run_verb_text("repair") +
                                    " takes it in, gc removes it when its line is beyond it");
    case Kind::other_record:
      return report.problems.push_back(
          stray.name + " is a checkpoint that is not on record: the record is an older one of this " +
          "run, or was repaired; " + run_verb_text("repair") + " takes it in where it is sound");
    case Kind::foreign:
      return report.notes.push_back(stray.name + " was not put there by the store");
  }
}

/// Everything in the folders of the run that has no checkpoint on record, before and after the record was read: what a
/// writer did meanwhile is no stray.
void verify_strays(const std::vector<anytime::Stray>& before, const std::vector<anytime::Stray>& after,
                   VerifyReport& report) {
  for (const anytime::Stray& stray : after) {
    const auto same = [&](const anytime::Stray& other) { return other.name == stray.name; };
    if (std::any_of(before.begin(), before.end(), same)) note_stray(stray, report);
  }
}

void add(VerifyReport& report, const VerifyReport& more) {
  report.checkpoints += more.checkpoints;
  report.files += more.files;
  report.bytes += more.bytes;
  report.external += more.external;
  report.problems.insert(report.problems.end(), more.problems.begin(), more.problems.end());
  report.notes.insert(report.notes.end(), more.notes.begin(), more.notes.end());
}

}  // namespace

VerifyReport RunStore::verify() const {
  VerifyReport report;
  state_->folder.require_here();
  const anytime::Journal* const journal = state_->journal ? &*state_->journal : nullptr;
  report.problems = journal != nullptr ? journal->check() : anytime::check_old_record(state_->folder.path());
  state_->refresh();
  const RunRecord now = state_->record;
  verify_rows(now, report.problems);
  for (const RecordedCheckpoint& checkpoint : now.checkpoints) {
    if (checkpoint.state == CheckpointState::deleted) continue;
    VerifyReport seen;
    verify_checkpoint(state_->folder, now, checkpoint, seen);
    if (!seen.problems.empty()) state_->refresh();
    if (still_there(state_->record, checkpoint)) add(report, seen);
  }
  const std::vector<anytime::Stray> before = anytime::strays(state_->folder, now, journal);
  state_->refresh();
  verify_strays(before, anytime::strays(state_->folder, state_->record, journal), report);
  return report;
}

std::vector<RecordedCheckpoint> RunStore::clear_marks() {
  state_->require_writer();
  std::vector<std::int64_t> ids;
  const RunRecord& record = state_->view();
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.state != CheckpointState::damaged || goes_on_from(record, checkpoint)) continue;
    if (anytime::check_files(state_->folder, checkpoint).text.empty()) ids.push_back(checkpoint.id);
  }
  if (!ids.empty()) state_->write(anytime::mark_fact(anytime::CheckpointMark::sound, ids));
  std::vector<RecordedCheckpoint> cleared;
  for (const std::int64_t id : ids) cleared.push_back(*anytime::find_checkpoint(state_->record, id));
  return cleared;
}

}  // namespace scheduled
