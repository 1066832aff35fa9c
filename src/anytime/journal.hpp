// The bytes of a run's record: a chain of entries in append-only segments (docs/adr/0008).
//
// record/000001, record/000002, ... Each begins with two lines of 128 bytes,
//   scheduled record FORMAT, segment NUMBER after ENTRY HASH CHECK it goes on behind that entry of the segment before,
//                                                                  whatever that holds beyond; after 0: it is the whole
//   synced ENTRY HASH CHECK                                        is on the disk; written in place, not synced itself
// and then has entries, each a line of 111 bytes and its text:
//   KIND NUMBER SIZE HASH_BEFORE HASH CHECK
// HASH is XXH3-128 of the line up to it and the text, CHECK the first half of that of the line before it. So an entry
// that is altered, missing or out of place is seen, and those behind it can still be read.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "anytime/files.hpp"
#include "anytime/lease.hpp"
#include "anytime/waiting.hpp"

namespace scheduled::anytime {

/// Runs begin in the first of these formats. The first fact that only the newer one has begins a segment of that one.
/// Format 3: branches of branches, attempts, notes, merges, batch and sequence beside data. Format 4: checkpoints that
/// are elsewhere.
constexpr int first_version = 2;
constexpr int third_version = 3;
constexpr int store_version = 4;
constexpr const char* record_folder = "record";
constexpr const char* first_segment = "record/000001";
constexpr const char* placed_folder = "record.new.part";  ///< a record before it has its name

constexpr bool is_ours(std::int64_t version) { return version >= first_version && version <= store_version; }

/// Throws std::invalid_argument: the record has a format that is not ours.
[[noreturn]] void fail_newer(const std::filesystem::path& run, std::int64_t version);

/// Metrics are many, and their bytes are only looked at where they are wanted.
enum class EntryKind : char { facts = 'f', metrics = 'm' };

struct EntryText {
  EntryKind kind = EntryKind::facts;
  std::string text;
};

class Journal {
 public:
  using Use = std::function<void(EntryKind kind, std::string_view text)>;

  /// Makes the folder `record` in `run` with one segment that holds these entries. Nothing is synced.
  static void create(const std::filesystem::path& run, const std::vector<EntryText>& entries, int version);

  /// Puts a record that holds these entries into `run`, which has none: all or nothing, and synced.
  static void place(const std::filesystem::path& run, const std::vector<EntryText>& entries, int version);

  /// Whether there is a record in `run`, whatever state it is in.
  static bool exists(const std::filesystem::path& run);

  /// Opens the record of the folder `run`. Throws StoreError where it cannot be read, std::invalid_argument where its
  /// format is not ours.
  /// `lease`: that of the writer, where others may believe that they have the run; it outlives the journal.
  Journal(const std::filesystem::path& run, bool write, Lease* lease = nullptr, TellWait tell = {});

  /// Calls `use` for every entry of facts that was not read before. Where what was read is not what is there any more
  /// it begins anew: `restart` is called first, and the caller forgets everything.
  void read_on(const std::function<void()>& restart, const Use& use);

  /// Calls `use` for all metrics up to what read_on has read. Throws StoreError where some are damaged.
  void read_metrics(const Use& use);

  /// Why the facts cannot be trusted; empty: they can.
  const std::vector<std::string>& damage() const { return damage_; }

  /// Reads every byte up to the last entry, and says what is wrong with it, metrics and marks included.
  std::vector<std::string> check() const;

  /// What is intact, in order, whatever is not; `lost` says what that is.
  std::vector<EntryText> salvage(std::vector<std::string>& lost);

  /// Adds entries, all or none; with `sync` they are on the disk when it returns. `use_reserve`: space that is kept for
  /// this may be used where there is no other. `version`: of the format that they need.
  void append(const std::vector<EntryText>& entries, bool sync, bool use_reserve = false, int version = first_version);

  /// Puts a new segment that holds only these entries in the place of all there are; the others stay as files.
  void replace(const std::vector<EntryText>& entries, int version);

  /// Begins a segment, so that what an owner before may still write is no part of the record. False where that was
  /// quicker and began one: what it holds is to be read first.
  bool fence();

  /// Keeps some space for append(use_reserve), as far as there is any.
  void reserve();

  /// The format of the record.
  int version() const { return segments_.back().version; }

  /// Of the last entry of facts; and whether an entry of facts ever had this hash.
  const std::string& last_hash() const { return last_facts_; }
  bool knows(const std::string& hash) const { return hashes_.contains(hash); }

 private:
  struct Segment {
    std::int64_t number = 0;
    int version = first_version;
    std::int64_t after = 0;
    std::string after_hash;
    std::filesystem::path path;
    Descriptor file;
    ino_t inode = 0;
  };
  struct Position {
    std::size_t segment = 0;
    off_t offset = 0;
    std::int64_t number = 0;
    std::string hash;
  };
  struct Scan;

  void open_segments();
  Segment open_segment(std::int64_t number) const;
  bool segments_changed() const;
  void scan(Scan& scan) const;
  void scan_entry(Scan& scan, std::string_view line) const;
  void end_damaged(Scan& scan) const;
  void end_within(Scan& scan, std::string_view line) const;
  void skip_to_entry(Scan& scan, const std::string& name, bool last) const;
  bool next_segment(Scan& scan) const;
  void read_mark(Scan& scan) const;
  void check_mark(Scan& scan) const;
  void require_unchanged() const;
  void add_segment(int version, std::int64_t after, const std::string& after_hash,
                   const std::vector<EntryText>& entries);
  void write(const std::string& bytes, bool sync);
  void sync_last();
  void wait_for_segment(std::int64_t number) const;
  std::filesystem::path segment_path(std::int64_t number) const;
  std::string shown(const Segment& segment) const;

  std::filesystem::path run_;
  bool write_;
  Lease* lease_;
  TellWait tell_;
  std::vector<Segment> segments_;
  Position end_;
  off_t size_ = -1;      ///< of the last segment when it was read
  bool clean_ = true;    ///< the last segment ends with an entry
  bool failed_ = false;  ///< a sync failed
  std::vector<std::string> damage_;
  std::string last_facts_;
  std::set<std::string> hashes_;
};

}  // namespace scheduled::anytime
