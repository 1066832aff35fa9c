// Repair: a record of what is intact. Migrate: a record of today from one of format 1.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/old_record.hpp"
#include "anytime/state.hpp"
#include "base/advice.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace fs = std::filesystem;
using anytime::fault_point;

namespace {

using State = RecordedCheckpoint::State;

/// Where the row with this id is in those sorted by it, or belongs.
template <class Row>
auto place_of(const std::vector<Row>& rows, std::int64_t id) {
  return std::lower_bound(rows.begin(), rows.end(), id, [](const Row& row, std::int64_t k) { return row.id < k; });
}

template <class Row>
bool has_id(const std::vector<Row>& rows, std::int64_t id) {
  const auto at = place_of(rows, id);
  return at != rows.end() && at->id == id;
}

template <class Row>
void insert_by_id(std::vector<Row>& rows, Row row) {
  rows.insert(place_of(rows, row.id), std::move(row));
}

/// The line and session of a commit, where the record does not know them.
void take_origin(const anytime::CommitFacts& facts, RunRecord& record, std::vector<std::string>& recovered) {
  const bool line_known = std::any_of(record.lines.begin(), record.lines.end(),
                                      [&](const RecordedLine& line) { return line.name == facts.line.name; });
  if (!line_known) {
    record.lines.insert(facts.line.parent.empty() ? record.lines.begin() : record.lines.end(), facts.line);
    recovered.push_back("line " + facts.line.name);
  }
  if (!has_id(record.sessions, facts.session.id)) {
    insert_by_id(record.sessions, facts.session);
    recovered.push_back("session " + std::to_string(facts.session.id));
  }
}

/// Whether this row was put in the place of that checkpoint when its folder was not there.
bool is_stand_in(const RecordedCheckpoint& row, const RecordedCheckpoint& checkpoint) {
  return row.folder.empty() && row.line == checkpoint.line && row.step == checkpoint.step;
}

/// Takes what the checkpoints' folders say into the record, where that does not know it.
void take_facts(const anytime::BoundFolder& run, RunRecord& record, std::vector<std::string>& recovered) {
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.state == State::deleted) continue;
    const auto facts = anytime::read_facts(run, checkpoint.folder).facts;
    if (facts && facts->checkpoint.id == checkpoint.id) take_origin(*facts, record, recovered);
  }
  for (const anytime::Stray& stray : anytime::strays(run, record, nullptr)) {
    const auto facts = anytime::read_facts(run, stray.name).facts;
    if (!facts || facts->checkpoint.folder != stray.name) continue;
    const auto is_it = [&](const RecordedCheckpoint& c) { return c.id == facts->checkpoint.id; };
    const auto known = std::find_if(record.checkpoints.begin(), record.checkpoints.end(), is_it);
    if (known != record.checkpoints.end() && !is_stand_in(*known, facts->checkpoint)) continue;
    const auto session = place_of(record.sessions, facts->session.id);  // of a merge that was cut off: another's by now
    if (session != record.sessions.end() && session->id == facts->session.id && session->line != facts->session.line) {
      continue;
    }
    if (!anytime::check_own_files(run, facts->checkpoint).text.empty()) continue;
    std::erase_if(record.checkpoints, is_it);
    take_origin(*facts, record, recovered);
    insert_by_id(record.checkpoints, facts->checkpoint);
    recovered.push_back(anytime::name_of(facts->checkpoint));
  }
}

/// Where nothing says any more what a branch left, it counts as one of the line whose checkpoint it began at, or else
/// of the trunk.
void adopt_branches(RunRecord& record, std::vector<std::string>& lost) {
  std::set<std::string> there;
  for (const RecordedLine& line : record.lines) there.insert(line.name);
  for (RecordedLine& line : record.lines) {
    if (line.parent.empty() || there.contains(line.parent)) continue;
    const std::string gone = std::exchange(line.parent, "trunk");
    for (const RecordedSession& session : record.sessions) {
      if (session.line != line.name || !session.checkpoint) continue;
      const RecordedCheckpoint* const began = anytime::find_checkpoint(record, *session.checkpoint);
      if (began != nullptr && began->line != line.name && there.contains(began->line)) line.parent = began->line;
    }
    lost.push_back(concat({"line ", gone, ", which ", line.name, " left; that counts as a branch of ", line.parent}));
  }
}

/// Where the checkpoint that a session went on from is lost, a row of a deleted one stands for it: what is known is its
/// step, and its line, which is the parent's for the first session of a branch and else the session's own.
void add_stand_ins(RunRecord& record, std::vector<std::string>& lost) {
  std::set<std::string> begun;
  for (const RecordedSession& session : record.sessions) {
    const bool first = begun.insert(session.line).second;
    if (!session.checkpoint || has_id(record.checkpoints, *session.checkpoint)) continue;
    RecordedCheckpoint gone;
    gone.id = *session.checkpoint;
    gone.step = session.start;
    gone.line = session.line;
    for (const RecordedLine& line : record.lines) {
      if (line.name == session.line && first && !line.parent.empty()) gone.line = line.parent;
    }
    for (const RecordedSession& writer : record.sessions) {
      const bool may = writer.line == gone.line && writer.id < session.id && writer.start <= gone.step;
      if (may) gone.session = writer.id;
    }
    if (gone.session == 0) continue;
    gone.state = State::deleted;
    lost.push_back(anytime::name_of(gone) + ", from where session " + std::to_string(session.id) + " went on");
    insert_by_id(record.checkpoints, std::move(gone));
  }
}

