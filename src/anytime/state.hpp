// What an open store is made of; the operations are in one file each.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "anytime/entries.hpp"
#include "anytime/files.hpp"
#include "anytime/journal.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled {
namespace anytime {

constexpr const char* lock_file = "lock";
constexpr const char* checkpoint_folder = "checkpoints";
constexpr const char* staging_folder = "staging";

/// Throws std::invalid_argument where `name` cannot be a line's.
void require_line_name(const std::string& name);

/// "checkpoint trunk at step 400".
std::string name_of(const RecordedCheckpoint& checkpoint);

/// A folder by its path and by what it is: neither chdir nor another folder of the same name makes it a different one.
class BoundFolder {
 public:
  /// Throws StoreError where it cannot be opened.
  explicit BoundFolder(const std::filesystem::path& given);

  /// Throws StoreError where the path does not lead to it any more.
  void require_here() const;
  const std::filesystem::path& path() const { return path_; }  ///< absolute
  const std::string& shown() const { return shown_; }          ///< as it was given, for texts
  int descriptor() const { return folder_.get(); }

 private:
  std::string shown_;
  std::filesystem::path path_;
  Descriptor folder_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Whether the files of a checkpoint are what was recorded.
struct Finding {
  enum class State {
    sound,
    damaged,      ///< other bytes than those that were committed
    unavailable,  ///< cannot be seen or read now: missing, no permission, a disk error, something else in its place
  };
  State state = State::sound;
  std::string text = {};  ///< why it is not sound
};
Finding check_files(const BoundFolder& run, const RecordedCheckpoint& checkpoint);

/// Whether the folder of the checkpoint is there, whatever is in it.
bool is_there(const BoundFolder& run, const RecordedCheckpoint& checkpoint);

/// The facts that a checkpoint's folder holds, relative to the run; nothing where there are none, or damaged ones.
struct FoundFacts {
  bool there = false;
  std::optional<CommitFacts> facts = {};
};
FoundFacts read_facts(const BoundFolder& run, const std::string& folder);

/// Folders that belong to no checkpoint on record, relative to the run.
std::vector<std::string> leftovers(const std::filesystem::path& run, const RunRecord& record);

/// Whether a folder without an entry says that its commit went on from an entry that this record never had: then the
/// record is an older copy, and the folder no leftover.
bool is_of_another_record(const Journal& journal, const RunRecord& record, const BoundFolder& run,
                          const std::string& folder);

}  // namespace anytime

struct RunStore::State {
  State(const std::filesystem::path& run, StoreOptions options, Access access);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const RunRecord& view();  ///< as it is now. Throws StoreError where it is damaged
  void refresh();           ///< reads what others wrote, whether it is sound or not
  std::int64_t now() const;
  void require_writer() const;
  /// The line's current session. Throws std::invalid_argument where it is not `expected`.
  std::int64_t current_session(const RecordedLine& line, std::optional<std::int64_t> expected) const;
  RecordedSession make_session(const std::string& line, std::int64_t start, std::optional<std::int64_t> checkpoint,
                               const Schedule& schedule, const std::string& code_version) const;
  /// Writes the facts and all metrics that wait, both or none, and syncs them.
  void write(const std::string& facts, bool use_reserve = false);
  void flush();

  anytime::BoundFolder folder;
  StoreOptions options;
  pid_t process = ::getpid();  ///< forked ones keep their hands off
  std::optional<anytime::WriterLock> lock;
  std::optional<anytime::Journal> journal;  ///< nothing: a record of format 1
  std::vector<anytime::EntryText> old;      ///< then this, as it was when it was opened
  RunRecord record;
  std::int64_t warned_session = 0;  ///< in which a rate contradicted the record
  std::vector<anytime::MetricRow> pending;
  std::vector<std::string> metric_names;  ///< of `pending`
  std::map<std::string, std::size_t, std::less<>> metric_index;
  std::chrono::steady_clock::time_point flushed = std::chrono::steady_clock::now();

 private:
  void add(const std::vector<anytime::EntryText>& entries, bool sync, bool use_reserve);
};

}  // namespace scheduled
