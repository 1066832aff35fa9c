// The store of one run that is trained without a horizon; its plan is in scheduled/plan.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/law.hpp"
#include "scheduled/run_record.hpp"
#include "scheduled/runlog.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

// Steps count finished updates: a checkpoint of step s was written after update s, and the next rate is lr(s).

/// One value of one metric after `step` updates. A value that is not finite is kept as the record of a run gone wrong,
/// and is "not logged" in a RunLog.
struct Metric {
  std::int64_t step = 0;
  std::string_view name;
  double value = 0.0;
};

// ---- The store of one run: a folder with a record and checkpoint files, safe against crashes at any moment.

/// Work that failed: disk full, a folder that may not be written, a record that is not sound, nothing left to resume
/// from. The text names the file. What was committed before stays as it was.
class StoreError : public std::runtime_error {
 public:
  explicit StoreError(const std::string& text, int code = 0) : std::runtime_error(text), code_(code) {}

  /// errno where the operating system refused (ENOSPC: the disk is full, gc helps), else 0.
  int code() const noexcept { return code_; }

 private:
  int code_;
};

/// Another process writes to this run. The text names it.
class StoreBusy : public StoreError {
 public:
  using StoreError::StoreError;
};

struct StoreOptions {
  std::string code_version = {};           ///< recorded with each session
  std::string data = {};                   ///< init: what the trunk reads from step 0 on
  std::optional<std::int64_t> batch = {};  ///< init: RecordedData::batch from step 0 on
  std::optional<std::int64_t> sequence = {};
  std::function<std::int64_t()> clock = {};  ///< microseconds since 1970; nothing: the system's. It may jump.
  std::size_t metrics_in_memory = 16384;     ///< logged values that may wait to be written, >= 1
  /// Seconds after which another process may take over from a writer that is not heard of, > 0. Nothing: 60 where other
  /// machines may see the folder, too (NFS, Lustre, FUSE, ...), or where a writer of the run had a lease before, and
  /// elsewhere locks alone, which end with their process.
  std::optional<double> lease = {};
  /// Told once for each wait for another process or machine that has lasted two seconds: for what, and until when.
  std::function<void(const std::string&)> on_wait = {};
};

struct CommitRequest {
  std::string line = "trunk";
  std::int64_t step = 0;  ///< updates finished in all, set by the trainer, never added up here
  std::string data_position = {};
  std::string rng_state = {};
  std::string code_version = {};
  bool keep = false;                         ///< a branch is to start here
  std::optional<std::int64_t> session = {};  ///< refuse where the line has been resumed by somebody else since
  /// Of files: they become other names of the same files (hard links) where the file system allows. They must not be
  /// written in place afterwards, only replaced.
  bool link = false;
};

/// A checkpoint that another system wrote.
struct ExternalRequest {
  std::string uri;          ///< a folder, file:///FOLDER, or SCHEME://... for what cannot be read here
  std::string marker = {};  ///< the file that is written last, relative to it; nothing: found by RecordedExternal::kind
  /// Of SCHEME://... alone, and needed there: its files as `aws s3 ls --recursive`, `gcloud storage ls -l`, `rclone
  /// ls`, `rclone lsl` or `find -printf '%s %P'` print them.
  std::optional<std::string> listing = {};
};

struct ResumeRequest {
  std::string line = "trunk";
  std::optional<Schedule> schedule = {};  ///< what the trainer is about to use; must be the recorded one
  bool override_schedule = false;         ///< record `schedule` from here on, whatever it was before
  std::optional<std::int64_t> step = {};  ///< this checkpoint instead of the last; later ones are then superseded
  std::string decayed_from = {};          ///< wsd-s: the trunk goes on from the last checkpoint of this branch
  std::string code_version = {};
  bool dry_run = false;   ///< say what would be done; record nothing
  std::string data = {};  ///< that the line reads from there on; what is not said stays as it was
  std::optional<std::int64_t> batch = {};
  std::optional<std::int64_t> sequence = {};
};

