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
constexpr const char* staging_folder = "staging";

/// Throws std::invalid_argument where `name` cannot be a line's.
void require_line_name(const std::string& name);

/// Throws where batch or sequence cannot be.
void require_data(const RecordedData& data);

/// "checkpoint trunk at step 400".
std::string name_of(const RecordedCheckpoint& checkpoint);

std::filesystem::path absolute_path(const std::filesystem::path& given);

/// A folder by its path and by what it is: neither chdir nor another folder of the same name makes it a different one.
class BoundFolder {
 public:
  /// Throws StoreError where it cannot be opened.
  explicit BoundFolder(const std::filesystem::path& given);

  /// Throws StoreError where the path does not lead to it any more.
  void require_here() const;
  /// Throws StoreError where one of these is there and no folder: what a link leads to is nothing of the run's.
  void require_own(std::initializer_list<const char*> folders) const;
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
/// Only of those in its folder: what is elsewhere is not looked at.
Finding check_own_files(const BoundFolder& run, const RecordedCheckpoint& checkpoint);

/// "checkpoint trunk at step 200 is damaged: ..." or "... is not available: ...", of what is not sound.
std::string not_sound_text(const RecordedCheckpoint& checkpoint, const Finding& found);

/// Whether the folder of the checkpoint is there, whatever is in it.
bool is_there(const BoundFolder& run, const RecordedCheckpoint& checkpoint);

/// The facts that a checkpoint's folder holds, relative to the run; nothing where there are none, or damaged ones.
struct FoundFacts {
  bool there = false;
  std::optional<CommitFacts> facts = {};
};
FoundFacts read_facts(const BoundFolder& run, const std::string& folder);

/// What lies in checkpoints/ and staging/ without a checkpoint on record.
struct Stray {
  enum class Kind {
    interrupted,  ///< work of ours that was cut off, of which nothing is needed any more: gc removes it
    ahead,  ///< a checkpoint beyond the last of its line: cut off before its entry, or the record is an older copy
    other_record,  ///< a checkpoint that went on from an entry which this record never had: it is an older copy
    foreign,       ///< put there by somebody else
  };
  std::string name;  ///< relative to the run
  Kind kind = Kind::interrupted;
};

/// All of them, by name. `journal`: nothing for a record of format 1.
std::vector<Stray> strays(const BoundFolder& run, const RunRecord& record, const Journal* journal);

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
  /// Writes the facts and all metrics that wait, both or none, and syncs them. `version`: of the format that has them.
  void write(const std::string& facts, bool use_reserve = false, int version = anytime::first_version);
  void flush();
  /// Throws StoreError where another process took the run over.
  void require_held() const;
  /// Of the folder that a commit works in: only this process uses it.
  std::string staging_name() const;

  anytime::BoundFolder folder;
  StoreOptions options;
  pid_t process = ::getpid();  ///< forked ones keep their hands off
  std::optional<anytime::WriterLock> lock;
  std::optional<anytime::Journal> journal;  ///< nothing: a record of format 1
  std::vector<anytime::EntryText> old;      ///< then this, as it was when it was opened
  RunRecord record;
  std::string unrecorded;           ///< the folder of the last commit, where its entry could not be written
  std::int64_t warned_session = 0;  ///< in which a rate contradicted the record
  std::vector<anytime::MetricRow> pending;
  std::vector<std::string> metric_names;  ///< of `pending`
  std::map<std::string, std::size_t, std::less<>> metric_index;
  std::chrono::steady_clock::time_point flushed = std::chrono::steady_clock::now();

 private:
  void add(const std::vector<anytime::EntryText>& entries, bool sync, int version);
  void fence();
};

}  // namespace scheduled
