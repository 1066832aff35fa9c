#include "anytime/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "anytime/fault.hpp"
#include "anytime/segment.hpp"
#include "base/error.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

namespace {

/// Reads a file in blocks. A block that the disk cannot read is taken for zeros, which belong to no entry.
class Window {
 public:
  Window(const Descriptor& file, std::string name, std::vector<std::string>& problems)
      : file_(&file), name_(std::move(name)), problems_(&problems) {}

  /// The bytes at `offset`, fewer where the file ends.
  std::string_view view(off_t offset, std::size_t count) {
    if (offset < begin_ || offset + static_cast<off_t>(count) > begin_ + static_cast<off_t>(bytes_.size())) {
      constexpr std::size_t block = 1 << 18;
      load(offset, std::max(block, count));
    }
    return std::string_view(bytes_).substr(static_cast<std::size_t>(offset - begin_), count);
  }

 private:
  void load(off_t offset, std::size_t count) {
    begin_ = offset;
    bytes_.resize(count);
    std::size_t filled = 0;
    while (filled < count) {
      const ssize_t got =
          ::pread(file_->get(), bytes_.data() + filled, count - filled, offset + static_cast<off_t>(filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        filled += skip_unreadable(offset + static_cast<off_t>(filled), count - filled);
        continue;
      }
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    bytes_.resize(filled);
  }

  std::size_t skip_unreadable(off_t offset, std::size_t count) {
    constexpr std::size_t sector = 4096;
    const std::string text = name_ + ": cannot be read: " + std::generic_category().message(errno);
    if (problems_->empty() || problems_->back() != text) problems_->push_back(text);
    struct stat status {};
    const bool known = ::fstat(file_->get(), &status) == 0 && status.st_size > offset;
    const std::size_t most = known ? static_cast<std::size_t>(status.st_size - offset) : 0;
    const std::size_t skipped = std::min({sector - static_cast<std::size_t>(offset) % sector, count, most});
    std::fill_n(bytes_.begin() + (offset - begin_), skipped, '\0');
    if (skipped == 0) throw StoreError(text);
    return skipped;
  }

  const Descriptor* file_;
  std::string name_;
  std::vector<std::string>* problems_;
  off_t begin_ = 0;
  std::string bytes_;
};

off_t size_of(const Descriptor& file, const fs::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_io(path, "cannot be read", errno);
  return status.st_size;
}

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

std::string segment_bytes(std::int64_t segment, std::int64_t after, const std::string& after_hash,
                          const std::vector<EntryText>& entries) {
  Chain chain{after, after_hash};
  const std::string rest = chain.add(entries);
  return segment_line(segment, after, after_hash) + mark_line(chain.number, chain.hash) + rest;
}

std::string segment_name(std::int64_t number) {
  constexpr std::size_t width = 6;
  const std::string text = std::to_string(number);
  return std::string(width - std::min(width, text.size()), '0') + text;
}

/// 0 where a file of this name is no segment.
std::int64_t segment_number(const std::string& name) {
  const bool digits = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  constexpr std::size_t longest = 12;
  return digits && !name.empty() && name.size() <= longest ? std::stoll(name) : 0;
}

}  // namespace

/// One pass over the entries behind `at`.
struct Journal::Scan {
  Position at;
  bool deep = false;  ///< metrics are read, too
  std::function<void(const EntryLine& line, std::string_view text)> use = {};
  std::vector<std::string> damage = {};  ///< facts are missing or altered
  std::vector<std::string> others = {};  ///< what does not change a fact: metrics, marks, a tail that was not synced
  bool clean = true;                     ///< the last segment ends with an entry
  std::optional<Position> until = {};
  std::optional<Mark> mark = {};  ///< of the last segment, as it was before anything else was read

