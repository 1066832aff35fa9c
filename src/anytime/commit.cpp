// Commit: write temp, fsync, rename, fsync the folder, then commit the row.
#include <fcntl.h>

#include <future>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace fs = std::filesystem;
using anytime::fault_point;

namespace {

/// Throws where the request does not continue the line.
const RecordedLine& require_next(const RunRecord& record, const CommitRequest& request) {
  const RecordedLine& line = record.line(request.line);
  const std::string step = std::to_string(request.step);
  if (line.finished) fail({"step = ", step, ": ", line.name, " is finished, it ends at ", std::to_string(*line.end)});
  if (line.end && request.step > *line.end) {
    fail({"step = ", step, ": must be at most ", std::to_string(*line.end), ", where ", line.name, " ends"});
  }
  if (request.step <= line.step) {
    fail({"step = ", step, ": must be above ", std::to_string(line.step), ", the last of ", line.name,
          "; it is the number of all updates, which is set, not added to"});
  }
  if (request.step > std::int64_t{1} << 53) fail({"step = ", step, ": must be at most 2^53"});
  return line;
}

/// A free name for the checkpoint's folder: a commit that died after its rename may have left the first one.
std::string free_folder(const fs::path& run, const CommitRequest& request) {
  const std::string name = concat({anytime::checkpoint_folder, "/", request.line, "-", std::to_string(request.step)});
  std::string candidate = name;
  std::error_code error;
  for (int n = 2; fs::exists(fs::symlink_status(run / candidate, error)); ++n)
    candidate = name + "-" + std::to_string(n);
  return candidate;
}

/// A folder that is removed with all that is in it, unless it was moved away.
struct Staging {
  explicit Staging(const fs::path& run) : path(run / anytime::staging_folder / "commit") {
    std::error_code error;
    fs::remove_all(path, error);  // of a commit that died; we hold the lock
    if (!error) fs::create_directories(path, error);
    if (error) anytime::fail_io(path, "cannot be made", error.value());
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging() {
    std::error_code error;
    fs::remove_all(path, error);
  }
  fs::path path;
};

/// The files in place and on the disk, without a row: nobody sees them yet.
void publish(const fs::path& run, RecordedCheckpoint& checkpoint, const std::function<void(const fs::path&)>& write) {
  const Staging staging(run);
  fault_point("commit.staged");
  write(staging.path);
  fault_point("commit.written");
  // Files and folders at the same time: the disk then flushes once for both.
  auto folders = std::async(std::launch::async, [&] { anytime::sync_folders(staging.path); });
  checkpoint.files = anytime::sync_and_sum(staging.path);
  if (checkpoint.files.empty()) fail({"checkpoint of step ", std::to_string(checkpoint.step), ": has no files"});
  fault_point("commit.files_synced");
  folders.get();
  fault_point("commit.folder_synced");
  anytime::move_new(staging.path, run / checkpoint.folder);
  fault_point("commit.renamed");
  anytime::sync_path(run / anytime::checkpoint_folder);
  fault_point("commit.published");
}

void insert(anytime::Database& database, RecordedCheckpoint& checkpoint) {
  anytime::Statement(database,
                     "INSERT INTO checkpoint(session, line, step, folder, data_position, rng_state, code, keep, time)"
                     " VALUES(?,?,?,?,?,?,?,?,?)")
      .run(checkpoint.session, checkpoint.line, checkpoint.step, checkpoint.folder, checkpoint.data_position,
           checkpoint.rng_state, checkpoint.code_version, std::int64_t{checkpoint.keep}, checkpoint.time);
  checkpoint.id = database.last_id();
  anytime::Statement row(database, "INSERT INTO file(checkpoint, name, bytes, xxh3) VALUES(?, ?, ?, ?)");
  for (const RecordedFile& file : checkpoint.files) row.run(checkpoint.id, file.name, file.bytes, file.xxh3);
}

}  // namespace

RecordedCheckpoint RunStore::commit(const CommitRequest& request, const std::function<void(const fs::path&)>& write) {
  state_->require_writer();
  const RecordedLine& line = require_next(state_->view(), request);
  RecordedCheckpoint checkpoint;
  checkpoint.session = state_->current_session(line, request.session);
  checkpoint.line = request.line;
  checkpoint.step = request.step;
  checkpoint.data_position = request.data_position;
  checkpoint.rng_state = request.rng_state;
  checkpoint.code_version = request.code_version.empty() ? state_->options.code_version : request.code_version;
  checkpoint.keep = request.keep;
  checkpoint.time = state_->now();
  checkpoint.folder = free_folder(state_->folder, request);
  try {
    publish(state_->folder, checkpoint, write);
  } catch (const fs::filesystem_error& failure) {
    anytime::fail_io(failure.path1(), "cannot be written", failure.code().value());
  }
  // From here on the folder stays, whatever fails: a row whose COMMIT was reported as failed may be found committed
  // after a crash. Without a row gc removes it.
  anytime::Transaction transaction(state_->database);
  insert(state_->database, checkpoint);
  state_->write_metrics();
  fault_point("commit.row_written");
  transaction.commit();
  fault_point("commit.committed");
  state_->pending.clear();
  state_->flushed = std::chrono::steady_clock::now();
  if (state_->cached) {
    state_->cached->checkpoints.push_back(checkpoint);
    anytime::settle(*state_->cached);
  }
  return checkpoint;
}

RecordedCheckpoint RunStore::commit(const CommitRequest& request, std::span<const fs::path> files) {
  return commit(request, [&](const fs::path& folder) {
    for (const fs::path& file : files) anytime::copy_into(file, folder);
  });
}

}  // namespace scheduled
