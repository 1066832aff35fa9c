// Gc: what nothing needs any more goes, and nothing else.
#include <algorithm>
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
using anytime::Finding;

/// What gc keeps, and what it has to say.
struct Needs {
  std::set<std::int64_t> ids;
  std::vector<std::string> notes;
};

/// The checkpoints that an unfinished line needs: the last `keep_last` sound ones, and those after them that cannot be
/// read now, since they may be intact. Throws where none is sound: it must not be made worse.
void add_needs(const anytime::BoundFolder& run, const RunRecord& record, const RecordedLine& line, int keep_last,
               Needs& needs) {
  std::vector<const RecordedCheckpoint*> points = anytime::resume_points(record, line.name);
  const bool any = !points.empty();
  const auto over = anytime::passed_over(record, line.name);
  points.insert(points.begin(), over.begin(), over.end());
  std::stable_sort(points.begin(), points.end(), [](const auto* a, const auto* b) { return a->step > b->step; });
  int sound = 0;
  std::string problems;
  for (const RecordedCheckpoint* point : points) {
    if (point->line != line.name && !line.parent.empty()) needs.ids.insert(point->id);  // its start
    if (sound == keep_last) continue;
    const Finding found = anytime::check_files(run, *point);
    if (found.state == Finding::State::sound) {
      ++sound;
    } else {
      problems += (problems.empty() ? "" : "; ") + anytime::name_of(*point) + ": " + found.text;
    }
    if (found.state == Finding::State::damaged) continue;
    needs.ids.insert(point->id);
    if (found.state == Finding::State::unavailable) {
      needs.notes.push_back(anytime::name_of(*point) + " is kept: " + found.text);
    }
  }
  if (any && sound == 0) {
    throw StoreError(concat({run.shown(), ": nothing was deleted: ", line.name,
                             " has no sound checkpoint to go on from (", problems, ")"}));
  }
}

Needs needed(const anytime::BoundFolder& run, const RunRecord& record, int keep_last) {
  Needs needs;
  std::set<std::int64_t> used;  // left by a finished branch
  for (const RecordedLine& line : record.lines) {
    if (!line.finished) {
      add_needs(run, record, line, keep_last, needs);
      continue;
    }
    const auto points = anytime::resume_points(record, line.name);
    if (!points.empty()) needs.ids.insert(points.front()->id);
    for (const RecordedCheckpoint* point : points) {
      if (point->line != line.name) used.insert(point->id);
    }
  }
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.keep && checkpoint.state == CheckpointState::live && !used.contains(checkpoint.id)) {
      needs.ids.insert(checkpoint.id);
    }
  }
  return needs;
}

void remove_folder(const fs::path& run, const std::string& name) {
  // Out of sight in one step, so that no half of a checkpoint is ever in its place.
  const fs::path trash = run / anytime::staging_folder / "trash";
  std::error_code error;
  fs::create_directory(trash.parent_path(), error);
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

/// Folders without an entry go, unless one says that it went on from a state which this record never had: then it is an
/// older copy of the record, and none that says it is a checkpoint goes.
void sort_leftovers(const anytime::BoundFolder& run, const anytime::Journal* journal, const RunRecord& record,
                    GcReport& report) {
  report.leftovers = anytime::leftovers(run.path(), record);
  const bool old_copy = journal != nullptr &&
                        std::any_of(report.leftovers.begin(), report.leftovers.end(), [&](const std::string& folder) {
                          return anytime::is_of_another_record(*journal, record, run, folder);
                        });
  if (!old_copy) return;
  std::erase_if(report.leftovers, [&](const std::string& folder) {
    const bool says = anytime::read_facts(run, folder).there;
    if (says)
      report.notes.push_back(folder + " is kept: it is a checkpoint that is not on record; see scheduled run verify");
    return says;
  });
}

}  // namespace

GcReport RunStore::gc(int keep_last, bool dry_run) {
  if (!dry_run) state_->require_writer();
  if (keep_last < 1) fail_value("keep", std::to_string(keep_last), "must be at least 1");
  const RunRecord now = state_->view();
  Needs needs = needed(state_->folder, now, keep_last);
  GcReport report;
  std::vector<std::int64_t> ids;
  for (const RecordedCheckpoint& checkpoint : now.checkpoints) {
    if (checkpoint.state == CheckpointState::deleted || needs.ids.contains(checkpoint.id)) continue;
    if (!anytime::is_there(state_->folder, checkpoint)) {
      needs.notes.push_back(anytime::name_of(checkpoint) + " stays on record: " + checkpoint.folder + " is not there");
      continue;
    }
    report.deleted.push_back(checkpoint);
    ids.push_back(checkpoint.id);
    for (const RecordedFile& file : checkpoint.files) report.bytes += file.bytes;
  }
  report.notes = std::move(needs.notes);
  sort_leftovers(state_->folder, state_->journal ? &*state_->journal : nullptr, now, report);
  if (dry_run) return report;
  fault_point("gc.begin");
  state_->folder.require_here();
  if (!ids.empty()) state_->write(anytime::mark_fact(anytime::CheckpointMark::deleted, ids), true);
  fault_point("gc.rows_committed");
  const fs::path run = state_->folder.path();
  for (const RecordedCheckpoint& checkpoint : report.deleted) remove_folder(run, checkpoint.folder);
  for (const std::string& folder : report.leftovers) remove_folder(run, folder);
  state_->journal->reserve();
  return report;
}

}  // namespace scheduled
