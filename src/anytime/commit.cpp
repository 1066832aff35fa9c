// Commit: write temp, fsync, rename, fsync the folder, then commit the row.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <map>

#include "anytime/external.hpp"
#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/publish.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"
#include "base/numbers.hpp"

namespace scheduled {
namespace fs = std::filesystem;
using anytime::fault_point;

namespace {

/// Throws where the request does not continue the line.
const RecordedLine& require_next(const RunRecord& record, const CommitRequest& request) {
  const RecordedLine& line = record.line(request.line);
  const std::string step = std::to_string(request.step);
  if (line.finished)
    fail_value("step", step, concat({line.name, " is finished, it ends at ", std::to_string(*line.end)}));
  if (line.end && request.step > *line.end) {
    fail_value("step", step, concat({"must be at most ", std::to_string(*line.end), ", where ", line.name, " ends"}));
  }
  if (request.step <= line.step) {
    fail_value("step", step,
               concat({"must be above ", std::to_string(line.step), ", the last of ", line.name,
                       "; it is the number of all updates, which is set, not added to"}));
  }
  for (const RecordedSession& session : record.sessions) {  // whose checkpoint may be gone
    if (session.id != line.session || request.step > session.start) continue;
    fail_value("step", step,
               concat({"must be above ", std::to_string(session.start), ", where ", line.name, " goes on"}));
  }
  if (request.step > largest_count) fail_value("step", step, "must be at most 2^53");
  return line;
}

/// A folder that is removed with all that is in it, unless it was moved away.
struct Staging {
  Staging(const fs::path& run, const std::string& commit) : path(run / anytime::staging_folder / commit) {
    for (const char* const name : {anytime::staging_folder, anytime::checkpoint_folder}) {
      if (fs::create_directory(run / name)) anytime::sync_path(run);  // copies of a run may lack folders without files
    }
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

/// Whoever wrote the files may have put something else in the place of their folder: nothing is written through a link.
void require_folder(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) anytime::fail_io(path, "cannot be seen", errno);
  if (S_ISDIR(status.st_mode)) return;
  throw StoreError(
      concat({path.string(), ": is ", anytime::kind_of(status.st_mode), ", not the folder that was made"}));
}

const RecordedSession& session_of(const RunRecord& record, std::int64_t id) {
  for (const RecordedSession& session : record.sessions) {
    if (session.id == id) return session;
  }
  throw StoreError(concat({record.folder.string(), ": session ", std::to_string(id), " is not on record"}));
}

}  // namespace

std::string anytime::free_folder(const fs::path& run, const RunRecord& record, std::string line, std::int64_t step) {
  std::replace(line.begin(), line.end(), '/', '.');  // of an attempt
  const std::string name = concat({checkpoint_folder, "/", line, "-", std::to_string(step)});
  std::string candidate = name;
  const auto taken = [&] {
    std::error_code error;
    return fs::exists(fs::symlink_status(run / candidate, error)) ||
           std::any_of(record.checkpoints.begin(), record.checkpoints.end(), [&](const RecordedCheckpoint& other) {
             return other.state != RecordedCheckpoint::State::deleted && other.folder == candidate;
           });
  };
  for (int n = 2; taken(); ++n) candidate = name + "-" + std::to_string(n);
  return candidate;
}

void anytime::publish(const fs::path& run, const std::string& name, RecordedCheckpoint& checkpoint,
                      const std::function<void(const fs::path&)>& write, const std::function<std::string()>& facts) {
  const Staging staging(run, name);
  fault_point("commit.staged");
  write(staging.path);
  fault_point("commit.written");
  require_folder(staging.path);
  checkpoint.files = sum_files(staging.path);
  if (checkpoint.files.empty())
    fail_argument("files", concat({"the checkpoint of step ", std::to_string(checkpoint.step), " has no files"}));
  std::vector<std::string> names{facts_file};
  for (const RecordedFile& file : checkpoint.files) {
    if (file.name == facts_file) {
      fail_value("file", file.name, "is where the record's facts are kept");
    }
    names.push_back(file.name);
  }
  write_new(staging.path / facts_file, facts());
  fault_point("commit.facts_written");
  // Files and folders at the same time: the disk then flushes once for all of them. Where the system has no thread to
  // give, one after the other.
  constexpr auto how = std::launch::async | std::launch::deferred;
  auto folders = std::async(how, [&] { sync_folders(staging.path); });
  auto half =
      std::async(how, [&, middle = names.size() / 2] { sync_files(staging.path, std::span(names).first(middle)); });
  sync_files(staging.path, std::span(names).subspan(names.size() / 2));
  half.get();
  fault_point("commit.files_synced");
  folders.get();
  fault_point("commit.folder_synced");
  move_new(staging.path, run / checkpoint.folder);
  fault_point("commit.renamed");
  sync_path(run / checkpoint_folder);
  fault_point("commit.published");
}

RecordedCheckpoint RunStore::commit(const CommitRequest& request, const std::function<void(const fs::path&)>& write) {
  return commit_as(request, {}, write, [](RecordedCheckpoint&) {});
}

RecordedCheckpoint RunStore::commit_as(const CommitRequest& request, const std::optional<RecordedExternal>& external,
                                       const std::function<void(const fs::path&)>& write,
                                       const std::function<void(RecordedCheckpoint&)>& written) {
  state_->require_writer();
  const RecordedLine line = require_next(state_->view(), request);
  RecordedCheckpoint checkpoint;
  checkpoint.session = state_->current_session(line, request.session);
  checkpoint.line = request.line;
  checkpoint.step = request.step;
  checkpoint.data_position = request.data_position;
  checkpoint.rng_state = request.rng_state;
  checkpoint.code_version = request.code_version.empty() ? state_->options.code_version : request.code_version;
  checkpoint.keep = request.keep;
  checkpoint.time = state_->now();
  checkpoint.external = external;
  state_->folder.require_here();
  state_->folder.require_own({anytime::checkpoint_folder, anytime::staging_folder});
  const fs::path run = state_->folder.path();
  checkpoint.folder = anytime::free_folder(run, state_->record, request.line, request.step);
  const auto& checkpoints = state_->record.checkpoints;
  checkpoint.id = checkpoints.empty() ? 1 : checkpoints.back().id + 1;
  const anytime::CommitFacts facts{state_->journal->last_hash(), line, session_of(state_->record, checkpoint.session),
                                   checkpoint};
  try {
    anytime::publish(run, state_->staging_name(), checkpoint, write, [&] {
      state_->require_held();
      written(checkpoint);
      anytime::CommitFacts all = facts;
      all.checkpoint.files = checkpoint.files;
      return anytime::facts_text(all);
    });
  } catch (const fs::filesystem_error& failure) {
    anytime::fail_io(failure.path1(), "cannot be written", failure.code().value());
  }
  // From here on the folder stays, whatever fails: an entry whose sync was reported as failed may be found after a
  // crash. Without an entry gc removes it as soon as that cannot be.
  state_->unrecorded = checkpoint.folder;
  state_->write(anytime::checkpoint_fact(checkpoint), false, anytime::version_of(checkpoint));
  state_->unrecorded.clear();
  fault_point("commit.committed");
  return state_->record.checkpoints.back();
}

namespace {

/// A copy of a folder that `staging` is in would hold the run, and with it all copies before.
void require_outside(const fs::path& file, const fs::path& staging) {
  std::error_code error;
  for (fs::path folder = staging;; folder = folder.parent_path()) {
    if (fs::equivalent(file, folder, error)) fail_value("file", file.string(), "must not hold the run's own folder");
    if (!folder.has_relative_path()) return;
  }
}

}  // namespace

RecordedCheckpoint RunStore::commit(const CommitRequest& request, std::span<const fs::path> files) {
  std::map<std::string, FilePlaced> placed;
  return commit_as(
      request, {},
      [&](const fs::path& folder) {
        for (const fs::path& file : files) {
          require_outside(file, folder);
          anytime::place_into(file, folder, request.link, placed);
        }
      },
      [&](RecordedCheckpoint& checkpoint) {
        for (RecordedFile& file : checkpoint.files) file.placed = placed[file.name];
      });
}

RecordedCheckpoint RunStore::commit_external(const CommitRequest& request, const ExternalRequest& external) {
  state_->require_writer();
  if (request.link) fail_argument("link", "is of files that are committed; what is elsewhere stays there");
  require_next(state_->view(), request);  // before a folder is listed, which may take long
  const anytime::Manifest manifest = anytime::manifest_of(external, state_->folder.path());
  for (const RecordedCheckpoint& other : state_->record.checkpoints) {
    const bool same = other.external && anytime::is_one_place(*other.external, manifest.external);
    if (!same || other.state != RecordedCheckpoint::State::live) continue;
    fail_value(
        "external", manifest.external.uri,
        concat({"is on record as ", anytime::name_of(other), "; a checkpoint of its own needs a place of its own"}));
  }
  return commit_as(
      request, manifest.external,
      [&](const fs::path& folder) {
        anytime::write_new(folder / anytime::manifest_file, anytime::manifest_text(manifest));
        fault_point("external.written");
      },
      [](RecordedCheckpoint&) {});
}

}  // namespace scheduled
