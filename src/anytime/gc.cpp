// Gc: what nothing needs any more goes, and nothing else.
#include <algorithm>
#include <exception>
#include <set>

#include "anytime/external.hpp"
#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "base/advice.hpp"
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
      if (point->external && !point->external->is_local()) {
        needs.notes.push_back(concat({anytime::name_of(*point), " counts as sound: it is at ", point->external->uri,
                                      ", which cannot be looked at from here"}));
      }
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

/// The end of a finished line is kept, whatever it is. Where it is not sound now, so is what was before it up to the
/// first that is: the result can be made again from there.
void add_result(const anytime::BoundFolder& run, const std::vector<const RecordedCheckpoint*>& points, Needs& needs) {
  if (points.empty()) return;
  needs.ids.insert(points.front()->id);
  const bool all = std::all_of(points.begin(), points.end(), [&](const auto* p) { return needs.ids.contains(p->id); });
  if (all) return;
  for (const RecordedCheckpoint* point : points) {
    const Finding found = anytime::check_files(run, *point);
    if (found.state != Finding::State::damaged) needs.ids.insert(point->id);
    if (found.state == Finding::State::sound) return;
    if (needs.ids.contains(point->id)) needs.notes.push_back(anytime::name_of(*point) + " is kept: " + found.text);
  }
}

/// Resume passed over them, and the line went on from elsewhere, but what they hold may be as it was committed.
void add_marked(const anytime::BoundFolder& run, const RunRecord& record, Needs& needs) {
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.state != CheckpointState::damaged || needs.ids.contains(checkpoint.id)) continue;
    if (!anytime::is_there(run, checkpoint)) continue;  // stays in any case
    const Finding found = anytime::check_files(run, checkpoint);
    if (found.state == Finding::State::damaged) continue;
    needs.ids.insert(checkpoint.id);
    const bool sound = found.state == Finding::State::sound;
    needs.notes.push_back(anytime::name_of(checkpoint) + " is kept: " +
                          (sound ? "it was passed over before, and its files are as recorded now; " +
                                       run_verb_text("verify --clear", "clear_marks") +
                                       " takes the mark off, and then it goes where nothing needs it"
                                 : found.text));
  }
}

Needs needed(const anytime::BoundFolder& run, const RunRecord& record, int keep_last) {
  Needs needs;
  std::vector<std::vector<const RecordedCheckpoint*>> finished;
  std::set<std::int64_t> used;  // left by a finished branch; a merge leaves nothing
  for (const RecordedLine& line : record.lines) {
    if (!line.finished) {
      add_needs(run, record, line, keep_last, needs);
      continue;
    }
    finished.push_back(anytime::resume_points(record, line.name));
    for (const RecordedCheckpoint* point : finished.back()) {
      if (point->line != line.name && line.merged.empty()) used.insert(point->id);
    }
  }
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.keep && checkpoint.state == CheckpointState::live && !used.contains(checkpoint.id)) {
      needs.ids.insert(checkpoint.id);
    }
  }
  for (const auto& points : finished) add_result(run, points, needs);
  add_marked(run, record, needs);
  return needs;
}

/// A name in staging/ that is free. What cannot be removed (a file that may not be, on a network one that is still
/// open) keeps its own.
fs::path free_trash(const fs::path& run) {
  const fs::path trash = run / anytime::staging_folder / "trash";
  fs::path free = trash;
  std::error_code error;
  for (int n = 2; fs::exists(fs::symlink_status(free, error)); ++n) free = trash.string() + "-" + std::to_string(n);
  return free;
}

/// Throws StoreError.
void remove_folder(const fs::path& run, const std::string& name) {
  const fs::path from = run / name;
  fs::path gone = from;
  if (!name.starts_with(anytime::staging_folder)) {
    // Out of sight in one step, so that no half of a checkpoint is ever in its place.
    gone = free_trash(run);
    anytime::move_new(from, gone);
    fault_point("gc.moved");
    anytime::sync_path(from.parent_path());
  }
  std::error_code error;
  fs::remove_all(gone, error);
  if (error) anytime::fail_io(gone, "cannot be removed", error.value());
  fault_point("gc.files_removed");
}

