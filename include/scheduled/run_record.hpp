// What the store of a run holds, as values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/schedule.hpp"

namespace scheduled {

/// How a file came into the folder of its checkpoint.
enum class FilePlaced {
  written,  ///< by the program, or copied
  cloned,   ///< shares its blocks with the file it was made of, until one of them is written (reflink)
  linked,   ///< is the same file by another name (hard link): what is written there in place is written here
};

/// One file of a checkpoint.
struct RecordedFile {
  std::string name;        ///< relative to the checkpoint's folder, with '/' between folders
  std::int64_t bytes = 0;  ///< size
  std::string xxh3;        ///< XXH3-128 of its bytes, 32 hexadecimal digits
  FilePlaced placed = FilePlaced::written;
  bool operator==(const RecordedFile&) const = default;
};

/// What wrote a checkpoint that is elsewhere, by its marker, the file that is written last.
enum class ExternalKind {
  dcp,          ///< torch.distributed.checkpoint: .metadata
  orbax,        ///< commit_success.txt, orbax.checkpoint or _CHECKPOINT_METADATA
  safetensors,  ///< the index of a model in several files, *.index.json
  other,        ///< a marker that the user named
};

/// A checkpoint that another system wrote, and that stays where it is. Names and sizes of its files are in
/// external.json in the folder of the checkpoint, whose checksum is that of all of this.
struct RecordedExternal {
  std::string uri;  ///< an absolute path, or SCHEME://...
  ExternalKind kind = ExternalKind::other;
  std::string marker;       ///< relative to it
  std::string marker_xxh3;  ///< of the marker's bytes; empty: they could not be read here
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  /// Whether it is a folder that can be looked at from here.
  bool is_local() const noexcept { return uri.starts_with('/'); }
  bool operator==(const RecordedExternal&) const = default;
};

/// A committed checkpoint. `step` counts finished updates; the update after it has the rate lr(step).
struct RecordedCheckpoint {
  enum class State {
    live,        ///< part of its line's history
    superseded,  ///< the line was resumed from before it
    damaged,     ///< passed over by resume: it had other bytes than were committed, or they could not be read
    deleted,     ///< by gc; the row stays
  };
  std::int64_t id = 0;       ///< in the order of commits
  std::int64_t session = 0;  ///< who wrote it
  std::string line;
  std::int64_t step = 0;
  State state = State::live;
  std::string folder;               ///< relative to the run's
  std::vector<RecordedFile> files;  ///< by name
  std::string data_position;        ///< where the data stream was, as the trainer says it
  std::string rng_state;            ///< any bytes
  std::string code_version;
  bool keep = false;      ///< gc keeps it until a branch that starts here is finished
  std::int64_t time = 0;  ///< microseconds since 1970; for people only, nothing is ordered by it
  std::optional<RecordedExternal> external = {};  ///< nothing: it is in `folder`
  bool operator==(const RecordedCheckpoint&) const = default;
};

/// A stretch of work on a line: from its start, or from a resume to the next one.
struct RecordedSession {
  std::int64_t id = 0;  ///< in the order of starts
  std::string line;
  std::int64_t start = 0;                        ///< finished updates when it began
  std::optional<std::int64_t> checkpoint = {};   ///< where it began; nothing: from scratch
  Schedule schedule = Schedule(ScheduleSpec{});  ///< in force
  std::string schedule_hash;                     ///< schedule_hash(schedule), as it was recorded
  std::string code_version;
  std::int64_t time = 0;
  bool operator==(const RecordedSession&) const = default;
};

/// What a line reads from a step on; what is not said stays as it was.
struct RecordedData {
  std::string line = "trunk";
  std::int64_t step = 0;                      ///< finished updates before the first that reads it
  std::string text = {};                      ///< the data, as the user said it
  std::optional<std::int64_t> batch = {};     ///< examples per step, >= 1
  std::optional<std::int64_t> sequence = {};  ///< tokens per example, >= 1
  bool empty() const noexcept { return text.empty() && !batch && !sequence; }
  bool operator==(const RecordedData&) const = default;
};

/// One checkpoint of a merge.
struct MergedCheckpoint {
  std::int64_t checkpoint = 0;  ///< its id
  double weight = 0.0;          ///< finite; those of a merge sum to 1
  bool operator==(const MergedCheckpoint&) const = default;
};

/// The trunk, a branch, or a merge.
struct RecordedLine {
  std::string name;
  std::string parent = {};                       ///< the line that it left; empty: the trunk
  std::int64_t start = 0;                        ///< where it left its parent
  std::int64_t step = 0;                         ///< of the last live checkpoint, else `start`
  std::optional<std::int64_t> end = {};          ///< total steps: a branch's, or a trunk's with a horizon
  bool finished = false;                         ///< has a checkpoint at its end
  std::int64_t session = 0;                      ///< the current one
  Schedule schedule = Schedule(ScheduleSpec{});  ///< in force now
  std::string note = {};                         ///< as it was said when the line began
  /// Not empty: the line is the merge of these, by step. It has one checkpoint, at `start`, where it ends, too.
  std::vector<MergedCheckpoint> merged = {};
  bool operator==(const RecordedLine&) const = default;
};

/// The whole record but the metrics, at one moment.
struct RunRecord {
  std::filesystem::path folder;     ///< absolute
  int version = 0;                  ///< of the store's format
  std::vector<RecordedLine> lines;  ///< the trunk first
  std::vector<RecordedSession> sessions;
  std::vector<RecordedCheckpoint> checkpoints;
  std::vector<RecordedData> data;

  /// Throws ArgumentError that names the lines there are.
  const RecordedLine& line(std::string_view name) const;

  /// What update `step` of a line reads: what was said last of it, of its parent where nothing was said of its own; of
  /// an update that another line made, what that read. Of two rows of a line the later one replaces what the earlier
  /// one says of its steps.
  RecordedData data_at(std::string_view line, std::int64_t step) const;
};

/// XXH3-128 of print(schedule), 32 hexadecimal digits.
std::string schedule_hash(const Schedule& schedule);

}  // namespace scheduled
