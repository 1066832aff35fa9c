// Opening and making runs, what is common to all operations, and the small ones.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/old_record.hpp"
#include "anytime/state.hpp"
#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/missing.hpp"

namespace scheduled {
namespace fs = std::filesystem;
using anytime::fault_point;

namespace anytime {

void require_line_name(const std::string& name) {
  if (!is_line_name(name))
    fail_value("name", name,
               "must be 1 to 64 of A-Z a-z 0-9 . _ - and not start with a dot; attempts end with /1, /2, ...");
}

void require_data(const RecordedData& data) {
  const auto require = [](const char* name, std::optional<std::int64_t> count) {
    if (!count || (*count >= 1 && *count <= std::int64_t{1} << 53)) return;
    fail_value(name, std::to_string(*count), "must be between 1 and 2^53");
  };
  require("batch", data.batch);
  require("sequence", data.sequence);
}

}  // namespace anytime

std::string schedule_hash(const Schedule& schedule) { return anytime::sum_text(print(schedule)); }

namespace {

std::int64_t time_now(const StoreOptions& options) {
  if (options.clock) return options.clock();
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

bool is_there(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::none) anytime::fail_io(path, "cannot be read", error.value());
  return fs::exists(status);
}

bool is_old(const fs::path& folder) {
  return !anytime::Journal::exists(folder) && is_there(folder / anytime::old_record_file);
}

const fs::path& require_run(const fs::path& folder) {
  std::error_code error;
  if (!is_there(folder)) {
    fail_missing("folder", folder.string(), concat({"no such run folder; ", run_verb_text("init"), " makes one"}));
  }
  if (!fs::is_directory(folder, error)) fail_value("folder", folder.string(), "is a file, not a run folder");
  if (!is_there(folder / anytime::record_folder) && !is_old(folder)) {
    const bool lost = fs::is_directory(folder / anytime::checkpoint_folder, error);
    fail_value("folder", folder.string(),
               concat({"is not a run folder: there is no record in it",
                       lost ? concat({"; ", run_verb_text("repair"), " makes one of what the checkpoints' folders say"})
                            : ""}));
  }
  return folder;
}

}  // namespace

RunStore::State::State(const fs::path& run, StoreOptions settings, Access access)
    : folder(require_run(run)), options(std::move(settings)) {
  if (options.metrics_in_memory < 1) fail_value("metrics_in_memory", "0", "must be at least 1");
  const bool old_format = is_old(folder.path());
  const bool writes = access == Access::write;
  if (old_format && writes) {
    fail_value("folder", folder.shown(),
               concat({"was written by an older scheduled, in format 1: it can be read; ", run_verb_text("migrate"),
                       " makes it one that can be written"}));
  }
  if (writes) folder.require_own({anytime::record_folder});
  if (writes) lock.emplace(folder.path(), folder.path() / anytime::lock_file, options.lease, options.on_wait);
  if (old_format) {
    old = anytime::read_old_record(folder.path());
  } else {
    journal.emplace(folder.path(), writes, writes ? lock->lease() : nullptr, options.on_wait);
  }
  if (writes) journal->reserve();
  refresh();
  if (writes && lock->lease() != nullptr && lock->lease()->took_over()) fence();
}

void RunStore::State::fence() {
  while (journal->damage().empty() && !journal->fence()) refresh();
}

void RunStore::State::require_held() const {
  if (lock->lease() != nullptr) lock->lease()->require_held();
}

std::string RunStore::State::staging_name() const {
  const anytime::Lease* const lease = lock->lease();
  return lease == nullptr ? "commit" : "commit-" + std::to_string(lease->number());
}

void RunStore::State::refresh() {
  bool changed = false;
  const auto restart = [&] {
    record = {};
    changed = true;
  };
  const auto use = [&](anytime::EntryKind, std::string_view text) {
    anytime::add_facts(record, text);
    changed = true;
  };
  if (journal) {
    journal->read_on(restart, use);
  } else if (record.lines.empty()) {
    for (const anytime::EntryText& entry : old) {
      if (entry.kind == anytime::EntryKind::facts) use(entry.kind, entry.text);
    }
  }
  if (!changed && record.version != 0) return;
  record.folder = folder.path();
  record.version = journal ? journal->version() : 1;
  anytime::settle(record);
}

const RunRecord& RunStore::State::view() {
  if (!lock) {  // others write
    folder.require_here();
    refresh();
  }
  if (journal && !journal->damage().empty()) {
    throw StoreError(concat({folder.shown(), ": the record is damaged: ", journal->damage().front(), "; ",
                             run_verb_text("repair"), " makes one of what is intact"}));
  }
  return record;
}

void RunStore::State::add(const std::vector<anytime::EntryText>& entries, bool sync, int version) {
  folder.require_here();
  journal->append(entries, sync, false, version);
  pending.clear();
  metric_names.clear();
  metric_index.clear();
  flushed = std::chrono::steady_clock::now();
}

void RunStore::State::write(const std::string& facts, bool use_reserve, int version) {
  std::vector<anytime::EntryText> entries;
  // Those who free space do not need more of it than they must.
  if (!pending.empty() && !use_reserve) {
    entries.push_back({anytime::EntryKind::metrics, anytime::metrics_text(metric_names, pending)});
  }
  entries.push_back({anytime::EntryKind::facts, facts});
  if (use_reserve) {
    folder.require_here();
    journal->append(entries, true, true, version);
  } else {
    add(entries, true, version);
  }
  record.version = journal->version();
  anytime::add_facts(record, facts);
  anytime::settle(record);
  fault_point("record.done");
}

void RunStore::State::flush() {
  flushed = std::chrono::steady_clock::now();
  if (pending.empty()) return;
  // A kill loses nothing that was written; the next commit syncs it.
  add({{anytime::EntryKind::metrics, anytime::metrics_text(metric_names, pending)}}, false, anytime::first_version);
  fault_point("log.written");
}

std::int64_t RunStore::State::now() const { return time_now(options); }

void RunStore::State::require_writer() const {
  if (!lock) fail_value("folder", folder.shown(), "the store is open for reading only");
  if (::getpid() != process) {
    throw StoreError(concat({folder.shown(), ": the store was opened by process ", std::to_string(process),
                             "; a forked process must open its own"}));
  }
}

std::int64_t RunStore::State::current_session(const RecordedLine& line, std::optional<std::int64_t> expected) const {
  if (expected && *expected != line.session) {
    fail_value("session", std::to_string(*expected),
               concat({line.name, " has been resumed since; its session is ", std::to_string(line.session)}));
  }
  return line.session;
}

RecordedSession RunStore::State::make_session(const std::string& line, std::int64_t start,
                                              std::optional<std::int64_t> checkpoint, const Schedule& schedule,
                                              const std::string& code_version) const {
  anytime::require_readable(schedule);
  const std::int64_t id = record.sessions.empty() ? 1 : record.sessions.back().id + 1;
  return {id,
          line,
          start,
          checkpoint,
          schedule,
          schedule_hash(schedule),
          code_version.empty() ? options.code_version : code_version,
          now()};
}

RunStore::RunStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunStore::RunStore(RunStore&&) noexcept = default;
RunStore& RunStore::operator=(RunStore&&) noexcept = default;

RunStore::~RunStore() {
  if (!state_ || !state_->lock || ::getpid() != state_->process) return;
  try {
    state_->flush();
  } catch (const std::exception&) {  // NOLINT: a destructor has nobody to tell; flush() says it
  }
}

namespace {

RecordedData first_data(const StoreOptions& options) {
  return {"trunk", 0, options.data, options.batch, options.sequence};
}

std::string first_facts(const Schedule& trunk, const StoreOptions& options) {
  anytime::require_readable(trunk);
  RecordedLine line;
  line.name = "trunk";
  std::string facts =
      anytime::line_fact(line) + anytime::session_fact({1, "trunk", 0, std::nullopt, trunk, schedule_hash(trunk),
                                                        options.code_version, time_now(options)});
  const RecordedData data = first_data(options);
  anytime::require_data(data);
  if (!data.empty()) facts += anytime::data_fact(data);
  return facts;
}

/// Makes the run in `folder`. It is one as soon as the folder of its record has its name, and not before.
void make_run(const fs::path& folder, const fs::path& part, const std::string& facts, int version) {
  for (const char* const name : {anytime::checkpoint_folder, anytime::staging_folder}) {
    fs::create_directory(folder / name);
  }
  fault_point("init.folders");
  fs::create_directory(part);
  anytime::Journal::create(part, {{anytime::EntryKind::facts, facts}}, version);
  fault_point("init.record");
  anytime::sync_folders(part);
  anytime::sync_path(part / anytime::first_segment);
  fault_point("init.synced");
  // Fails where another process was quicker: its record is not empty.
  if (::rename((part / anytime::record_folder).c_str(), (folder / anytime::record_folder).c_str()) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY) fail_value("folder", folder.string(), "is a run already");
    anytime::fail_io(folder, "cannot be made", errno);
  }
  fault_point("init.renamed");
  fs::remove_all(part);
  anytime::sync_path(folder);
  anytime::sync_path(folder.parent_path());
}

}  // namespace