/// A line that leaves another one: back up where `rewarm` says so, on at that rate, and a cooldown; or any pieces.
struct BranchRequest {
  std::string name;
  /// The next one of NAME/1, NAME/2, ...; a line NAME counts as the first.
  bool attempt = false;
  std::string line = "trunk";             ///< that it leaves, at a committed checkpoint
  std::optional<std::int64_t> step = {};  ///< of that; nothing: the line's last
  std::optional<Duration> rewarm = {};    ///< linearly, to the rate that the trunk has at its end
  std::optional<Duration> hold = {};      ///< at the rate reached
  Cooldown cooldown = {};                 ///< length as in cooldown_steps, a share of the branch's total
  /// Where it begins instead of the rate before, that of the last update; any other rate than this and the next one of
  /// the line that it leaves is a jump, which `override_jump` allows.
  std::optional<Rate> from_lr = {};
  bool override_jump = false;
  /// Instead of rewarm, cooldown and from_lr: drops to this rate, a percentage being of the rate before, stays there
  /// for `hold` and ends. The average of its iterates has the guarantee of the best cooldown (docs/theory.md, 8.9).
  std::optional<Rate> drop = {};
  /// Instead of rewarm, hold, cooldown, from_lr and drop, as in `stages`. A last one that holds without a length makes
  /// a line without an end.
  std::vector<Stage> pieces = {};
  std::string data = {};                   ///< that it reads; what is not said is as in the line that it leaves
  std::optional<std::int64_t> batch = {};  ///< a length in tokens or examples is by this and `sequence`
  std::optional<std::int64_t> sequence = {};
  std::string note = {};
  std::string code_version = {};
};

/// The pieces of a branch as text: "linear to 50% over 1k, hold until 60k, linear". Throws ArgumentError naming pieces.
std::vector<Stage> parse_pieces(std::string_view text);

/// Where to go on. Load `folder`, make the next update with `lr`.
struct Resume {
  std::int64_t session = 0;
  std::int64_t step = 0;  ///< finished updates
  double lr = 0.0;        ///< schedule.lr(step): the rate of the next update
  Schedule schedule = Schedule(ScheduleSpec{});
  /// Of the checkpoint; empty: from scratch. Of one that is elsewhere that place, or where it cannot be reached from
  /// here the folder with external.json; checkpoint->external says where it is.
  std::filesystem::path folder = {};
  std::optional<RecordedCheckpoint> checkpoint = {};
  double lr_before = 0.0;                 ///< of the recorded schedule at `step`; differs after an override
  std::vector<std::string> damaged = {};  ///< checkpoints that were damaged or not available and were passed over
};

struct VerifyReport {
  std::int64_t checkpoints = 0, files = 0, bytes = 0;  ///< looked at
  std::int64_t external = 0;  ///< checkpoints elsewhere that were there: names, sizes and marker, not their other bytes
  std::vector<std::string> problems;  ///< damage
  std::vector<std::string> notes;     ///< harmless, e.g. what an interrupted commit left
  bool sound() const noexcept { return problems.empty(); }
};

struct GcReport {
  std::vector<RecordedCheckpoint> deleted;
  std::vector<std::string> leftovers;  ///< folders of interrupted work, removed too
  std::vector<std::string> notes;      ///< what is kept because it could not be seen or read, and why
  std::int64_t bytes = 0;              ///< freed, in checkpoints
  std::vector<std::string> commands;   ///< for a shell, to delete what is elsewhere and nothing needs any more
};

struct RepairReport {
  bool changed = false;                ///< there was damage: the record is a new one
  std::vector<std::string> lost;       ///< entries and rows that are not in it any more
  std::vector<std::string> recovered;  ///< rows that the folders of checkpoints gave back
  int facts_written = 0;               ///< checkpoints whose folders say again what they are
};

struct RunMerge;  // scheduled/merge.hpp

/// One run. Any number of readers at any time; one writer, which holds a lock on the folder until it is destroyed. Not
/// for use by several threads at once. Names of lines are 1 to 64 of [A-Za-z0-9._-], not starting with '.', and for an
/// attempt then '/' and its number.
/// All functions throw StoreError where the disk or the record fails, and ArgumentError on what the caller got
/// wrong; both leave the record as it was. Those that write throw ArgumentError on a reader.
class RunStore {
 public:
  enum class Access { read, write };

