// What changes a record; the order of its writes.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "anytime/fault.hpp"
#include "anytime/journal.hpp"
#include "anytime/segment.hpp"
#include "base/error.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

namespace {

void write_at(const Descriptor& file, std::string_view bytes, off_t offset, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file.get(), bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_io(path, "cannot be written", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
}

/// Entries as bytes, behind entry `number` with `hash`; both then are those of the last.
struct Chain {
  std::int64_t number = 0;
  std::string hash;
  std::vector<std::string> facts = {};  ///< hashes of the entries of facts

  std::string add(const std::vector<EntryText>& entries) {
    std::string bytes;
    for (const EntryText& entry : entries) {
      bytes += entry_bytes(entry.kind, ++number, entry.text, hash);
      if (entry.kind == EntryKind::facts) facts.push_back(hash);
    }
    return bytes;
  }
};

std::string segment_bytes(int version, std::int64_t segment, std::int64_t after, const std::string& after_hash,
                          const std::vector<EntryText>& entries) {
  Chain chain{after, after_hash};
  const std::string rest = chain.add(entries);
  return segment_line(version, segment, after, after_hash) + mark_line(chain.number, chain.hash) + rest;
}

}  // namespace

void Journal::create(const fs::path& run, const std::vector<EntryText>& entries, int version) {
  fs::create_directory(run / record_folder);
  write_new(run / first_segment, segment_bytes(version, 1, 0, no_hash(), entries));
}

void Journal::place(const fs::path& run, const std::vector<EntryText>& entries, int version) {
  const fs::path part = run / placed_folder;
  std::error_code error;
  fs::remove_all(part, error);
  fs::create_directory(part, error);
  if (error) fail_io(part, "cannot be made", error.value());
  create(part, entries, version);
  fault_point("place.written");
  sync_folders(part);
  sync_path(part / first_segment);
  fault_point("place.synced");
  // A record without a segment is no record.
  for (const char* const name : {"reserve", "next"}) fs::remove(run / record_folder / name, error);
  if (::rename((part / record_folder).c_str(), (run / record_folder).c_str()) != 0) {
    fail_io(run / record_folder, "cannot be made", errno);
  }
  fault_point("place.renamed");
  fs::remove_all(part, error);
  sync_path(run);
}

void Journal::require_unchanged() const {
  if (lease_ != nullptr) lease_->require_held();
  if (failed_) {
    throw StoreError(segments_.back().path.string() +
                     ": could not be synced before; what is on the disk is not known, open the run anew");
  }
  if (segments_changed() || (size_ >= 0 && size_of(segments_.back().file, segments_.back().path) != size_)) {
    throw StoreError(segments_.back().path.string() + ": has been written by another process; open the run anew");
  }
}

void Journal::append(const std::vector<EntryText>& entries, bool sync, bool use_reserve, int version) {
  require_unchanged();
  Chain chain{end_.number, end_.hash};
  const std::string bytes = chain.add(entries);
  const auto once = [&] {
    if (clean_ && version <= this->version()) {
      write(bytes, sync);
    } else {
      add_segment(std::max(version, this->version()), end_.number, end_.hash, entries);
    }
  };
  try {
    once();
  } catch (const StoreError&) {
    std::error_code error;
    if (!use_reserve || failed_ || !fs::remove(run_ / record_folder / "reserve", error)) throw;
    once();
  }
  const Segment& last = segments_.back();
  size_ = size_of(last.file, last.path);
  end_ = {segments_.size() - 1, size_, chain.number, chain.hash};
  if (!chain.facts.empty()) last_facts_ = chain.facts.back();
  hashes_.insert(chain.facts.begin(), chain.facts.end());
  if (sync) {
    // Says that the record is at least that long; where it is old nothing is wrong, so it is not synced itself.
    const std::string mark = mark_line(chain.number, chain.hash);
    [[maybe_unused]] const auto written = ::pwrite(last.file.get(), mark.data(), mark.size(), mark_offset);
  }
  if (sync && lease_ != nullptr) {
    // Only what an owner wrote before it lost the run is read by the next one.
    failed_ = true;
    lease_->require_held();
    failed_ = false;
  }
}

void Journal::sync_last() {
  const Segment& last = segments_.back();
  if (::fdatasync(last.file.get()) == 0) return;
  failed_ = true;
  fail_io(last.path, "cannot be synced", errno);
}

void Journal::write(const std::string& bytes, bool sync) {
  const Segment& last = segments_.back();
  const off_t offset = end_.offset;
  try {
    const std::size_t half = bytes.size() / 2;
    write_at(last.file, std::string_view(bytes).substr(0, half), offset, last.path);
    fault_point("record.half_written");
    write_at(last.file, std::string_view(bytes).substr(half), offset + static_cast<off_t>(half), last.path);
    fault_point("record.written");
    if (sync) sync_last();
    fault_point("record.synced");
  } catch (...) {
    // Another owner may have read what would be taken back.
    if (lease_ != nullptr || ::ftruncate(last.file.get(), offset) != 0) {
      clean_ = false;  // the next entry begins a segment
      size_ = size_of(last.file, last.path);
    }
    throw;
  }
}

void Journal::add_segment(int version, std::int64_t after, const std::string& after_hash,
                          const std::vector<EntryText>& entries) {
  // Metrics are not synced when they are written, and a segment that goes on behind lost ones is damage.
  if (after > 0) sync_last();
  const std::int64_t number = segments_.back().number + 1;
  const std::string name = lease_ != nullptr ? concat({"next-", std::to_string(lease_->number())}) : "next";
  const fs::path part = run_ / record_folder / name;
  std::error_code error;
  fs::remove(part, error);
  write_new(part, segment_bytes(version, number, after, after_hash, entries));
  fault_point("segment.written");
  sync_path(part);
  fault_point("segment.synced");
  const fs::path path = segment_path(number);
  if (lease_ == nullptr) {
    move_new(part, path);
  } else if (!place_new(part, path)) {
    fail_io(path, "cannot be made", EEXIST);
  }
  fault_point("segment.renamed");
  sync_path(run_ / record_folder);
  segments_.push_back(open_segment(number));
  if (after == 0) segments_.erase(segments_.begin(), segments_.end() - 1);
  if (lease_ != nullptr) lease_->note_segment(number);
  clean_ = true;
}

void Journal::replace(const std::vector<EntryText>& entries, int version) {
  add_segment(version, 0, no_hash(), entries);
  open_segments();
}

bool Journal::fence() {
  lease_->require_held();  // each time: a fence behind that of a later owner would cut off what that one writes
  const std::int64_t number = segments_.back().number + 1;
  try {
    add_segment(version(), end_.number, end_.hash, {});
  } catch (const StoreError& error) {
    if (error.code() != EEXIST) throw;
    wait_for_segment(number);
    return false;
  }
  end_ = {segments_.size() - 1, static_cast<off_t>(head_bytes), end_.number, end_.hash};
  size_ = end_.offset;
  fault_point("lease.fenced");
  return true;
}

void Journal::reserve() {
  constexpr std::size_t bytes = 1 << 16;
  const fs::path path = run_ / record_folder / "reserve";
  std::error_code error;
  if (fs::exists(path, error)) return;
  const fs::space_info space = fs::space(run_, error);
  if (error || space.available < 2 * bytes) return;
  try {
    write_new(path, std::string(bytes, 'r'));
  } catch (const StoreError&) {
    fs::remove(path, error);
  }
}

}  // namespace scheduled::anytime
