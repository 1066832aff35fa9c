// Verify and gc: what is there, whether it is sound, and what nothing needs any more.
#include <algorithm>
#include <map>
#include <set>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace fs = std::filesystem;
using anytime::fault_point;

namespace {

using CheckpointState = RecordedCheckpoint::State;

/// Folders that belong to no checkpoint on record, relative to the run.
std::vector<std::string> leftovers(const fs::path& run, const RunRecord& record) {
  std::set<std::string> known;
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.state != CheckpointState::deleted) known.insert(checkpoint.folder);
  }
  std::vector<std::string> out;
  for (const char* const folder : {anytime::checkpoint_folder, anytime::staging_folder}) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(run / folder, error)) {
      const std::string name = std::string(folder) + "/" + entry.path().filename().string();
      if (!known.contains(name)) out.push_back(name);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string name_of(const RecordedCheckpoint& checkpoint) {
  return "checkpoint " + checkpoint.line + " at step " + std::to_string(checkpoint.step);
}

void verify_checkpoint(const fs::path& run, const RecordedCheckpoint& checkpoint, VerifyReport& report) {
  ++report.checkpoints;
  std::string damage;
  try {
    damage = anytime::damage_of(run, checkpoint);
  } catch (const StoreError& error) {
    damage = error.what();
  }
  for (const RecordedFile& file : checkpoint.files) {
    ++report.files;
    report.bytes += file.bytes;
  }
  if (!damage.empty()) {
    report.problems.push_back(name_of(checkpoint) + " is damaged: " + damage);
  } else if (checkpoint.state == CheckpointState::damaged) {
    report.notes.push_back(name_of(checkpoint) + " was found damaged before; its files are as recorded now");
  }
  if (!damage.empty()) return;
  for (const std::string& name : anytime::files_below(run / checkpoint.folder)) {
    const bool known = std::any_of(checkpoint.files.begin(), checkpoint.files.end(),
                                   [&](const RecordedFile& file) { return file.name == name; });
    if (!known) report.notes.push_back(name_of(checkpoint) + ": " + name + " was put there after the commit");
  }
}

}  // namespace

VerifyReport RunStore::verify() const {
  VerifyReport report;
  anytime::Statement check(state_->database, "PRAGMA integrity_check");
  while (check.step()) {
    if (check.text(0) != "ok") report.problems.push_back(std::string(anytime::record_file) + ": " + check.text(0));
  }
  const RunRecord now = record();
  for (const RecordedSession& session : now.sessions) {
    if (session.schedule_hash != schedule_hash(session.schedule)) {
      report.problems.push_back("session " + std::to_string(session.id) + ": its schedule is not the one it recorded");
    }
    if (session.checkpoint && anytime::find_checkpoint(now, *session.checkpoint) == nullptr) {
      report.problems.push_back("session " + std::to_string(session.id) + ": its first checkpoint is not on record");
    }
  }
  for (const RecordedCheckpoint& checkpoint : now.checkpoints) {
    if (checkpoint.state != CheckpointState::deleted) verify_checkpoint(state_->folder, checkpoint, report);
  }
  for (const std::string& folder : leftovers(state_->folder, now)) {
    report.notes.push_back(folder + " belongs to no commit (interrupted work); gc removes it");
  }
  return report;
}

namespace {

/// The checkpoints that something needs.
std::set<std::int64_t> needed(const fs::path& run, const RunRecord& record, int keep_last) {
  std::set<std::int64_t> ids;
  std::set<std::int64_t> used;  // left by a finished branch
  for (const RecordedLine& line : record.lines) {
    const auto points = anytime::resume_points(record, line.name);
    if (line.finished) {
      if (!points.empty()) ids.insert(points.front()->id);
      for (const RecordedCheckpoint* point : points) {
        if (point->line != line.name) used.insert(point->id);
      }
      continue;
    }
    int sound = 0;  // a damaged one is no reason to delete the one before
    for (const RecordedCheckpoint* point : points) {
      const bool start = !line.parent.empty() && point->line != line.name;
      if (start) ids.insert(point->id);
      if (sound == keep_last || !anytime::damage_of(run, *point).empty()) continue;
      ids.insert(point->id);
      ++sound;
    }
  }
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.keep && checkpoint.state == CheckpointState::live && !used.contains(checkpoint.id)) {
      ids.insert(checkpoint.id);
    }
  }
  return ids;
}

void remove_folder(const fs::path& run, const std::string& name) {
  // Out of sight in one step, so that no half of a checkpoint is ever in its place.
  const fs::path trash = run / anytime::staging_folder / "trash";
  std::error_code error;
  fs::remove_all(trash, error);
  const fs::path from = run / name;
  if (from != trash && fs::exists(fs::symlink_status(from, error))) {
    anytime::move_new(from, trash);
    fault_point("gc.moved");
    anytime::sync_path(from.parent_path());
    fs::remove_all(trash, error);
  }
  if (error) anytime::fail_io(run / name, "cannot be removed", error.value());
  fault_point("gc.files_removed");
}

}  // namespace

GcReport RunStore::gc(int keep_last, bool dry_run) {
  if (!dry_run) state_->require_writer();
  if (keep_last < 1) fail({"keep = ", std::to_string(keep_last), ": must be at least 1"});
  const RunRecord now = record();
  const std::set<std::int64_t> keep = needed(state_->folder, now, keep_last);
  GcReport report;
  report.leftovers = leftovers(state_->folder, now);
  for (const RecordedCheckpoint& checkpoint : now.checkpoints) {
    if (checkpoint.state == CheckpointState::deleted || keep.contains(checkpoint.id)) continue;
    report.deleted.push_back(checkpoint);
    for (const RecordedFile& file : checkpoint.files) report.bytes += file.bytes;
  }
  if (dry_run) return report;
  fault_point("gc.begin");
  anytime::Transaction transaction(state_->database);
  anytime::Statement mark(state_->database, "UPDATE checkpoint SET deleted = 1 WHERE id = ?");
  for (const RecordedCheckpoint& checkpoint : report.deleted) mark.run(checkpoint.id);
  fault_point("gc.rows_written");
  transaction.commit();
  state_->changed();
  fault_point("gc.rows_committed");
  for (const RecordedCheckpoint& checkpoint : report.deleted) remove_folder(state_->folder, checkpoint.folder);
  for (const std::string& folder : report.leftovers) remove_folder(state_->folder, folder);
  return report;
}

}  // namespace scheduled