RunStore RunStore::init(const fs::path& given, const Schedule& trunk, const StoreOptions& options) {
  if (given.empty()) fail_value("folder", "''", "must be missing or an empty folder");
  if (options.lease) anytime::require_lease(*options.lease);
  const fs::path folder = anytime::absolute_path(given);
  std::error_code error;
  if (fs::exists(folder / anytime::record_folder, error) || fs::exists(folder / anytime::old_record_file, error)) {
    fail_value("folder", given.string(), "is a run already");
  }
  if (!can_become_run(folder)) fail_value("folder", folder.string(), "must be missing or an empty folder");
  if (!fs::is_directory(folder.parent_path(), error))
    fail_missing("folder", folder.parent_path().string(), "no such folder");
  // Processes of two machines may have one number.
  constexpr std::size_t digits = 12;
  const std::string own = anytime::sum_text(process_mark()).substr(0, digits);
  const fs::path part = folder / concat({anytime::record_folder, ".", own, ".part"});
  const std::string facts = first_facts(trunk, options);
  bool made = false;
  try {
    made = fs::create_directory(folder);
    make_run(folder, part, facts, anytime::version_of(first_data(options)));
  } catch (const std::exception& failure) {
    fs::remove_all(part, error);
    if (made && !fs::exists(folder / anytime::record_folder, error)) {
      for (const char* const name : {anytime::checkpoint_folder, anytime::staging_folder, ""}) {
        ::rmdir((folder / name).c_str());
      }
    }
    const auto* const of_files = dynamic_cast<const fs::filesystem_error*>(&failure);
    if (of_files != nullptr) anytime::fail_io(folder, "cannot be made", of_files->code().value());
    throw;
  }
  return open(given, Access::write, options);
}