/// Drops what refers to something that is not there. Returns whether there was any.
bool drop_some(RunRecord& record, std::vector<std::string>& lost) {
  const std::size_t before = lost.size();
  const auto line_known = [&](const std::string& name) {
    return std::any_of(record.lines.begin(), record.lines.end(), [&](const auto& line) { return line.name == name; });
  };
  std::erase_if(record.sessions, [&](const RecordedSession& session) {
    const bool whole =
        line_known(session.line) && (!session.checkpoint || has_id(record.checkpoints, *session.checkpoint));
    if (!whole) lost.push_back("session " + std::to_string(session.id) + " of " + session.line);
    return !whole;
  });
  std::erase_if(record.checkpoints, [&](const RecordedCheckpoint& checkpoint) {
    const bool whole = has_id(record.sessions, checkpoint.session);
    if (!whole) lost.push_back(anytime::name_of(checkpoint) + " (its files stay)");
    return !whole;
  });
  std::set<std::string> kept;
  for (const RecordedLine& line : record.lines) kept.insert(line.name);
  std::erase_if(record.lines, [&](const RecordedLine& line) {
    const bool begun = std::any_of(record.sessions.begin(), record.sessions.end(),
                                   [&](const RecordedSession& session) { return session.line == line.name; });
    const bool whole = begun && (line.parent.empty() || kept.contains(line.parent));
    if (!whole) lost.push_back("line " + line.name);
    return !whole;
  });
  return lost.size() > before;
}

/// All of it: what is dropped may leave others behind, as a line its branches.
void drop_orphans(RunRecord& record, std::vector<std::string>& lost) {
  while (drop_some(record, lost)) {
  }
}

/// What a lost entry may have said: that gc deleted them. Where no checkpoint is there the volume may be away. Their
/// rows do not know folders any more, so that one that comes back is not taken for what gc left.
void mark_missing(const anytime::BoundFolder& run, RunRecord& record, std::vector<std::string>& lost) {
  const auto there = [&](const RecordedCheckpoint& checkpoint) {
    return checkpoint.state != State::deleted && anytime::is_there(run, checkpoint);
  };
  if (std::none_of(record.checkpoints.begin(), record.checkpoints.end(), there)) return;
  for (RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.state == State::deleted || there(checkpoint)) continue;
    checkpoint.state = State::deleted;
    checkpoint.folder.clear();
    checkpoint.files.clear();
    lost.push_back(anytime::name_of(checkpoint) + ": its folder is not there, so it counts as deleted");
  }
}

std::string facts_of(const RunRecord& record) {
  std::string facts;
  for (const RecordedLine& line : record.lines) facts += anytime::line_fact(line);
  for (const RecordedSession& session : record.sessions) facts += anytime::session_fact(session);
  std::vector<std::int64_t> damaged, deleted;
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    facts += anytime::checkpoint_fact(checkpoint);
    if (checkpoint.state == State::damaged) damaged.push_back(checkpoint.id);
    if (checkpoint.state == State::deleted) deleted.push_back(checkpoint.id);
  }
  for (const RecordedData& data : record.data) facts += anytime::data_fact(data);
  if (!damaged.empty()) facts += anytime::mark_fact(anytime::CheckpointMark::damaged, damaged);
  if (!deleted.empty()) facts += anytime::mark_fact(anytime::CheckpointMark::deleted, deleted);
  return facts;
}

/// The format that has all of it.
int version_of(const RunRecord& record) {
  int version = anytime::first_version;
  for (const RecordedLine& line : record.lines) version = std::max(version, anytime::version_of(line));
  for (const RecordedData& data : record.data) version = std::max(version, anytime::version_of(data));
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    version = std::max(version, anytime::version_of(checkpoint));
  }
  return version;
}

const RecordedSession* session_of(const RunRecord& record, const RecordedCheckpoint& checkpoint) {
  for (const RecordedSession& session : record.sessions) {
    if (session.id == checkpoint.session) return &session;
  }
  return nullptr;
}