/// All of them that can be. Throws StoreError with what is wrong with the first other one, or where another process
/// took the run over: by then it may have committed under one of these names.
void remove_folders(const fs::path& run, const anytime::Lease* lease, const std::vector<std::string>& names) {
  std::error_code error;
  fs::create_directory(run / anytime::staging_folder, error);
  std::exception_ptr first;
  for (const std::string& name : names) {
    if (lease != nullptr) lease->require_held();
    try {
      remove_folder(run, name);
    } catch (const StoreError&) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

/// Interrupted work goes. What is a checkpoint to look at stays where nothing says that it is not needed: where the
/// record is an older copy, all of them; `unrecorded`, of a commit of this store that failed, is not.
void sort_strays(const anytime::BoundFolder& run, const RunRecord& record, const anytime::Journal* journal,
                 const std::string& unrecorded, GcReport& report) {
  using Kind = anytime::Stray::Kind;
  const std::vector<anytime::Stray> strays = anytime::strays(run, record, journal);
  const bool old_copy = std::any_of(strays.begin(), strays.end(),
                                    [](const anytime::Stray& stray) { return stray.kind == Kind::other_record; });
  for (const anytime::Stray& stray : strays) {
    const bool says = stray.kind != Kind::foreign && anytime::read_facts(run, stray.name).there;
    if (stray.kind == Kind::foreign) {
      report.notes.push_back(stray.name + " is kept: the store did not put it there");
    } else if (old_copy && says) {
      report.notes.push_back(stray.name + " is kept: it is a checkpoint that is not on record; see " +
                             run_verb_text("verify"));
    } else if (stray.kind == Kind::ahead && stray.name != unrecorded) {
      report.notes.push_back(stray.name +
                             " is kept until its line goes beyond it: a commit that was cut off left it, " +
                             "or the record is an older one; " + run_verb_text("repair") + " takes it in");
    } else {
      report.leftovers.push_back(stray.name);
    }
  }
}

/// What would delete the bytes of these checkpoints that are elsewhere, but neither what others need nor what has come
/// into their place.
void add_commands(const anytime::BoundFolder& run, const RunRecord& record, GcReport& report) {
  const auto goes = [&](const RecordedCheckpoint& checkpoint) {
    return std::any_of(report.deleted.begin(), report.deleted.end(),
                       [&](const RecordedCheckpoint& other) { return other.id == checkpoint.id; });
  };
  std::set<std::string> said;
  for (const RecordedCheckpoint& checkpoint : report.deleted) {
    if (!checkpoint.external || !said.insert(checkpoint.external->uri).second) continue;
    const std::string& uri = checkpoint.external->uri;
    const std::string place = anytime::place_of(*checkpoint.external);
    const auto needs_it =
        std::find_if(record.checkpoints.begin(), record.checkpoints.end(), [&](const RecordedCheckpoint& other) {
          return other.external && other.state != CheckpointState::deleted && !goes(other) &&
                 anytime::overlap(anytime::place_of(*other.external), place);
        });
    const std::string command = anytime::delete_command(*checkpoint.external);
    const Finding found = anytime::check_external(run, checkpoint);
    const std::string changed = found.text.empty() ? anytime::more_than(run, checkpoint) : found.text;
    if (needs_it != record.checkpoints.end()) {
      report.notes.push_back(concat({uri, " is not to be deleted: ", anytime::name_of(*needs_it), " is there, too"}));
    } else if (!changed.empty()) {
      report.notes.push_back(concat({uri, " is not what was committed any more, look before deleting it: ", changed}));
    } else if (command.empty()) {
      report.notes.push_back(concat({uri, " is needed by nothing; how to delete it, its store says"}));
    } else {
      report.commands.push_back(command);
    }
  }
}

}  // namespace

GcReport RunStore::gc(int keep_last, bool dry_run, bool external) {
  if (!dry_run) state_->require_writer();
  if (keep_last < 1) fail_value("keep", std::to_string(keep_last), "must be at least 1");
  state_->folder.require_own({anytime::checkpoint_folder, anytime::staging_folder});
  const RunRecord now = state_->view();
  Needs needs = needed(state_->folder, now, keep_last);
  GcReport report;
  std::vector<std::int64_t> ids;
  std::vector<std::string> folders;
  std::set<std::string_view> needed_folders;  // two rows may have one where the first was away
  std::int64_t elsewhere = 0;
  for (const std::int64_t id : needs.ids) needed_folders.insert(anytime::find_checkpoint(now, id)->folder);
  for (const RecordedCheckpoint& checkpoint : now.checkpoints) {
    if (checkpoint.state == CheckpointState::deleted || needs.ids.contains(checkpoint.id)) continue;
    if (checkpoint.external && !external) {
      ++elsewhere;
      continue;
    }
    if (needed_folders.contains(checkpoint.folder) || !anytime::is_there(state_->folder, checkpoint)) {
      needs.notes.push_back(anytime::name_of(checkpoint) + " stays on record: " + checkpoint.folder + " is not there");
      continue;
    }
    report.deleted.push_back(checkpoint);
    ids.push_back(checkpoint.id);
    folders.push_back(checkpoint.folder);
    for (const RecordedFile& file : checkpoint.files) report.bytes += file.bytes;
  }
  report.notes = std::move(needs.notes);
  if (elsewhere > 0) {
    report.notes.push_back(concat(
        {std::to_string(elsewhere), elsewhere == 1 ? " checkpoint that is" : " checkpoints that are",
         " elsewhere, and needed by nothing, stay on record; ", run_verb_text("gc --external", "gc(external=True)"),
         " takes them off it and says how to delete them"}));
  }
  add_commands(state_->folder, now, report);
  sort_strays(state_->folder, now, state_->journal ? &*state_->journal : nullptr, state_->unrecorded, report);
  if (dry_run) return report;
  fault_point("gc.begin");
  state_->folder.require_here();
  // An entry behind the failed one of `unrecorded` makes sure that it never comes back.
  if (!ids.empty() || !state_->unrecorded.empty()) {
    state_->write(anytime::mark_fact(anytime::CheckpointMark::deleted, ids), true);
  }
  fault_point("gc.rows_committed");
  folders.insert(folders.end(), report.leftovers.begin(), report.leftovers.end());
  remove_folders(state_->folder.path(), state_->lock->lease(), folders);
  state_->unrecorded.clear();
  state_->journal->reserve();
  return report;
}

}  // namespace scheduled