  /// Makes a new run in `folder`, which must be missing or empty, all or nothing. A `trunk` with a horizon is finished
  /// at its end. The store is open for writing.
  static RunStore init(const std::filesystem::path& folder, const Schedule& trunk, const StoreOptions& options = {});
  /// Throws ArgumentError where the folder is no run, its format is newer than ours, or it is to be written and
  /// the format is an older one (`migrate`); StoreBusy. The store is bound to the folder that is there now: after chdir
  /// it is the same, and where it is moved or replaced all functions throw StoreError.
  static RunStore open(const std::filesystem::path& folder, Access access, const StoreOptions& options = {});

  /// Makes the record of `folder` anew from its intact entries and from what the folders of checkpoints say about
  /// themselves. The damaged record stays in the folder, unused. Throws StoreError where nothing says what the trunk
  /// is; StoreBusy.
  static RepairReport repair(const std::filesystem::path& folder, bool dry_run = false,
                             const StoreOptions& options = {});

  /// Makes a record of today's format from one of format 1, which can only be read; that stays as run.sqlite.old.
  /// StoreBusy; ArgumentError where there is none.
  static void migrate(const std::filesystem::path& folder, const StoreOptions& options = {});

  RunStore(RunStore&&) noexcept;
  RunStore& operator=(RunStore&&) noexcept;
  ~RunStore();  ///< writes what was logged, as far as that works

  RunRecord record() const;
  /// The rate of the 0-based update `step` as recorded: overrides and branches included. step >= 0, before the
  /// line's end.
  double lr(std::string_view line, std::int64_t step) const;

  /// Makes a checkpoint: `write` puts files (folders too, no links) into the empty folder it is given; they are synced,
  /// checksummed, renamed into place and synced, and then the row is committed, together with all metrics logged
  /// before. When this returns, the checkpoint survives a crash of process or machine; before, it does not exist.
  /// ArgumentError: a step not above the line's last, beyond the line's end, no files, a stale session.
  RecordedCheckpoint commit(const CommitRequest& request,
                            const std::function<void(const std::filesystem::path&)>& write);
  /// The same with copies of `files`; of a folder, what is in it. Where the file system can, copies share their blocks
  /// with what they are copies of; RecordedFile::placed says it. ArgumentError besides: one that is missing, no file
  /// or folder, or holds the folder of the run; two of one name.
  RecordedCheckpoint commit(const CommitRequest& request, std::span<const std::filesystem::path> files);

  /// Records a checkpoint that is elsewhere and stays there: what files it has, their sizes, and the checksum of its
  /// marker. All or nothing, as commit. Of its bytes the store keeps none: it notices what is missing or has another
  /// size or another marker where it can be reached, and gc leaves it alone. ArgumentError besides: a folder that is
  /// missing or holds the run's, no marker, a file missing that an index names, a listing that is not understood or has
  /// nothing below the URI.
  RecordedCheckpoint commit_external(const CommitRequest& request, const ExternalRequest& external);

  /// A new line that leaves another one at a committed checkpoint, whose checksums are checked. Its schedule has the
  /// bits of the other's before that step; where that has no end and the branch only cools down, it is the same
  /// schedule with a cooldown, else `stages` after it. The other line is not touched.
  RecordedLine branch(const BranchRequest& request);

  /// A new line that is a merge of checkpoints of another one (scheduled/merge.hpp), whose checksums are checked as
  /// they are read. Its files, its checkpoint and the line are there all together, or none of it is, as with commit.
  RecordedLine merge(const RunMerge& request);

  /// Begins a session at the line's last sound checkpoint (of a new branch: where it left the trunk; of a trunk without
  /// one: at step 0). The trunk resumes from its own checkpoints only, unless `decayed_from` says otherwise.
  /// ArgumentError: a finished line; a schedule that is not the recorded one, with both rates and the jump; a
  /// step without checkpoint; a decayed_from that is behind the trunk.
  Resume resume(const ResumeRequest& request);

  /// Records what the line reads from `step` on, which is at or after its last checkpoint.
  void attach_data(const RecordedData& data);