/// The facts in the folders of checkpoints that have none, or other ones than the record, written and synced.
int write_facts(const anytime::BoundFolder& run, const RunRecord& record, const std::string& after) {
  int written = 0;
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    const RecordedSession* const session = session_of(record, checkpoint);
    if (checkpoint.state == State::deleted || session == nullptr || !anytime::is_there(run, checkpoint)) continue;
    const auto found = anytime::read_facts(run, checkpoint.folder).facts;
    RecordedCheckpoint theirs = found ? found->checkpoint : RecordedCheckpoint{};
    theirs.state = checkpoint.state;
    if (found && theirs == checkpoint && found->session == *session) continue;
    const fs::path folder = run.path() / checkpoint.folder;
    const fs::path part = folder / (std::string(anytime::facts_file) + ".part");
    std::error_code error;
    fs::remove(part, error);
    anytime::write_new(part, anytime::facts_text({after, record.line(checkpoint.line), *session, checkpoint}));
    fault_point("facts.written");
    anytime::sync_path(part);
    fs::rename(part, folder / anytime::facts_file, error);
    if (error) anytime::fail_io(folder, "cannot be written", error.value());
    anytime::sync_path(folder);
    ++written;
  }
  return written;
}

}  // namespace

namespace {

/// What the record of `run` says as far as it is intact: its facts, and its metrics as they are. `journal` is opened
/// where there is a record.
RunRecord salvage(const anytime::BoundFolder& run, std::optional<anytime::Journal>& journal, bool write,
                  const StoreOptions& options, anytime::Lease* lease, std::vector<anytime::EntryText>& metrics,
                  std::vector<std::string>& lost) {
  RunRecord record;
  record.folder = run.path();
  if (!anytime::Journal::exists(run.path())) {
    lost.push_back(std::string(anytime::record_folder) + " is missing, and with it all metrics");
    return record;
  }
  journal.emplace(run.path(), write, lease, options.on_wait);
  for (const anytime::EntryText& entry : journal->salvage(lost)) {
    if (entry.kind == anytime::EntryKind::metrics) {
      metrics.push_back(entry);
    } else {
      anytime::add_facts(record, entry.text);
    }
  }
  anytime::settle(record);
  return record;
}

void require_no_old_record(const fs::path& given) {
  std::error_code error;
  if (anytime::Journal::exists(given)) return;
  if (fs::exists(given / anytime::old_record_file, error)) {
    fail_value("folder", given.string(),
               concat({"has no record of today's format; ", run_verb_text("migrate"), " makes one"}));
  }
  if (!fs::is_directory(given / anytime::checkpoint_folder, error)) {
    fail_value("folder", given.string(), "is not a run folder");
  }
}

}  // namespace

RepairReport RunStore::repair(const fs::path& given, bool dry_run, const StoreOptions& options) {
  const anytime::BoundFolder run(given);
  require_no_old_record(given);
  run.require_own({anytime::record_folder, anytime::checkpoint_folder});
  std::optional<anytime::WriterLock> lock;
  if (!dry_run) lock.emplace(run.path(), run.path() / anytime::lock_file, options.lease, options.on_wait);
  anytime::Lease* const lease = lock ? lock->lease() : nullptr;
  RepairReport report;
  std::optional<anytime::Journal> journal;
  std::vector<anytime::EntryText> kept;
  RunRecord record = salvage(run, journal, !dry_run, options, lease, kept, report.lost);
  take_facts(run, record, report.recovered);
  adopt_branches(record, report.lost);
  add_stand_ins(record, report.lost);
  drop_orphans(record, report.lost);
  if (record.lines.empty() || !record.lines.front().parent.empty()) {
    throw StoreError(given.string() + ": neither the record nor a checkpoint says what the trunk is");
  }
  report.changed = !report.lost.empty() || !report.recovered.empty();
  if (report.changed) mark_missing(run, record, report.lost);
  anytime::settle(record);
  if (dry_run) return report;
  if (report.changed) {
    kept.push_back({anytime::EntryKind::facts, facts_of(record)});
    fault_point("repair.begin");
    if (journal) {
      journal->replace(kept, version_of(record));
    } else {
      anytime::Journal::place(run.path(), kept, version_of(record));
    }
    fault_point("repair.replaced");
  }
  if (!journal) journal.emplace(run.path(), true, lease, options.on_wait);
  report.facts_written = write_facts(run, record, journal->last_hash());
  return report;
}

void RunStore::migrate(const fs::path& given, const StoreOptions& options) {
  const anytime::BoundFolder run(given);
  anytime::WriterLock lock(run.path(), run.path() / anytime::lock_file, options.lease, options.on_wait);
  std::error_code error;
  const bool old = fs::exists(run.path() / anytime::old_record_file, error);
  if (!anytime::Journal::exists(run.path())) {
    if (!old) fail_value("folder", given.string(), "is not a run folder: there is no record in it");
    anytime::Journal::place(run.path(), anytime::read_old_record(run.path()), anytime::first_version);
  } else if (!old) {
    fail_value("folder", given.string(), "has a record of today's format already");
  }
  fs::remove_all(run.path() / anytime::placed_folder, error);
  anytime::set_old_record_aside(run.path());
  anytime::Journal journal(run.path(), true, lock.lease(), options.on_wait);
  RunRecord record;
  record.folder = run.path();
  journal.read_on([&] { record = {}; },
                  [&](anytime::EntryKind, std::string_view text) { anytime::add_facts(record, text); });
  anytime::settle(record);
  write_facts(run, record, journal.last_hash());
  anytime::sync_path(run.path());
}

}  // namespace scheduled