RunStore RunStore::open(const fs::path& folder, Access access, const StoreOptions& options) {
  return RunStore(std::make_unique<State>(folder, options, access));
}

RunRecord RunStore::record() const { return state_->view(); }

double RunStore::lr(std::string_view name, std::int64_t step) const {
  if (step < 0) fail_value("step", std::to_string(step), "must be >= 0");
  const RunRecord& record = state_->view();
  const RecordedLine& line = record.line(name);
  if (line.end && step >= *line.end) {
    fail_value("step", std::to_string(step),
               concat({line.name, " ends after ", std::to_string(*line.end), " steps, its last is ",
                       std::to_string(*line.end - 1)}));
  }
  for (const anytime::Span& span : anytime::history(record, name)) {
    if (span.session->start <= step) return span.session->schedule.lr(step);
  }
  throw StoreError(concat({state_->folder.shown(), ": no session of ", name, " covers step ", std::to_string(step)}));
}

void RunStore::attach_data(const RecordedData& data) {
  state_->require_writer();
  const RecordedLine& line = state_->view().line(data.line);
  if (data.empty()) fail_argument("data", "must say what is attached, or batch or sequence");
  anytime::require_data(data);
  if (data.step < line.step) {
    fail_value("step", std::to_string(data.step),
               concat({"must be at least ", std::to_string(line.step), ", where ", line.name,
                       " is: what it has read cannot change"}));
  }
  if (data.step > std::int64_t{1} << 53) fail_value("step", std::to_string(data.step), "must be at most 2^53");
  state_->write(anytime::data_fact(data), false, anytime::version_of(data));
}

bool can_become_run(const fs::path& folder) {
  std::error_code error;
  if (!is_there(folder)) return true;
  bool empty = fs::is_directory(folder, error);
  if (!empty) return false;
  for (fs::directory_iterator at(folder, error), end; empty && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const bool ours = name == anytime::checkpoint_folder || name == anytime::staging_folder;
    const bool part = name.starts_with(anytime::record_folder) && name.ends_with(".part");
    empty = !error && (part || (ours && fs::is_empty(at->path(), error)));
  }
  if (error) anytime::fail_io(folder, "cannot be listed", error.value());
  return empty;
}

bool is_run_folder(const fs::path& folder) {
  std::error_code error;
  return anytime::Journal::exists(folder) || fs::exists(folder / anytime::old_record_file, error);
}

}  // namespace scheduled