  std::optional<Window> window = {};
  off_t size = 0;
};

void Journal::create(const fs::path& run, const std::vector<EntryText>& entries) {
  fs::create_directory(run / record_folder);
  write_new(run / first_segment, segment_bytes(1, 0, no_hash(), entries));
}

Journal::Journal(const fs::path& run, bool write) : run_(run), write_(write) { open_segments(); }

fs::path Journal::segment_path(std::int64_t number) const { return run_ / record_folder / segment_name(number); }

std::string Journal::shown(const Segment& segment) const {
  return std::string(record_folder) + "/" + segment_name(segment.number);
}

Journal::Segment Journal::open_segment(std::int64_t number) const {
  const fs::path path = segment_path(number);
  Segment out{
      number, 0, {}, path, Descriptor(path, (write_ ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOFOLLOW, "cannot be opened"),
      0};
  struct stat status {};
  if (::fstat(out.file.get(), &status) != 0) fail_io(path, "cannot be opened", errno);
  if (!S_ISREG(status.st_mode)) throw StoreError(path.string() + ": is not a file");
  out.inode = status.st_ino;
  std::vector<std::string> unreadable;
  Window window(out.file, shown(out), unreadable);
  const auto head = parse_segment_line(window.view(0, mark_offset), number);
  if (head && head->version != store_version) {
    fail({run_.string(), ": was written by a newer scheduled: its format is ", std::to_string(head->version),
          ", this one reads up to ", std::to_string(store_version)});
  }
  if (head) {
    out.after = head->after;
    out.after_hash = head->after_hash;
  } else {
    out.after = -1;  // the entries tell
  }
  return out;
}

void Journal::open_segments() {
  segments_.clear();
  std::int64_t last = 1;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(run_ / record_folder, error)) {
    last = std::max(last, segment_number(entry.path().filename().string()));
  }
  if (error) fail_io(run_ / record_folder, "cannot be listed", error.value());
  for (std::int64_t number = last; number >= 1; --number) {
    segments_.push_back(open_segment(number));
    if (segments_.back().after == 0) break;  // it holds the whole record
  }
  std::reverse(segments_.begin(), segments_.end());
  end_ = {0, static_cast<off_t>(head_bytes), 0, no_hash()};
  size_ = -1;
  damage_.clear();
  hashes_.clear();
  last_facts_ = no_hash();
}

bool Journal::segments_changed() const {
  struct stat status {};
  const Segment& last = segments_.back();
  if (::stat(segment_path(last.number + 1).c_str(), &status) == 0) return true;
  return ::stat(last.path.c_str(), &status) != 0 || status.st_ino != last.inode;
}

bool Journal::next_segment(Scan& scan) const {
  if (scan.at.segment + 1 >= segments_.size()) return false;
  const Segment& next = segments_[scan.at.segment + 1];
  if (next.after >= 0 && (scan.at.number != next.after || scan.at.hash != next.after_hash)) {
    scan.damage.push_back(shown(next) + ": goes on behind entry " + std::to_string(next.after) + ", but " +
                          std::to_string(scan.at.number) + " is the last intact one before it");
    scan.at.number = next.after;
    scan.at.hash = next.after_hash;
  }
  ++scan.at.segment;
  scan.at.offset = head_bytes;
  scan.window.reset();
  return true;
}

void Journal::read_mark(Scan& scan) const {
  const Segment& last = segments_.back();
  Window window(last.file, shown(last), scan.others);
  scan.mark = parse_mark_line(window.view(mark_offset, head_bytes - mark_offset));
  if (!scan.mark) scan.others.push_back(shown(last) + ": its second line is damaged; the next commit writes it anew");
}

/// At the end of the last segment.
void Journal::check_mark(Scan& scan) const {
  if (!scan.mark || scan.mark->number <= scan.at.number) return;
  scan.damage.push_back(shown(segments_.back()) + ": ends with entry " + std::to_string(scan.at.number) +
                        ", but entry " + std::to_string(scan.mark->number) + " was written");
}

void Journal::scan_entry(Scan& scan, std::string_view line_text) const {
  const Segment& segment = segments_[scan.at.segment];
  const std::string name = shown(segment);
  const auto line = parse_entry_line(line_text);
  const auto text_offset = scan.at.offset + static_cast<off_t>(entry_line_bytes);
  const bool last = scan.at.segment + 1 == segments_.size();
  if (!line || (!last && text_offset + line->size > scan.size)) {
    // Find the next line that is one.
    const off_t bad = scan.at.offset;
    const off_t whole = scan.size - static_cast<off_t>(entry_line_bytes);
    while (++scan.at.offset <= whole) {
      const std::string_view found = scan.window->view(scan.at.offset, entry_line_bytes);
      if ((found[0] == 'f' || found[0] == 'm') && parse_entry_line(found)) break;
    }
    if (scan.at.offset <= whole || !last) {
      scan.damage.push_back(name + ": the bytes at " + std::to_string(bad) + " belong to no entry");
      if (scan.at.offset > whole) scan.at.offset = scan.size;
      return;
    }
    scan.at.offset = bad;
    scan.clean = false;
    scan.others.push_back(name + ": what follows entry " + std::to_string(scan.at.number) +
                          " is damaged, or was cut off by a power failure before it was synced");
    return;
  }
  if (text_offset + line->size > scan.size) {  // being written, or cut off by a kill
    scan.clean = false;
    return;
  }
  const std::string entry = name + ": entry " + std::to_string(line->number);
  if (line->number != scan.at.number + 1 || line->before != scan.at.hash) {
    scan.damage.push_back(entry + " does not follow entry " + std::to_string(scan.at.number) +
                          "; something between them is missing");
  }
  if (line->kind == EntryKind::facts || scan.deep) {
    const std::string_view text = scan.window->view(text_offset, static_cast<std::size_t>(line->size));
    if (belongs(*line, text)) {
      if (scan.use) scan.use(*line, text);
    } else if (line->kind == EntryKind::metrics) {
      scan.others.push_back(entry + ", metrics, is damaged");
    } else if (last && text_offset + line->size == scan.size && scan.mark && scan.mark->number < line->number) {
      scan.clean = false;
      scan.others.push_back(entry + " is damaged, or was cut off by a power failure before it was synced");
      return;
    } else {
      scan.damage.push_back(entry + " is damaged");
    }
  }
  scan.at.offset = text_offset + line->size;
  scan.at.number = line->number;
  scan.at.hash = line->hash;
}

void Journal::scan(Scan& scan) const {
  if (!scan.until) read_mark(scan);
  for (const Segment& segment : segments_) {
    if (segment.after < 0) scan.damage.push_back(shown(segment) + ": its first line is damaged");
  }
  if (scan.at.number == 0 && segments_.front().after > 0) {
    scan.damage.push_back(shown(segments_.front()) + ": the segments before it are missing");
    scan.at.number = segments_.front().after;
    scan.at.hash = segments_.front().after_hash;
  }
  for (;;) {
    const Segment& segment = segments_[scan.at.segment];
    const bool last = scan.at.segment + 1 == segments_.size();
    if (scan.until && scan.at.number >= scan.until->number) return;
    if (!last && segments_[scan.at.segment + 1].after == scan.at.number) {  // what lies beyond is void
      next_segment(scan);
      continue;
    }
    if (!scan.window) {
      scan.size = size_of(segment.file, segment.path);
      scan.window.emplace(segment.file, shown(segment), scan.damage);
    }
    const std::string_view line = scan.window->view(scan.at.offset, entry_line_bytes);
    if (line.size() < entry_line_bytes || scan.at.offset + static_cast<off_t>(entry_line_bytes) > scan.size) {
      if (next_segment(scan)) continue;
      scan.clean = line.empty();
      return check_mark(scan);
    }
    const off_t before = scan.at.offset;
    const std::size_t segment_before = scan.at.segment;
    scan_entry(scan, line);
    if (scan.at.offset == before && scan.at.segment == segment_before) return check_mark(scan);
  }
}

void Journal::read_on(const std::function<void()>& restart, const Use& use) {
  constexpr int tries = 4;
  for (int attempt = 0;; ++attempt) {
    // Shorter than what was read: the writer took back what it could not finish.
    const bool changed = segments_changed() || size_of(segments_.back().file, segments_.back().path) < end_.offset;
    if (changed || !damage_.empty() || attempt > 0) {
      open_segments();
      restart();
    } else if (size_of(segments_.back().file, segments_.back().path) == size_) {
      return;
    }
    Scan pass{.at = end_};
    std::set<std::string> hashes;
    std::string last_facts = last_facts_;
    std::vector<std::string> texts;
    pass.use = [&](const EntryLine& line, std::string_view text) {
      texts.emplace_back(text);
      last_facts = line.hash;
      hashes.insert(line.hash);
    };
    scan(pass);
    if (!pass.damage.empty() && attempt + 1 < tries) {
      // A writer may have taken back what it could not finish, or gone on while we read: look again.
      if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    size_ = pass.size;
    end_ = pass.at;
    clean_ = pass.clean;
    damage_ = pass.damage;
    last_facts_ = last_facts;
    hashes_.merge(hashes);
    for (const std::string& text : texts) use(EntryKind::facts, text);
    return;
  }
}

void Journal::read_metrics(const Use& use) {
  Scan pass{.at = {0, static_cast<off_t>(head_bytes), 0, no_hash()}, .deep = true};
  pass.until = end_;
  pass.use = [&](const EntryLine& line, std::string_view text) {
    if (line.kind == EntryKind::metrics) use(line.kind, text);
  };
  scan(pass);
  for (const auto& problems : {pass.damage, pass.others}) {
    if (!problems.empty()) {
      throw StoreError(concat({run_.string(), ": the record is damaged: ", problems.front(),
                               "; scheduled run repair makes one of what is intact"}));
    }
  }
}

std::vector<std::string> Journal::check() const {
  constexpr int tries = 4;
  for (int attempt = 1;; ++attempt) {
    Journal now(run_, false);
    Scan pass{.at = now.end_, .deep = true};
    now.scan(pass);
    std::vector<std::string> problems = std::move(pass.damage);
    problems.insert(problems.end(), pass.others.begin(), pass.others.end());
    // A writer may have been at work: what is damaged stays so.
    if (problems.empty() || attempt == tries) return problems;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::vector<EntryText> Journal::salvage(std::vector<std::string>& lost) {
  std::vector<EntryText> out;
  Scan pass{.at = {0, static_cast<off_t>(head_bytes), 0, no_hash()}, .deep = true};
  pass.use = [&](const EntryLine& line, std::string_view text) { out.push_back({line.kind, std::string(text)}); };
  scan(pass);
  lost = std::move(pass.damage);
  lost.insert(lost.end(), pass.others.begin(), pass.others.end());
  return out;
}

void Journal::require_unchanged() const {
  if (failed_) {
    throw StoreError(segments_.back().path.string() +
                     ": could not be synced before; what is on the disk is not known, open the run anew");
  }
  if (segments_changed() || (size_ >= 0 && size_of(segments_.back().file, segments_.back().path) != size_)) {
    throw StoreError(segments_.back().path.string() + ": has been written by another process; open the run anew");
  }
}

void Journal::append(const std::vector<EntryText>& entries, bool sync, bool use_reserve) {
  require_unchanged();
  Chain chain{end_.number, end_.hash};
  const std::string bytes = chain.add(entries);
  const auto once = [&] {
    if (clean_) {
      write(bytes, sync);
    } else {
      add_segment(end_.number, end_.hash, entries);
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
    if (sync && ::fdatasync(last.file.get()) != 0) {
      failed_ = true;
      fail_io(last.path, "cannot be synced", errno);
    }
    fault_point("record.synced");
  } catch (...) {
    if (::ftruncate(last.file.get(), offset) != 0) {
      clean_ = false;  // the next entry begins a segment
      size_ = size_of(last.file, last.path);
    }
    throw;
  }
}

void Journal::add_segment(std::int64_t after, const std::string& after_hash, const std::vector<EntryText>& entries) {
  const std::int64_t number = segments_.back().number + 1;
  const fs::path part = run_ / record_folder / "next";
  std::error_code error;
  fs::remove(part, error);
  write_new(part, segment_bytes(number, after, after_hash, entries));
  fault_point("segment.written");
  sync_path(part);
  fault_point("segment.synced");
  move_new(part, segment_path(number));
  fault_point("segment.renamed");
  sync_path(run_ / record_folder);
  segments_.push_back(open_segment(number));
  if (after == 0) segments_.erase(segments_.begin(), segments_.end() - 1);
  clean_ = true;
}

void Journal::replace(const std::vector<EntryText>& entries) {
  add_segment(0, no_hash(), entries);
  open_segments();
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