  /// Appends to the line's current session; of two values for one step the later counts. They are written in blocks,
  /// by flush, by commit and at the end; a kill loses those in memory, a power failure those since the last commit.
  /// Returns a warning where a metric "lr", the rate of the last update before its step, is not what the record says
  /// (1e-6 relative), once a session; else an empty text.
  std::string log(const std::string& line, std::span<const Metric> metrics, std::optional<std::int64_t> session = {});
  void flush();

  /// Reads every byte of every checkpoint, and of the record. Does not stop at what cannot be read, is no file, or is
  /// being deleted by the writer.
  VerifyReport verify() const;

  /// Takes the mark of damage off checkpoints whose files are as recorded again, and gives them back. Those after which
  /// nothing was committed keep it: `resume` goes on from them, and takes it off.
  std::vector<RecordedCheckpoint> clear_marks();

  /// Deletes checkpoints that nothing needs. Kept are: of the trunk and of each unfinished branch the last `keep_last`
  /// >= 1 sound ones (their bytes are read), and those after them that cannot be seen or read now; starts of unfinished
  /// branches; those with `keep` of which no branch is finished; ends of finished lines, and where an end is not sound
  /// what is before it up to the first that is; rows whose folder is not there; what was marked as damaged and is not.
  /// Superseded and damaged ones go, and what interrupted work left. Throws StoreError, and deletes nothing,
  /// where an unfinished line has checkpoints and none of them is sound. Also works on a full disk: a reserve is kept
  /// for it. The record says it first, then the files go. Checkpoints that are elsewhere stay on record, unless
  /// `external`: then the report has the commands that would delete what is there. Nothing there is touched.
  GcReport gc(int keep_last = 2, bool dry_run = false, bool external = false);

  /// The metrics of a line from step 0, its parent's included, without what later sessions superseded. `rates` and
  /// column "lr" are what the record says (with_rates); a note says where logged ones are others. meta:
  /// "run", "line", "schedule". Sees what flush() wrote.
  RunLog log_of(const std::string& line) const;

  /// The lines that logged anything of their own, in the record's order. One pass over the metrics, which holds none.
  std::vector<std::string> logged_lines() const;

 private:
  struct State;
  explicit RunStore(std::unique_ptr<State> state);
  void read_metrics(const std::function<void(std::string_view text)>& read) const;
  RecordedCheckpoint commit_as(const CommitRequest& request, const std::optional<RecordedExternal>& external,
                               const std::function<void(const std::filesystem::path&)>& write,
                               const std::function<void(RecordedCheckpoint&)>& written);
  std::unique_ptr<State> state_;
};

/// Whether `folder` holds the record of a run, of this format or an older one.
bool is_run_folder(const std::filesystem::path& folder);
/// Whether RunStore::init makes a run of `folder`: it is missing, empty, or what an init left that was killed. Throws
/// StoreError where it cannot be listed.
bool can_become_run(const std::filesystem::path& folder);

// ---- Two lines side by side.

/// What is recorded of two lines.
struct LineFact {
  std::string what;  ///< "parent", "schedule", "first lr", "last lr", "step", "data", "batch", "sequence", "code", ...
  std::string a, b;  ///< as text; empty: not said
  bool same() const noexcept { return a == b; }
};

/// A loss that both logged.
struct LineLoss {
  std::string column;
  std::int64_t step = 0;
  double a = 0.0, b = 0.0;
  double difference() const noexcept { return b - a; }
};

struct LineDiff {
  std::string a, b;                         ///< RUN:LINE
  std::optional<std::int64_t> common = {};  ///< updates that they share; nothing: they are of two runs
  std::vector<LineFact> facts = {};
  std::vector<LineLoss> losses = {};  ///< beyond the common updates, by column and step
};

/// How two lines differ, of one run or of two: what is recorded, and up to `rows` >= 1 steps for each column of losses
/// ("loss" is in its name) at which both logged it, evenly chosen, with the last. Throws as log_of.
LineDiff diff_lines(const RunStore& a, const std::string& line_a, const RunStore& b, const std::string& line_b,
                    int rows = 8);

/// The logged lines of a run, each with the log of its parent, which branches share, for fit_runs: what lines have in
/// common counts once. Throws as log_of.
std::vector<OwnRun> own_runs(const RunStore& run);

}  // namespace scheduled
